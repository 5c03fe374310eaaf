// The operator behind conv2d, for other operators that are a conv2d.
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "tandem/operator.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Checks the parameters. `name`, a constant, is the name of the operator. Throws std::bad_alloc.
Result<std::shared_ptr<const OperatorImpl>> make_conv2d(const char* name, const Conv2dParams& params,
                                                        const Weights& weights, const CreateOptions& options);

}  // namespace tandem::inline TANDEM_ABI::internal
