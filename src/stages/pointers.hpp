// Addresses in tensors whose element type only the kernel table knows.
#pragma once

#include <cstddef>

#include "kernels/kernel_table.hpp"
#include "src/base/ranges.hpp"

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
inline kernels::SumRows rows_from(const kernels::SumRows& rows, std::int64_t row) noexcept {
  return {static_cast<float*>(advance(rows.data, row * rows.stride)), rows.stride};
}

/// The i-th of `parts` pieces; null stays null.
inline kernels::Prefetch piece(const kernels::Prefetch& prefetch, std::int64_t parts, std::int64_t i) noexcept {
  const Range range = part(prefetch.bytes, parts, i);
  return {advance(prefetch.data, range.begin), range.end - range.begin};
}

}  // namespace tandem::inline TANDEM_ABI::internal
