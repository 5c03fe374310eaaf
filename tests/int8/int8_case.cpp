#include "int8_case.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <ostream>

#include "src/plan/window.hpp"

namespace tandem::test::int8 {
namespace {

std::int32_t least(DataType type) { return type == DataType::kU8 ? 0 : -128; }

// A number of channels.
std::int32_t channels(Random& random, std::int64_t lanes) {
  const auto v = static_cast<std::int32_t>(lanes);
  if (random.coin()) return random.size(1, 40);
  return std::max(1, random.pick({v, 2 * v, 3 * v, 4 * v, 5 * v, 7 * v}) + random.size(-1, 1));
}

Padding padding(Random& random, const Conv2dParams& p) {
  switch (random.integer(0, 3)) {
    case 0:
      return Padding::same();
    case 1:
      return Padding::valid();
    default: {
      const std::int32_t h = p.kernel_h * p.dilation_h;
      const std::int32_t w = p.kernel_w * p.dilation_w;
      return Padding::explicit_sides(random.size(0, h), random.size(0, h), random.size(0, w), random.size(0, w));
    }
  }
}

TensorType quantised(Random& random, DataType type) {
  const std::int32_t zero = random.integer(0, 3) == 0 ? random.pick({0, 255, 128}) : random.size(0, 255);
  return {type, {0.02F, zero + least(type)}};
}

Activation activation(Random& random) {
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

}  // namespace

std::ostream& operator<<(std::ostream& out, const Case& c) {
  const Conv2dParams& p = c.params;
  constexpr const char* kNames[] = {"conv2d", "depthwise", "pointwise", "fully_connected"};
  out << kNames[static_cast<int>(c.kind)] << ' ' << c.input.n << 'x' << c.input.h << 'x' << c.input.w << 'x'
      << c.input.c << " to " << p.out_channels << ", kernel " << p.kernel_h << 'x' << p.kernel_w << ", stride "
      << p.stride_h << ',' << p.stride_w << ", dilation " << p.dilation_h << ',' << p.dilation_w << ", groups "
      << p.groups << ", padding " << static_cast<int>(p.padding.mode) << ':' << p.padding.top << ',' << p.padding.bottom
      << ',' << p.padding.left << ',' << p.padding.right << ", " << to_string(p.src_type.type) << " ("
      << p.src_type.quantization.zero_point << ") to " << to_string(p.dst_type.type) << " ("
      << p.dst_type.quantization.zero_point << "), weights " << to_string(c.weight_type) << " in layout "
      << static_cast<int>(c.layout) << ", " << c.scales.size() << " scales, bias " << c.bias.size() << ", gaps "
      << c.src_gap << ',' << c.dst_gap << ", clamp " << p.activation.lo << ".." << p.activation.hi;
  return out;
}

Case draw(Random& random, std::int64_t lanes) {
  Case c;
  Conv2dParams& p = c.params;
  c.kind = random.pick({Kind::kConv2d, Kind::kDepthwise, Kind::kDepthwise, Kind::kPointwise, Kind::kFullyConnected});
  c.input = {random.integer(1, 2), random.integer(1, 11), random.integer(1, 11), channels(random, lanes)};
  p.out_channels = channels(random, lanes);
  if (c.kind == Kind::kConv2d || c.kind == Kind::kDepthwise) {
    p.kernel_h = random.coin() ? random.pick({3, 5}) : random.size(1, 9);
    p.kernel_w = random.coin() ? p.kernel_h : random.size(1, 9);
    p.stride_h = random.coin() ? 1 : random.size(1, 3);
    p.stride_w = random.coin() ? p.stride_h : random.size(1, 3);
    p.dilation_h = random.integer(0, 3) == 0 ? random.size(1, 3) : 1;
    p.dilation_w = random.integer(0, 3) == 0 ? random.size(1, 3) : 1;
    p.padding = padding(random, p);
    const bool same = p.padding.mode != Padding::Mode::kExplicit;
    const auto fits = [same](std::int64_t in, std::int64_t kernel, std::int64_t dilation, std::int64_t pads) {
      return same ? in : std::max(in, (kernel - 1) * dilation + 1 - pads);
    };
    c.input.h = fits(c.input.h, p.kernel_h, p.dilation_h, p.padding.top + p.padding.bottom);
    c.input.w = fits(c.input.w, p.kernel_w, p.dilation_w, p.padding.left + p.padding.right);
  }
  if (c.kind == Kind::kPointwise && random.integer(0, 3) == 0) p.stride_h = p.stride_w = random.size(1, 3);
  if (c.kind == Kind::kDepthwise) {
    p.groups = static_cast<std::int32_t>(c.input.c);
    p.out_channels = p.groups * (random.integer(0, 3) == 0 ? random.size(2, 3) : 1);
  } else if (c.kind == Kind::kConv2d && random.integer(0, 2) == 0) {
    p.groups = random.size(2, 4);
    c.input.c = p.groups * random.integer(1, 9);
    p.out_channels = p.groups * random.size(1, 9);
  }
  if (c.kind == Kind::kFullyConnected && random.coin()) c.input.h = c.input.w = 1;
  p.in_channels = static_cast<std::int32_t>(c.input.c);
  const DataType type = random.coin() ? DataType::kU8 : DataType::kS8;
  p.src_type = quantised(random, type);
  p.dst_type = random.integer(0, 4) == 0 ? TensorType() : quantised(random, type);
  p.activation = activation(random);
  c.weight_type = random.integer(0, 3) == 0 ? DataType::kU8 : DataType::kS8;
  c.layout = random.pick({FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio});
  if (random.integer(0, 3) == 0) c.src_gap = random.integer(1, 20);
  if (random.integer(0, 3) == 0) c.dst_gap = random.integer(1, 20);
  draw_values(c, random);
  return c;
}

void draw_values(Case& c, Random& random) {
  Conv2dParams& p = c.params;
  const bool connected = c.kind == Kind::kFullyConnected;
  const std::int64_t inputs = connected ? c.input.h * c.input.w * c.input.c : p.in_channels / p.groups;
  const std::int64_t taps = inputs * p.kernel_h * p.kernel_w;
  const std::int32_t lo = least(p.src_type.type);
  const bool extreme = random.integer(0, 3) == 0;
  c.src.resize(static_cast<std::size_t>(c.input.n * c.input.h * c.input.w * c.input.c));
  for (std::int32_t& v : c.src) v = lo + (extreme ? random.pick({255, 255, 255, 0}) : random.size(0, 255));
  c.filter.resize(static_cast<std::size_t>(p.out_channels * taps));
  const std::int32_t all = random.pick({127, -128});
  for (std::int32_t& v : c.filter) v = extreme ? all : random.size(-128, 127);
  if (random.integer(0, 2) != 0) c.bias.resize(static_cast<std::size_t>(p.out_channels));
  for (std::int32_t& v : c.bias) v = random.size(-20000, 20000);

  const bool powers = random.integer(0, 2) == 0;
  const auto scale = [&] { return powers ? 0x1p-6F : 0.01F + 0.02F * std::abs(random.value()); };
  p.src_type.quantization.scale = scale();
  c.scales.resize(random.integer(0, 3) == 0 ? 1 : static_cast<std::size_t>(p.out_channels));
  for (float& s : c.scales) s = scale();
  if (p.dst_type.type == DataType::kF32) return;
  // A sum of random products is about 127 * 74 * sqrt(taps).
  const float spread = 0x1p-12F * 9400.0F * std::sqrt(static_cast<float>(taps)) / 90.0F;
  float dst = powers ? std::exp2(std::round(std::log2(spread))) : spread * (0.5F + std::abs(random.value()));
  if (random.integer(0, 9) == 0) dst = random.pick({1e-9F, 1e-15F, 1e-30F, 1e9F});
  p.dst_type.quantization.scale = dst;
}

std::vector<std::byte> stored_filter(const Case& c) {
  const Conv2dParams& p = c.params;
  const auto out = static_cast<std::size_t>(p.out_channels);
  const std::size_t taps = static_cast<std::size_t>(p.kernel_h) * static_cast<std::size_t>(p.kernel_w);
  const std::size_t in = c.filter.size() / out / taps;
  std::vector<std::byte> stored(c.filter.size());
  for (std::size_t m = 0; m < out; ++m) {
    for (std::size_t i = 0; i < in; ++i) {
      for (std::size_t t = 0; t < taps; ++t) {
        const std::size_t place = c.layout == FilterLayout::kOihw   ? (m * in + i) * taps + t
                                  : c.layout == FilterLayout::kOhwi ? (m * taps + t) * in + i
                                                                    : (t * in + i) * out + m;
        const std::int32_t value = c.filter[(m * in + i) * taps + t] + (c.weight_type == DataType::kU8 ? 128 : 0);
        stored[place] = static_cast<std::byte>(value);
      }
    }
  }
  return stored;
}

Result<Operator> create(const Case& c, const char* isa) {
  const std::vector<std::byte> filter = stored_filter(c);
  const Weights weights({c.weight_type, filter.data(), filter.size()}, c.layout,
                        {DataType::kS32, c.bias.data(), c.bias.size()}, {c.scales.data(), c.scales.size()});
  const auto copy_types = [&](auto& to) {
    to.activation = c.params.activation;
    to.src_type = c.params.src_type;
    to.dst_type = c.params.dst_type;
    to.weight_type = c.weight_type;
  };
  switch (c.kind) {
    case Kind::kConv2d: {
      Conv2dParams p = c.params;
      p.weight_type = c.weight_type;
      return Operator::conv2d(p, weights, {isa});
    }
    case Kind::kDepthwise: {
      DepthwiseParams p;
      p.channels = c.params.in_channels;
      p.multiplier = c.params.out_channels / c.params.in_channels;
      p.kernel_h = c.params.kernel_h;
      p.kernel_w = c.params.kernel_w;
      p.stride_h = c.params.stride_h;
      p.stride_w = c.params.stride_w;
      p.dilation_h = c.params.dilation_h;
      p.dilation_w = c.params.dilation_w;
      p.padding = c.params.padding;
      copy_types(p);
      return Operator::depthwise(p, weights, {isa});
    }
    case Kind::kPointwise: {
      PointwiseParams p;
      p.in_channels = c.params.in_channels;
      p.out_channels = c.params.out_channels;
      p.stride_h = c.params.stride_h;
      p.stride_w = c.params.stride_w;
      copy_types(p);
      return Operator::pointwise(p, weights, {isa});
    }
    default: {
      FullyConnectedParams p;
      p.in_features = static_cast<std::int32_t>(c.input.h * c.input.w * c.input.c);
      p.out_features = c.params.out_channels;
      copy_types(p);
      return Operator::fully_connected(p, weights, {isa});
    }
  }
}

namespace {

// The exact sum of output (n, y, x, m).
std::int64_t sum_of(const Case& c, const Shape& at, std::int64_t top, std::int64_t left) {
  const Conv2dParams& p = c.params;
  const std::int64_t in = p.in_channels / p.groups;
  const std::int64_t first = at.c / (p.out_channels / p.groups) * in;
  std::int64_t sum = c.bias.empty() ? 0 : c.bias[static_cast<std::size_t>(at.c)];
  for (std::int64_t ky = 0; ky < p.kernel_h; ++ky) {
    for (std::int64_t kx = 0; kx < p.kernel_w; ++kx) {
      const std::int64_t y = at.h * p.stride_h - top + ky * p.dilation_h;
      const std::int64_t x = at.w * p.stride_w - left + kx * p.dilation_w;
      if (y < 0 || y >= c.input.h || x < 0 || x >= c.input.w) continue;  // padding is the real number 0
      for (std::int64_t i = 0; i < in; ++i) {
        const auto s = static_cast<std::size_t>(((at.n * c.input.h + y) * c.input.w + x) * c.input.c + first + i);
        const auto f = static_cast<std::size_t>(((at.c * in + i) * p.kernel_h + ky) * p.kernel_w + kx);
        sum += std::int64_t{c.src[s] - p.src_type.quantization.zero_point} * c.filter[f];
      }
    }
  }
  return sum;
}

// The layer of a fully connected operator as a convolution: each feature is a channel.
Case as_convolution(const Case& c) {
  Case flat = c;
  flat.kind = Kind::kConv2d;
  flat.input = {c.input.n, 1, 1, c.input.h * c.input.w * c.input.c};
  flat.params.in_channels = static_cast<std::int32_t>(flat.input.c);
  return flat;
}

}  // namespace

std::vector<float> reference(const Case& given, const Shape& output) {
  const Case c = given.kind == Kind::kFullyConnected ? as_convolution(given) : given;
  const Conv2dParams& p = c.params;
  const internal::WindowedSize size = *internal::resolve_window(internal::window_of(p), c.input.h, c.input.w);
  const Quantization& q = p.dst_type.quantization;
  const bool real = p.dst_type.type == DataType::kF32;
  const double lo = least(p.dst_type.type);
  const auto bound = [&](float b) {
    const float steps = b / q.scale;
    return std::clamp(static_cast<double>(std::nearbyint(steps)) + q.zero_point, lo, lo + 255.0);
  };
  std::vector<float> dst;
  for (std::int64_t n = 0; n < output.n; ++n) {
    for (std::int64_t y = 0; y < output.h; ++y) {
      for (std::int64_t x = 0; x < output.w; ++x) {
        for (std::int64_t m = 0; m < output.c; ++m) {
          const auto sum = static_cast<float>(sum_of(c, {n, y, x, m}, size.pad_top, size.pad_left));
          const float weight = c.scales[c.scales.size() == 1 ? 0 : static_cast<std::size_t>(m)];
          const float both = p.src_type.quantization.scale * weight;
          const float multiplier = both / q.scale;
          const float product = sum * multiplier;
          if (real) {
            dst.push_back(std::clamp(product, p.activation.lo, p.activation.hi));
          } else {
            const double integer = static_cast<double>(std::nearbyint(product)) + q.zero_point;
            dst.push_back(static_cast<float>(std::clamp(integer, bound(p.activation.lo), bound(p.activation.hi))));
          }
        }
      }
    }
  }
  return dst;
}

}  // namespace tandem::test::int8
