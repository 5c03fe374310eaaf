// Weights in the order in which the kernels read them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "kernels/kernel_table.hpp"
#include "kernels/panels.hpp"
#include "src/base/aligned_buffer.hpp"
#include "src/base/checked.hpp"
#include "src/base/ranges.hpp"
#include "src/weights/filter.hpp"
#include "src/weights/fixed_point.hpp"
#include "tandem/params.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

inline constexpr std::int64_t kQuad = 4;  ///< elements of 8 bits in a lane

/// How a stage ends.
struct StageEnd {
  Activation activation;
  ResidualOrder order = ResidualOrder::kBeforeActivation;
  TensorType src = {};  ///< read only by quantised stages, like all that follows
  TensorType dst = {};
  Rounding rounding = Rounding::kNearestEven;
  bool fully_connected = false;  ///< of the operators with weights, see Rounding

  /// Whether sums become outputs by TFLite's multipliers. An output of fp32 is not rounded.
  [[nodiscard]] bool fixed_point() const noexcept {
    return rounding != Rounding::kNearestEven && dst.type != DataType::kF32;
  }
};

/// The end of a quantised stage or operator: its bounds and, of an operator without weights, the multiplier of its operand.
/// The activation is a clamp.
kernels::Epilogue quantised_epilogue(const StageEnd& end) noexcept;

/// An activation as the kernels take it, with the slopes of a PReLU and the numbers of an affine, one for each channel,
/// zero up to a whole vector. Of a quantised stage: its bounds and the multipliers of its channels.
class PackedEpilogue {
 public:
  /// For the channels in `outputs`. Throws std::bad_alloc. The activation was checked.
  PackedEpilogue(const kernels::KernelTable& kernels, const Activation& activation, ResidualOrder order, Range outputs);

  /// With no numbers for single channels.
  explicit PackedEpilogue(const kernels::Epilogue& epilogue) : epilogue_(epilogue) {}

  /// Of a quantised stage, whose multipliers are set by set_channel(). Throws std::bad_alloc.
  PackedEpilogue(const kernels::KernelTable& kernels, const StageEnd& end, std::int64_t channels);

  /// multiplier: of sums that are at most `most` in magnitude. fixed: the same as TFLite has it.
  void set_channel(std::int64_t channel, float multiplier, const kernels::FixedMultiplier& fixed,
                   std::int64_t most) noexcept;

  /// The epilogue for the columns (channels) from `column` on.
  [[nodiscard]] kernels::Epilogue at(std::int64_t column) const noexcept {
    kernels::Epilogue e = epilogue_;
    e.slopes = from(slopes_, column);
    e.scale = from(scale_, column);
    e.shift = from(shift_, column);
    e.requantisation.multipliers = from(multipliers_, column);
    e.requantisation.shifts = from(fixed_shifts_, column);
    return e;
  }
  [[nodiscard]] std::size_t bytes() const noexcept {
    return slopes_.bytes() + scale_.bytes() + shift_.bytes() + multipliers_.bytes() + fixed_shifts_.bytes();
  }
  /// Bytes of an element of a quantised stage's output.
  [[nodiscard]] std::int32_t int8_dst_bytes() const noexcept { return epilogue_.requantisation.dst_bytes; }

 private:
  static const float* from(const AlignedBuffer& floats, std::int64_t column) noexcept {
    return floats.data() == nullptr ? nullptr : reinterpret_cast<const float*>(floats.data()) + column;
  }

  kernels::Epilogue epilogue_;
  AlignedBuffer slopes_;
  AlignedBuffer scale_;
  AlignedBuffer shift_;
  AlignedBuffer multipliers_;
  AlignedBuffer fixed_shifts_;  // for TFLite's roundings alone
};

/// The groups of a convolution in one panel, see kernels::GemmGroups. Column j belongs to group j / (n / count).
struct PanelGroups {
  std::int32_t count = 0;     ///< 0: an ordinary matrix
  std::int32_t first = 0;     ///< the element of a row of A with which the inputs of the first group begin
  std::int32_t readable = 0;  ///< elements of a row of A
  bool planes = false;        ///< input by input instead of tap by tap: k = (ky * C + c) * KW + kx
};

/// The right-hand side of a matrix product, k x n, in panels; each panel is followed by its part of the bias:
///
///   panel 0: | b[0][0..w) | b[1][0..w) | ... | b[k-1][0..w) | bias[0..w) |   w = its vectors * V, zero past n
///   panel 1: ...
///
/// A folded last vector (see kernels::GemmPanel) stands by itself, behind the rows of the other vectors of its panel.
/// An int8 table has quads of elements in the rows: each segment of a row of A (see kernels::GemmSteps) begins a row, and its
/// last row is filled with zeros. Its bias is s32, less what the zero point of the tensor and the kernel's own offset add.
///
/// The elements of b are rounded to the table's type of weights; the bias is fp32. Row k of the matrix is tap (ky, kx),
/// input channel c of the filter: k = (ky * KW + kx) * C + c, the order of the input in memory, unless PanelGroups says
/// otherwise.
class PackedGemm {
 public:
  /// Packs the outputs in `outputs` of the filter, and folds nothing, so that the order of the sums does not depend on
  /// how the outputs are grouped. Several groups fill at most one vector. Throws std::bad_alloc. The arguments were
  /// checked.
  PackedGemm(const kernels::KernelTable& kernels, const Weights& weights, const FilterSize& size, const StageEnd& end,
             Range outputs, const PanelGroups& groups = {})
      : PackedGemm(kernels, weights, size, end, outputs, groups, 1) {}
  /// All outputs, folded as kernels::fold_of() says.
  PackedGemm(const kernels::KernelTable& kernels, const Weights& weights, const FilterSize& size, const StageEnd& end)
      : PackedGemm(kernels, weights, size, end, {0, size.out}, {},
                   kernels::fold_of(kernels.folds, size.h * size.w * size.in, size.out, kernels.lanes)) {}

  /// The outputs in `outputs` of a quantised filter, whose segments have so many elements. Throws std::bad_alloc.
  PackedGemm(const kernels::KernelTable& kernels, const Weights& weights, const FilterSize& size, const StageEnd& end,
             Range outputs, std::int64_t segment);

  [[nodiscard]] const kernels::KernelTable& kernels() const noexcept { return *kernels_; }
  /// Rows of the matrix: elements of a row of A, or quads.
  [[nodiscard]] std::int64_t k() const noexcept { return k_; }
  /// Elements of a row of A, if a quantised filter is one segment.
  [[nodiscard]] std::int64_t inputs() const noexcept { return kernels_->int8() ? segment_ : k_; }
  /// Elements of a segment of a quantised filter.
  [[nodiscard]] std::int64_t segment() const noexcept { return segment_; }
  /// Bytes of an element of the output.
  [[nodiscard]] std::ptrdiff_t dst_bytes() const noexcept {
    return kernels_->int8() ? epilogue_.int8_dst_bytes() : kernels_->tensor_bytes();
  }
  [[nodiscard]] std::int64_t n() const noexcept { return panels_.columns(); }
  [[nodiscard]] const kernels::Panels& panels() const noexcept { return panels_; }
  [[nodiscard]] kernels::GemmPanel panel(std::int64_t i) const noexcept {
    const kernels::PanelShape shape = panels_.shape(i);
    const std::byte* const data = data_.data() + offset(i);
    return {data,
            reinterpret_cast<const float*>(data + weight_bytes(shape)),
            shape.vectors,
            shape.columns,
            shape.fold,
            shape.fold == 1 ? nullptr : data + k_ * row_bytes(shape.vectors - 1),
            {reinterpret_cast<const std::int32_t*>(lanes_.data()), readable_}};
  }
  /// True if its panel is of PanelGroups, whose kernel permutes the inputs.
  [[nodiscard]] bool permutes() const noexcept { return lanes_.data() != nullptr; }
  /// See PanelGroups.
  [[nodiscard]] bool planes() const noexcept { return planes_; }
  /// Panel i as memory to prefetch.
  [[nodiscard]] kernels::Prefetch prefetch(std::int64_t i) const noexcept {
    return {data_.data() + offset(i), weight_bytes(panels_.shape(i))};
  }
  /// The number of panels, from the first on, that GemvArgs can take: all, or in floating point all but a last one that is not
  /// full.
  [[nodiscard]] std::int64_t row_panels() const noexcept {
    if (kernels_->int8()) return panels_.count();
    const kernels::PanelShape last = panels_.shape(panels_.count() - 1);
    return panels_.count() - (last.vectors >= 2 && last.columns == last.vectors * kernels_->lanes ? 0 : 1);
  }
  /// Bytes from a panel of so many vectors to the next one.
  [[nodiscard]] std::ptrdiff_t panel_stride(std::int32_t vectors) const noexcept {
    return panel_bytes({0, vectors, 0, 1});
  }
  [[nodiscard]] kernels::Epilogue epilogue(std::int64_t i) const noexcept {
    return epilogue_.at(panels_.shape(i).first_column);
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return data_.bytes() + lanes_.bytes() + epilogue_.bytes(); }

 private:
  static constexpr std::ptrdiff_t kFloat = sizeof(float);

  PackedGemm(const kernels::KernelTable& kernels, const Weights& weights, const FilterSize& size, const StageEnd& end,
             Range outputs, const PanelGroups& groups, std::int32_t fold);
  void pack_int8(const Weights& weights, const FilterSize& size, const StageEnd& end, Range outputs);
  void pack(std::int64_t panel, const FilterReader& filter, const FilterSize& size, std::int64_t first_output);
  void pack_lanes(const PanelGroups& groups, std::int64_t inputs);

  // Bytes before a panel. Only the last may be folded, and nothing lies behind it.
  [[nodiscard]] std::ptrdiff_t offset(std::int64_t panel) const noexcept {
    const std::int64_t whole = std::min(panel, panels_.whole());
    std::ptrdiff_t bytes = whole * panel_stride(kernels_->tuning.panel_vectors);
    if (panel > whole) bytes += (panel - whole) * panel_stride(panels_.shape(whole).vectors);
    return bytes;
  }
  [[nodiscard]] std::int64_t row_floats(std::int32_t vectors) const noexcept {
    return std::int64_t{vectors} * kernels_->lanes;
  }
  [[nodiscard]] std::ptrdiff_t row_bytes(std::int32_t vectors) const noexcept {
    return row_floats(vectors) * kernels_->weight_bytes();
  }
  // Bytes of the weights up to the bias, which is aligned to floats.
  [[nodiscard]] std::ptrdiff_t weight_bytes(const kernels::PanelShape& shape) const noexcept {
    const std::ptrdiff_t rows =
        shape.fold == 1 ? k_ * row_bytes(shape.vectors)
                        : k_ * row_bytes(shape.vectors - 1) + ceil_div(k_, std::int64_t{shape.fold}) * row_bytes(1);
    return round_up(rows, kFloat);
  }
  [[nodiscard]] std::ptrdiff_t panel_bytes(const kernels::PanelShape& shape) const noexcept {
    return weight_bytes(shape) + row_floats(shape.vectors) * kFloat;
  }

  const kernels::KernelTable* kernels_;
  std::int64_t k_;
  std::int64_t segment_ = 0;
  kernels::Panels panels_;
  AlignedBuffer data_;
  AlignedBuffer lanes_;  // of several groups
  std::int32_t readable_ = 0;
  bool planes_ = false;
  PackedEpilogue epilogue_;
};

/// A filter that is a matrix [out, in], of a table of any type. Throws std::bad_alloc. The arguments were checked.
PackedGemm pack_matrix(const kernels::KernelTable& kernels, const Weights& weights, std::int64_t out, std::int64_t in,
                       const StageEnd& end);

/// A depthwise filter as [KH, I, KW, pitch] of the table's type of weights, then the bias as fp32 [pitch]. pitch is the
/// number of output channels rounded up to a vector. The rest is zero, so that a kernel loads whole vectors of weights
/// even for a tail of channels. I is 1, or the input channels of a group, which count as kernel rows.
class PackedDepthwise {
 public:
  /// Throws std::bad_alloc. The arguments were checked.
  PackedDepthwise(const kernels::KernelTable& kernels, const Weights& weights, const FilterSize& size,
                  const StageEnd& end);

  [[nodiscard]] const kernels::KernelTable& kernels() const noexcept { return *kernels_; }
  /// The filter and the bias from `channel` on.
  [[nodiscard]] const std::byte* filter(std::int64_t channel) const noexcept {
    return data_.data() + channel * kernels_->weight_bytes();
  }
  [[nodiscard]] const float* bias(std::int64_t channel) const noexcept {
    return reinterpret_cast<const float*>(data_.data() + bias_offset()) + channel;
  }
  /// Bytes from tap to tap.
  [[nodiscard]] std::ptrdiff_t tap_stride() const noexcept { return pitch_ * kernels_->weight_bytes(); }
  [[nodiscard]] std::int64_t taps() const noexcept { return taps_; }
  [[nodiscard]] kernels::Epilogue epilogue(std::int64_t channel) const noexcept { return epilogue_.at(channel); }
  [[nodiscard]] std::size_t bytes() const noexcept { return data_.bytes() + epilogue_.bytes(); }

 private:
  [[nodiscard]] std::int64_t bias_offset() const noexcept {
    return round_up(taps_ * tap_stride(), static_cast<std::int64_t>(sizeof(float)));
  }

  const kernels::KernelTable* kernels_;
  std::int64_t taps_;
  std::int64_t pitch_;  // elements from tap to tap
  AlignedBuffer data_;
  PackedEpilogue epilogue_;
};

/// A quantised depthwise filter in blocks of channels, as a kernel loads them: see kernels::WovenBlock. Channels that do not fill
/// a group are zero.
class PackedWoven {
 public:
  /// Throws std::bad_alloc. The arguments were checked.
  PackedWoven(const kernels::KernelTable& kernels, const kernels::WovenKernel& kernel, const Weights& weights,
              const FilterSize& size, const StageEnd& end);

  [[nodiscard]] const kernels::KernelTable& kernels() const noexcept { return *kernels_; }
  [[nodiscard]] const kernels::WovenKernel& kernel() const noexcept { return *kernel_; }
  [[nodiscard]] const float* data() const noexcept { return reinterpret_cast<const float*>(data_.data()); }
  /// Of src: what padding is.
  [[nodiscard]] std::int32_t zero_point() const noexcept { return zero_point_; }
  [[nodiscard]] kernels::Epilogue epilogue(std::int64_t channel) const noexcept { return epilogue_.at(channel); }
  [[nodiscard]] std::size_t bytes() const noexcept { return data_.bytes() + epilogue_.bytes(); }

 private:
  const kernels::KernelTable* kernels_;
  const kernels::WovenKernel* kernel_;
  kernels::WovenChannels channels_;
  std::int32_t zero_point_;
  AlignedBuffer data_;
  PackedEpilogue epilogue_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
