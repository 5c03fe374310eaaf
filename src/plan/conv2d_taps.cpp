#include "src/plan/conv2d_taps.hpp"

#include <algorithm>

#include "src/base/checked.hpp"

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

Range outputs_of_tap(const ConvAxis& axis, std::int64_t tap) noexcept {
  return {first_at(axis, tap, 0), first_at(axis, tap, axis.in)};
}

}  // namespace tandem::inline TANDEM_ABI::internal
