// Where the rows of an image lie that a depthwise stage reads and writes.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Rows of an image: row y lies at data + (y % ring_rows) * row_stride, at channel first_channel. Strides are in bytes.
/// For a whole image ring_rows is its height.
struct SourceRows {
  const void* data;
  std::ptrdiff_t pixel_stride;
  std::ptrdiff_t row_stride;
  std::int64_t ring_rows;
  std::int64_t first_channel = 0;
};

/// Output rows: row y lies at data + (y - first_row) * row_stride, at channel 0.
struct TargetRows {
  void* data;
  std::ptrdiff_t pixel_stride;
  std::ptrdiff_t row_stride;
  std::int64_t first_row;
};

/// The residual: row y lies at data + y * row_stride. Null: none.
struct ResidualRows {
  const void* data = nullptr;
  std::ptrdiff_t pixel_stride = 0;
  std::ptrdiff_t row_stride = 0;
};

}  // namespace tandem::inline TANDEM_ABI::internal
