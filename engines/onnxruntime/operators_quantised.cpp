// Quantised operators: ONNX's QuantizeLinear, DequantizeLinear and QLinear*, and those of the domain com.microsoft. An operator
// on 8 bits is read as DequantizeLinear, the operator on floats, QuantizeLinear: quantise() makes one of them again.
#include <optional>

#include "engines/onnxruntime/operators.hpp"

namespace tandem_onnxruntime {
namespace {

using tandem::graph::MatMulAttributes;
using tandem::graph::Op;
using tandem::graph::QuantizeAttributes;

constexpr const char* kComputedScales = "scales or zero points that are computed, or that differ by channel";

// The scale and the zero point in two inputs; the latter may be left out. Nothing if they are no constants.
std::optional<QuantizeAttributes> quantisation(const NodeReader& node, std::size_t scale, std::size_t zero_point,
                                               std::int64_t axis) {
  const auto scales = node.constant_reals(scale);
  if (!scales || scales->empty()) return std::nullopt;
  QuantizeAttributes a{*scales, 0, axis};
  if (!node.has_input(zero_point)) return a;
  const auto zeros = node.constant_bytes(zero_point);
  if (!zeros || zeros->empty()) return std::nullopt;
  for (const std::int32_t zero : *zeros) {
    if (zero != zeros->front()) return std::nullopt;
  }
  a.zero_point = zeros->front();
  return a;
}

Translation to_or_from(const NodeReader& node, Op op) {
  if (node.integer("block_size", 0) != 0) return foreign("scales of blocks");
  const auto a = quantisation(node, 1, 2, node.integer("axis", 1));
  return a ? as(op, node, 1, *a) : foreign(kComputedScales);
}
Translation quantize(const NodeReader& node) {
  if (node.integer("precision", 0) > 1) return foreign("a division in another precision than fp32");
  return to_or_from(node, Op::kQuantize);
}
Translation dequantize(const NodeReader& node) { return to_or_from(node, Op::kDequantize); }

// Where an operator on 8 bits has a tensor, its scale and its zero point.
struct Place {
  std::size_t tensor;
  std::int64_t axis = 0;  // of several scales
};

// `base` is the operator on floats, whose inputs stand at `places`, each followed by its scale and its zero point. Its output
// stays one of floats.
Translation reading_bytes(Translation base, const NodeReader& node, const std::vector<Place>& places) {
  if (base.op == Op::kForeign) return base;
  base.inputs.clear();
  for (const Place& place : places) {
    const auto a = quantisation(node, place.tensor + 1, place.tensor + 2, place.axis);
    if (!a || !node.has_input(place.tensor)) return foreign(kComputedScales);
    base.inputs.push_back(node.inputs()[place.tensor]);
    base.dequantize.push_back(*a);
  }
  return base;
}

// The same with an output of 8 bits, whose scale is at `out`.
Translation wrapped(Translation base, const NodeReader& node, const std::vector<Place>& places, std::size_t out) {
  base = reading_bytes(std::move(base), node, places);
  if (base.op == Op::kForeign) return base;
  base.quantize = quantisation(node, out, out + 1, 0);
  return base.quantize ? base : foreign(kComputedScales);
}

// A bias of integers counts in units of the products.
void add_bias(Translation& t, const NodeReader& node, std::size_t place) {
  if (t.op == Op::kForeign || !node.has_input(place)) return;
  QuantizeAttributes unit;
  for (const float scale : t.dequantize[1].scales) unit.scales.push_back(t.dequantize[0].scales[0] * scale);
  t.inputs.push_back(node.inputs()[place]);
  t.dequantize.push_back(unit);
}

Translation qlinear_conv(const NodeReader& node) {
  Translation t = wrapped(translate("", "Conv", node), node, {{0}, {3, 0}}, 6);
  add_bias(t, node, 8);
  return t;
}

Translation of_matrix(const MatMulAttributes& attributes) {
  Translation t;
  t.op = Op::kMatMul;
  t.attributes = attributes;
  return t;
}

Translation qlinear_mat_mul(const NodeReader& node) { return wrapped(of_matrix({}), node, {{0}, {3, 1}}, 6); }

Translation q_gemm(const NodeReader& node) {
  if (node.integer("transA", 0) != 0 || node.real("alpha", 1.0F) != 1.0F) {
    return foreign("QGemm with a transposed first matrix or an alpha other than 1");
  }
  MatMulAttributes attributes;
  attributes.filter_transposed = node.integer("transB", 0) != 0;
  const std::vector<Place> places{{0}, {3, attributes.filter_transposed ? 0 : 1}};
  // Without a scale of its output it writes floats.
  Translation t = node.has_input(7) ? wrapped(of_matrix(attributes), node, places, 7)
                                    : reading_bytes(of_matrix(attributes), node, places);
  add_bias(t, node, 6);
  return t;
}

Translation of_two(Op op, const NodeReader& node) {
  Translation t;
  t.op = op;
  return wrapped(std::move(t), node, {{0}, {3}}, 6);
}
Translation qlinear_add(const NodeReader& node) { return of_two(Op::kAdd, node); }
Translation qlinear_mul(const NodeReader& node) { return of_two(Op::kMul, node); }

// x with its scale, then the scale of the output.
Translation of_one(const NodeReader& node, const char* base) {
  if (node.integer("channels_last", 0) != 0) return foreign("a layout of its own");
  return wrapped(translate("", base, node), node, {{0}}, 3);
}
Translation average_pool(const NodeReader& node) { return of_one(node, "AveragePool"); }
Translation global_average_pool(const NodeReader& node) { return of_one(node, "GlobalAveragePool"); }
Translation leaky_relu(const NodeReader& node) { return of_one(node, "LeakyRelu"); }
Translation sigmoid(const NodeReader& node) { return of_one(node, "Sigmoid"); }
Translation softmax(const NodeReader& node) {
  return wrapped(softmax_of_version(node, node.integer("opset", 13)), node, {{0}}, 3);
}

// The scale of the output comes first.
Translation qlinear_concat(const NodeReader& node) {
  std::vector<Place> places;
  for (std::size_t i = 2; i < node.inputs().size(); i += 3) places.push_back({i});
  return wrapped(translate("", "Concat", node), node, places, 0);
}

}  // namespace

std::vector<TranslatorRow> quantised_translators() {
  return {
      {"DequantizeLinear", dequantize},
      {"QLinearConv", qlinear_conv},
      {"QLinearMatMul", qlinear_mat_mul},
      {"QuantizeLinear", quantize},
  };
}

std::vector<TranslatorRow> microsoft_translators() {
  return {
      {"DequantizeLinear", dequantize},  {"QGemm", q_gemm},
      {"QLinearAdd", qlinear_add},       {"QLinearAveragePool", average_pool},
      {"QLinearConcat", qlinear_concat}, {"QLinearGlobalAveragePool", global_average_pool},
      {"QLinearLeakyRelu", leaky_relu},  {"QLinearMul", qlinear_mul},
      {"QLinearSigmoid", sigmoid},       {"QLinearSoftmax", softmax},
      {"QuantizeLinear", quantize},
  };
}

}  // namespace tandem_onnxruntime
