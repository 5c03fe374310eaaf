// The weights of a layer, from fp32 to the type that its operator multiplies.
#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <string>
#include <vector>

#include "network/layer_spec.hpp"
#include "network/layer_types.hpp"

namespace network {

/// Returns the tensor of this name, dense fp32, in the layout of its LayerSpec. Empty if there is none: an error for a
/// weight, zeros for a bias. Read only during creation.
using WeightSource = std::function<tandem::FloatSpan(const std::string& tensor)>;

/// Filters and biases of the stages of one layer. What cannot be had is an empty filter, of which create() would report only
/// the count: status() has the sentence of the first one.
class LayerWeights {
 public:
  LayerWeights(const LayerSpec& spec, const WeightSource& source, const LayerTypes& types)
      : spec_(spec), source_(source), types_(types) {}

  /// Of the tensors `<layer><stage>.weight` and `<layer><stage>.bias`. Quantises them, with a scale for each output channel,
  /// if the layer's weights are kS8. The result lives as long as this object.
  tandem::Weights stage(const std::string& stage, tandem::FilterLayout layout) {
    return this->stage(stage, layout, spec_.out_channels, types_.src);
  }
  /// Of a stage with so many output channels that reads tensors of type `src`.
  tandem::Weights stage(const std::string& stage, tandem::FilterLayout layout, std::int32_t out_channels,
                        const tandem::TensorType& src);
  /// Of a squeeze-and-excite of so many channels. stage: "", or its name in a block.
  tandem::SqueezeExciteWeights squeeze_excite(const std::string& stage, tandem::FilterLayout layout,
                                              std::int32_t channels, std::int32_t reduced);

  [[nodiscard]] const tandem::Status& status() const noexcept { return status_; }

 private:
  struct Quantised {
    std::vector<std::int8_t> filter;
    std::vector<float> scales;
    std::vector<std::int32_t> bias;
  };

  tandem::Weights rounded(const tandem::Weights& weights);
  tandem::Weights quantised(const tandem::Weights& weights, std::int32_t out_channels, float src_scale);

  const LayerSpec& spec_;
  const WeightSource& source_;
  const LayerTypes& types_;
  std::list<std::vector<std::uint16_t>> rounded_;
  std::list<Quantised> quantised_;
  tandem::Status status_;
};

}  // namespace network
