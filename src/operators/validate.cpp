#include "src/operators/validate.hpp"

#include <algorithm>
#include <cmath>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"

namespace tandem::inline TANDEM_ABI::internal {

namespace {

Status check_kind(const char* stage, const Activation& a, std::int64_t channels) noexcept {
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
    case Activation::Kind::kGelu:
    case Activation::Kind::kGeluTanh:
      return {};
  }
  return error(StatusCode::kInvalidArgument, "%sactivation.kind %d is not a kind of activation", stage,
               static_cast<int>(a.kind));
}

Status check_affine(const char* stage, const char* what, const FloatSpan& values, std::int64_t channels) noexcept {
  if (values.size == 0) return {};
  if (values.size != 1 && values.size != static_cast<std::size_t>(channels)) {
    return error(StatusCode::kInvalidArgument,
                 "%sactivation.%s has %zu elements, but needs 0, 1, or one for each of the %lld output channels", stage,
                 what, values.size, static_cast<long long>(channels));
  }
  if (values.data == nullptr) {
    return error(StatusCode::kInvalidArgument, "%sactivation.%s is null, but has %zu elements", stage, what,
                 values.size);
  }
  for (std::size_t i = 0; i < values.size; ++i) {
    if (std::isfinite(values.data[i])) continue;
    return error(StatusCode::kInvalidArgument, "%sactivation.%s must be finite, but element %zu is %g", stage, what, i,
                 static_cast<double>(values.data[i]));
  }
  return {};
}

}  // namespace

Status check_activation(const char* stage, const Activation& a, std::int64_t channels) noexcept {
  return first_error({check_kind(stage, a, channels), check_affine(stage, "scale", a.scale, channels),
                      check_affine(stage, "shift", a.shift, channels)});
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

Status check_input(const Shape& s, std::int64_t channels) noexcept {
  if (s.n < 0) {
    return error(StatusCode::kInvalidArgument, "input n must not be negative, but is %lld",
                 static_cast<long long>(s.n));
  }
  const Status sizes = first_error(
      {check_at_least_one("input h", s.h), check_at_least_one("input w", s.w), check_at_least_one("input c", s.c)});
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

Result<Shape> same_shape(const Shape& input, std::int64_t channels) noexcept {
  const Status status = check_input(input, channels);
  if (!status.ok()) return status;
  return input;
}

Result<Shape> windowed_shape(const Shape& input, std::int64_t channels, const Window& window,
                             std::int64_t out_channels) noexcept {
  const Status status = check_input(input, channels);
  if (!status.ok()) return status;
  const Result<WindowedSize> size = resolve_window(window, input.h, input.w);
  if (!size.ok()) return size.status();
  return Shape{input.n, size->out_h, size->out_w, out_channels};
}

}  // namespace tandem::inline TANDEM_ABI::internal
