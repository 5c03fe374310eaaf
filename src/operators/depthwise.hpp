// The operator behind depthwise, for a convolution whose groups are too narrow for a matrix product.
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "tandem/operator.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A grouped conv2d. Its parameters were checked, and kernel_h * in_channels / groups is an std::int32_t. Throws
/// std::bad_alloc.
std::shared_ptr<const OperatorImpl> make_spread_groups(const kernels::KernelTable& kernels, const Conv2dParams& params,
                                                       const Weights& weights);

}  // namespace tandem::inline TANDEM_ABI::internal
