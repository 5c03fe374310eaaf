#include "network/calibration.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "network/split_layers.hpp"

namespace network {
namespace {

using tandem::Result;
using tandem::Status;

/// False if a value is not finite.
bool widen(Range& range, const TensorView& tensor) {
  const auto* const values = static_cast<const float*>(tensor.data);
  const std::int64_t pixels = tensor.shape.n * tensor.shape.h * tensor.shape.w;
  for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
    for (std::int64_t c = 0; c < tensor.shape.c; ++c) {
      const float value = values[pixel * tensor.pixel_stride + c];
      if (!std::isfinite(value)) return false;
      range.least = std::min(range.least, value);
      range.greatest = std::max(range.greatest, value);
    }
  }
  return true;
}

}  // namespace

Calibrator::Calibrator(Network network)
    : network_(std::move(network)),
      output_(static_cast<std::size_t>(network_.output_shape().elements())),
      ranges_(network_.layers().size() + 1) {}

Result<Calibrator> Calibrator::create(const std::vector<LayerSpec>& specs, const WeightSource& weights,
                                      const tandem::Shape& input, const tandem::PlanOptions& plan_options,
                                      const tandem::CreateOptions& create_options) {
  Result<Network> network = Network::create(split_layers(specs), weights, input, plan_options, create_options);
  if (!network) return network.status();
  return Calibrator(*std::move(network));
}

Status Calibrator::add(const float* src) {
  const tandem::Shape& input = network_.input_shape();
  if (!widen(ranges_.front(), {src, input, input.c})) {
    return {tandem::StatusCode::kInvalidArgument, "a value of the input is not finite"};
  }
  const std::size_t layers = network_.layers().size();
  for (std::size_t i = 0; i < layers; ++i) {
    const Status status = network_.run_layer(i, src, output_.data());
    if (!status.ok()) return status;
    const tandem::Shape& last = network_.output_shape();
    const TensorView output = i + 1 < layers ? network_.output_of(i) : TensorView{output_.data(), last, last.c};
    if (!widen(ranges_[i + 1], output)) {
      return in_layer(network_.layers()[i].spec,
                      Status(tandem::StatusCode::kInvalidArgument, "a value of its output is not finite"));
    }
  }
  return {};
}

}  // namespace network
