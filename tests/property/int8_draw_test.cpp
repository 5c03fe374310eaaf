// That quantised layers and blocks are drawn as claimed: values that saturate, products between two integers, sums up to 32 bits.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string>

#include "tests/current_case.hpp"
#include "tests/int8/int8_block.hpp"
#include "tests/int8/int8_squeeze_excite.hpp"

namespace tandem::test::int8 {
namespace {

using Counts = std::map<std::string, int>;

void count_weights(Counts& counts, const Case& c) {
  ++counts[text("weights ", to_string(c.weight_type))];
  const int rounding = static_cast<int>(c.params.rounding);
  ++counts[text("rounding ", rounding)];
  if (c.kind == Kind::kFullyConnected && c.scales.size() == 1) ++counts[text("one scale, rounding ", rounding)];
  ++counts[text("layout ", static_cast<int>(c.layout))];
  ++counts[c.bias.empty() ? "no bias" : "bias"];
  ++counts[c.scales.size() == 1 ? "one scale" : "scales"];
  const auto far = [](std::int32_t b) { return std::abs(b) > (1 << 30); };
  if (std::any_of(c.bias.begin(), c.bias.end(), far)) ++counts["sums at the brim"];
  const auto all = [&](std::int32_t w) { return std::count(c.filter.begin(), c.filter.end(), w) > 0; };
  if (c.filter.size() > 1 && c.filter.front() == c.filter.back() && (all(127) || all(-128))) ++counts["extremes"];
  const float dst = c.params.dst_type.quantization.scale;
  if (c.params.src_type.quantization.scale == 0x1p-6F && std::exp2(std::round(std::log2(dst))) == dst) ++counts["ties"];
  if (dst < 1e-8F || dst > 1e8F) ++counts["only clamps"];
}

void count_window(Counts& counts, const Case& c) {
  const Conv2dParams& p = c.params;
  if (p.kernel_h != p.kernel_w) ++counts["rectangular kernel"];
  if (p.kernel_h > 5) ++counts["large kernel"];
  if (p.stride_h != p.stride_w) ++counts["two strides"];
  if (p.dilation_h > 1 && p.dilation_w > 1) ++counts["dilation"];
  if (p.groups > 1 && c.kind == Kind::kConv2d) ++counts["groups"];
  if (c.kind == Kind::kConvTranspose2d) {
    if (p.groups > 1) ++counts["transposed groups"];
    if (p.stride_h > p.kernel_h && p.dilation_h == 1) ++counts["rows that no tap reaches"];
    if (c.output_padding_h > 0 && c.output_padding_w > 0) ++counts["output padding"];
  }
  if (p.out_channels > p.in_channels && c.kind == Kind::kDepthwise) ++counts["multiplier"];
  if (p.stride_h > 1 && c.kind == Kind::kPointwise) ++counts["strided pointwise"];
  ++counts[text("padding ", static_cast<int>(p.padding.mode))];
  if (p.padding.top > 0 && p.padding.top != p.padding.bottom) ++counts["asymmetric padding"];
}

std::size_t different(const std::vector<float>& values) { return std::set<float>(values.begin(), values.end()).size(); }

TEST(Int8DrawTest, EveryKindOfValue) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 5000; ++seed) {
    Random random(seed);
    const Case c = draw(random, 8, 1 << 16);
    const std::string kind = text(static_cast<int>(c.kind));
    ++counts["kind " + kind + ' ' + to_string(c.params.src_type.type) + " to " + to_string(c.params.dst_type.type)];
    if (c.input.n > 1) ++counts["batch"];
    if (c.input.c > 200) ++counts["deep"];
    if (c.params.activation.hi < 10.0F) ++counts["clamp"];
    const bool conversion = c.kind == Kind::kQuantize || c.kind == Kind::kDequantize;
    if (!conversion) count_weights(counts, c);
    count_window(counts, c);
  }
  std::vector<std::string> wanted = {"kind 5 f32 to u8",
                                     "kind 5 f32 to s8",
                                     "kind 6 u8 to f32",
                                     "kind 6 s8 to f32",
                                     "batch",
                                     "deep",
                                     "clamp",
                                     "bias",
                                     "no bias",
                                     "one scale",
                                     "scales",
                                     "sums at the brim",
                                     "extremes",
                                     "ties",
                                     "only clamps",
                                     "weights u8",
                                     "weights s8",
                                     "rectangular kernel",
                                     "large kernel",
                                     "two strides",
                                     "dilation",
                                     "groups",
                                     "transposed groups",
                                     "rows that no tap reaches",
                                     "output padding",
                                     "multiplier",
                                     "strided pointwise",
                                     "asymmetric padding"};
  for (int kind = 0; kind < 5; ++kind) {
    for (const char* types : {"u8 to u8", "s8 to s8", "u8 to f32", "s8 to f32"}) {
      wanted.push_back(text("kind ", kind, ' ', types));
    }
  }
  for (int rounding = 0; rounding < 3; ++rounding) {
    wanted.push_back(text("rounding ", rounding));
    wanted.push_back(text("one scale, rounding ", rounding));
  }
  for (int layout = 0; layout < 5; ++layout) wanted.push_back(text("layout ", layout));
  for (int mode = 0; mode < 3; ++mode) wanted.push_back(text("padding ", mode));
  for (const std::string& kind : wanted) EXPECT_GE(counts[kind], 10) << kind;
}

TEST(Int8DrawTest, EveryKindOfBlock) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    Random random(seed);
    const Block b = draw_block(random, 8, 1 << 13);
    const std::string kind = b.expand ? "inverted residual" : "separable";
    ++counts[kind + ' ' + to_string(b.first().params.src_type.type) + " to " + to_string(b.dst_type().type)];
    if (b.residual) {
      ++counts[text("residual in order ", static_cast<int>(b.order))];
      ++counts[text("residual with rounding ", static_cast<int>(b.project.params.rounding))];
    }
    ++counts[text("depthwise with rounding ", static_cast<int>(b.depthwise.params.rounding))];
    if (b.squeeze_excite) {
      ++counts["squeezed " + kind];
      ++counts[text("squeezed with rounding ", static_cast<int>(b.squeeze_excite->params.rounding))];
      if (b.residual) ++counts["squeezed with a residual"];
      if (different(b.squeeze_excite->expand.src) > 3 && different(b.project.src) > 20) ++counts["gates that differ"];
    }
    if (b.depthwise.params.in_channels % 16 == 0) ++counts["whole groups of channels"];
    if (b.depthwise.params.in_channels % 16 != 0) ++counts["other channels"];
    if (b.depthwise.params.out_channels > b.depthwise.params.in_channels) ++counts["multiplier"];
    if (b.depthwise.params.stride_h > 1) ++counts["stride"];
    if (b.first().input.n > 1) ++counts["batch"];
    if (different(reference(b)) > 20) ++counts["outputs that are not all clamped"];
  }
  std::vector<std::string> wanted = {"residual in order 0",
                                     "residual in order 1",
                                     "whole groups of channels",
                                     "other channels",
                                     "multiplier",
                                     "stride",
                                     "outputs that are not all clamped",
                                     "squeezed with a residual",
                                     "batch"};
  for (int rounding = 0; rounding < 3; ++rounding) {
    wanted.push_back(text("residual with rounding ", rounding));
    wanted.push_back(text("depthwise with rounding ", rounding));
    wanted.push_back(text("squeezed with rounding ", rounding));
  }
  for (const char* kind : {"inverted residual", "separable"}) {
    wanted.push_back(text("squeezed ", kind));
    for (const char* types : {"u8 to u8", "s8 to s8", "u8 to f32", "s8 to f32"}) {
      wanted.push_back(text(kind, ' ', types));
    }
  }
  for (const std::string& kind : wanted) EXPECT_GE(counts[kind], 3) << kind;
  EXPECT_GE(counts["outputs that are not all clamped"], 80);
  EXPECT_GE(counts["gates that differ"], 10);
}

TEST(Int8DrawTest, EveryKindOfSqueezeExcite) {
  Counts counts;
  for (std::uint64_t seed = 1; seed <= 500; ++seed) {
    Random random(seed);
    const SqueezeExcite s = draw_squeeze_excite(random, 8);
    ++counts[text("tensors ", to_string(s.params.src_type.type))];
    ++counts[text("weights ", to_string(s.params.weight_type))];
    ++counts[text("rounding ", static_cast<int>(s.params.rounding))];
    ++counts[text("activation ", static_cast<int>(s.params.activation.kind))];
    ++counts[text("gate ", static_cast<int>(s.params.gate.kind))];
    if (s.input.n > 1) ++counts["batch"];
    if (different(reference(s)) > 20) ++counts["outputs that are not all clamped"];
    if (different(s.expand.src) > 3 && different(reference(s.expand)) > 3) ++counts["gates that differ"];
  }
  std::vector<std::string> wanted = {"batch", "outputs that are not all clamped", "gates that differ"};
  for (const char* type : {"tensors u8", "tensors s8", "weights u8", "weights s8"}) wanted.emplace_back(type);
  for (int rounding = 0; rounding < 3; ++rounding) wanted.push_back(text("rounding ", rounding));
  using Kind = Activation::Kind;
  for (const Kind kind : {Kind::kClamp, Kind::kSigmoid, Kind::kHardSigmoid, Kind::kSilu, Kind::kHardSwish}) {
    wanted.push_back(text("activation ", static_cast<int>(kind)));
    wanted.push_back(text("gate ", static_cast<int>(kind)));
  }
  for (const std::string& kind : wanted) EXPECT_GE(counts[kind], 10) << kind;
  EXPECT_GE(counts["outputs that are not all clamped"], 150);
  EXPECT_GE(counts["gates that differ"], 150);
}

}  // namespace
}  // namespace tandem::test::int8
