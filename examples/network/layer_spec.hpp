// A network as data: the form of a layer list from a file or a table, before any weight is packed.
//
//   LayerSpecs + weights by name --create()--> Network --run()--> logits
//
// Every layer reads the output of the layer before it; a residual connection is a layer's `shortcut`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tandem/tandem.hpp"

namespace network {

enum class Op {
  kConv2d,
  kConvTranspose2d,
  kDepthwise,
  kPointwise,
  kSeparable,         // depthwise, [squeeze-and-excite,] pointwise: one operator
  kInvertedResidual,  // expand, depthwise, [squeeze-and-excite,] project: one operator
  kGlobalAveragePool,
  kFullyConnected,
  kSqueezeExcite,
  kAdd,         // the shortcut's tensor and the layer's input
  kMultiply,    // each channel of the shortcut's tensor by that of the layer's input, which has one pixel an image
  kActivation,  // by itself
  kQuantize,    // from fp32
  kDequantize,  // to fp32
};

/// The names that tandem::Operator::name() uses, e.g. "inverted_residual".
[[nodiscard]] const char* to_string(Op op) noexcept;
[[nodiscard]] std::optional<Op> parse_op(std::string_view name) noexcept;

/// One layer. Its tensors are called `<name>.weight` and `<name>.bias`. The tensors of a fused block are
/// `<name>.<stage>.weight` and `<name>.<stage>.bias`, with the stages depthwise and pointwise, or expand, depthwise and
/// project. A squeeze-and-excite has the stages reduce and expand; in a block, squeeze_excite.reduce and
/// squeeze_excite.expand.
struct LayerSpec {
  std::string name;
  Op op = Op::kConv2d;
  std::int32_t in_channels = 0;      ///< C; fully connected: H * W * C of its input
  std::int32_t hidden_channels = 0;  ///< between the first and the last stage of an inverted residual, and between
                                     ///< the stages of a squeeze-and-excite; else unused
  std::int32_t out_channels = 0;     ///< M; == in_channels for depthwise, squeeze-and-excite and layers without weights
  std::int32_t kernel = 1;           ///< square; fused block: of its depthwise stage, like stride and padding
  std::int32_t stride = 1;           ///< of a transposed convolution: output pixels for each input pixel
  tandem::Padding padding = tandem::Padding::same();
  tandem::Activation activation;         ///< of the layer's output; unused by a squeeze-and-excite
  tandem::Activation hidden_activation;  ///< of the stages before the last
  std::int32_t squeezed_channels = 0;    ///< of the squeeze-and-excite in a block, after its reduction; 0: none
  tandem::Activation squeeze_activation = tandem::Activation::relu();  ///< squeeze-and-excite: of its reduction
  tandem::Activation gate = tandem::Activation::sigmoid();             ///< squeeze-and-excite: of its expansion
  /// Number of layers that a residual connection into this layer's output spans. 0: none; 1 adds this layer's own
  /// input; n adds the input of the layer n - 1 places before. An inverted residual takes 0 or 1, an addition 1 or more,
  /// a multiplication 2 or more.
  std::int32_t shortcut = 0;
  tandem::FilterLayout layout = tandem::FilterLayout::kOihw;
  tandem::FilterLayout depthwise_layout = tandem::FilterLayout::kOihw;  ///< of the depthwise filters
};

/// The same network stage by stage. Each block becomes its two, three or four layers, with the same tensor names, so
/// that both lists run with the same weights. Shortcuts still connect the same tensors.
[[nodiscard]] std::vector<LayerSpec> unfuse(const std::vector<LayerSpec>& specs);

/// A shortcut in a list of which layers were split.
/// @param first  where each layer up to the one with the shortcut begins in the new list
/// @param place  of the layer that adds it in the new list
/// One that reaches before the first layer still does.
[[nodiscard]] std::int32_t moved_shortcut(std::int32_t shortcut, const std::vector<std::size_t>& first,
                                          std::size_t place) noexcept;

/// A filter, called `<name>.weight`; its bias `<name>.bias` has one value per output.
struct FilterSpec {
  std::string name;
  std::size_t values;
  std::size_t outputs;
};

/// The filters of an unfused layer: none without weights, two for a squeeze-and-excite, else one.
[[nodiscard]] std::vector<FilterSpec> filters(const LayerSpec& stage);

/// Whether such layers multiply by weights. Only their multiply-adds are counted.
[[nodiscard]] bool has_weights(Op op) noexcept;

}  // namespace network
