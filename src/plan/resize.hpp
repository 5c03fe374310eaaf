// The two axes of a resized image: output sizes, and for each output row or column the input pixels it lies between.
#pragma once

#include <cstdint>
#include <vector>

#include "tandem/params.hpp"
#include "tandem/shape.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// One axis over an input of known size.
struct ResizeAxis {
  std::int64_t in;
  std::int64_t out;
  float scale;
  bool by_size;  ///< the caller gave the size, not the scale
};

/// An output row or column. Nearest: index[0] alone.
struct ResizeTap {
  std::int32_t index[2];
  float weight[2];
};

struct ResizeAxes {
  ResizeAxis rows;
  ResizeAxis columns;
};
/// The parameters and the input were checked. Refuses an output without pixels, and sizes beyond 2^24.
Result<ResizeAxes> resolve_resize(const ResizeParams& params, const Shape& input) noexcept;

/// [axis.out]. Throws std::bad_alloc.
std::vector<ResizeTap> resize_taps(const ResizeParams& params, const ResizeAxis& axis);

}  // namespace tandem::inline TANDEM_ABI::internal
