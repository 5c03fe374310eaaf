// The operator behind pointwise, for a conv2d that is a pointwise convolution.
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "tandem/params.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A checked conv2d of 1x1 with one group and stride 1 that pads nothing. Throws std::bad_alloc.
std::shared_ptr<const OperatorImpl> make_pointwise(const kernels::KernelTable& kernels, const Conv2dParams& params,
                                                   const Weights& weights);

}  // namespace tandem::inline TANDEM_ABI::internal
