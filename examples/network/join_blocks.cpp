#include "network/join_blocks.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

namespace network {
namespace {

bool quantised(const tandem::TensorType& t) {
  return t.type == tandem::DataType::kU8 || t.type == tandem::DataType::kS8;
}

/// The name of the block whose stage this layer is; empty: none.
std::string_view block_of(const LayerSpec& layer, Op op, std::string_view stage) {
  const std::string_view name = layer.name;
  const bool is_stage = layer.op == op && layer.shortcut == 0 && name.size() > stage.size() &&
                        name.substr(name.size() - stage.size()) == stage;
  return is_stage ? name.substr(0, name.size() - stage.size()) : std::string_view();
}

/// Joins the layers from one on.
class Joint {
 public:
  Joint(const QuantisedNetwork& network, std::size_t first) : n_(network), first_(first) {
    if (is(0, Op::kPointwise, ".expand") && is(1, Op::kDepthwise, ".depthwise") && is(2, Op::kPointwise, ".project")) {
      inverted_residual();
    } else if (is(0, Op::kDepthwise, ".depthwise") && is(1, Op::kPointwise, ".pointwise")) {
      separable();
    } else {
      spec = layer(0);
      types = n_.types[first_];
    }
  }

  LayerSpec spec;
  LayerTypes types;
  std::size_t layers = 1;  ///< that it stands for

 private:
  [[nodiscard]] const LayerSpec& layer(std::size_t i) const { return n_.specs[first_ + i]; }
  [[nodiscard]] const LayerTypes& types_of(std::size_t i) const { return n_.types[first_ + i]; }
  [[nodiscard]] bool exists(std::size_t i) const { return first_ + i < n_.specs.size(); }

  // Whether layer i is this stage, of the block of layer 0, and reads a quantised tensor.
  bool is(std::size_t i, Op op, std::string_view stage) {
    if (!exists(i) || !quantised(types_of(i).src)) return false;
    const std::string_view block = block_of(layer(i), op, stage);
    if (i == 0) block_ = block;
    return !block.empty() && block == block_;
  }

  // The block's spec, from its depthwise stage and its last one.
  void join(Op op, std::size_t depthwise, std::size_t last) {
    spec = layer(depthwise);  // kernel, stride, padding and layouts
    spec.name = std::string(block_);
    spec.op = op;
    spec.in_channels = layer(0).in_channels;
    spec.out_channels = layer(last).out_channels;
    spec.activation = layer(last).activation;
    spec.hidden_activation = layer(depthwise).activation;
    spec.layout = layer(last).layout;
    types = types_of(last);
    types.src = types_of(0).src;
    types.filtered = types_of(depthwise).dst;
    types.projected = types.dst;
    layers = last + 1;
  }

  void separable() { join(Op::kSeparable, 0, 1); }

  void inverted_residual() {
    join(Op::kInvertedResidual, 1, 2);
    spec.hidden_channels = layer(0).out_channels;
    types.expanded = types_of(0).dst;
    constexpr std::int32_t kSpan = 4;  // of the addition back to the input of the expansion
    if (!exists(3) || layer(3).op != Op::kAdd || layer(3).shortcut != kSpan || !quantised(types.projected)) return;
    if (!std::isinf(layer(2).activation.lo) || !std::isinf(layer(2).activation.hi)) return;  // a clamp before the sum
    spec.activation = layer(3).activation;
    spec.shortcut = 1;
    types.dst = types_of(3).dst;
    layers = 4;
  }

  const QuantisedNetwork& n_;
  std::size_t first_;
  std::string_view block_;
};

}  // namespace

QuantisedNetwork join_blocks(const QuantisedNetwork& network) {
  QuantisedNetwork joined;
  std::vector<std::size_t> tensors(network.specs.size() + 1, 0);  // number of each tensor after joining
  for (std::size_t i = 0; i < network.specs.size();) {
    Joint joint(network, i);
    const std::size_t last = i + joint.layers - 1;
    if (joint.layers == 1 && joint.spec.shortcut > 0) {
      const auto span = static_cast<std::size_t>(joint.spec.shortcut);
      const std::size_t own = joined.specs.size() + 1;
      const std::size_t new_span = span <= i + 1 ? own - tensors[i + 1 - span] : own + span - (i + 1);
      joint.spec.shortcut = static_cast<std::int32_t>(new_span);
    }
    joined.specs.push_back(std::move(joint.spec));
    joined.types.push_back(joint.types);
    tensors[last + 1] = joined.specs.size();
    i = last + 1;
  }
  return joined;
}

}  // namespace network
