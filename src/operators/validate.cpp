#include "src/operators/validate.hpp"

#include <algorithm>
#include <cmath>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"

namespace tandem::inline TANDEM_ABI::internal {

Status check_at_least_one(const char* stage, const char* what, std::int64_t value) noexcept {
  if (value >= 1) return {};
  return error(StatusCode::kInvalidArgument, "%s%s must be at least 1, but is %lld", stage, what,
               static_cast<long long>(value));
}

Status check_activation(const char* stage, const Activation& a, std::int64_t channels) noexcept {
  switch (a.kind) {
    case Activation::Kind::kClamp:
      if (a.lo <= a.hi) return {};  // false for a NaN on either side
      return error(StatusCode::kInvalidArgument,
                   "%sactivation must clamp to lo <= hi, neither NaN, but lo is %g and hi is %g", stage,
                   static_cast<double>(a.lo), static_cast<double>(a.hi));
    case Activation::Kind::kLeakyRelu:
      if (!std::isnan(a.alpha)) return {};
      return error(StatusCode::kInvalidArgument, "%sactivation's slope alpha must not be NaN", stage);
    case Activation::Kind::kPrelu:
      if (a.slopes.data == nullptr) return error(StatusCode::kInvalidArgument, "%sactivation's slopes are null", stage);
      if (a.slopes.size == static_cast<std::size_t>(channels)) return {};
      return error(StatusCode::kInvalidArgument, "%sactivation has %zu slopes, but there are %lld output channels",
                   stage, a.slopes.size, static_cast<long long>(channels));
    case Activation::Kind::kHardSigmoid:
      if (std::isfinite(a.alpha) && std::isfinite(a.beta)) return {};
      return error(StatusCode::kInvalidArgument, "%sactivation's alpha and beta must be finite, but they are %g and %g",
                   stage, static_cast<double>(a.alpha), static_cast<double>(a.beta));
    case Activation::Kind::kSigmoid:
    case Activation::Kind::kSilu:
    case Activation::Kind::kHardSwish:
    case Activation::Kind::kTanh:
      return {};
  }
  return error(StatusCode::kInvalidArgument, "%sactivation.kind %d is not a kind of activation", stage,
               static_cast<int>(a.kind));
}

Status check_residual_order(const char* stage, ResidualOrder order) noexcept {
  if (order == ResidualOrder::kBeforeActivation || order == ResidualOrder::kAfterActivation) return {};
  return error(StatusCode::kInvalidArgument, "%sresidual_order %d is not an order", stage, static_cast<int>(order));
}

Status check_padding(const char* stage, const Padding& padding) noexcept {
  switch (padding.mode) {
    case Padding::Mode::kSameUpper:
    case Padding::Mode::kSameLower:
      return {};
    case Padding::Mode::kExplicit:
      break;
    default:
      return error(StatusCode::kInvalidArgument, "%spadding.mode %d is not a padding mode", stage,
                   static_cast<int>(padding.mode));
  }
  if (std::min({padding.top, padding.bottom, padding.left, padding.right}) >= 0) return {};
  return error(StatusCode::kInvalidArgument,
               "%spadding must not be negative, but top is %d, bottom %d, left %d and right %d", stage, padding.top,
               padding.bottom, padding.left, padding.right);
}

Status check_bias(const char* stage, FloatSpan bias, std::int64_t channels) noexcept {
  if (bias.size == 0 && bias.data == nullptr) return {};
  if (bias.data == nullptr) {
    return error(StatusCode::kInvalidArgument, "%sbias is null, but is said to hold %zu values", stage, bias.size);
  }
  if (bias.size != static_cast<std::size_t>(channels)) {
    return error(StatusCode::kInvalidArgument, "%sbias holds %zu values, but there are %lld output channels", stage,
                 bias.size, static_cast<long long>(channels));
  }
  return {};
}

Status check_input(const Shape& s, std::int64_t channels) noexcept {
  const Status sizes = first_error({check_at_least_one("input n", s.n), check_at_least_one("input h", s.h),
                                    check_at_least_one("input w", s.w), check_at_least_one("input c", s.c)});
  if (!sizes.ok()) return sizes;
  if (s.c != channels) {
    return error(StatusCode::kInvalidArgument, "input c is %lld, but the operator was created for %lld channels",
                 static_cast<long long>(s.c), static_cast<long long>(channels));
  }
  if (!checked_product({s.n, s.h, s.w, s.c}, kMaxElements)) {
    return error(StatusCode::kOutOfRange,
                 "the input's %lld x %lld x %lld x %lld elements are more than can be addressed",
                 static_cast<long long>(s.n), static_cast<long long>(s.h), static_cast<long long>(s.w),
                 static_cast<long long>(s.c));
  }
  return {};
}

Status check_window(const char* stage, const Window& w) noexcept {
  return first_error(
      {check_at_least_one(stage, "kernel_h", w.kernel_h), check_at_least_one(stage, "kernel_w", w.kernel_w),
       check_at_least_one(stage, "stride_h", w.stride_h), check_at_least_one(stage, "stride_w", w.stride_w),
       check_at_least_one(stage, "dilation_h", w.dilation_h), check_at_least_one(stage, "dilation_w", w.dilation_w),
       check_padding(stage, w.padding)});
}

namespace {

struct Axis {
  std::int64_t out;
  std::int64_t pad_before;
};

// One axis of a convolution. SAME after TensorFlow: out = ceil(in / stride), and as much padding as that needs.
Axis resolve_axis(Padding::Mode mode, std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                  std::int64_t before, std::int64_t after) noexcept {
  const std::int64_t extent = (kernel - 1) * dilation + 1;
  if (mode == Padding::Mode::kExplicit) {
    const std::int64_t span = in + before + after - extent;
    return {span < 0 ? 0 : span / stride + 1, before};
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
  const Axis rows = resolve_axis(p.mode, in_h, w.kernel_h, w.stride_h, w.dilation_h, p.top, p.bottom);
  const Axis columns = resolve_axis(p.mode, in_w, w.kernel_w, w.stride_w, w.dilation_w, p.left, p.right);
  if (rows.out < 1) return no_output("rows", in_h, p.top, p.bottom, w.kernel_h, w.dilation_h);
  if (columns.out < 1) return no_output("columns", in_w, p.left, p.right, w.kernel_w, w.dilation_w);
  return WindowedSize{rows.out, columns.out, rows.pad_before, columns.pad_before};
}

}  // namespace tandem::inline TANDEM_ABI::internal
