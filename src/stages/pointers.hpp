// Addresses in tensors whose element type only the kernel table knows.
#pragma once

#include <cstddef>

#include "kernels/kernel_table.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The address `bytes` further on; null stays null.
inline const void* advance(const void* p, std::ptrdiff_t bytes) noexcept {
  return p == nullptr ? nullptr : static_cast<const std::byte*>(p) + bytes;
}
inline void* advance(void* p, std::ptrdiff_t bytes) noexcept {
  return p == nullptr ? nullptr : static_cast<std::byte*>(p) + bytes;
}

/// The rows from `row` on; null stays null.
inline kernels::ConstRows rows_from(const kernels::ConstRows& rows, std::int64_t row) noexcept {
  return {advance(rows.data, row * rows.stride), rows.stride};
}
inline kernels::Rows rows_from(const kernels::Rows& rows, std::int64_t row) noexcept {
  return {advance(rows.data, row * rows.stride), rows.stride};
}

}  // namespace tandem::inline TANDEM_ABI::internal
