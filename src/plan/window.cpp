#include "src/plan/window.hpp"

#include <algorithm>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

struct Axis {
  std::int64_t out;
  std::int64_t pad_before;
};

// One axis of a convolution. SAME as in TensorFlow: out = ceil(in / stride), with the padding that this needs.
Axis resolve_axis(const Window& window, std::int64_t in, std::int64_t kernel, std::int64_t stride,
                  std::int64_t dilation, std::int64_t before, std::int64_t after) noexcept {
  const std::int64_t extent = (kernel - 1) * dilation + 1;
  const Padding::Mode mode = window.padding.mode;
  if (mode == Padding::Mode::kExplicit) {
    const std::int64_t span = in + before + after - extent + (window.ceil_mode ? stride - 1 : 0);
    const std::int64_t out = span < 0 ? 0 : span / stride + 1;
    // ONNX and PyTorch: a last window that would begin in the padding after the input is left out.
    const bool outside = window.ceil_mode && (out - 1) * stride >= in + before;
    return {outside ? out - 1 : out, before};
  }
  const std::int64_t out = ceil_div(in, stride);
  const std::int64_t total = std::max<std::int64_t>((out - 1) * stride + extent - in, 0);
  return {out, mode == Padding::Mode::kSameUpper ? total / 2 : total - total / 2};
}

Status no_output(const char* axis, std::int64_t in, std::int64_t before, std::int64_t after, std::int64_t kernel,
                 std::int64_t dilation) noexcept {
  return error(
      StatusCode::kInvalidArgument,
      "the output would have no %s: the input's %lld with padding %lld and %lld are fewer than the %lld that a "
      "kernel of %lld with dilation %lld spans",
      axis, static_cast<long long>(in), static_cast<long long>(before), static_cast<long long>(after),
      static_cast<long long>((kernel - 1) * dilation + 1), static_cast<long long>(kernel),
      static_cast<long long>(dilation));
}

}  // namespace

Result<WindowedSize> resolve_window(const Window& w, std::int64_t in_h, std::int64_t in_w) noexcept {
  const Padding& p = w.padding;
  const Axis rows = resolve_axis(w, in_h, w.kernel_h, w.stride_h, w.dilation_h, p.top, p.bottom);
  const Axis columns = resolve_axis(w, in_w, w.kernel_w, w.stride_w, w.dilation_w, p.left, p.right);
  if (rows.out < 1) return no_output("rows", in_h, p.top, p.bottom, w.kernel_h, w.dilation_h);
  if (columns.out < 1) return no_output("columns", in_w, p.left, p.right, w.kernel_w, w.dilation_w);
  return WindowedSize{rows.out, columns.out, rows.pad_before, columns.pad_before};
}

Range input_rows(const SlidingRows& rows, Range out) noexcept {
  const std::int64_t begin = out.begin * rows.stride - rows.pad;
  const std::int64_t end = (out.end - 1) * rows.stride - rows.pad + rows.extent;
  const std::int64_t clipped_end = std::clamp<std::int64_t>(end, 0, rows.in);
  return {std::clamp<std::int64_t>(begin, 0, clipped_end), clipped_end};
}

bool is_row(const Window& w, std::int64_t in_h, const WindowedSize& size) noexcept {
  return in_h == 1 && w.kernel_h == 1 && size.out_h == 1 && size.pad_top == 0;
}

}  // namespace tandem::inline TANDEM_ABI::internal
