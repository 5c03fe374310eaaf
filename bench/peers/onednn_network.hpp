// A network as oneDNN primitives, stage by stage, for onednn_worker.
#pragma once

#include <cstddef>
#include <map>
#include <oneapi/dnnl/dnnl.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "classify/model.hpp"
#include "network/aligned_buffer.hpp"

namespace tandem::bench::peers {

/// Follows oneDNN's advice for speed: every primitive chooses its layouts ("any"); weights and picture are converted
/// beforehand; relu6 and the residual sum are post-ops, the sum in place; activations share buffers as in Tandem's
/// networks. Only one per process at a time, because OpenMP has one number of threads per process.
class OneDnnNetwork {
 public:
  /// Throws dnnl::error, and std::invalid_argument for a network that this class cannot build.
  OneDnnNetwork(const classify::Model& model, int threads);

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

  void add_stage(const network::LayerSpec& stage, const classify::Model& model);
  void add_convolution(const network::LayerSpec& stage, const classify::Model& model);
  void add_pooling();
  void add_fully_connected(const network::LayerSpec& stage, const classify::Model& model);
  /// The tensor that the next stage reads, in the wanted layout.
  std::size_t reordered(const dnnl::memory::desc& wanted);
  std::size_t add_tensor(const dnnl::memory::desc& desc);
  void add_step(const dnnl::primitive& primitive, std::size_t src, std::size_t dst,
                std::unordered_map<int, dnnl::memory> arguments);
  dnnl::memory packed(const classify::Tensor& tensor, const dnnl::memory::dims& dims, dnnl::memory::format_tag tag,
                      const dnnl::memory::desc& wanted);
  void place_tensors(const classify::Model& model);

  dnnl::engine engine_;
  dnnl::stream stream_;
  std::vector<Tensor> tensors_;       // 0 is the picture
  std::vector<std::size_t> outputs_;  // outputs_[0] is the picture, then one per stage
  std::vector<Step> steps_;
  std::map<std::string, std::string> names_;  // tensor names: of LayerSpec -> of the file
  network::AlignedBytes memory_;
};

}  // namespace tandem::bench::peers
