// Folds a batch normalisation; the header has the equations.
#include "tandem/batch_norm.hpp"

#include <cmath>

#include "src/base/error.hpp"
#include "src/weights/filter_channels.hpp"

namespace tandem::inline TANDEM_ABI {
namespace {

Status check_vector(const char* what, FloatSpan v, std::int32_t channels, bool optional) noexcept {
  if (optional && v.data == nullptr && v.size == 0) return {};
  if (v.data == nullptr) return internal::error(StatusCode::kInvalidArgument, "batch norm %s is null", what);
  if (v.size == static_cast<std::size_t>(channels)) return {};
  return internal::error(StatusCode::kInvalidArgument, "batch norm %s holds %zu values, but there are %d channels",
                         what, v.size, channels);
}

Status check_all(const BatchNorm& norm, std::int32_t channels, const Weights& weights, const float* folded_filter,
                 const float* folded_bias) noexcept {
  const Status given = internal::first_error(
      {internal::check_filter_channels(weights, channels), check_vector("gamma", norm.gamma, channels, true),
       check_vector("beta", norm.beta, channels, true), check_vector("mean", norm.mean, channels, false),
       check_vector("variance", norm.variance, channels, false)});
  if (!given.ok()) return given;
  if (folded_filter == nullptr || folded_bias == nullptr) {
    return internal::error(StatusCode::kInvalidArgument, "%s is null",
                           folded_filter == nullptr ? "folded_filter" : "folded_bias");
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
  const internal::FilterChannels channels(weights, out_channels);
  const auto* filter = static_cast<const float*>(weights.filter.data);
  const auto* bias = static_cast<const float*>(weights.bias.data);
  for (std::size_t m = 0; m < static_cast<std::size_t>(out_channels); ++m) {
    const double gamma = norm.gamma.data == nullptr ? 1.0 : static_cast<double>(norm.gamma.data[m]);
    const double beta = norm.beta.data == nullptr ? 0.0 : static_cast<double>(norm.beta.data[m]);
    const double before = bias == nullptr ? 0.0 : static_cast<double>(bias[m]);
    const double scale =
        gamma / std::sqrt(static_cast<double>(norm.variance.data[m]) + static_cast<double>(norm.epsilon));
    for (std::size_t i = 0; i < channels.each(); ++i) {
      const std::size_t at = channels.at(m, i);
      folded_filter[at] = static_cast<float>(static_cast<double>(filter[at]) * scale);
    }
    folded_bias[m] = static_cast<float>((before - static_cast<double>(norm.mean.data[m])) * scale + beta);
  }
  return {};
}

}  // namespace tandem::inline TANDEM_ABI
