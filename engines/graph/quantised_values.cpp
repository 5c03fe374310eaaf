#include "engines/graph/quantised_values.hpp"

#include <cstdint>

#include "engines/graph/edit.hpp"

namespace tandem::graph {
namespace {

// Scales whose quotients and products no fp32 of an operator can lose.
constexpr float kLeastScale = 0x1p-36F, kMostScale = 0x1p36F;

}  // namespace

void note_scales(Graph& graph) {
  std::vector<bool> differ(graph.values.size(), false);
  for (const Node& node : graph.nodes) {
    if (node.op != Op::kQuantize && node.op != Op::kDequantize) continue;
    const ValueId id = node.op == Op::kQuantize ? node.outputs[0] : node.inputs[0];
    const auto& a = std::get<QuantizeAttributes>(node.attributes);
    Value& v = graph.values[index(id)];
    if (!is_byte(v.type)) continue;
    const bool usable = a.scales.size() == 1 && a.scales[0] >= kLeastScale && a.scales[0] <= kMostScale;
    const bool agrees = v.scales.empty() || (v.scales == a.scales && v.zero_point == a.zero_point);
    differ[index(id)] = differ[index(id)] || !usable || !agrees;
    v.scales = a.scales;
    v.zero_point = a.zero_point;
  }
  for (std::size_t i = 0; i < differ.size(); ++i) {
    if (differ[i]) graph.values[i].scales.clear();
  }
}

bool is_clamp(const Activation& a) {
  return a.kind == Activation::Kind::kClamp && a.scale.size == 0 && a.shift.size == 0;
}

bool has_one_number(const Activation& a) {
  return a.kind != Activation::Kind::kPrelu && a.scale.size <= 1 && a.shift.size <= 1;
}

bool same_quantisation(const Value& a, const Value& b) {
  return a.type == b.type && a.scales == b.scales && a.zero_point == b.zero_point;
}

// Whether no element of 8 bits is outside the bounds.
bool changes_nothing(const Activation& clamp, const Value& v) {
  const auto real = [&](std::int32_t q) { return v.scales[0] * static_cast<float>(q - v.zero_point); };
  const std::int32_t least = v.type == ElementType::kU8 ? 0 : -128;
  return clamp.lo <= real(least) && clamp.hi >= real(least + 255);
}

}  // namespace tandem::graph
