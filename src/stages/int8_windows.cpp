#include "src/stages/int8_windows.hpp"

#include <algorithm>
#include <cstring>

#include "src/base/checked.hpp"
#include "src/stages/pointers.hpp"

namespace tandem::inline TANDEM_ABI::internal {

bool Int8Windows::copies() const noexcept {
  const auto reaches_out = [](const ConvAxis& a) { return a.pad > 0 || span_of(a, a.out) - a.pad > a.in; };
  return reaches_out(y) || reaches_out(x) || (takes_rows && x.kernel > 1 && src_pixel != channels);
}

std::int64_t Int8Windows::copied_bytes(std::int64_t out_rows) const noexcept {
  return span_of(y, out_rows) * copied_row() + kQuad - 1;
}

kernels::ConstRows Int8Windows::input(const kernels::KernelTable& kernels, const void* image, Range rows,
                                      void* to) const noexcept {
  const std::int64_t first = rows.begin * y.stride - y.pad;
  const std::ptrdiff_t src_row = x.in * src_pixel;
  if (!copies()) return {advance(image, first * src_row - x.pad * src_pixel), src_row};
  auto* const bytes = static_cast<std::byte*>(to);
  const std::int64_t count = span_of(y, rows.end - rows.begin);
  for (std::int64_t i = 0; i < count; ++i) copy_row(kernels, image, first + i, bytes + i * copied_row());
  return {to, copied_row()};
}

void Int8Windows::copy_row(const kernels::KernelTable& kernels, const void* image, std::int64_t row,
                           std::byte* to) const noexcept {
  const std::int64_t span = span_of(x, x.out);
  const bool inside = row >= 0 && row < y.in;
  const std::int64_t left = inside ? std::clamp<std::int64_t>(x.pad, 0, span) : span;
  const std::int64_t first = std::max<std::int64_t>(-x.pad, 0);
  const std::int64_t pixels = std::clamp<std::int64_t>(x.in - first, 0, span - left);
  std::memset(to, zero_point, static_cast<std::size_t>(left * channels));
  if (pixels > 0) {
    const bool joined = src_pixel == channels;
    kernels.copy_rows({{advance(image, (row * x.in + first) * src_pixel), src_pixel},
                       {to + left * channels, channels},
                       joined ? 1 : pixels,
                       joined ? pixels * channels : channels});
  }
  const std::int64_t done = (left + pixels) * channels;
  std::memset(to + done, zero_point, static_cast<std::size_t>(span * channels - done));
}

void Int8Windows::run(const PackedGemm& weights, std::int64_t panel, Range rows, const kernels::ConstRows& src,
                      void* to) const noexcept {
  const std::int64_t segment = weights.segment();
  const std::int64_t segment_rows = ceil_div(segment, kQuad);
  const bool copied = copies();
  const std::ptrdiff_t pixel = copied ? channels : src_pixel;
  kernels::GemmArgs args;
  args.rows = x.out;
  args.panel = weights.panel(panel);
  args.epilogue = weights.epilogue(panel);
  args.a.stride = x.stride * pixel;
  // A whole quad may reach past the end of a segment in a copy: what it reads meets weights of zero.
  args.steps.k = copied ? segment_rows : segment / kQuad;
  args.steps.rest = copied ? 0 : static_cast<std::int32_t>(segment % kQuad);
  args.steps.outer = y.kernel;
  args.steps.inner = takes_rows ? 1 : x.kernel;
  args.steps.a_outer_stride = y.dilation * src.stride;
  args.steps.a_inner_stride = x.dilation * pixel;
  args.steps.b_inner_stride = segment_rows;
  args.steps.b_outer_stride = args.steps.inner * segment_rows;
  args.c.stride = dst.pixel;
  const kernels::GemmKernel& kernel = weights.kernels().gemm_kernel(args.panel);
  const std::ptrdiff_t column = weights.panels().first_column(panel) * weights.dst_bytes();
  for (std::int64_t oy = rows.begin; oy < rows.end; ++oy) {
    args.a.data = advance(src.data, (oy - rows.begin) * y.stride * src.stride);
    args.c.data = advance(to, oy * dst.row + column);
    kernel.function(args);
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
