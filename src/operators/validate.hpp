// What create() and plan() refuse, and how they say it. `stage` is "" or, inside a block, the stage's name with a dot:
// it leads the parameter's name in the sentence, "expand.in_channels must be at least 1, but is 0".
#pragma once

#include <cstdint>
#include <initializer_list>

#include "tandem/params.hpp"
#include "tandem/shape.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A size or a stride: at least 1.
Status check_at_least_one(const char* stage, const char* what, std::int64_t value) noexcept;
inline Status check_at_least_one(const char* what, std::int64_t value) noexcept {
  return check_at_least_one("", what, value);
}
/// A kind that there is, its bounds, slopes or coefficients as tandem/activation.hpp wants them.
Status check_activation(const char* stage, const Activation& activation, std::int64_t channels) noexcept;
Status check_residual_order(const char* stage, ResidualOrder order) noexcept;
Status check_padding(const char* stage, const Padding& padding) noexcept;
/// Empty, or `channels` values with a pointer.
Status check_bias(const char* stage, FloatSpan bias, std::int64_t channels) noexcept;
/// Every size at least 1, the product representable, c as the operator wants it.
Status check_input(const Shape& shape, std::int64_t channels) noexcept;

/// Output channels of a depthwise convolution.
inline std::int64_t out_channels(const DepthwiseParams& p) noexcept { return std::int64_t{p.channels} * p.multiplier; }

/// The sliding window of a convolution, both axes.
struct Window {
  std::int32_t kernel_h, kernel_w;
  std::int32_t stride_h, stride_w;
  std::int32_t dilation_h, dilation_w;
  Padding padding;
};
template <class Params>
Window window_of(const Params& p) noexcept {
  return {p.kernel_h, p.kernel_w, p.stride_h, p.stride_w, p.dilation_h, p.dilation_w, p.padding};
}
Status check_window(const char* stage, const Window& window) noexcept;

/// A window laid over an input of known size.
struct WindowedSize {
  std::int64_t out_h, out_w;
  std::int64_t pad_top, pad_left;
};
/// Resolves SAME padding; an output of no size is an error.
Result<WindowedSize> resolve_window(const Window& window, std::int64_t in_h, std::int64_t in_w) noexcept;

/// The status of the first check that failed.
inline Status first_error(std::initializer_list<Status> checks) noexcept {
  for (const Status& status : checks) {
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace tandem::inline TANDEM_ABI::internal
