// Folds a batch normalisation; the header has the equations.
#include "tandem/batch_norm.hpp"

#include <cmath>

#include "src/base/error.hpp"
#include "src/weights/filter.hpp"

namespace tandem::inline TANDEM_ABI {
namespace {

Status check_vector(const char* what, FloatSpan v, std::int32_t channels, bool optional) noexcept {
  if (optional && v.data == nullptr && v.size == 0) return {};
  if (v.data == nullptr) return internal::error(StatusCode::kInvalidArgument, "batch norm %s is null", what);
  if (v.size == static_cast<std::size_t>(channels)) return {};
  return internal::error(StatusCode::kInvalidArgument, "batch norm %s holds %zu values, but there are %d channels",
                         what, v.size, channels);
}

Status check_layout(FilterLayout layout) noexcept {
  if (layout != FilterLayout::kIohw) return internal::check_layout("", layout, internal::FilterKind::kDepthwise);
  return internal::error(StatusCode::kUnsupported,
                         "filter has layout IOHW (%d), which does not tell the size of a kernel: fold it in OHWI",
                         static_cast<int>(layout));
}

Status check_all(const BatchNorm& norm, std::int32_t channels, const Weights& weights, const float* folded_filter,
                 const float* folded_bias) noexcept {
  const Status sizes = internal::first_error(
      {internal::check_at_least_one("out_channels", channels), check_vector("gamma", norm.gamma, channels, true),
       check_vector("beta", norm.beta, channels, true), check_vector("mean", norm.mean, channels, false),
       check_vector("variance", norm.variance, channels, false), internal::check_bias("", weights.bias, channels),
       check_layout(weights.layout)});
  if (!sizes.ok()) return sizes;
  const ElementSpan& filter = weights.filter;
  if (filter.type != DataType::kF32) {
    return internal::error(StatusCode::kUnsupported, "filter holds %s values, but must hold f32",
                           to_string(filter.type));
  }
  if (filter.data == nullptr || folded_filter == nullptr || folded_bias == nullptr) {
    return internal::error(StatusCode::kInvalidArgument, "%s is null",
                           filter.data == nullptr     ? "filter"
                           : folded_filter == nullptr ? "folded_filter"
                                                      : "folded_bias");
  }
  if (filter.size == 0 || filter.size % static_cast<std::size_t>(channels) != 0) {
    return internal::error(StatusCode::kInvalidArgument,
                           "filter holds %zu values, not a multiple of %d output channels", filter.size, channels);
  }
  for (std::int32_t m = 0; m < channels; ++m) {
    const double v = static_cast<double>(norm.variance.data[m]) + static_cast<double>(norm.epsilon);
    if (!(v > 0.0)) {
      return internal::error(StatusCode::kInvalidArgument,
                             "variance[%d] + epsilon must be greater than 0, but is %g + %g", m,
                             static_cast<double>(norm.variance.data[m]), static_cast<double>(norm.epsilon));
    }
  }
  return {};
}

}  // namespace

Status fold_batch_norm(const BatchNorm& norm, std::int32_t out_channels, const Weights& weights, float* folded_filter,
                       float* folded_bias) noexcept {
  const Status status = check_all(norm, out_channels, weights, folded_filter, folded_bias);
  if (!status.ok()) return status;
  // In OIHW and OHWI the output channel is outermost; in HWIO and 1HWC it is innermost, with or without an I of 1
  // beside it.
  const bool outermost = weights.layout == FilterLayout::kOihw || weights.layout == FilterLayout::kOhwi;
  const auto channels = static_cast<std::size_t>(out_channels);
  const std::size_t each = weights.filter.size / channels;
  const auto* filter = static_cast<const float*>(weights.filter.data);
  const auto* bias = static_cast<const float*>(weights.bias.data);
  for (std::size_t m = 0; m < channels; ++m) {
    const double gamma = norm.gamma.data == nullptr ? 1.0 : static_cast<double>(norm.gamma.data[m]);
    const double beta = norm.beta.data == nullptr ? 0.0 : static_cast<double>(norm.beta.data[m]);
    const double before = bias == nullptr ? 0.0 : static_cast<double>(bias[m]);
    const double scale =
        gamma / std::sqrt(static_cast<double>(norm.variance.data[m]) + static_cast<double>(norm.epsilon));
    for (std::size_t i = 0; i < each; ++i) {
      const std::size_t at = outermost ? m * each + i : i * channels + m;
      folded_filter[at] = static_cast<float>(static_cast<double>(filter[at]) * scale);
    }
    folded_bias[m] = static_cast<float>((before - static_cast<double>(norm.mean.data[m])) * scale + beta);
  }
  return {};
}

}  // namespace tandem::inline TANDEM_ABI
