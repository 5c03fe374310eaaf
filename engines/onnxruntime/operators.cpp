// Operators that take each element by itself, and matrix products.
#include "engines/onnxruntime/operators.hpp"

#include <limits>
#include <map>
#include <optional>

#include "engines/graph/sizes.hpp"

namespace tandem_onnxruntime {
namespace {

using tandem::Activation;
using tandem::graph::AxisAttributes;
using tandem::graph::MatMulAttributes;
using tandem::graph::Op;

Translation activation(const NodeReader& node, const Activation& attributes) {
  return as(Op::kActivation, node, 1, attributes);
}

Translation relu(const NodeReader& node) { return activation(node, Activation::relu()); }
Translation sigmoid(const NodeReader& node) { return activation(node, Activation::sigmoid()); }
Translation tanh(const NodeReader& node) { return activation(node, Activation::tanh()); }
Translation hard_swish(const NodeReader& node) { return activation(node, Activation::hard_swish()); }
Translation leaky_relu(const NodeReader& node) {
  return activation(node, Activation::leaky_relu(node.real("alpha", 0.01F)));
}
Translation hard_sigmoid(const NodeReader& node) {
  return activation(node, Activation::hard_sigmoid(node.real("alpha", 0.2F), node.real("beta", 0.5F)));
}
Translation swish(const NodeReader& node) {
  if (node.real("alpha", 1.0F) != 1.0F) return foreign("Swish with an alpha other than 1");
  return activation(node, Activation::silu());
}

// Since version 11 the limits are inputs, before that attributes.
Translation clip(const NodeReader& node) {
  float limits[2] = {node.real("min", -std::numeric_limits<float>::infinity()),
                     node.real("max", std::numeric_limits<float>::infinity())};
  for (std::size_t i = 0; i < 2; ++i) {
    if (!node.has_input(i + 1)) continue;
    const auto limit = node.constant_reals(i + 1);
    if (!limit || limit->size() != 1) return foreign("Clip with a limit that is computed");
    limits[i] = limit->front();
  }
  if (!(limits[0] <= limits[1])) return foreign("Clip with a lower limit above the upper one");
  return activation(node, Activation::clamp(limits[0], limits[1]));
}

Translation gelu(const NodeReader& node) {
  return activation(node, node.text("approximate", "none") == "tanh" ? Activation::gelu_tanh() : Activation::gelu());
}

template <Op kOp, std::size_t kInputs>
Translation plain(const NodeReader& node) {
  return as(kOp, node, kInputs);
}

// These take any number of inputs.
template <Op kOp>
Translation of_two(const NodeReader& node) {
  if (node.inputs().size() != 2) return foreign("more or fewer than two inputs");
  return as(kOp, node, 2);
}

Translation mat_mul(const NodeReader& node) { return as(Op::kMatMul, node, 2, MatMulAttributes{}); }

Translation gemm(const NodeReader& node) {
  if (node.integer("transA", 0) != 0) return foreign("Gemm with a transposed first matrix");
  if (node.real("alpha", 1.0F) != 1.0F || (node.has_input(2) && node.real("beta", 1.0F) != 1.0F)) {
    return foreign("Gemm with an alpha or beta other than 1");
  }
  MatMulAttributes attributes;
  attributes.filter_transposed = node.integer("transB", 0) != 0;
  // The third matrix may be any that broadcasts to the product.
  if (node.has_input(2) && node.input(2).rank_known && node.has_input(1) && node.input(1).dims.size() == 2) {
    const std::int64_t columns = node.input(1).dims[attributes.filter_transposed ? 0 : 1];
    const auto& dims = node.input(2).dims;
    const std::int64_t count = tandem::graph::elements(dims);
    if (count != 1 && (count != columns || dims.back() != columns)) return foreign("Gemm that adds a whole matrix");
  }
  return as(Op::kMatMul, node, 3, attributes);
}

Translation softmax(const NodeReader& node) { return softmax_of_version(node, node.version()); }

std::vector<TranslatorRow> element_translators() {
  return {
      {"Add", plain<Op::kAdd, 2>},
      {"Clip", clip},
      {"Div", plain<Op::kDiv, 2>},
      {"Erf", plain<Op::kErf, 1>},
      {"Gelu", gelu},
      {"Gemm", gemm},
      {"HardSigmoid", hard_sigmoid},
      {"HardSwish", hard_swish},
      {"LeakyRelu", leaky_relu},
      {"MatMul", mat_mul},
      {"Max", of_two<Op::kMax>},
      {"Min", of_two<Op::kMin>},
      {"Mul", plain<Op::kMul, 2>},
      {"PRelu", plain<Op::kPrelu, 2>},
      {"Pow", plain<Op::kPow, 2>},
      {"Relu", relu},
      {"Sigmoid", sigmoid},
      {"Softmax", softmax},
      {"Sqrt", plain<Op::kSqrt, 1>},
      {"Sub", plain<Op::kSub, 2>},
      {"Sum", of_two<Op::kAdd>},
      {"Swish", swish},
      {"Tanh", tanh},
  };
}

std::map<std::string, Translator> all_translators() {
  std::map<std::string, Translator> all;
  for (const auto& rows : {element_translators(), image_translators(), quantised_translators(), shape_translators()}) {
    all.insert(rows.begin(), rows.end());
  }
  return all;
}

}  // namespace

// Before version 13 all axes from `axis` on are one. That is the same if only the last of them has more than one element.
Translation softmax_of_version(const NodeReader& node, std::int64_t version) {
  AxisAttributes attributes;
  attributes.axis = node.integer("axis", version < 13 ? 1 : -1);
  if (version < 13) {
    if (!node.has_input(0) || !node.input(0).rank_known) return foreign("Softmax over an unknown number of axes");
    const auto rank = static_cast<std::int64_t>(node.input(0).dims.size());
    const std::int64_t first = attributes.axis < 0 ? attributes.axis + rank : attributes.axis;
    if (first != rank - 1) return foreign("Softmax over several axes at once");
  }
  return as(Op::kSoftmax, node, 1, attributes);
}

Translation translate(const std::string& domain, const std::string& operator_type, const NodeReader& node) {
  static const std::map<std::string, Translator> own = all_translators();
  static const auto microsoft = [] {
    const auto rows = microsoft_translators();
    return std::map<std::string, Translator>(rows.begin(), rows.end());
  }();
  const bool is_own = domain.empty() || domain == "ai.onnx";
  const auto& translators = is_own ? own : microsoft;
  if (!is_own && (domain != "com.microsoft" || translators.count(operator_type) == 0)) {
    return foreign("an operator of the domain " + domain);
  }
  const auto found = translators.find(operator_type);
  if (found == translators.end()) return foreign("Tandem has no such operator");
  return found->second(node);
}

}  // namespace tandem_onnxruntime
