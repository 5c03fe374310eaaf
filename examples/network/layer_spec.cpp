// Pure arithmetic on layer lists; nothing here knows a weight or an Operator.
#include "network/layer_spec.hpp"

#include <array>
#include <utility>

namespace network {
namespace {

constexpr std::array<std::pair<Op, const char*>, 14> kOpNames = {{
    {Op::kConv2d, "conv2d"},
    {Op::kConvTranspose2d, "conv_transpose2d"},
    {Op::kDepthwise, "depthwise"},
    {Op::kPointwise, "pointwise"},
    {Op::kSeparable, "separable"},
    {Op::kInvertedResidual, "inverted_residual"},
    {Op::kGlobalAveragePool, "global_average_pool"},
    {Op::kFullyConnected, "fully_connected"},
    {Op::kSqueezeExcite, "squeeze_excite"},
    {Op::kAdd, "elementwise"},  // what parse_op() takes the name for
    {Op::kMultiply, "elementwise"},
    {Op::kActivation, "activation"},
    {Op::kQuantize, "quantize"},
    {Op::kDequantize, "dequantize"},
}};

LayerSpec depthwise_stage(const LayerSpec& block, std::int32_t channels) {
  LayerSpec stage = block;  // kernel, stride, padding and layouts
  stage.name += ".depthwise";
  stage.op = Op::kDepthwise;
  stage.in_channels = stage.out_channels = channels;
  stage.activation = block.hidden_activation;
  stage.squeezed_channels = 0;
  return stage;
}

LayerSpec pointwise_stage(const LayerSpec& block, const char* name, std::int32_t in_channels, std::int32_t out_channels,
                          const tandem::Activation& activation) {
  LayerSpec stage;
  stage.name = block.name + "." + name;
  stage.op = Op::kPointwise;
  stage.in_channels = in_channels;
  stage.out_channels = out_channels;
  stage.activation = activation;
  stage.layout = block.layout;
  return stage;
}

LayerSpec squeeze_excite_stage(const LayerSpec& block, std::int32_t channels) {
  LayerSpec stage;
  stage.name = block.name + ".squeeze_excite";
  stage.op = Op::kSqueezeExcite;
  stage.in_channels = stage.out_channels = channels;
  stage.hidden_channels = block.squeezed_channels;
  stage.squeeze_activation = block.squeeze_activation;
  stage.gate = block.gate;
  stage.layout = block.layout;
  return stage;
}

std::vector<LayerSpec> stages(const LayerSpec& s) {
  if (s.op != Op::kSeparable && s.op != Op::kInvertedResidual) return {s};
  const bool expands = s.op == Op::kInvertedResidual;
  const std::int32_t channels = expands ? s.hidden_channels : s.in_channels;
  std::vector<LayerSpec> list;
  if (expands) list.push_back(pointwise_stage(s, "expand", s.in_channels, channels, s.hidden_activation));
  list.push_back(depthwise_stage(s, channels));
  if (s.squeezed_channels != 0) list.push_back(squeeze_excite_stage(s, channels));
  list.push_back(pointwise_stage(s, expands ? "project" : "pointwise", channels, s.out_channels, s.activation));
  return list;
}

}  // namespace

const char* to_string(Op op) noexcept {
  for (const auto& [value, name] : kOpNames) {
    if (value == op) return name;
  }
  return "?";
}

std::optional<Op> parse_op(std::string_view name) noexcept {
  for (const auto& [value, text] : kOpNames) {
    if (name == text) return value;
  }
  return std::nullopt;
}

std::vector<LayerSpec> unfuse(const std::vector<LayerSpec>& specs) {
  std::vector<LayerSpec> unfused;
  std::vector<std::size_t> first;  // first stage of each layer in `unfused`
  for (const LayerSpec& spec : specs) {
    first.push_back(unfused.size());
    for (LayerSpec& stage : stages(spec)) {
      stage.shortcut = 0;
      unfused.push_back(std::move(stage));
    }
    // The residual enters the last stage.
    unfused.back().shortcut = moved_shortcut(spec.shortcut, first, unfused.size() - 1);
  }
  return unfused;
}

std::int32_t moved_shortcut(std::int32_t shortcut, const std::vector<std::size_t>& first, std::size_t place) noexcept {
  if (shortcut <= 0) return shortcut;
  const auto span = static_cast<std::size_t>(shortcut);
  const std::size_t new_span =
      span <= first.size() ? place + 1 - first[first.size() - span] : place + 1 + span - first.size();
  return static_cast<std::int32_t>(new_span);
}

std::vector<FilterSpec> filters(const LayerSpec& stage) {
  const auto in = static_cast<std::size_t>(stage.in_channels);
  const auto hidden = static_cast<std::size_t>(stage.hidden_channels);
  const auto out = static_cast<std::size_t>(stage.out_channels);
  const auto taps = static_cast<std::size_t>(stage.kernel) * static_cast<std::size_t>(stage.kernel);
  switch (stage.op) {
    case Op::kConv2d:
    case Op::kConvTranspose2d:
      return {{stage.name, taps * in * out, out}};
    case Op::kDepthwise:
      return {{stage.name, taps * in, out}};
    case Op::kPointwise:
    case Op::kFullyConnected:
      return {{stage.name, in * out, out}};
    case Op::kSqueezeExcite:
      return {{stage.name + ".reduce", in * hidden, hidden}, {stage.name + ".expand", hidden * out, out}};
    default:
      return {};
  }
}

bool has_weights(Op op) noexcept {
  switch (op) {
    case Op::kGlobalAveragePool:
    case Op::kAdd:
    case Op::kMultiply:
    case Op::kActivation:
    case Op::kQuantize:
    case Op::kDequantize:
      return false;
    default:
      return true;
  }
}

}  // namespace network
