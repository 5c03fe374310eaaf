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

/// The steps of a squeeze-and-excite.
struct Squeezed {
  std::string_view name;
  std::size_t layers = 0;  ///< 0: there is none
  std::int32_t reduced_channels = 0;
  tandem::Activation activation;
  tandem::Activation gate;
  SqueezeTypes types;
  tandem::TensorType dst;
};

/// Joins the layers from one on.
class Joint {
 public:
  Joint(const QuantisedNetwork& network, std::size_t first) : n_(network), first_(first) {
    if (is(0, Op::kPointwise, ".expand") && is(1, Op::kDepthwise, ".depthwise") && has_last(1, ".project")) {
      inverted_residual();
    } else if (is(0, Op::kDepthwise, ".depthwise") && has_last(0, ".pointwise")) {
      join(Op::kSeparable, 0);
    } else {
      spec = layer(0);
      types = n_.types[first_];
      if (const Squeezed squeezed = squeezed_from(0); squeezed.layers > 0) squeeze_excite(squeezed);
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

  // Whether the last stage comes after the depthwise one, maybe with a squeeze-and-excite between them.
  bool has_last(std::size_t depthwise, std::string_view stage) {
    squeezed_ = squeezed_from(depthwise + 1);
    if (squeezed_.layers > 0 && squeezed_.name != std::string(block_) + ".squeeze_excite") return false;
    last_ = depthwise + 1 + squeezed_.layers;
    return is(last_, Op::kPointwise, stage);
  }

  [[nodiscard]] bool is_step(std::size_t i, Op op, std::string_view whole, const char* step) const {
    return exists(i) && quantised(types_of(i).src) && quantised(types_of(i).dst) && layer(i).op == op &&
           layer(i).name == std::string(whole) + step;
  }

  // The steps of a squeeze-and-excite that follow each other from layer i on.
  [[nodiscard]] Squeezed squeezed_from(std::size_t i) const {
    if (!exists(i)) return {};
    Squeezed s;
    s.name = block_of(layer(i), Op::kGlobalAveragePool, ".mean");
    if (s.name.empty() || !is_step(i, Op::kGlobalAveragePool, s.name, ".mean")) return {};
    std::size_t step = i;
    s.types.mean = types_of(step++).dst;
    // A product, and its activation if that is a layer of its own.
    const auto product = [&](const char* name, const char* activation_name, tandem::Activation& activation,
                             tandem::TensorType& stored, tandem::TensorType& dst) {
      if (!is_step(step, Op::kFullyConnected, s.name, name)) return false;
      activation = layer(step).activation;
      stored = dst = types_of(step++).dst;
      if (!is_step(step, Op::kActivation, s.name, activation_name)) return true;
      activation = layer(step).activation;
      dst = types_of(step++).dst;
      return true;
    };
    if (!product(".reduce", ".reduce.activation", s.activation, s.types.reduced, s.types.hidden)) return {};
    s.reduced_channels = layer(i + 1).out_channels;
    if (!product(".expand", ".expand.activation", s.gate, s.types.expanded, s.types.gate)) return {};
    if (!is_step(step, Op::kMultiply, s.name, ".multiply")) return {};
    s.dst = types_of(step++).dst;
    s.layers = step - i;
    return layer(step - 1).shortcut == static_cast<std::int32_t>(s.layers) ? s : Squeezed();
  }

  void squeeze_excite(const Squeezed& squeezed) {
    spec.name = std::string(squeezed.name);
    spec.op = Op::kSqueezeExcite;
    spec.hidden_channels = squeezed.reduced_channels;
    spec.layout = layer(1).layout;
    set_gates(squeezed);
    types.dst = squeezed.dst;
    types.weights = types_of(1).weights;
    layers = squeezed.layers;
  }

  void set_gates(const Squeezed& squeezed) {
    spec.squeeze_activation = squeezed.activation;
    spec.gate = squeezed.gate;
    types.squeeze = squeezed.types;
  }

  // The block's spec, from its depthwise stage to its last one.
  void join(Op op, std::size_t depthwise) {
    spec = layer(depthwise);  // kernel, stride, padding and layouts
    spec.name = std::string(block_);
    spec.op = op;
    spec.in_channels = layer(0).in_channels;
    spec.out_channels = layer(last_).out_channels;
    spec.activation = layer(last_).activation;
    spec.hidden_activation = layer(depthwise).activation;
    spec.layout = layer(last_).layout;
    types = types_of(last_);
    types.src = types_of(0).src;
    types.filtered = types_of(depthwise).dst;
    types.projected = types.dst;
    layers = last_ + 1;
    if (squeezed_.layers == 0) return;
    spec.squeezed_channels = squeezed_.reduced_channels;
    set_gates(squeezed_);
    types.gated = squeezed_.dst;
  }

  void inverted_residual() {
    join(Op::kInvertedResidual, 1);
    spec.hidden_channels = layer(0).out_channels;
    types.expanded = types_of(0).dst;
    const std::size_t sum = last_ + 1;
    const auto span = static_cast<std::int32_t>(sum + 1);  // back to the input of the expansion
    if (!exists(sum) || layer(sum).op != Op::kAdd || layer(sum).shortcut != span || !quantised(types.projected)) return;
    // A clamp before the sum.
    if (!std::isinf(layer(last_).activation.lo) || !std::isinf(layer(last_).activation.hi)) return;
    spec.activation = layer(sum).activation;
    spec.shortcut = 1;
    types.dst = types_of(sum).dst;
    layers = sum + 1;
  }

  const QuantisedNetwork& n_;
  std::size_t first_;
  std::string_view block_;
  Squeezed squeezed_;     // of the block
  std::size_t last_ = 0;  // stage of the block
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
