#include "src/operators/checks.hpp"

#include "src/depthwise_stage.hpp"
#include "src/error.hpp"
#include "src/filter.hpp"
#include "src/validate.hpp"

namespace tandem::internal {
namespace {

// A dense filter of a 1x1 stage or a matrix, and its bias.
Status check_matrix(const char* stage, const char* in_name, std::int64_t in, const char* out_name, std::int64_t out,
                    const Activation& activation, const Filter& filter, FloatSpan bias) noexcept {
  const Status sizes = first_error({check_at_least_one(stage, in_name, in), check_at_least_one(stage, out_name, out),
                                    check_activation(stage, activation)});
  if (!sizes.ok()) return sizes;
  return first_error({check_filter(stage, filter, {out, in, 1, 1}, false), check_bias(stage, bias, out)});
}

}  // namespace

Status check_conv2d(const Conv2dParams& p, const Filter& filter, FloatSpan bias) noexcept {
  const Status sizes =
      first_error({check_at_least_one("in_channels", p.in_channels), check_at_least_one("out_channels", p.out_channels),
                   check_window("", window_of(p)), check_activation("", p.activation)});
  if (!sizes.ok()) return sizes;
  return first_error({check_filter("", filter, {p.out_channels, p.in_channels, p.kernel_h, p.kernel_w}, false),
                      check_bias("", bias, p.out_channels)});
}

Status check_depthwise(const char* stage, const DepthwiseParams& p, const Filter& filter, FloatSpan bias) noexcept {
  const Status sizes = first_error({check_at_least_one(stage, "channels", p.channels),
                                    check_window(stage, window_of(p)), check_activation(stage, p.activation)});
  if (!sizes.ok()) return sizes;
  if (p.kernel_h > kMaxDepthwiseKernelRows) {
    return error(StatusCode::kUnsupported, "%skernel_h of a depthwise convolution is at most %d, but is %d", stage,
                 kMaxDepthwiseKernelRows, p.kernel_h);
  }
  return first_error({check_filter(stage, filter, {p.channels, 1, p.kernel_h, p.kernel_w}, true),
                      check_bias(stage, bias, p.channels)});
}

Status check_pointwise(const char* stage, const PointwiseParams& p, const Filter& filter, FloatSpan bias) noexcept {
  return check_matrix(stage, "in_channels", p.in_channels, "out_channels", p.out_channels, p.activation, filter, bias);
}

Status check_fully_connected(const FullyConnectedParams& p, const Filter& filter, FloatSpan bias) noexcept {
  return check_matrix("", "in_features", p.in_features, "out_features", p.out_features, p.activation, filter, bias);
}

Status check_inner_stage(const char* stage, bool residual) noexcept {
  if (!residual) return {};
  return error(StatusCode::kInvalidArgument, "%sresidual must be false inside a block, but is true", stage);
}

Status check_same_channels(const char* giver, std::int64_t given, const char* taker, std::int64_t taken) noexcept {
  if (given == taken) return {};
  return error(StatusCode::kInvalidArgument, "%s is %lld, but %s is %lld; they must be equal", giver,
               static_cast<long long>(given), taker, static_cast<long long>(taken));
}

}  // namespace tandem::internal
