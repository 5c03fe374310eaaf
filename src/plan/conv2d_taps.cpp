#include "src/plan/conv2d_taps.hpp"

#include <algorithm>

#include "src/base/checked.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// The first output whose tap `tap` lies at or after input `origin`.
std::int64_t first_at(const ConvAxis& a, std::int64_t tap, std::int64_t origin) noexcept {
  return std::min(ceil_div(std::max<std::int64_t>(origin + a.pad - tap * a.dilation, 0), a.stride), a.out);
}

// A call of the matrix kernel: `rows` rows in tiles of nearly equal height, k steps each.
double call_cycles(std::int64_t rows, std::int64_t k, GemmTileSize tile) noexcept {
  constexpr double kCall = 40.0;
  constexpr double kTile = 8.0;     // loading and storing the accumulators, beside one cycle for each
  constexpr double kLatency = 4.0;  // of a chain of multiply-adds; two ports
  const std::int64_t tiles = ceil_div(rows, tile.rows);
  const double chains = static_cast<double>(rows * tile.vectors) / static_cast<double>(tiles);
  return kCall +
         static_cast<double>(tiles) * (kTile + chains + static_cast<double>(k) * std::max(chains / 2.0, kLatency));
}

}  // namespace

// Walks from one change of taps to the next, of which there are at most two a tap, however long the axis.
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

Range outputs_of_tap(const ConvAxis& axis, std::int64_t tap) noexcept {
  return {first_at(axis, tap, 0), first_at(axis, tap, axis.in)};
}

double cycles_by_rectangles(const ConvAxis& y, const ConvAxis& x, std::int64_t channels, GemmTileSize tile) {
  double cycles = 0.0;
  const std::vector<TapClass> columns = classify_outputs(x);
  for (const TapClass& ys : classify_outputs(y)) {
    for (const TapClass& xs : columns) {
      const std::int64_t height = ys.end - ys.begin;
      const std::int64_t width = xs.end - xs.begin;
      const std::int64_t taps = (ys.last_tap - ys.first_tap) * (xs.last_tap - xs.first_tap);
      cycles +=
          static_cast<double>(std::min(height, width)) * call_cycles(std::max(height, width), taps * channels, tile);
    }
  }
  return cycles;
}

double cycles_by_taps(const ConvAxis& y, const ConvAxis& x, std::int64_t channels, std::int64_t channel_block,
                      GemmTileSize tile) {
  // Each block but one takes up the sums where the one before has left them.
  const auto again = static_cast<double>(ceil_div(channels, channel_block) - 1);
  double row = 0.0;  // a kernel row, for a row of outputs
  for (std::int64_t kx = 0; kx < x.kernel; ++kx) {
    const Range xs = outputs_of_tap(x, kx);
    if (xs.begin >= xs.end) continue;
    const std::int64_t width = xs.end - xs.begin;
    row += call_cycles(width, channels, tile) + again * call_cycles(width, 0, tile);
  }
  double rows = 0.0;  // of outputs, of all kernel rows
  for (std::int64_t ky = 0; ky < y.kernel; ++ky) {
    const Range ys = outputs_of_tap(y, ky);
    rows += static_cast<double>(std::max<std::int64_t>(ys.end - ys.begin, 0));
  }
  return rows * row + 2.0 * call_cycles(y.out * x.out, 0, tile);  // the bias before, the activation after
}

}  // namespace tandem::inline TANDEM_ABI::internal
