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

/// Consecutive channels that stay together: 16, or 4 without vectors. The packed filter is in groups of channels:
///   [groups, KH, quads of KW, channels of the group, 4 taps]
/// The last group ends with the last channel, so it may share channels with the one before. Taps past KW are zero.
constexpr std::int64_t woven_group(std::int32_t lanes) noexcept { return lanes >= 4 ? 16 : 4 * lanes; }

/// How a kernel lays out its entries.
struct WovenForm {
  std::int32_t stride;   // without dilation; 0: any
  std::int32_t taps;     // of an entry
  std::int32_t outputs;  // that share an entry
  std::int32_t tile;     // entries, or groups of steps, of its register tile

  /// Entries of an output.
  [[nodiscard]] constexpr std::int64_t steps(std::int64_t kernel_w) const noexcept {
    return (kernel_w + outputs - 1 + taps - 1) / taps;
  }
  /// Entries of a row of `count` outputs, in whole tiles.
  [[nodiscard]] constexpr std::int64_t entries(std::int64_t kernel_w, std::int64_t count) const noexcept {
    const std::int64_t units = ((count + outputs - 1) / outputs + tile - 1) / tile * tile;
    return stride == 0 ? units * steps(kernel_w) : units + (steps(kernel_w) - 1) * (taps / 2);
  }
};

/// The memory of a kernel: filter, channels, rows.
struct WovenMemory {
  std::int64_t filter;    // floats: [KH, steps, 4, outputs, V]
  std::int64_t channels;  // floats: biases and multipliers [4, V]
  std::int64_t row;       // floats of a woven row: [entries, 4, V]
  std::int64_t rows;      // that the taps of an output cover

  constexpr WovenMemory(const WovenForm& form, const WovenAxis& y, std::int64_t kernel_w, std::int64_t strip,
                        std::int32_t lanes) noexcept
      : filter(y.kernel * form.steps(kernel_w) * 4 * form.outputs * lanes),
        channels(std::int64_t{8} * lanes),
        row(form.entries(kernel_w, strip) * 4 * lanes),
        rows((y.kernel - 1) * y.dilation + 1) {}

  /// Of all: behind the floats a number for each row and a pointer for each tap of a column.
  [[nodiscard]] constexpr std::int64_t bytes(std::int64_t kernel_h) const noexcept {
    constexpr std::int64_t kFloat = sizeof(float);
    constexpr std::int64_t kPointer = sizeof(void*);
    constexpr std::int64_t kNumber = sizeof(std::int64_t);
    return kNumber * rows + kPointer * kernel_h + kFloat * (filter + channels + rows * row);
  }
};

}  // namespace tandem::inline TANDEM_ABI::kernels
