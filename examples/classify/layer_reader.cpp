#include "classify/layer_reader.hpp"

#include <cstddef>
#include <optional>

namespace classify {
namespace {

using network::LayerSpec;
using network::Op;

/// The stages of each op: their ops and, in a fused block, their roles.
struct StageForm {
  Op op;
  const char* role;
};

std::vector<StageForm> stage_forms(Op op) {
  switch (op) {
    case Op::kGlobalAveragePool:
      return {};
    case Op::kSeparable:
      return {{Op::kDepthwise, "depthwise"}, {Op::kPointwise, "pointwise"}};
    case Op::kInvertedResidual:
      return {{Op::kPointwise, "expand"}, {Op::kDepthwise, "depthwise"}, {Op::kPointwise, "project"}};
    default:
      return {{op, nullptr}};
  }
}

Op read_op(const JsonField& field) {
  const std::string name = field.string();
  const std::optional<Op> op = network::parse_op(name);
  // The format has no squeeze-and-excite, whose stages are not all convolutions, no layer that enlarges its input, and of the
  // layers without weights the pool alone.
  const bool known = op && *op != Op::kSqueezeExcite && *op != Op::kConvTranspose2d &&
                     (network::has_weights(*op) || *op == Op::kGlobalAveragePool);
  if (!known) field.fail("is " + quote(name) + ", which this program does not know");
  return *op;
}

tandem::Activation read_activation(const JsonField& field) {
  const std::string name = field.string();
  if (name == "none") return tandem::Activation::none();
  if (name == "relu") return tandem::Activation::relu();
  if (name == "relu6") return tandem::Activation::relu6();
  field.fail("is " + quote(name) + R"(, and should be "none", "relu" or "relu6")");
}

/// Reads [h, w], which must be equal.
std::int32_t read_square(const JsonField& field) {
  if (field.size() != 2) field.fail("should have two elements");
  const std::int32_t value = field.element(0).integer(1);
  if (field.element(1).integer(1) != value) field.fail("differs in height and width, which this program cannot do");
  return value;
}

tandem::Padding read_padding(const JsonField& field) {
  return tandem::Padding::explicit_sides(field["top"].integer(0), field["bottom"].integer(0), field["left"].integer(0),
                                         field["right"].integer(0));
}

/// Adds the kernel, stride and padding of a stage to its layer's spec. In a block only the depthwise stage has them.
void read_window(const JsonField& stage, Op op, LayerSpec& spec) {
  if (op == Op::kFullyConnected) return;
  const std::int32_t kernel = read_square(stage["kernel"]);
  const std::int32_t stride = read_square(stage["stride"]);
  const tandem::Padding padding = read_padding(stage["padding"]);
  if (op != Op::kPointwise) {
    spec.kernel = kernel;
    spec.stride = stride;
    spec.padding = padding;
  } else if (kernel != 1 || stride != 1 || padding.top + padding.bottom + padding.left + padding.right != 0) {
    stage.fail("is pointwise, yet its kernel, stride or padding is another than 1, 1 and 0");
  }
}

std::vector<std::uint64_t> filter_shape(Op op, std::int32_t kernel, std::int32_t src_channels,
                                        std::int32_t dst_channels) {
  const auto out = static_cast<std::uint64_t>(dst_channels);
  const auto in = static_cast<std::uint64_t>(op == Op::kDepthwise ? 1 : src_channels);
  const auto taps = static_cast<std::uint64_t>(op == Op::kPointwise ? 1 : kernel);
  if (op == Op::kFullyConnected) return {out, in};
  return {out, in, taps, taps};
}

bool equal(const tandem::Activation& a, const tandem::Activation& b) { return a.lo == b.lo && a.hi == b.hi; }

/// Reads stage number `index` of the layer into its description. The stages come in order.
void read_stage(const JsonField& stage, const StageForm& form, std::size_t index, std::size_t count,
                LayerDescription& layer) {
  LayerSpec& spec = layer.spec;
  stage["op"].expect(network::to_string(form.op));
  if (form.role != nullptr) stage["role"].expect(form.role);
  read_window(stage, form.op, spec);

  const std::int32_t src_channels = stage["src_channels"].integer(1);
  const std::int32_t dst_channels = stage["dst_channels"].integer(1);
  if (index > 0 && src_channels != spec.out_channels) stage["src_channels"].fail("does not fit the stage before");
  if (form.op == Op::kDepthwise && src_channels != dst_channels) stage.fail("is depthwise, yet changes the channels");
  if (index == 0) spec.in_channels = src_channels;
  if (count > 1 && index + 1 < count) spec.hidden_channels = dst_channels;
  spec.out_channels = dst_channels;

  const tandem::Activation activation = read_activation(stage["activation"]);
  if (index + 1 == count) {
    spec.activation = activation;
  } else {
    if (index > 0 && !equal(activation, spec.hidden_activation)) {
      stage["activation"].fail("differs from the stage before, which a fused block cannot do");
    }
    spec.hidden_activation = activation;
  }

  const std::string prefix = spec.name + (form.role != nullptr ? std::string(".") + form.role : "");
  layer.tensors.push_back(
      {prefix + ".weight", stage["filter"].string(), filter_shape(form.op, spec.kernel, src_channels, dst_channels)});
  layer.tensors.push_back({prefix + ".bias", stage["bias"].string(), {static_cast<std::uint64_t>(dst_channels)}});
}

}  // namespace

tandem::Shape read_shape(const JsonField& shape) {
  if (shape.size() != 3) shape.fail("should be height, width and channels");
  return {1, shape.element(0).integer(1), shape.element(1).integer(1), shape.element(2).integer(1)};
}

LayerDescription read_layer(const JsonField& layer) {
  LayerDescription description;
  LayerSpec& spec = description.spec;
  spec.name = layer["name"].string();
  spec.op = read_op(layer["op"]);
  description.src = read_shape(layer["src"]);
  description.dst = read_shape(layer["dst"]);
  spec.shortcut = layer["residual"].boolean() ? 1 : 0;

  const JsonField stages = layer["stages"];
  const std::vector<StageForm> forms = stage_forms(spec.op);
  if (stages.size() != forms.size()) {
    stages.fail("should be " + std::to_string(forms.size()) + " for this op and are " + std::to_string(stages.size()));
  }
  for (std::size_t i = 0; i < forms.size(); ++i) read_stage(stages.element(i), forms[i], i, forms.size(), description);
  if (forms.empty()) spec.in_channels = spec.out_channels = static_cast<std::int32_t>(description.src.c);
  return description;
}

}  // namespace classify
