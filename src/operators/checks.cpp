#include "src/operators/checks.hpp"

#include "src/base/error.hpp"
#include "src/operators/validate.hpp"
#include "src/stages/depthwise_stage.hpp"
#include "src/weights/filter.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// A dense filter of a 1x1 stage or a matrix, and its bias.
Status check_matrix(const char* stage, const char* in_name, std::int64_t in, const char* out_name, std::int64_t out,
                    const Activation& activation, ResidualOrder order, const Filter& filter, FloatSpan bias) noexcept {
  const Status sizes = first_error({check_at_least_one(stage, in_name, in), check_at_least_one(stage, out_name, out),
                                    check_activation(stage, activation, out), check_residual_order(stage, order)});
  if (!sizes.ok()) return sizes;
  return first_error({check_filter(stage, filter, {out, in, 1, 1}, false), check_bias(stage, bias, out)});
}

Status check_groups(const Conv2dParams& p) noexcept {
  const Status status = check_at_least_one("groups", p.groups);
  if (!status.ok()) return status;
  if (p.in_channels % p.groups == 0 && p.out_channels % p.groups == 0) return {};
  return error(StatusCode::kInvalidArgument, "groups is %d, which does not divide in_channels %d and out_channels %d",
               p.groups, p.in_channels, p.out_channels);
}

}  // namespace

Status check_conv2d(const Conv2dParams& p, const Filter& filter, FloatSpan bias) noexcept {
  const Status sizes =
      first_error({check_at_least_one("in_channels", p.in_channels), check_at_least_one("out_channels", p.out_channels),
                   check_window("", window_of(p)), check_activation("", p.activation, p.out_channels),
                   check_residual_order("", p.residual_order), check_groups(p)});
  if (!sizes.ok()) return sizes;
  return first_error(
      {check_filter("", filter, {p.out_channels, p.in_channels / p.groups, p.kernel_h, p.kernel_w}, false),
       check_bias("", bias, p.out_channels)});
}

Status check_depthwise(const char* stage, const DepthwiseParams& p, const Filter& filter, FloatSpan bias) noexcept {
  const Status sizes = first_error(
      {check_at_least_one(stage, "channels", p.channels), check_at_least_one(stage, "multiplier", p.multiplier),
       check_window(stage, window_of(p)), check_activation(stage, p.activation, out_channels(p)),
       check_residual_order(stage, p.residual_order)});
  if (!sizes.ok()) return sizes;
  if (p.kernel_h > kMaxDepthwiseKernelRows) {
    return error(StatusCode::kUnsupported, "%skernel_h of a depthwise convolution is at most %d, but is %d", stage,
                 kMaxDepthwiseKernelRows, p.kernel_h);
  }
  return first_error({check_filter(stage, filter, {out_channels(p), 1, p.kernel_h, p.kernel_w}, true),
                      check_bias(stage, bias, out_channels(p))});
}

Status check_pointwise(const char* stage, const PointwiseParams& p, const Filter& filter, FloatSpan bias) noexcept {
  const Status strides = first_error(
      {check_at_least_one(stage, "stride_h", p.stride_h), check_at_least_one(stage, "stride_w", p.stride_w)});
  if (!strides.ok()) return strides;
  return check_matrix(stage, "in_channels", p.in_channels, "out_channels", p.out_channels, p.activation,
                      p.residual_order, filter, bias);
}

Status check_fully_connected(const FullyConnectedParams& p, const Filter& filter, FloatSpan bias) noexcept {
  return check_matrix("", "in_features", p.in_features, "out_features", p.out_features, p.activation, p.residual_order,
                      filter, bias);
}

Status check_inner_stage(const char* stage, bool residual) noexcept {
  if (!residual) return {};
  return error(StatusCode::kInvalidArgument, "%sresidual must be false inside a block, but is true", stage);
}

Status check_unit_stride(const char* stage, const PointwiseParams& p) noexcept {
  if (p.stride_h == 1 && p.stride_w == 1) return {};
  return error(StatusCode::kInvalidArgument,
               "%sstride_h and %sstride_w must be 1 inside a block, but they are %d and %d", stage, stage, p.stride_h,
               p.stride_w);
}

Status check_same_channels(const char* giver, std::int64_t given, const char* taker, std::int64_t taken) noexcept {
  if (given == taken) return {};
  return error(StatusCode::kInvalidArgument, "%s is %lld, but %s is %lld; they must be equal", giver,
               static_cast<long long>(given), taker, static_cast<long long>(taken));
}

}  // namespace tandem::inline TANDEM_ABI::internal
