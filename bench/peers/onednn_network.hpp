// A network as oneDNN primitives, stage by stage: what onednn_worker runs.
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

/// As oneDNN's documentation has it for speed: every layout is the one that the primitive prefers ("any"), weights and
/// picture are brought into it beforehand; relu6 and residual sum are post-ops, the sum in place; activations share
/// buffers as those of Tandem's networks do. One at a time in a process: the number of threads is that of OpenMP.
class OneDnnNetwork {
 public:
  /// Throws dnnl::error, and std::invalid_argument for a network that this class cannot build.
  OneDnnNetwork(const classify::Model& model, int threads);

  void run();
  /// The logits of the last run.
  [[nodiscard]] std::vector<float> output() const;

 private:
  /// A tensor between two primitives; those with the same place share their memory, since a sum works in place.
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
  /// The tensor that the next stage reads, in the layout it wants.
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
  std::vector<std::size_t> outputs_;  // of each stage, after `outputs_[0]`, the picture
  std::vector<Step> steps_;
  std::map<std::string, std::string> names_;  // of the model's tensors, as LayerSpec has them -> as the file has them
  network::AlignedBytes memory_;
};

}  // namespace tandem::bench::peers
