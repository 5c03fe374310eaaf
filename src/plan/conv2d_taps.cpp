#include "src/plan/conv2d_taps.hpp"

#include <algorithm>

#include "src/base/checked.hpp"
#include "src/base/pitch.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// The first output whose tap `tap` lies at or after column (or row) `origin` of the input.
std::int64_t first_at(const ConvAxis& a, std::int64_t tap, std::int64_t origin) noexcept {
  return std::min(ceil_div(std::max<std::int64_t>(origin + a.pad - tap * a.dilation, 0), a.stride), a.out);
}

}  // namespace

// Walks from one change of taps to the next. There are at most two changes per tap, however long the axis.
std::vector<TapClass> classify_outputs(const ConvAxis& a) {
  std::vector<TapClass> classes;
  for (std::int64_t o = 0; o < a.out;) {
    const std::int64_t origin = o * a.stride - a.pad;
    const std::int64_t first = std::clamp<std::int64_t>(origin < 0 ? ceil_div(-origin, a.dilation) : 0, 0, a.kernel);
    const std::int64_t last =
        std::clamp<std::int64_t>(origin < a.in ? ceil_div(a.in - origin, a.dilation) : 0, 0, a.kernel);
    std::int64_t end = a.out;
    if (first > 0) end = std::min(end, first_at(a, first - 1, 0));   // tap first - 1 comes into the image
    if (last > 0) end = std::min(end, first_at(a, last - 1, a.in));  // tap last - 1 leaves it
    classes.push_back({o, end, first, std::max(first, last)});
    o = end;
  }
  return classes;
}

bool rows_join(const ConvAxis& y, const ConvAxis& x) noexcept { return y.stride * x.in == x.stride * x.out; }

// Along the rows if these are no shorter than the columns, or would fill tiles not much worse. Pixels of a column are far apart,
// and where image rows lie a multiple of 4 KB apart, they evict each other from L1: 160 x 128 pixels of 16 channels took 1.7
// times as long by columns as by rows (Zen 4, AVX-512).
bool runs_along_x(std::int64_t width, std::int64_t height, std::int64_t tile_rows, std::int64_t row_bytes) noexcept {
  if (row_bytes == 0 || width >= height) return true;
  if (l1_sets(row_bytes) == 1) return 2 * width >= tile_rows;
  const auto tiles = [tile_rows](std::int64_t lines, std::int64_t length) {
    return lines * ceil_div(length, tile_rows);
  };
  return 8 * tiles(height, width) <= 9 * tiles(width, height);
}

Range outputs_of_tap(const ConvAxis& axis, std::int64_t tap) noexcept {
  return {first_at(axis, tap, 0), first_at(axis, tap, axis.in)};
}

std::int64_t taps_inside(const ConvAxis& axis) noexcept {
  std::int64_t taps = 0;
  for (std::int64_t tap = 0; tap < axis.kernel; ++tap) {
    const Range outputs = outputs_of_tap(axis, tap);
    taps += std::max<std::int64_t>(outputs.end - outputs.begin, 0);
  }
  return taps;
}

}  // namespace tandem::inline TANDEM_ABI::internal
