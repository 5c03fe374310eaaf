// The theory of the depthwise-separable convolution: the multiply-adds of each form, and how many separating saves
// (Howard et al., MobileNets, arXiv:1704.04861, section 3.1). H x W is the size of the output; it is the size of the
// input as well for stride 1 and SAME padding. Padding counts as if it were multiplied, as in the paper.
//
// op_count() uses exactly these formulas. They do not check for overflow: plan() has checked the shapes it accepted.
#pragma once

#include <cstdint>

#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {
namespace cost {

/// K x K kernel, in_channels M, out_channels N, output of H x W: KH*KW*M*H*W*N.
constexpr std::int64_t regular(std::int64_t kernel_h, std::int64_t kernel_w, std::int64_t in_channels,
                               std::int64_t out_h, std::int64_t out_w, std::int64_t out_channels) noexcept {
  return kernel_h * kernel_w * in_channels * out_h * out_w * out_channels;
}

/// One filter a channel: KH*KW*M*H*W.
constexpr std::int64_t depthwise(std::int64_t kernel_h, std::int64_t kernel_w, std::int64_t channels,
                                 std::int64_t out_h, std::int64_t out_w) noexcept {
  return kernel_h * kernel_w * channels * out_h * out_w;
}

/// M*H*W*N.
constexpr std::int64_t pointwise(std::int64_t in_channels, std::int64_t out_h, std::int64_t out_w,
                                 std::int64_t out_channels) noexcept {
  return in_channels * out_h * out_w * out_channels;
}

/// Depthwise and pointwise together.
constexpr std::int64_t separable(std::int64_t kernel_h, std::int64_t kernel_w, std::int64_t in_channels,
                                 std::int64_t out_h, std::int64_t out_w, std::int64_t out_channels) noexcept {
  return depthwise(kernel_h, kernel_w, in_channels, out_h, out_w) + pointwise(in_channels, out_h, out_w, out_channels);
}

/// The two products of a squeeze-and-excite with C channels, R of them after the reduction: 2*C*R an image. Neither the
/// mean nor the gating counts.
constexpr std::int64_t squeeze_excite(std::int64_t channels, std::int64_t reduced_channels) noexcept {
  return 2 * channels * reduced_channels;
}

/// separable / regular = 1/N + 1/(KH*KW), the fraction of the work that remains. About 1/8.7 for 3 x 3 and N = 256.
constexpr double separable_ratio(std::int64_t kernel_h, std::int64_t kernel_w, std::int64_t out_channels) noexcept {
  return 1.0 / static_cast<double>(out_channels) + 1.0 / static_cast<double>(kernel_h * kernel_w);
}

}  // namespace cost
}  // namespace TANDEM_ABI
}  // namespace tandem
