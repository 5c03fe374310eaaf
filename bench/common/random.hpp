// Weights and inputs of the benchmarks: random, the same for the same seed. No value is a denormal, which some CPUs
// process in microcode, and values do not grow from layer to layer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "network/aligned_buffer.hpp"
#include "network/layer_spec.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench {

/// Uniform in [-limit, limit), in steps of limit / 2^23.
void fill_uniform(float* values, std::size_t count, float limit, std::uint32_t seed);

/// An aligned tensor of values in [-1, 1), or of any bytes.
class RandomTensor {
 public:
  RandomTensor(const Shape& shape, std::uint32_t seed, DataType type = DataType::kF32);  ///< f32 or u8
  [[nodiscard]] void* bytes() const noexcept { return bytes_.get(); }
  [[nodiscard]] float* data() const noexcept { return reinterpret_cast<float*>(bytes_.get()); }

 private:
  network::AlignedBytes bytes_;
};

/// A network::WeightSource: all weights and biases of a network, fused or not. Weights have the variance 2 / fan-in,
/// which keeps the scale of the activations under ReLU (He et al., arXiv:1502.01852).
class RandomWeights {
 public:
  RandomWeights(const std::vector<network::LayerSpec>& specs, std::uint32_t seed);
  FloatSpan operator()(const std::string& tensor) const;

 private:
  std::map<std::string, std::vector<float>> tensors_;
};

}  // namespace tandem::bench
