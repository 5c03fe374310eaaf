// Depthwise convolution of 8 bits on woven rows: the shape of these rows, as plain data.
//
// A block is 4 * V channels, four vectors of which hold a pixel. Weaving turns the pixels of an input row into entries:
// vectors whose 32-bit lanes hold neighbouring pixels of one channel, as the ISA's dot product wants them. An entry has
// four vectors, one for each quarter of the block.
//
//     dot products of bytes     lane = pixels | u | u+1 | u+2 | u+3 |       4 taps an entry
//     dot products of words     lane = pixels |    u    |   u+1     |       2 taps an entry
//
// At stride 1 an entry begins at every second pixel and is used by two outputs, whose weights differ by a shift of one
// pixel; at stride 2 it belongs to one output. A wider kernel takes several steps:
//
//     stride 1    entry j = pixels 2j ..,  outputs 2j and 2j + 1    step m: entry j + m * taps / 2
//     stride 2    entry j = pixels 2j ..,  output j                 step m: entry j + m * taps / 2
//     any other   entries j * steps ..,    output j                 step m: entry j * steps + m
//
// So rows of entries of 4 taps store every pixel twice. Kernels that join entries at stride 2 store it once, in every second
// entry. They make the entry between two of these: it takes a half of each as it lies, and the halves of the weights swapped.
//
//     stored    | 0 | 1 | 2 | 3 |   | 4 | 5 | 6 | 7 |
//     between   | 4 | 5 | 2 | 3 |   by weights  | w2 | w3 | w0 | w1 |
#pragma once

#include <cstddef>
#include <cstdint>

#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

/// One axis of a convolution. Tap k of output o is pixel o * stride - pad + k * dilation.
struct WovenAxis {
  std::int64_t in;
  std::int64_t out;
  std::int64_t kernel;
  std::int64_t stride;
  std::int64_t dilation;
  std::int64_t pad;

  /// Outputs `classes` apart read pixels `dilation` apart: for them it is a convolution without dilation.
  [[nodiscard]] constexpr std::int64_t classes() const noexcept { return dilation / common(); }
  /// The stride of that convolution.
  [[nodiscard]] constexpr std::int64_t dense_stride() const noexcept { return stride / common(); }

 private:
  [[nodiscard]] constexpr std::int64_t common() const noexcept {
    std::int64_t a = dilation;
    for (std::int64_t b = stride; b != 0;) {
      const std::int64_t rest = a % b;
      a = b;
      b = rest;
    }
    return a;
  }
};

/// The channels of blocks. A lane of a block, 128 bits of a vector or a whole vector of less, holds a group of channels at some
/// output: 16, or 4 without vectors. A block that lacks groups has each several times, at different outputs. The last group
/// ends with the last channel, so it may share channels with the one before.
struct WovenChannels {
  std::int64_t channels;  // at least a group
  std::int64_t lanes;     // of a block
  std::int64_t group;     // channels

  constexpr WovenChannels(std::int64_t all, std::int32_t width) noexcept
      : channels(all), lanes(width >= 4 ? width / 4 : 1), group(least(width)) {}

  /// Channels of a group.
  static constexpr std::int64_t least(std::int32_t width) noexcept { return width >= 4 ? 16 : 4 * width; }
  [[nodiscard]] constexpr std::int64_t groups() const noexcept { return (channels + group - 1) / group; }
  [[nodiscard]] constexpr std::int64_t blocks() const noexcept { return (groups() + lanes - 1) / lanes; }
  /// Groups of a block, and how many times it has them all.
  [[nodiscard]] constexpr std::int64_t groups_of(std::int64_t block) const noexcept {
    const std::int64_t left = groups() - block * lanes;
    return left < lanes ? left : lanes;
  }
  [[nodiscard]] constexpr std::int64_t segments(std::int64_t block) const noexcept { return lanes / groups_of(block); }
  /// The first channel of a lane.
  [[nodiscard]] constexpr std::int64_t first(std::int64_t block, std::int64_t lane) const noexcept {
    const std::int64_t count = groups_of(block);
    const std::int64_t i = block * lanes + (lane < segments(block) * count ? lane % count : count - 1);
    return i + 1 == groups() ? channels - group : i * group;
  }
};

/// How a kernel lays out its entries.
struct WovenForm {
  std::int32_t stride;   // without dilation; 0: any
  std::int32_t taps;     // of an entry
  std::int32_t outputs;  // that share an entry
  std::int32_t tile;     // outputs of its largest register tile
  bool joins = false;    // rows store every second entry; only of 4 taps at stride 2

  /// Entries of an output.
  [[nodiscard]] constexpr std::int64_t steps(std::int64_t kernel_w) const noexcept {
    return (kernel_w + outputs - 1 + taps - 1) / taps;
  }
  /// Stored entries that `count` outputs read. Tiles are of 2 outputs and more.
  [[nodiscard]] constexpr std::int64_t entries(std::int64_t kernel_w, std::int64_t count) const noexcept {
    const std::int64_t units = (count + 1) / 2 * 2 / outputs;
    if (stride == 0) return units * steps(kernel_w);
    const std::int64_t all = units + (steps(kernel_w) - 1) * (taps / 2);
    return joins ? all / 2 + 1 : all;
  }
};

/// A block of packed weights, which kernels load as they are: floats of V lanes
///   filter      [4, KH, steps, outputs, V]    the taps of an entry, bytes or words
///   biases      [4, V]                        s32
///   padding     [4, KH, V]                    s32: what a row of padding would add to the sums
///   multipliers [4, V]
struct WovenBlock {
  std::int64_t biases;  // floats in front of them
  std::int64_t padding;
  std::int64_t multipliers;
  std::int64_t floats;  // of all

  constexpr WovenBlock(const WovenForm& form, std::int64_t kernel_h, std::int64_t kernel_w, std::int64_t width) noexcept
      : biases(4 * kernel_h * form.steps(kernel_w) * form.outputs * width),
        padding(biases + 4 * width),
        multipliers(padding + 4 * kernel_h * width),
        floats(multipliers + 4 * width) {}
};

/// A row that is woven while it is first used.
struct WovenNewRow {
  std::ptrdiff_t src;  // bytes into the image
  float* entries;
};

/// The memory of a kernel.
struct WovenMemory {
  std::int64_t row;     // floats of a woven row: [entries, 4, V]
  std::int64_t rows;    // that the taps of an output cover
  std::int64_t biases;  // floats: [4, V], of rows that see padding
  std::int64_t kernel_h;

  constexpr WovenMemory(const WovenForm& form, const WovenAxis& y, std::int64_t kernel_w, std::int64_t strip,
                        std::int32_t lanes) noexcept
      : row(form.entries(kernel_w, strip) * 4 * lanes),
        rows((y.kernel - 1) * y.dilation + 1),
        biases(std::int64_t{4} * lanes),
        kernel_h(y.kernel) {}

  /// Of all: behind the floats a number for each row, and for each tap of a column a pointer and a new row.
  [[nodiscard]] constexpr std::int64_t bytes() const noexcept {
    constexpr std::int64_t kFloat = sizeof(float);
    constexpr std::int64_t kTap = sizeof(void*) + sizeof(WovenNewRow);
    constexpr std::int64_t kNumber = sizeof(std::int64_t);
    return kNumber * rows + kTap * kernel_h + kFloat * (biases + rows * row);
  }
};

}  // namespace tandem::inline TANDEM_ABI::kernels
