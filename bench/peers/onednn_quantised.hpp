// The quantised network that Tandem runs, as oneDNN takes it.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "classify/model.hpp"

namespace tandem::bench::peers {

/// Of a stage with its residual sum, which is one primitive.
struct QuantisedStage {
  Quantization src;
  TensorType dst;  // fp32 of the last stage
  Quantization residual;
  std::vector<std::int8_t> filter;
  std::vector<float> scales;  // by output channel
  std::vector<float> bias;    // as real numbers
};

/// By the names of network::unfuse(); "quantize" has the type of the picture as its dst. Calibrated on the model's picture, as
/// tandem_worker does, so that types and weights are the same.
[[nodiscard]] std::map<std::string, QuantisedStage> quantise_stages(const classify::Model& model);

}  // namespace tandem::bench::peers
