// That the property test draws what it claims to: an unlucky change of a distribution would leave it green and blind.
#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <string>

#include "configuration.hpp"
#include "execution.hpp"
#include "tests/elements.hpp"
#include "tests/overloaded.hpp"

namespace tandem::test {
namespace {

using Counts = std::map<std::string, int>;

void count(Counts& counts, const std::string& op, const Activation& a) {
  ++counts[op + ", activation " + std::to_string(static_cast<int>(a.kind))];
  const auto numbers = [](const FloatSpan& span) {
    return span.size == 0 ? "none" : span.size == 1 ? "one" : "several";
  };
  ++counts[op + ", scale of " + numbers(a.scale)];
  ++counts[op + ", shift of " + numbers(a.shift)];
  if (a.kind != Activation::Kind::kClamp) return;
  ++counts[a.hi == 6.0F ? "relu6" : a.lo == 0.0F ? "relu" : a.lo == -0.5F ? "clamp" : "no activation"];
}

template <class Params>
void count_epilogue(Counts& counts, const std::string& op, const Params& p) {
  count(counts, op, p.activation);
  if (p.residual) ++counts[op + ", residual " + std::to_string(static_cast<int>(p.residual_order))];
}

template <class Params>
void count_window(Counts& counts, const std::string& op, const Params& p) {
  if (p.kernel_h != p.kernel_w) ++counts[op + ", rectangular kernel"];
  if (p.kernel_h == p.kernel_w) ++counts[op + ", kernel of " + std::to_string(p.kernel_h)];
  if (p.kernel_h > 15) ++counts[op + ", kernel beyond 15"];
  if (p.stride_h != p.stride_w) ++counts[op + ", two strides"];
  ++counts[op + ", stride of " + std::to_string(p.stride_h)];
  if (p.dilation_h > 1 && p.dilation_w > 1) ++counts[op + ", dilation"];
  switch (p.padding.mode) {
    case Padding::Mode::kSameUpper:
      ++counts[op + ", same upper"];
      break;
    case Padding::Mode::kSameLower:
      ++counts[op + ", same lower"];
      break;
    case Padding::Mode::kExplicit:
      if (p.padding.left != p.padding.right) ++counts[op + ", asymmetric padding"];
      if (p.padding.top > p.kernel_h * p.dilation_h) ++counts[op + ", padding beyond the kernel"];
      if (p.padding.top + p.padding.bottom + p.padding.left + p.padding.right == 0) ++counts[op + ", no padding"];
  }
}

void count(Counts& counts, const AnyParams& params) {
  const auto operators = Overloaded{
      [&](const Conv2dParams& p) {
        count_window(counts, "conv2d", p);
        count_epilogue(counts, "conv2d", p);
        if (p.groups > 1) ++counts["groups"];
        if (p.groups > 1 && p.groups == p.in_channels) ++counts["groups of one channel"];
      },
      [&](const ConvTranspose2dParams& p) {
        count_window(counts, "conv_transpose2d", p);
        count_epilogue(counts, "conv_transpose2d", p);
        if (p.groups > 1) ++counts["groups of a transposed convolution"];
        if (p.output_padding_h > 0 && p.output_padding_w > 0) ++counts["output padding"];
        if (p.output_h > 0 && p.output_w > 0) ++counts["output size"];
        if (p.stride_h > p.kernel_h || p.stride_w > p.kernel_w) ++counts["outputs that no tap reaches"];
      },
      [&](const DepthwiseParams& p) {
        count_window(counts, "depthwise", p);
        count_epilogue(counts, "depthwise", p);
        if (p.multiplier > 1) ++counts["multiplier"];
      },
      [&](const PointwiseParams& p) {
        count_epilogue(counts, "pointwise", p);
        if (p.stride_h > 1 && p.stride_w > 1) ++counts["strided pointwise"];
      },
      [&](const SeparableParams& p) {
        count_window(counts, "separable", p.depthwise);
        count_epilogue(counts, "separable", p.pointwise);
        if (p.depthwise.multiplier > 1) ++counts["multiplier of a separable block"];
        if (p.squeeze_excite) {
          ++counts["squeeze-and-excite in a separable block"];
          count(counts, "inner squeeze", p.squeeze_excite->activation);
          count(counts, "inner gate", p.squeeze_excite->gate);
        }
      },
      [&](const InvertedResidualParams& p) {
        count_window(counts, "inverted residual", p.depthwise);
        PointwiseParams project = p.project;
        project.residual = p.residual;
        count_epilogue(counts, "inverted residual", project);
        if (p.depthwise.multiplier > 1) ++counts["multiplier of an inverted residual"];
        if (p.squeeze_excite) {
          ++counts["squeeze-and-excite in an inverted residual"];
          if (p.residual) ++counts["squeeze-and-excite in a block that adds its input"];
          if (p.depthwise.multiplier > 1) ++counts["squeeze-and-excite after a multiplier"];
        }
      },
      [&](const SqueezeExciteParams& p) {
        count(counts, "squeeze", p.activation);
        count(counts, "gate", p.gate);
      },
      [&](const ConvertLayoutParams& p) { ++counts["conversion " + std::to_string(static_cast<int>(p.conversion))]; },
      [&](const MaxPoolParams& p) {
        count_window(counts, "max pool", p);
        count(counts, "max pool", p.activation);
        if (p.ceil_mode) ++counts["max pool, ceil"];
      },
      [&](const AveragePoolParams& p) {
        count_window(counts, "average pool", p);
        count(counts, "average pool", p.activation);
        if (p.ceil_mode) ++counts["average pool, ceil"];
        if (p.count_include_pad) ++counts["average pool, padding counts"];
        if (p.count_include_pad && p.ceil_mode) ++counts["average pool, padding counts, ceil"];
      },
      [&](const ResizeParams& p) {
        const std::string mode = "resize " + std::to_string(static_cast<int>(p.mode));
        ++counts[mode + ", coordinates " + std::to_string(static_cast<int>(p.coordinates))];
        ++counts[mode + ", rounding " + std::to_string(static_cast<int>(p.rounding))];
        if (p.output_h > 0) ++counts["resize by size"];
        if (p.scale_h > 1.0F) ++counts["resize up"];
        if (p.scale_h > 0.0F && p.scale_h < 1.0F) ++counts["resize down"];
      },
      [&](const GlobalAveragePoolParams& p) { count(counts, "pool", p.activation); },
      [&](const ElementwiseParams& p) {
        count(counts, "elementwise", p.activation);
        ++counts["operation " + std::to_string(static_cast<int>(p.operation))];
        if (p.constants.size == 1) ++counts["a constant"];
        if (p.constants.size > 1) ++counts["constants by channel"];
        const Broadcast& one = p.broadcast;
        if (one.n && one.h && one.w && !one.c) ++counts["broadcast of a row"];
        if (!one.n && one.h && one.w && !one.c) ++counts["broadcast of a gate"];
        if (!one.n && !one.h && !one.w && one.c) ++counts["broadcast of a mask"];
        if (one.h != one.w) ++counts["broadcast of some rows"];
      },
      [&](const ActivationParams& p) { count(counts, "activation alone", p.activation); },
      [&](const SoftmaxParams& p) { ++counts[p.channels < 1000 ? "softmax" : "softmax of many channels"]; },
      [](const QuantizeParams&) {},
      [](const DequantizeParams&) {},
      [&](const CopyParams&) { ++counts["copy"]; },
      [&](const DepthToSpaceParams& p) { ++counts["depth to space " + std::to_string(static_cast<int>(p.mode))]; },
      [&](const FullyConnectedParams& p) { count_epilogue(counts, "fully connected", p); }};
  std::visit(operators, params);
}

/// "of the third stage of alternative 4, f32*bf16", say.
std::string types(std::size_t op, std::size_t stage, const std::string& tensors, const std::string& weights) {
  return "alternative " + std::to_string(op) + ", stage " + std::to_string(stage) + ", " + tensors + '*' + weights;
}

void count_types(Counts& counts, const AnyParams& params) {
  const std::string tensors = tandem::to_string(tensor_type(params));
  const std::vector<DataType> weights = weight_types(params);
  for (std::size_t stage = 0; stage < weights.size(); ++stage) {
    ++counts[types(params.index(), stage, tensors, tandem::to_string(weights[stage]))];
    if (weights[stage] != weights[0]) ++counts["mixed weights of alternative " + std::to_string(params.index())];
  }
  if (weights.empty()) ++counts[types(params.index(), 0, tensors, "nothing")];
  if (tensors != "f32") ++counts["other types"];
}

TEST(DrawTest, EveryParameterTakesEveryKindOfValue) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 20000; ++seed) {
    Random random(seed);
    const Configuration c = draw_configuration(random);
    count(counts, c.params);
    count_types(counts, c.params);
    if (tensor_type(c.params) != DataType::kF32) {
      if (c.values == Values::kNotFinite) ++counts["not finite, in halves"];
      if (c.values == Values::kDenormal) ++counts["denormal, in halves"];
    }
    for (const FilterLayout layout : c.layouts) ++counts[to_string(layout)];
    for (const bool bias : c.biases) ++counts[bias ? "bias" : "no bias"];
    if (c.values == Values::kNotFinite) ++counts["not finite"];
    if (c.values == Values::kDenormal) ++counts["denormal"];
    if (c.input.n > 1) ++counts["batch"];
    if (c.input.h == 1 && c.input.w == 1) ++counts["one pixel"];
    if (c.input.h > 60 || c.input.w > 60) ++counts["long axis"];
    if (c.input.c == 1) ++counts["one channel"];
    if (c.input.c > 200) ++counts["many channels"];
    if (c.input.c % 4 != 0) ++counts["channels that fill no vector"];
    const Execution e = draw_execution(random);
    if (e.pool != Pool::kInline && e.threads > 1) ++counts["threads"];
    if (e.machine.l2_bytes == 1 << 12) ++counts["a small cache"];
    if (e.row != nullptr) ++counts["created for another machine"];
    if (e.machine.row != nullptr) ++counts["planned for another machine"];
    if (e.row != nullptr && e.machine.row == e.row) ++counts["created and planned for another machine"];
    if (e.onto_residual) ++counts["onto the residual"];
    if (e.gaps.src > 0 && e.gaps.dst > 0 && e.gaps.residual > 0) ++counts["gaps"];
    if (e.flush_denormals) ++counts["denormals flushed"];
  }

  std::vector<std::string> wanted = {"relu6",
                                     "relu",
                                     "clamp",
                                     "no activation",
                                     "bias",
                                     "no bias",
                                     "OIHW",
                                     "OHWI",
                                     "HWIO",
                                     "1HWC",
                                     "IOHW",
                                     "not finite",
                                     "denormal",
                                     "not finite, in halves",
                                     "denormal, in halves",
                                     "batch",
                                     "one pixel",
                                     "long axis",
                                     "one channel",
                                     "many channels",
                                     "channels that fill no vector",
                                     "threads",
                                     "a small cache",
                                     "created for another machine",
                                     "planned for another machine",
                                     "created and planned for another machine",
                                     "onto the residual",
                                     "gaps",
                                     "denormals flushed",
                                     "groups",
                                     "groups of one channel",
                                     "groups of a transposed convolution",
                                     "output padding",
                                     "output size",
                                     "outputs that no tap reaches",
                                     "multiplier",
                                     "multiplier of a separable block",
                                     "multiplier of an inverted residual",
                                     "strided pointwise",
                                     "squeeze-and-excite in a separable block",
                                     "squeeze-and-excite in an inverted residual",
                                     "squeeze-and-excite in a block that adds its input",
                                     "squeeze-and-excite after a multiplier",
                                     "conversion 0",
                                     "conversion 1",
                                     "resize 0, rounding 0",
                                     "resize 0, rounding 1",
                                     "resize 0, rounding 2",
                                     "resize 0, rounding 3",
                                     "resize 0, coordinates 4",
                                     "resize by size",
                                     "resize up",
                                     "resize down",
                                     "max pool, ceil",
                                     "average pool, ceil",
                                     "average pool, padding counts",
                                     "average pool, padding counts, ceil",
                                     "a constant",
                                     "constants by channel",
                                     "broadcast of a row",
                                     "broadcast of a gate",
                                     "broadcast of a mask",
                                     "broadcast of some rows",
                                     "softmax",
                                     "softmax of many channels",
                                     "copy",
                                     "depth to space 0",
                                     "depth to space 1"};
  for (int operation = 0; operation <= static_cast<int>(ElementwiseOperation::kMinimum); ++operation) {
    wanted.push_back("operation " + std::to_string(operation));
  }
  for (const std::string op :
       {"conv2d", "conv_transpose2d", "depthwise", "separable", "inverted residual", "max pool", "average pool"}) {
    for (const std::string kind :
         {"rectangular kernel", "kernel of 1", "kernel of 3", "kernel of 5", "kernel of 7", "kernel beyond 15",
          "two strides", "stride of 1", "stride of 2", "stride of 3", "stride of 4", "dilation", "same upper",
          "same lower", "asymmetric padding", "padding beyond the kernel", "no padding"}) {
      wanted.push_back(op + ", " + kind);
    }
  }
  for (const std::string op : {"conv2d", "conv_transpose2d", "depthwise", "pointwise", "separable", "inverted residual",
                               "pool", "fully connected", "squeeze", "gate", "inner squeeze", "inner gate", "max pool",
                               "average pool", "elementwise", "activation alone"}) {
    for (int kind = 0; kind <= static_cast<int>(Activation::Kind::kGeluTanh); ++kind) {
      wanted.push_back(op + ", activation " + std::to_string(kind));
    }
    for (const std::string numbers : {"none", "one", "several"}) {
      wanted.push_back(op + ", scale of " + numbers);
      wanted.push_back(op + ", shift of " + numbers);
    }
    if (op == "pool" || op.ends_with("squeeze") || op.ends_with("gate") || op == "max pool" || op == "average pool" ||
        op == "elementwise" || op == "activation alone")
      continue;
    for (const char* order : {"0", "1"}) wanted.push_back(op + ", residual " + order);
  }
  for (const std::string mode : {"resize 0", "resize 1"}) {
    for (int coordinates = 0; coordinates < 4; ++coordinates) {
      wanted.push_back(mode + ", coordinates " + std::to_string(coordinates));
    }
  }
  const AnyParams operators[] = {Conv2dParams(),
                                 DepthwiseParams(),
                                 PointwiseParams(),
                                 SeparableParams(),
                                 InvertedResidualParams(),
                                 GlobalAveragePoolParams(),
                                 FullyConnectedParams(),
                                 SqueezeExciteParams(),
                                 ConvertLayoutParams(),
                                 ConvTranspose2dParams(),
                                 MaxPoolParams(),
                                 AveragePoolParams(),
                                 ResizeParams(),
                                 ElementwiseParams(),
                                 ActivationParams(),
                                 SoftmaxParams(),
                                 CopyParams(),
                                 DepthToSpaceParams()};
  static_assert(std::size(operators) + 2 == std::variant_size_v<AnyParams>, "int8_draw_test.cpp has the conversions");
  for (const AnyParams& op : operators) {
    const std::size_t stages = filter_shapes(op).size();
    for (const TypePair& pair : kTypePairs) {
      const std::string tensors = tandem::to_string(pair.tensors);
      for (std::size_t stage = 0; stage < stages; ++stage) {
        wanted.push_back(types(op.index(), stage, tensors, tandem::to_string(pair.weights)));
      }
      if (stages == 0) wanted.push_back(types(op.index(), 0, tensors, "nothing"));
    }
  }
  for (const std::size_t block : {AnyParams(SeparableParams()).index(), AnyParams(InvertedResidualParams()).index()}) {
    wanted.push_back("mixed weights of alternative " + std::to_string(block));
  }
  for (const std::string& kind : wanted) EXPECT_GE(counts[kind], 10) << kind;
}

}  // namespace
}  // namespace tandem::test
