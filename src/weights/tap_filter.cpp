#include "src/weights/tap_filter.hpp"

namespace tandem::inline TANDEM_ABI::internal {

TapFilter::TapFilter(const Weights& weights, const FilterSize& whole, const Progression& y, const Progression& x)
    : size_{whole.out, whole.in, y.count, x.count},
      data_(size_.out * size_.in * size_.h * size_.w * static_cast<std::int64_t>(element_bytes(weights.filter.type))) {
  const DataType type = weights.filter.type;
  const FilterReader reader(weights, whole);
  std::size_t i = 0;
  for (std::int64_t m = 0; m < size_.out; ++m) {
    for (std::int64_t ky = y.count - 1; ky >= 0; --ky) {
      for (std::int64_t kx = x.count - 1; kx >= 0; --kx) {
        for (std::int64_t c = 0; c < size_.in; ++c, ++i) {
          store_element(type, data_.data(), i, reader.at(m, c, y.first + ky * y.step, x.first + kx * x.step));
        }
      }
    }
  }
  weights_ = {{type, data_.data(), i}, FilterLayout::kOhwi, weights.bias};
}

}  // namespace tandem::inline TANDEM_ABI::internal
