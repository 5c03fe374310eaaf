// The quantised operators that are implemented by themselves: regular convolutions, which pad rows with the zero point in the
// workspace, so that every output pixel has all its taps; and activations. (Depthwise, pointwise and fully connected layers,
// blocks, pools and element-wise operators are the same for all types.)
#pragma once

#include <memory>

#include "src/operators/operator_impl.hpp"
#include "src/weights/byte_table.hpp"
#include "tandem/operator.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The parameters and the weights were checked. Throw std::bad_alloc.
std::shared_ptr<const OperatorImpl> make_int8_conv2d(const kernels::KernelTable& kernels, const char* name,
                                                     const Conv2dParams& params, const Weights& weights);
std::shared_ptr<const OperatorImpl> make_int8_conv_transpose2d(const kernels::KernelTable& kernels,
                                                               const ConvTranspose2dParams& params,
                                                               const Weights& weights);

/// Refuses numbers by channel.
Status check_activation_table(const ActivationParams& params) noexcept;
/// The parameters were checked.
Result<ByteTable> make_activation_table(const ActivationParams& params);
/// An activation by itself, as a table. Refuses numbers by channel; all else was checked. Throws std::bad_alloc.
Result<std::shared_ptr<const OperatorImpl>> make_int8_activation(const ActivationParams& params,
                                                                 const CreateOptions& options);

}  // namespace tandem::inline TANDEM_ABI::internal
