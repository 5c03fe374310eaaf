#include "int8_case.hpp"

#include <cstddef>
#include <ostream>

namespace tandem::test::int8 {
namespace {

// The elements of a filter in the case's type and layout.
std::vector<std::byte> stored_filter(const Case& c) {
  const Conv2dParams& p = c.params;
  const auto out = static_cast<std::size_t>(p.out_channels);
  const std::size_t taps = static_cast<std::size_t>(p.kernel_h) * static_cast<std::size_t>(p.kernel_w);
  const std::size_t in = c.filter.size() / out / taps;
  const std::size_t outputs = out / static_cast<std::size_t>(p.groups);  // of a group
  std::vector<std::byte> stored(c.filter.size());
  for (std::size_t m = 0; m < out; ++m) {
    for (std::size_t i = 0; i < in; ++i) {
      for (std::size_t t = 0; t < taps; ++t) {
        const std::size_t place = c.layout == FilterLayout::kOihw   ? (m * in + i) * taps + t
                                  : c.layout == FilterLayout::kOhwi ? (m * taps + t) * in + i
                                  : c.layout == FilterLayout::kIohw
                                      ? ((m / outputs * in + i) * outputs + m % outputs) * taps + t
                                      : (t * in + i) * out + m;
        const std::int32_t value = c.filter[(m * in + i) * taps + t] + (c.weight_type == DataType::kU8 ? 128 : 0);
        stored[place] = static_cast<std::byte>(value);
      }
    }
  }
  return stored;
}

std::vector<std::byte> stored_bias(const Case& c) {
  const auto* first = reinterpret_cast<const std::byte*>(c.bias.data());
  return {first, first + c.bias.size() * sizeof(std::int32_t)};
}

// With its kernel, strides, dilation and padding.
template <class Params>
Params windowed(const Conv2dParams& from) {
  Params p;
  p.kernel_h = from.kernel_h;
  p.kernel_w = from.kernel_w;
  p.stride_h = from.stride_h;
  p.stride_w = from.stride_w;
  p.dilation_h = from.dilation_h;
  p.dilation_w = from.dilation_w;
  p.padding = from.padding;
  return p;
}

ConvTranspose2dParams transposed_params(const Case& c) {
  auto p = windowed<ConvTranspose2dParams>(c.params);
  p.in_channels = c.params.in_channels;
  p.out_channels = c.params.out_channels;
  p.groups = c.params.groups;
  p.output_padding_h = c.output_padding_h;
  p.output_padding_w = c.output_padding_w;
  return p;
}

FullyConnectedParams fully_connected_params(const Case& c) {
  FullyConnectedParams p;
  p.in_features = static_cast<std::int32_t>(c.input.h * c.input.w * c.input.c);
  p.out_features = c.params.out_channels;
  return p;
}

template <class Params>
Params typed(Params p, const Case& c) {
  p.activation = c.params.activation;
  p.src_type = c.params.src_type;
  p.dst_type = c.params.dst_type;
  p.weight_type = c.weight_type;
  p.rounding = c.params.rounding;
  return p;
}

}  // namespace

StoredWeights::StoredWeights(const Case& c, Placement placement)
    : c_(c),
      filter_("filter", stored_filter(c), placement, 1),
      bias_("bias", stored_bias(c), placement, alignof(std::int32_t)),
      scales_("scales", c.scales, placement) {}

Weights StoredWeights::get() const {
  Weights weights({c_.weight_type, filter_.data(), c_.filter.size()}, c_.layout, {},
                  {scales_.floats(), c_.scales.size()});
  if (!c_.bias.empty()) weights.bias = {DataType::kS32, bias_.data(), c_.bias.size()};
  return weights;
}

DepthwiseParams depthwise_params(const Case& c) {
  auto p = windowed<DepthwiseParams>(c.params);
  p.channels = c.params.in_channels;
  p.multiplier = c.params.out_channels / c.params.in_channels;
  return typed(p, c);
}

PointwiseParams pointwise_params(const Case& c) {
  PointwiseParams p;
  p.in_channels = c.params.in_channels;
  p.out_channels = c.params.out_channels;
  p.stride_h = c.params.stride_h;
  p.stride_w = c.params.stride_w;
  return typed(p, c);
}

std::ostream& operator<<(std::ostream& out, const Case& c) {
  const Conv2dParams& p = c.params;
  constexpr const char* kNames[] = {"conv2d",          "conv_transpose2d", "depthwise", "pointwise",
                                    "fully_connected", "quantize",         "dequantize"};
  const auto tensor = [&](const TensorType& t) {
    out << to_string(t.type) << " (" << t.quantization.scale << ", " << t.quantization.zero_point << ')';
  };
  out << kNames[static_cast<int>(c.kind)] << ' ' << c.input.n << 'x' << c.input.h << 'x' << c.input.w << 'x'
      << c.input.c << " to " << p.out_channels << ", kernel " << p.kernel_h << 'x' << p.kernel_w << ", stride "
      << p.stride_h << ',' << p.stride_w << ", dilation " << p.dilation_h << ',' << p.dilation_w << ", groups "
      << p.groups << ", padding " << static_cast<int>(p.padding.mode) << ':' << p.padding.top << ',' << p.padding.bottom
      << ',' << p.padding.left << ',' << p.padding.right << ", output padding " << c.output_padding_h << ','
      << c.output_padding_w << ", ";
  tensor(p.src_type);
  out << " to ";
  tensor(p.dst_type);
  return out << ", weights " << to_string(c.weight_type) << " in layout " << static_cast<int>(c.layout) << ", "
             << c.scales.size() << " scales, bias " << c.bias.size() << ", clamp " << p.activation.lo << ".."
             << p.activation.hi << ", rounding " << static_cast<int>(p.rounding);
}

Result<Operator> create(const Case& c, const char* isa, Placement placement) {
  const Conv2dParams& p = c.params;
  if (c.kind == Kind::kQuantize) return Operator::quantize({p.in_channels, p.src_type, p.dst_type}, {isa});
  if (c.kind == Kind::kDequantize) return Operator::dequantize({p.in_channels, p.src_type, p.dst_type}, {isa});
  const StoredWeights stored(c, placement);
  const Weights weights = stored.get();
  switch (c.kind) {
    case Kind::kConv2d:
      return Operator::conv2d(typed(p, c), weights, {isa});
    case Kind::kConvTranspose2d:
      return Operator::conv_transpose2d(typed(transposed_params(c), c), weights, {isa});
    case Kind::kDepthwise:
      return Operator::depthwise(depthwise_params(c), weights, {isa});
    case Kind::kPointwise:
      return Operator::pointwise(pointwise_params(c), weights, {isa});
    default:
      return Operator::fully_connected(typed(fully_connected_params(c), c), weights, {isa});
  }
}

}  // namespace tandem::test::int8
