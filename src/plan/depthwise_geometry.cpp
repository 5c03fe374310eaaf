#include "src/plan/depthwise_geometry.hpp"

#include <algorithm>
#include <utility>

#include "src/base/affine.hpp"
#include "src/base/checked.hpp"
#include "src/base/pitch.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// The first row of the table with these out_rows that takes the layer; null: there is none.
const kernels::DepthwiseKernel* find_kernel(const kernels::KernelTable& table, const kernels::DepthwiseLayer& layer,
                                            std::int32_t out_rows) noexcept {
  for (const kernels::DepthwiseKernel& row : table.depthwise) {
    if (row.out_rows == out_rows && row.takes(layer)) return &row;
  }
  return nullptr;
}

// The last tile of a row computes again the outputs that it shares with the one before. Above a seventh of the row,
// pairs lose.
bool pair_pays(const kernels::DepthwiseKernel* pair, std::int64_t out_w) noexcept {
  return pair != nullptr && (pair->computed_outputs(out_w) - out_w) * 7 <= out_w;
}

// Whether to copy rows whose pixels, `pitch` bytes apart, fall into few sets of L1. At a distance of P bytes, a power of
// two, these sets hold l1_bytes / P lines. In 32 KB the lines of a tile evict each other, unless each is read only once,
// as a vector of 64 bytes is, and there are still four sets for what was prefetched: 1 KB apart, layers take 0.73 to 0.93
// of the time without the copy, 2 KB apart 1.03 to 1.54 (Zen 4, AVX-512). In 48 KB most lines stay, and a copy costs more
// than it saves (Emerald Rapids: 0.44 to 0.84 of the time without), but for large kernels whose vectors are parts of a
// line: they read a line several times (1.04 to 1.34).
bool copy_pays(const kernels::KernelTable& table, std::int32_t kernel_rows, std::int64_t pitch,
               std::int64_t l1_bytes) noexcept {
  constexpr std::int64_t kEnough = 48 << 10;
  if (!pitch_aliases(pitch)) return false;
  const bool whole_lines = table.lanes * table.tensor_bytes() >= kLineBytes;
  if (l1_bytes >= kEnough) return kernel_rows > 3 && !whole_lines;
  return !whole_lines || l1_sets(pitch) < 4;
}

std::int64_t extent_of(const DepthwiseParams& p) noexcept {
  return static_cast<std::int64_t>(p.kernel_h - 1) * p.dilation_h + 1;
}

// Output rows of a column for which input rows are copied at a time.
constexpr std::int64_t kColumnRows = 64;

}  // namespace

DepthwiseGeometry::DepthwiseGeometry(const kernels::KernelTable& kernels, const DepthwiseParams& params,
                                     const ChannelGroups& groups, std::int64_t in_h, std::int64_t in_w,
                                     const DepthwiseUse& use)
    : params_(params),
      groups_(groups),
      in_h_(in_h),
      in_w_(in_w),
      size_(*resolve_window(window_of(params), in_h, in_w)),
      element_bytes_(kernels.tensor_bytes()),
      copies_(!kernels.int8() && (groups.spread() || copy_pays(kernels, params.kernel_h,
                                                               use.src_stride * kernels.tensor_bytes(), use.l1_bytes))),
      kernels_(&kernels) {
  if (kernels.int8()) {
    woven_.emplace(kernels, params, size_, in_h, in_w, use.l1_bytes);
    return;
  }
  if (groups.inputs == 1 && is_row(window_of(params), in_h, size_)) {
    params_ = turned(params);
    std::swap(in_h_, in_w_);
    std::swap(size_.out_h, size_.out_w);
    std::swap(size_.pad_top, size_.pad_left);
  }
  column_ = groups.inputs == 1 && in_w_ == 1 && params_.kernel_w == 1 && size_.out_w == 1 && size_.pad_left == 0;
  const bool residual_last = use.residual && params.residual_order == ResidualOrder::kAfterActivation;
  const Activation& activation = params.activation;
  const bool affine = has_affine(activation);
  const bool by_channel = affine || activation.kind == Activation::Kind::kPrelu;
  layer_ = {kernel_rows(),
            params_.kernel_w,
            params_.stride_h,
            params_.stride_w,
            params_.dilation_h,
            params_.dilation_w,
            size_.pad_left,
            in_w_,
            size_.out_w,
            channels(),
            activation.kind == Activation::Kind::kClamp && !affine && !residual_last,
            use.residual,
            use.dense && !copies_ && !by_channel};
  if (column_) {
    layer_.kernel_w = std::exchange(layer_.kernel_h, 1);
    layer_.stride_w = std::exchange(layer_.stride_h, 1);
    layer_.dilation_w = std::exchange(layer_.dilation_h, 1);
    layer_.pad_left = size_.pad_top;
    layer_.in_width = in_h_;
    layer_.out_width = size_.out_h;
  }
  row_ = find_kernel(kernels, layer_, 1);
  const kernels::DepthwiseKernel* pair = find_kernel(kernels, layer_, 2);
  if (groups.inputs == 1 && pair_pays(pair, size_.out_w)) pair_ = pair;
}

const kernels::DepthwiseKernel& DepthwiseGeometry::column_kernel(std::int64_t out_rows) const noexcept {
  kernels::DepthwiseLayer layer = layer_;
  layer.out_width = out_rows;
  return *find_kernel(*kernels_, layer, 1);
}

const kernels::DepthwiseKernel& DepthwiseGeometry::kernel(std::int64_t row_chunk,
                                                          std::int64_t strip_rows) const noexcept {
  if (column_) return column_kernel(std::min(row_chunk, strip_rows));
  if (pair_ == nullptr || strip_rows < 2) return *row_;
  for (std::int64_t y = ceil_div(size_.pad_top, params_.stride_h); y + 2 <= size_.out_h && two_rows_inside(y);) {
    const std::int64_t chunk = y / row_chunk * row_chunk;
    const std::int64_t strip = chunk + (y - chunk) / strip_rows * strip_rows;
    const std::int64_t end = std::min({strip + strip_rows, chunk + row_chunk, size_.out_h});
    if (y + 2 <= end) return *pair_;
    y = end;
  }
  return *row_;
}

const char* DepthwiseGeometry::kernel_name(std::int64_t row_chunk, std::int64_t strip_rows) const noexcept {
  return woven_ ? woven_->kernel().name : kernel(row_chunk, strip_rows).name;
}

const char* DepthwiseGeometry::walk() const noexcept {
  if (woven_) return "copied";
  if (groups_.spread()) return "spread";
  return copies_ ? "copied" : "direct";
}

std::int64_t DepthwiseGeometry::scratch_rows() const noexcept {
  const std::int64_t together = column_ ? kColumnRows : rows_together();
  return std::min(extent_of(params_) + (together - 1) * params_.stride_h, in_h_);
}

std::int64_t DepthwiseGeometry::pointer_bytes() const noexcept {
  if (kernel_rows() <= kDepthwiseRowsOnStack) return 0;
  // A kernel of so many rows has no pairs, so these are all pointers of a call.
  return round_up(std::int64_t{kernel_rows()} * std::int64_t{sizeof(void*)}, kLineBytes);
}

std::int64_t DepthwiseGeometry::scratch_bytes(std::int64_t channel_block) const noexcept {
  if (woven_) return woven_->scratch_bytes();
  if (!copies_) return pointer_bytes();
  const std::int64_t pixels = scratch_rows() * groups_.inputs * in_w_;
  return pointer_bytes() + pixels * padded_pitch(channel_block, element_bytes_) * element_bytes_;
}

Range DepthwiseGeometry::input_rows(Range out_rows) const noexcept {
  return internal::input_rows({params_.stride_h, extent_of(params_), size_.pad_top, in_h_}, out_rows);
}

std::int64_t DepthwiseGeometry::input_extent(std::int64_t rows) const noexcept {
  return std::min((rows - 1) * params_.stride_h + extent_of(params_), in_h_);
}

}  // namespace tandem::inline TANDEM_ABI::internal
