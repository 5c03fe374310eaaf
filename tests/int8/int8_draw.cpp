// Where the sizes and values of quantised layers come from. Each parameter is drawn in a line of its own.
#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "int8_case.hpp"
#include "quantised_end.hpp"

namespace tandem::test::int8 {
namespace {

std::int32_t draw_channels(Random& random, std::int64_t lanes) {
  const auto v = static_cast<std::int32_t>(lanes);
  switch (random.integer(0, 15)) {
    case 0:  // of a deep product
      return random.pick({256, 384, 512, 1024, 2048}) + random.size(-1, 1);
    case 1:
    case 2:
    case 3:
    case 4:
    case 5:
    case 6:
    case 7:
      return random.size(1, 40);
    default:
      return std::max(1, random.pick({v, 2 * v, 3 * v, 4 * v, 5 * v, 7 * v}) + random.size(-1, 1));
  }
}

std::int64_t draw_extent(Random& random) {
  return random.integer(0, 7) == 0 ? random.integer(1, 60) : random.integer(1, 11);
}

Padding draw_padding(Random& random, const Conv2dParams& p) {
  switch (random.integer(0, 7)) {
    case 0:
    case 1:
      return Padding::same();
    case 2:
      return Padding::same_lower();
    case 3:
      return Padding::valid();
    default: {
      const std::int32_t h = p.kernel_h * p.dilation_h;
      const std::int32_t w = p.kernel_w * p.dilation_w;
      return Padding::explicit_sides(random.size(0, h), random.size(0, h), random.size(0, w), random.size(0, w));
    }
  }
}

TensorType draw_type(Random& random, DataType type) {
  const std::int32_t zero = random.integer(0, 3) == 0 ? random.pick({0, 255, 128}) : random.size(0, 255);
  return {type, {0.02F, zero + least(type)}};
}

Activation draw_activation(Random& random) {
  switch (random.integer(0, 3)) {
    case 0:
      return Activation::relu();
    case 1:
      return Activation::relu6();
    case 2:
      return Activation::clamp(-1.3F * std::abs(random.value()), 2.1F * std::abs(random.value()));
    default:
      return Activation::none();
  }
}

void draw_window(Case& c, Random& random) {
  Conv2dParams& p = c.params;
  p.kernel_h = random.coin() ? random.pick({3, 5}) : random.size(1, 9);
  p.kernel_w = random.coin() ? p.kernel_h : random.size(1, 9);
  p.stride_h = random.coin() ? 1 : random.size(1, 3);
  p.stride_w = random.coin() ? p.stride_h : random.size(1, 3);
  p.dilation_h = random.integer(0, 3) == 0 ? random.size(1, 3) : 1;
  p.dilation_w = random.integer(0, 3) == 0 ? random.size(1, 3) : 1;
  p.padding = draw_padding(random, p);
  const bool same = p.padding.mode != Padding::Mode::kExplicit;
  const auto fits = [same](std::int64_t in, std::int64_t kernel, std::int64_t dilation, std::int64_t pads) {
    return same ? in : std::max(in, (kernel - 1) * dilation + 1 - pads);
  };
  c.input.h = fits(c.input.h, p.kernel_h, p.dilation_h, p.padding.top + p.padding.bottom);
  c.input.w = fits(c.input.w, p.kernel_w, p.dilation_w, p.padding.left + p.padding.right);
}

// The outputs of an axis before padding takes some away.
std::int64_t reached(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation) {
  return (in - 1) * stride + (kernel - 1) * dilation + 1;
}

void draw_transposed_window(Case& c, Random& random) {
  draw_window(c, random);
  Conv2dParams& p = c.params;
  if (random.coin()) p.stride_h = p.stride_w = random.size(1, 5);  // gaps that no tap reaches among them
  c.output_padding_h = random.size(0, std::max(p.stride_h, p.dilation_h) - 1);
  c.output_padding_w = random.size(0, std::max(p.stride_w, p.dilation_w) - 1);
  while (reached(c.input.h, p.kernel_h, p.stride_h, p.dilation_h) <= p.padding.top + p.padding.bottom) ++c.input.h;
  while (reached(c.input.w, p.kernel_w, p.stride_w, p.dilation_w) <= p.padding.left + p.padding.right) ++c.input.w;
}

void draw_groups(Case& c, Random& random) {
  Conv2dParams& p = c.params;
  if (c.kind == Kind::kDepthwise) {
    p.groups = static_cast<std::int32_t>(c.input.c);
    p.out_channels = p.groups * (random.integer(0, 3) == 0 ? random.size(2, 4) : 1);
  } else if ((c.kind == Kind::kConv2d || c.kind == Kind::kConvTranspose2d) && random.integer(0, 2) == 0) {
    p.groups = random.size(2, 8);
    c.input.c = p.groups * random.integer(1, 20);
    p.out_channels = p.groups * random.size(1, 20);
  }
}

Case draw_layer(Random& random, std::int64_t lanes) {
  Case c;
  Conv2dParams& p = c.params;
  c.kind = random.pick({Kind::kConv2d, Kind::kConv2d, Kind::kConvTranspose2d, Kind::kDepthwise, Kind::kDepthwise,
                        Kind::kDepthwise, Kind::kPointwise, Kind::kPointwise, Kind::kFullyConnected, Kind::kQuantize,
                        Kind::kDequantize});
  c.input = {random.integer(1, 3), draw_extent(random), draw_extent(random), draw_channels(random, lanes)};
  p.out_channels = draw_channels(random, lanes);
  const DataType type = random.pick({DataType::kU8, DataType::kS8});
  p.src_type = draw_type(random, type);
  p.dst_type = random.integer(0, 4) == 0 ? TensorType() : draw_type(random, type);
  if (c.kind == Kind::kQuantize || c.kind == Kind::kDequantize) {
    p.in_channels = p.out_channels = static_cast<std::int32_t>(c.input.c);
    p.dst_type = TensorType();
    if (c.kind == Kind::kQuantize) std::swap(p.src_type, p.dst_type);
    return c;
  }
  if (c.kind == Kind::kConv2d || c.kind == Kind::kDepthwise) draw_window(c, random);
  if (c.kind == Kind::kConvTranspose2d) draw_transposed_window(c, random);
  if (c.kind == Kind::kPointwise && random.integer(0, 3) == 0) p.stride_h = p.stride_w = random.size(1, 3);
  draw_groups(c, random);
  if (c.kind == Kind::kFullyConnected && random.coin()) c.input.h = c.input.w = 1;
  p.in_channels = static_cast<std::int32_t>(c.input.c);
  p.activation = draw_activation(random);
  p.rounding = draw_rounding(random);
  c.weight_type = random.integer(0, 3) == 0 ? DataType::kU8 : DataType::kS8;
  c.layout = random.pick({FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio});
  if (c.kind == Kind::kDepthwise && random.integer(0, 3) == 0) c.layout = FilterLayout::k1hwc;
  if (c.kind == Kind::kConvTranspose2d && random.coin()) c.layout = FilterLayout::kIohw;
  return c;
}

// Of one output channel.
std::int64_t taps(const Case& c) {
  const Conv2dParams& p = c.params;
  const bool connected = c.kind == Kind::kFullyConnected;
  const std::int64_t inputs = connected ? c.input.h * c.input.w * c.input.c : p.in_channels / p.groups;
  return inputs * p.kernel_h * p.kernel_w;
}

// Multiply-adds, elements and weights, roughly.
std::int64_t work(const Case& c) {
  const std::int64_t pixels = c.kind == Kind::kFullyConnected ? c.input.n : c.input.n * c.input.h * c.input.w;
  return c.input.elements() + pixels * c.params.out_channels * taps(c);
}

// Values of all sizes; many lie just between two integers.
void draw_reals(Case& c, Random& random) {
  constexpr float kInf = std::numeric_limits<float>::infinity();
  const float scale = c.params.dst_type.quantization.scale;
  for (float& v : c.src) {
    v = random.coin() ? (static_cast<float>(random.integer(-300, 300)) + 0.5F) * scale
                      : 400.0F * scale * random.value();
  }
  for (const float special : {kInf, -kInf, std::numeric_limits<float>::quiet_NaN(), -0.0F}) {
    c.src[static_cast<std::size_t>(random.integer(0, c.input.elements() - 1))] = special;
  }
}

// What is left for the bias of a channel before its sums could exceed 32 bits.
std::int32_t most_bias(const Case& c, std::size_t channel) {
  const auto each = static_cast<std::size_t>(taps(c));
  std::int64_t magnitudes = 0;
  for (std::size_t i = 0; i < each; ++i) magnitudes += std::abs(c.filter[channel * each + i]);
  return static_cast<std::int32_t>(std::numeric_limits<std::int32_t>::max() - 255 * magnitudes);
}

}  // namespace

Rounding draw_rounding(Random& random) {
  return random.pick(
      {Rounding::kNearestEven, Rounding::kNearestEven, Rounding::kTfliteSingle, Rounding::kTfliteDouble});
}

Case draw(Random& random, std::int64_t lanes, std::int64_t most) {
  constexpr std::int64_t kMostTaps = 60000;  // whose sums fit into 32 bits whatever the weights are
  Case c = draw_layer(random, lanes);
  while (work(c) > most || taps(c) > kMostTaps) c = draw_layer(random, lanes);
  draw_values(c, random);
  return c;
}

void read(Case& taker, const TensorType& type, std::vector<float> src) {
  const float drawn = taker.params.src_type.quantization.scale;
  taker.params.src_type = type;
  taker.src = std::move(src);
  if (taker.params.dst_type.type == DataType::kF32) return;
  float& scale = taker.params.dst_type.quantization.scale;
  const float grown = scale * (type.quantization.scale / drawn);
  if (std::isnormal(grown)) scale = grown;
}

bool has_multipliers(const Case& c) {
  return std::all_of(c.scales.begin(), c.scales.end(), [&](float scale) {
    const float all = c.params.src_type.quantization.scale * scale / c.params.dst_type.quantization.scale;
    return std::isfinite(all) && all >= 0x1p-100F;
  });
}

void draw_values(Case& c, Random& random) {
  Conv2dParams& p = c.params;
  const bool powers = random.integer(0, 2) == 0;
  const auto scale = [&] { return powers ? 0x1p-6F : 0.01F + 0.02F * std::abs(random.value()); };
  c.src.resize(static_cast<std::size_t>(c.input.elements()));
  if (c.kind == Kind::kQuantize) {
    p.dst_type.quantization.scale = scale();
    return draw_reals(c, random);
  }
  const std::int32_t lo = least(p.src_type.type);
  const bool extreme = random.integer(0, 3) == 0;
  for (float& v : c.src) {
    v = static_cast<float>(lo + (extreme ? random.pick({255, 255, 255, 0}) : random.size(0, 255)));
  }
  p.src_type.quantization.scale = scale();
  if (c.kind == Kind::kDequantize) return;

  const auto out = static_cast<std::size_t>(p.out_channels);
  c.filter.resize(out * static_cast<std::size_t>(taps(c)));
  const std::int32_t all = random.pick({127, -128});
  for (std::int32_t& v : c.filter) v = extreme ? all : random.size(-128, 127);
  c.bias.resize(random.integer(0, 2) == 0 ? 0 : out);
  for (std::int32_t& v : c.bias) v = random.size(-20000, 20000);
  const bool brim = random.integer(0, 7) == 0;
  for (std::size_t m = 0; m < c.bias.size() && brim; ++m) {
    if (random.coin()) c.bias[m] = random.pick({1, -1}) * most_bias(c, m);
  }
  c.scales.resize(random.integer(0, 3) == 0 ? 1 : out);
  for (float& s : c.scales) s = scale();
  if (p.dst_type.type == DataType::kF32) return;
  // A sum of random products is about 127 * 74 * sqrt(taps).
  const float spread = 0x1p-12F * 9400.0F * std::sqrt(static_cast<float>(taps(c))) / 90.0F;
  float dst = powers ? std::exp2(std::round(std::log2(spread))) : spread * (0.5F + std::abs(random.value()));
  if (brim) dst = random.pick({0x1p12F, 0x1p16F, 12345.0F});
  if (random.integer(0, 9) == 0) dst = random.pick({1e-9F, 1e-15F, 1e-30F, 1e-38F, 1e9F, 3e38F});
  p.dst_type.quantization.scale = dst;
}

}  // namespace tandem::test::int8
