// A network as oneDNN primitives, stage by stage, for onednn_worker: in fp32 or quantised.
#pragma once

#include <cstddef>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "bench/peers/onednn_quantised.hpp"
#include "classify/model.hpp"
#include "network/aligned_buffer.hpp"

namespace tandem::bench::peers {

/// Follows oneDNN's advice for speed: every primitive chooses its layouts ("any"); weights and picture are converted
/// beforehand; relu6 and the residual sum are post-ops, the sum in place; activations share buffers as in Tandem's
/// networks. Only one per process at a time, because OpenMP has one number of threads per process.
///
/// Quantised, the picture stays fp32 and the first primitive makes integers of it; saturation is relu6. The residual is added
/// to the convolution's exact sums, which Tandem rounds first.
class OneDnnNetwork {
 public:
  /// Throws dnnl::error, and std::invalid_argument for a network that this class cannot build.
  OneDnnNetwork(const classify::Model& model, bool int8, int threads);

  void run();
  /// The logits of the last run.
  [[nodiscard]] std::vector<float> output() const;

 private:
  /// A tensor between two primitives. Tensors with the same place share their memory, since a sum works in place.
  struct Tensor {
    dnnl::memory::desc desc;
    std::size_t place;
  };
  struct Step {
    dnnl::primitive primitive;
    std::size_t src;
    std::size_t dst;
    std::unordered_map<int, dnnl::memory> arguments;  // at first weights and bias alone
  };

  using Arguments = std::unordered_map<int, dnnl::memory>;
  struct WeightDescs {
    dnnl::memory::desc filter;  // plain
    dnnl::memory::desc wanted_filter;
    dnnl::memory::desc wanted_bias;
  };

  [[nodiscard]] bool int8() const noexcept { return !quantised_.empty(); }
  [[nodiscard]] dnnl::memory::data_type tensor_type() const noexcept;
  [[nodiscard]] dnnl::memory::data_type weight_type() const noexcept;
  void add_stage(const network::LayerSpec& stage, const classify::Model& model);
  void add_convolution(const network::LayerSpec& stage, const classify::Model& model);
  void add_pooling(const network::LayerSpec& stage);
  void add_fully_connected(const network::LayerSpec& stage, const classify::Model& model);
  [[nodiscard]] dnnl::primitive_attr attributes(const network::LayerSpec& stage) const;
  /// The tensor that the next stage reads, in the wanted layout.
  std::size_t reordered(const dnnl::memory::desc& wanted);
  /// A tensor of fp32 as integers of this type.
  std::size_t quantised(std::size_t from, const dnnl::memory::desc& wanted, const Quantization& type);
  std::size_t add_tensor(const dnnl::memory::desc& desc);
  void add_step(const dnnl::primitive& primitive, std::size_t src, std::size_t dst, Arguments arguments);
  /// Filter and bias, and of a quantised stage scales and zero points.
  Arguments weights(const network::LayerSpec& stage, const classify::Model& model, const WeightDescs& descs);
  dnnl::memory packed(const void* values, const dnnl::memory::desc& plain, const dnnl::memory::desc& wanted);
  dnnl::memory constants(const std::vector<float>& values);
  dnnl::memory zero_point(std::int32_t value);
  void place_tensors(const classify::Model& model);

  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<Tensor> tensors_;       // 0 is the picture
  std::vector<std::size_t> outputs_;  // outputs_[0] is the picture, then one per stage
  std::vector<Step> steps_;
  std::map<std::string, std::string> names_;         // tensor names: of LayerSpec -> of the file
  std::map<std::string, QuantisedStage> quantised_;  // empty in fp32
  network::AlignedBytes memory_;
};

}  // namespace tandem::bench::peers
