// The operator behind depthwise, for a convolution of as many groups as channels, or of groups too narrow for a matrix product.
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "tandem/operator.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The parameters and the weights were checked. Throws std::bad_alloc.
std::shared_ptr<const OperatorImpl> make_depthwise(const kernels::KernelTable& kernels, const char* name,
                                                   const DepthwiseParams& params, const Weights& weights);

/// A grouped conv2d. Its parameters were checked, and kernel_h * in_channels / groups is an std::int32_t. Throws
/// std::bad_alloc.
std::shared_ptr<const OperatorImpl> make_spread_groups(const kernels::KernelTable& kernels, const Conv2dParams& params,
                                                       const Weights& weights);

}  // namespace tandem::inline TANDEM_ABI::internal
