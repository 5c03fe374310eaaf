// From the parameters of one kind of convolution to those of another that computes the same.
#pragma once

#include "kernels/floating_point.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Copies the members that conv2d, depthwise and pointwise have in common.
template <class From, class To>
void copy_common(const From& from, To& to) noexcept {
  to.stride_h = from.stride_h;
  to.stride_w = from.stride_w;
  to.activation = from.activation;
  to.residual = from.residual;
  to.residual_order = from.residual_order;
  to.src_type = from.src_type;
  to.dst_type = from.dst_type;
  to.residual_type = from.residual_type;
  to.weight_type = from.weight_type;
}

}  // namespace tandem::inline TANDEM_ABI::internal
