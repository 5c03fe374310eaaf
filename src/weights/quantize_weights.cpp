// Quantises the weights of a layer; the header has the equations.
#include "tandem/quantize_weights.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "src/base/error.hpp"
#include "src/weights/filter_channels.hpp"

namespace tandem::inline TANDEM_ABI {
namespace {

constexpr double kMost = 127.0;
constexpr double kBiasSteps = 0x1p30;  // at most, so that as much of 32 bits is left for the products
constexpr double kSmallestScale = static_cast<double>(std::numeric_limits<float>::min());
constexpr double kLargestScale = static_cast<double>(std::numeric_limits<float>::max());

/// One output channel.
class Channel {
 public:
  Channel(const Weights& weights, const internal::FilterChannels& channels, std::size_t m, float src_scale) noexcept
      : values_(static_cast<const float*>(weights.filter.data)), channels_(channels), m_(m), src_scale_(src_scale) {
    if (weights.bias.data != nullptr) real_bias_ = static_cast<double>(static_cast<const float*>(weights.bias.data)[m]);
    double largest = 0.0;
    for (std::size_t i = 0; i < channels_.each(); ++i) {
      const double w = value(i);
      if (!std::isfinite(w)) not_finite_ = w;
      largest = std::max(largest, std::abs(w));
    }
    if (!std::isfinite(real_bias_)) not_finite_ = real_bias_;
    scale_ = scale_for(largest);
  }

  [[nodiscard]] bool finite() const noexcept { return not_finite_ == 0.0; }
  [[nodiscard]] double not_finite() const noexcept { return not_finite_; }
  [[nodiscard]] float scale() const noexcept { return scale_; }
  [[nodiscard]] double real_bias() const noexcept { return real_bias_; }
  /// An integer that may have more than 32 bits.
  [[nodiscard]] double bias() const noexcept {
    return std::nearbyint(real_bias_ / (static_cast<double>(src_scale_) * static_cast<double>(scale_)));
  }
  [[nodiscard]] double weight(std::size_t i) const noexcept {
    return std::clamp(std::nearbyint(value(i) / static_cast<double>(scale_)), -kMost, kMost);
  }
  /// No sum of products and bias is larger in magnitude.
  [[nodiscard]] double largest_sum() const noexcept {
    double magnitudes = 0.0;
    for (std::size_t i = 0; i < channels_.each(); ++i) magnitudes += std::abs(weight(i));
    return std::abs(bias()) + 255.0 * magnitudes;
  }

 private:
  [[nodiscard]] double value(std::size_t i) const noexcept { return static_cast<double>(values_[channels_.at(m_, i)]); }
  [[nodiscard]] float scale_for(double largest) const noexcept {
    const double scale =
        std::max(largest / kMost, std::abs(real_bias_) / (static_cast<double>(src_scale_) * kBiasSteps));
    return scale == 0.0 ? 1.0F : static_cast<float>(std::clamp(scale, kSmallestScale, kLargestScale));
  }

  const float* values_;
  const internal::FilterChannels& channels_;
  std::size_t m_;
  float src_scale_;
  double real_bias_ = 0.0;
  double not_finite_ = 0.0;  // a value of the channel that is infinite or NaN, if it has one
  float scale_ = 1.0F;
};

Status check_channel(const Channel& channel, std::size_t m, float src_scale) noexcept {
  if (!channel.finite()) {
    return internal::error(StatusCode::kInvalidArgument, "weights must be finite, but one of output channel %zu is %g",
                           m, channel.not_finite());
  }
  if (channel.largest_sum() < 0x1p31) return {};
  return internal::error(StatusCode::kOutOfRange,
                         "bias %g of output channel %zu is %.0f in units of src_scale %g times scale %g, so that sums "
                         "could reach %.0f, but "
                         "they have 32 bits and must stay below 2147483648",
                         channel.real_bias(), m, channel.bias(), static_cast<double>(src_scale),
                         static_cast<double>(channel.scale()), channel.largest_sum());
}

Status check_all(const Weights& weights, std::int32_t out_channels, float src_scale, const std::int8_t* filter,
                 const float* scales, const std::int32_t* bias) noexcept {
  const Status given = internal::check_filter_channels(weights, out_channels);
  if (!given.ok()) return given;
  if (weights.scales.size != 0) {
    return internal::error(StatusCode::kInvalidArgument, "scales holds %zu values, but weights of f32 have none",
                           weights.scales.size);
  }
  if (!std::isfinite(src_scale) || !(src_scale > 0.0F)) {
    return internal::error(StatusCode::kInvalidArgument, "src_scale must be finite and greater than 0, but is %g",
                           static_cast<double>(src_scale));
  }
  if (filter == nullptr || scales == nullptr || bias == nullptr) {
    return internal::error(StatusCode::kInvalidArgument, "the result's %s is null",
                           filter == nullptr   ? "filter"
                           : scales == nullptr ? "scales"
                                               : "bias");
  }
  const internal::FilterChannels channels(weights, out_channels);
  for (std::size_t m = 0; m < static_cast<std::size_t>(out_channels); ++m) {
    const Status status = check_channel(Channel(weights, channels, m, src_scale), m, src_scale);
    if (!status.ok()) return status;
  }
  return {};
}

}  // namespace

Status quantize_weights(const Weights& weights, std::int32_t out_channels, float src_scale, std::int8_t* filter,
                        float* scales, std::int32_t* bias) noexcept {
  const Status status = check_all(weights, out_channels, src_scale, filter, scales, bias);
  if (!status.ok()) return status;
  const internal::FilterChannels channels(weights, out_channels);
  for (std::size_t m = 0; m < static_cast<std::size_t>(out_channels); ++m) {
    const Channel channel(weights, channels, m, src_scale);
    scales[m] = channel.scale();
    bias[m] = static_cast<std::int32_t>(channel.bias());
    for (std::size_t i = 0; i < channels.each(); ++i) {
      filter[channels.at(m, i)] = static_cast<std::int8_t>(channel.weight(i));
    }
  }
  return {};
}

}  // namespace tandem::inline TANDEM_ABI
