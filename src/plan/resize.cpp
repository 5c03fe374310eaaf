#include "src/plan/resize.hpp"

#include <algorithm>
#include <cmath>

#include "src/base/error.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

constexpr std::int64_t kMost = std::int64_t{1} << 24;  // fp32 counts no further

Status too_large(const char* tensor, const char* axis, double size) noexcept {
  return error(StatusCode::kOutOfRange, "%s %s is %.0f, but a resize takes at most %lld", tensor, axis, size,
               static_cast<long long>(kMost));
}

Result<ResizeAxis> resolve_axis(const char* axis, std::int64_t in, std::int32_t out, float scale) noexcept {
  if (in > kMost) return too_large("input", axis, static_cast<double>(in));
  if (out > 0) {
    if (out > kMost) return too_large("output", axis, out);
    return ResizeAxis{in, out, static_cast<float>(out) / static_cast<float>(in), true};
  }
  const float size = std::floor(scale * static_cast<float>(in));
  if (size > static_cast<float>(kMost)) return too_large("output", axis, static_cast<double>(size));
  if (size < 1.0F) {
    return error(StatusCode::kInvalidArgument, "the output would be empty: scale_%s is %g and input %s is %lld", axis,
                 static_cast<double>(scale), axis, static_cast<long long>(in));
  }
  return ResizeAxis{in, static_cast<std::int64_t>(size), scale, false};
}

// The formulas of CoordinateMode. None may be contracted or reordered.
float place_of(CoordinateMode mode, const ResizeAxis& axis, std::int64_t i) noexcept {
  const auto x = static_cast<float>(i);
  if (mode == CoordinateMode::kTfHalfPixelForNearest) {
    if (!axis.by_size) return (x + 0.5F) / axis.scale;
    return (x + 0.5F) * (static_cast<float>(axis.in) / static_cast<float>(axis.out));
  }
  if (axis.scale == 1.0F && axis.in == axis.out) return x;
  switch (mode) {
    case CoordinateMode::kAsymmetric:
      return x / axis.scale;
    case CoordinateMode::kAlignCorners:
      return axis.out == 1 ? 0.0F : x * static_cast<float>(axis.in - 1) / static_cast<float>(axis.out - 1);
    case CoordinateMode::kPytorchHalfPixel:
      if (axis.out == 1) return 0.0F;
      [[fallthrough]];
    default:
      return (x + 0.5F) / axis.scale - 0.5F;
  }
}

float rounded(NearestRounding rounding, float x) noexcept {
  const float below = std::floor(x);
  switch (rounding) {
    case NearestRounding::kFloor:
      return below;
    case NearestRounding::kCeil:
      return std::ceil(x);
    case NearestRounding::kRoundPreferCeil:
      return x - below >= 0.5F ? below + 1.0F : below;
    default:
      return x - below > 0.5F ? below + 1.0F : below;
  }
}

}  // namespace

Result<ResizeAxes> resolve_resize(const ResizeParams& p, const Shape& input) noexcept {
  const Result<ResizeAxis> rows = resolve_axis("h", input.h, p.output_h, p.scale_h);
  if (!rows.ok()) return rows.status();
  const Result<ResizeAxis> columns = resolve_axis("w", input.w, p.output_w, p.scale_w);
  if (!columns.ok()) return columns.status();
  return ResizeAxes{*rows, *columns};
}

std::vector<ResizeTap> resize_taps(const ResizeParams& p, const ResizeAxis& axis) {
  const auto last = static_cast<float>(axis.in - 1);
  std::vector<ResizeTap> taps;
  taps.reserve(static_cast<std::size_t>(axis.out));
  for (std::int64_t i = 0; i < axis.out; ++i) {
    float place = place_of(p.coordinates, axis, i);
    if (p.mode == ResizeMode::kNearest) place = rounded(p.rounding, place);
    place = std::clamp(place, 0.0F, last);
    const float below = std::floor(place);
    const auto index = static_cast<std::int32_t>(below);
    // Halves of one and the same pixel: exact, and no other pixel is looked at.
    const float weight = place - below;
    if (weight == 0.0F) {
      taps.push_back({{index, index}, {0.5F, 0.5F}});
    } else {
      taps.push_back({{index, index + 1}, {1.0F - weight, weight}});
    }
  }
  return taps;
}

}  // namespace tandem::inline TANDEM_ABI::internal
