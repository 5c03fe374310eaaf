// Small graphs of operators on 8 bits, as engines write them: between nodes that make floats of 8 bits and 8 bits of floats.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "tests/engines/small_graph.hpp"
#include "tests/random.hpp"

namespace tandem::test {

/// A scale, and a zero point less the middle of the type.
struct QuantisedBy {
  float scale = 1;
  std::int32_t zero_point = 0;
};

inline graph::PoolAttributes pool2() {
  graph::PoolAttributes a;
  a.kernel_h = a.kernel_w = a.stride_h = a.stride_w = 2;
  return a;
}

class QuantisedGraph : public SmallGraph {
 public:
  graph::ElementType type = graph::ElementType::kU8;

  graph::QuantizeAttributes attributes(const QuantisedBy& by) const {
    return {{by.scale}, by.zero_point + (type == graph::ElementType::kU8 ? 128 : 0), 0};
  }
  graph::ValueId quantize(graph::ValueId x, const QuantisedBy& by) {
    const graph::ValueId to =
        node(graph::Op::kQuantize, {x}, g.values[static_cast<std::size_t>(x)].dims, attributes(by));
    g.values[static_cast<std::size_t>(to)].type = type;
    return to;
  }
  graph::ValueId dequantize(graph::ValueId x, const QuantisedBy& by) {
    return node(graph::Op::kDequantize, {x}, g.values[static_cast<std::size_t>(x)].dims, attributes(by));
  }
  /// To 8 bits and back.
  graph::ValueId fake(graph::ValueId x, const QuantisedBy& by) { return dequantize(quantize(x, by), by); }

  /// A constant of one element, behind its Dequantize. `of` is its type.
  graph::ValueId byte_number(float scale, std::int32_t element, graph::ElementType of) {
    const auto bits = std::make_shared<const std::uint8_t>(
        static_cast<std::uint8_t>(element + (of == graph::ElementType::kU8 ? 128 : 0)));
    const graph::ValueId constant = g.borrowed_bytes("number", {1}, of, bits.get(), bits);
    return node(graph::Op::kDequantize, {constant}, {1},
                graph::QuantizeAttributes{{scale}, of == graph::ElementType::kU8 ? 128 : 0, 0});
  }
  graph::ValueId byte_number(float scale, std::int32_t element) { return byte_number(scale, element, type); }

  /// A filter of s8 with a scale for each element of an axis.
  graph::ValueId filter(const graph::Dims& dims, std::size_t axis, std::int32_t zero_point = 0) {
    std::int64_t n = 1;
    for (const std::int64_t d : dims) n *= d;
    std::vector<std::int8_t> elements;
    for (const float x : Random(static_cast<std::uint64_t>(n)).values(n)) {
      elements.push_back(static_cast<std::int8_t>(x * 127));
    }
    graph::QuantizeAttributes a{scales(dims[axis]), zero_point, static_cast<std::int64_t>(axis)};
    return node(graph::Op::kDequantize, {g.bytes("filter", dims, std::move(elements))}, dims, std::move(a));
  }
  /// As SmallGraph::conv(), with a filter of s8, and a bias of integers or of floats. x has the scale 0.01.
  graph::ValueId qconv(graph::ValueId x, const graph::Dims& from, std::int64_t out, std::int64_t kernel,
                       std::int32_t groups = 1, bool float_bias = false) {
    graph::ConvAttributes a;
    a.groups = groups;
    a.padding = Padding::uniform(static_cast<std::int32_t>(kernel / 2));
    const graph::ValueId w = filter({out, from[1] / groups, kernel, kernel}, 0);
    const graph::ValueId bias = float_bias ? bias_of_floats(out) : bias_of_integers(out);
    return node(graph::Op::kConv, {x, w, bias}, {from[0], out, from[2], from[3]}, a);
  }
  /// A transposed convolution of 2x2, stride 2, with a bias of integers. x has the scale 0.01.
  graph::ValueId qtransposed(graph::ValueId x, const graph::Dims& from, std::int64_t out) {
    graph::ConvTransposeAttributes a;
    a.stride_h = a.stride_w = 2;
    return node(graph::Op::kConvTranspose, {x, filter({from[1], out, 2, 2}, 1), bias_of_integers(out)},
                {from[0], out, 2 * from[2], 2 * from[3]}, a);
  }

 private:
  // Multiples of the unit, which rounding keeps.
  graph::ValueId bias_of_floats(std::int64_t out) {
    std::vector<float> elements = scales(out);
    for (std::size_t m = 0; m < elements.size(); ++m) elements[m] *= 0.01F * (static_cast<float>(m * 37 % 100) - 50);
    return g.constant("bias", {out}, std::move(elements));
  }
  graph::ValueId bias_of_integers(std::int64_t out) {
    std::vector<std::int64_t> elements;
    for (std::int64_t m = 0; m < out; ++m) elements.push_back(m * 997 % 3000 - 1500);
    graph::QuantizeAttributes unit{scales(out), 0, 0};
    for (float& scale : unit.scales) scale *= 0.01F;
    return node(graph::Op::kDequantize, {g.integers("bias", {out}, std::move(elements))}, {out}, std::move(unit));
  }
  static std::vector<float> scales(std::int64_t count) {
    std::vector<float> all;
    for (std::int64_t i = 0; i < count; ++i) all.push_back(0.001F * static_cast<float>(1 + i % 5));
    return all;
  }
};

}  // namespace tandem::test
