#include "src/weights/tap_filter.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

std::int64_t bytes_of(const FilterSize& s, DataType type) noexcept {
  return s.out * s.in * s.h * s.w * static_cast<std::int64_t>(element_bytes(type));
}

// The values of some channels, `times` times.
std::vector<float> repeated(const float* values, Range channels, std::int64_t times) {
  std::vector<float> all;
  for (std::int64_t i = 0; i < times; ++i) all.insert(all.end(), values + channels.begin, values + channels.end);
  return all;
}

}  // namespace

TapFilter::TapFilter(const Weights& weights, const FilterSize& whole, const Progression& y, const Progression& x)
    : size_{whole.out, whole.in, y.count, x.count}, data_(bytes_of(size_, weights.filter.type)) {
  const DataType given = weights.filter.type;
  const bool quantised = given == DataType::kU8 || given == DataType::kS8;
  const FilterReader reader(weights, whole);
  std::size_t i = 0;
  for (std::int64_t m = 0; m < size_.out; ++m) {
    for (std::int64_t ky = y.count - 1; ky >= 0; --ky) {
      for (std::int64_t kx = x.count - 1; kx >= 0; --kx) {
        const std::int64_t tap_y = y.first + ky * y.step;
        const std::int64_t tap_x = x.first + kx * x.step;
        for (std::int64_t c = 0; c < size_.in; ++c, ++i) {
          if (quantised) {
            data_.data()[i] = static_cast<std::byte>(reader.integer_at(m, c, tap_y, tap_x));
          } else {
            store_element(given, data_.data(), i, reader.at(m, c, tap_y, tap_x));
          }
        }
      }
    }
  }
  weights_ = {{quantised ? DataType::kS8 : given, data_.data(), i}, FilterLayout::kOhwi, weights.bias, weights.scales};
}

JoinedFilter::JoinedFilter(const Weights& weights, const FilterSize& whole, const StageEnd& end, Range outputs,
                           std::int64_t stride_h, std::int64_t stride_w)
    : size_{stride_h * stride_w * (outputs.end - outputs.begin), whole.in, whole.h / stride_h, whole.w / stride_w},
      data_(bytes_of(size_, weights.filter.type)),
      end_(end) {
  const DataType type = weights.filter.type;
  const FilterReader reader(weights, whole);
  std::size_t i = 0;
  for (std::int64_t y = 0; y < stride_h; ++y) {
    for (std::int64_t x = 0; x < stride_w; ++x) {
      for (std::int64_t m = outputs.begin; m < outputs.end; ++m) {
        for (std::int64_t ky = whole.h - stride_h + y; ky >= 0; ky -= stride_h) {
          for (std::int64_t kx = whole.w - stride_w + x; kx >= 0; kx -= stride_w) {
            for (std::int64_t c = 0; c < size_.in; ++c, ++i) {
              store_element(type, data_.data(), i, reader.at(m, c, ky, kx));
            }
          }
        }
      }
    }
  }
  weights_ = {{type, data_.data(), i}, FilterLayout::kOhwi};
  const std::int64_t times = stride_h * stride_w;
  if (weights.bias.data != nullptr) {
    bias_ = repeated(static_cast<const float*>(weights.bias.data), outputs, times);
    weights_.bias = bias_;
  }
  const auto repeat = [&](FloatSpan& of_channels, std::vector<float>& all) {
    if (of_channels.size <= 1) return;  // none, or one for all channels
    all = repeated(of_channels.data, outputs, times);
    of_channels = all;
  };
  Activation& activation = end_.activation;
  if (activation.kind == Activation::Kind::kPrelu) repeat(activation.slopes, slopes_);
  repeat(activation.scale, scale_);
  repeat(activation.shift, shift_);
}

}  // namespace tandem::inline TANDEM_ABI::internal
