#include "bench/common/random.hpp"

#include <cmath>
#include <new>
#include <random>

namespace tandem::bench {

void fill_uniform(float* values, std::size_t count, float limit, std::uint32_t seed) {
  std::mt19937 random(seed);
  for (std::size_t i = 0; i < count; ++i) {
    const auto steps = static_cast<std::int32_t>(random() >> 8U) - (1 << 23);  // [-2^23, 2^23)
    values[i] = limit * static_cast<float>(steps) * 0x1p-23F;
  }
}

RandomTensor::RandomTensor(const Shape& shape, std::uint32_t seed, DataType type)
    : bytes_(network::allocate_aligned(static_cast<std::size_t>(shape.elements()) * element_bytes(type))) {
  if (bytes_ == nullptr) throw std::bad_alloc();
  if (type == DataType::kU8) {
    std::mt19937 random(seed);
    auto* const values = reinterpret_cast<std::uint8_t*>(bytes_.get());
    for (std::int64_t i = 0; i < shape.elements(); ++i) values[i] = static_cast<std::uint8_t>(random() >> 24U);
    return;
  }
  fill_uniform(data(), static_cast<std::size_t>(shape.elements()), 1.0F, seed);
}

RandomWeights::RandomWeights(const std::vector<network::LayerSpec>& specs, std::uint32_t seed) {
  for (const network::LayerSpec& stage : network::unfuse(specs)) {
    for (const network::FilterSpec& filter : network::filters(stage)) {
      const float fan_in = static_cast<float>(filter.values) / static_cast<float>(filter.outputs);
      std::vector<float>& weight = tensors_[filter.name + ".weight"];
      weight.resize(filter.values);
      fill_uniform(weight.data(), weight.size(), std::sqrt(3.0F * 2.0F / fan_in), seed++);  // variance limit^2 / 3
      std::vector<float>& bias = tensors_[filter.name + ".bias"];
      bias.resize(filter.outputs);
      fill_uniform(bias.data(), bias.size(), 0.1F, seed++);
    }
  }
}

FloatSpan RandomWeights::operator()(const std::string& tensor) const {
  const auto found = tensors_.find(tensor);
  return found == tensors_.end() ? FloatSpan() : FloatSpan(found->second);
}

}  // namespace tandem::bench
