// The end of a quantised element-wise operation, for an operator by itself or inside a block.
#pragma once

#include "kernels/kernel_table.hpp"
#include "tandem/params.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The parameters were checked.
kernels::Epilogue quantised_operation_end(const ElementwiseParams& params) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
