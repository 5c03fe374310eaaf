// Each parameter is made in one line.
#include "hostile.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "tests/elements.hpp"
#include "tests/overloaded.hpp"

namespace tandem::test {
namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();
constexpr std::int32_t kInts[] = {0,   -1,  std::numeric_limits<std::int32_t>::max(),
                                  128, 129, std::numeric_limits<std::int32_t>::min(),
                                  256, -2,  1 << 16,
                                  512, 257, 1 << 30,
                                  -7,  64,  1000,
                                  1024};
constexpr std::int64_t kLongs[] = {0,
                                   -1,
                                   std::numeric_limits<std::int64_t>::max(),
                                   std::numeric_limits<std::int64_t>::min(),
                                   std::int64_t{1} << 31,
                                   std::int64_t{1} << 32,
                                   std::int64_t{1} << 40,
                                   std::int64_t{1} << 53,
                                   std::int64_t{1} << 62,
                                   100,
                                   128,
                                   512,
                                   1024,
                                   4096,
                                   65536,
                                   -5};
bool is_real(DataType t) { return t == DataType::kF32 || t == DataType::kBf16 || t == DataType::kF16; }

constexpr std::size_t kMostWeights = std::size_t{1} << 17;

/// The byte says which kind of value follows: 0 to 191 is itself a small one. Without any bytes left it is 1, so that
/// the shortest input is a layer that works.
template <class T, std::size_t N>
T hostile(Bytes& bytes, const T (&boundaries)[N]) {
  const auto kind = bytes.ConsumeIntegral<std::uint8_t>();
  if (kind < 192) return static_cast<T>(1 + kind % 32);
  if (kind < 240) return boundaries[kind % N];
  return bytes.ConsumeIntegral<T>();
}

/// What is right in 15 of 16 cases.
template <class T>
void may_spoil(Bytes& bytes, T& value, const T& otherwise) {
  if (bytes.ConsumeIntegralInRange(0, 15) == 15) value = otherwise;
}

/// 1 to `most` in most cases.
std::int32_t usual(Bytes& bytes, std::int32_t most) {
  std::int32_t value = bytes.ConsumeIntegralInRange(1, most);
  may_spoil(bytes, value, hostile_int(bytes));
  return value;
}

float hostile_float(Bytes& bytes) {
  return bytes.PickValueInArray(
      {-kInf, kInf, 0.0F, -0.0F, 6.0F, -1.0F, std::nanf(""), 1e-40F, std::numeric_limits<float>::max()});
}

/// As many numbers as there are channels in most cases, or one for all of them, and never more than there are in memory.
/// Not one for so many channels that create() would spread it over gigabytes.
FloatSpan numbers(Bytes& bytes, std::int64_t channels, bool one_for_all = false) {
  static const std::vector<float> table(1 << 12, 0.5F);
  FloatSpan span{table.data(), one_for_all ? 1 : channels < 0 ? 0 : static_cast<std::size_t>(channels)};
  may_spoil(bytes, span.size, static_cast<std::size_t>(hostile_long(bytes)));
  span.size = std::min(span.size, table.size());
  if (span.size == 1 && channels > std::int64_t{kMostWeights}) span.size = 0;
  span.data += table.size() - span.size;
  may_spoil<const float*>(bytes, span.data, nullptr);
  return span;
}

Activation activation(Bytes& bytes, std::int64_t channels) {
  Activation a = bytes.PickValueInArray({Activation::none(), Activation::relu(), Activation::relu6(),
                                         Activation::leaky_relu(0.1F), Activation::prelu({}), Activation::sigmoid(),
                                         Activation::silu(), Activation::hard_sigmoid(), Activation::hard_swish(),
                                         Activation::tanh(), Activation::gelu(), Activation::gelu_tanh()});
  if (a.kind == Activation::Kind::kPrelu) a.slopes = numbers(bytes, channels);
  if (bytes.ConsumeBool()) a.scale = numbers(bytes, channels, bytes.ConsumeBool());
  if (bytes.ConsumeBool()) a.shift = numbers(bytes, channels, bytes.ConsumeBool());
  may_spoil(bytes, a.kind, static_cast<Activation::Kind>(hostile_int(bytes)));
  may_spoil(bytes, a.lo, hostile_float(bytes));
  may_spoil(bytes, a.hi, hostile_float(bytes));
  may_spoil(bytes, a.alpha, hostile_float(bytes));
  may_spoil(bytes, a.beta, hostile_float(bytes));
  return a;
}

ResidualOrder order(Bytes& bytes) {
  ResidualOrder o = bytes.PickValueInArray({ResidualOrder::kBeforeActivation, ResidualOrder::kAfterActivation});
  may_spoil(bytes, o, static_cast<ResidualOrder>(hostile_int(bytes)));
  return o;
}

Padding padding(Bytes& bytes) {
  Padding p = bytes.PickValueInArray({Padding::valid(), Padding::same(), Padding::same_lower(), Padding::uniform(1)});
  may_spoil(bytes, p,
            Padding::explicit_sides(hostile_int(bytes), hostile_int(bytes), hostile_int(bytes), hostile_int(bytes)));
  may_spoil(bytes, p.mode, static_cast<Padding::Mode>(hostile_int(bytes)));
  return p;
}

std::int64_t output_channels(const DepthwiseParams& p) { return std::int64_t{p.channels} * p.multiplier; }

template <class Params>
void window(Bytes& bytes, Params& p) {
  p.kernel_h = usual(bytes, 7);
  p.kernel_w = usual(bytes, 7);
  p.stride_h = usual(bytes, 3);
  p.stride_w = usual(bytes, 3);
  p.dilation_h = usual(bytes, 3);
  p.dilation_w = usual(bytes, 3);
  p.padding = padding(bytes);
}

// What a convolution and a transposed one have in common.
template <class Params>
Params regular(Bytes& bytes) {
  Params p;
  p.in_channels = hostile_int(bytes);
  p.out_channels = hostile_int(bytes);
  window(bytes, p);
  p.activation = activation(bytes, p.out_channels);
  p.residual = bytes.ConsumeBool();
  p.residual_order = order(bytes);
  if (bytes.ConsumeBool()) p.groups = usual(bytes, 4);
  return p;
}

Conv2dParams conv2d(Bytes& bytes) { return regular<Conv2dParams>(bytes); }

ConvTranspose2dParams conv_transpose2d(Bytes& bytes) {
  auto p = regular<ConvTranspose2dParams>(bytes);
  p.output_padding_h = bytes.ConsumeIntegralInRange(0, 1);
  may_spoil(bytes, p.output_padding_h, hostile_int(bytes));
  may_spoil(bytes, p.output_padding_w, hostile_int(bytes));
  may_spoil(bytes, p.output_h, hostile_int(bytes));
  may_spoil(bytes, p.output_w, hostile_int(bytes));
  return p;
}

template <class Params>
Params pool(Bytes& bytes) {
  Params p;
  p.channels = hostile_int(bytes);
  window(bytes, p);
  p.ceil_mode = bytes.ConsumeBool();
  p.activation = activation(bytes, p.channels);
  return p;
}

AveragePoolParams average_pool(Bytes& bytes) {
  auto p = pool<AveragePoolParams>(bytes);
  p.count_include_pad = bytes.ConsumeBool();
  return p;
}

ResizeParams resize(Bytes& bytes) {
  ResizeParams p;
  p.channels = hostile_int(bytes);
  p.mode = bytes.ConsumeBool() ? ResizeMode::kLinear : ResizeMode::kNearest;
  p.coordinates = static_cast<CoordinateMode>(bytes.ConsumeIntegralInRange(0, 4));
  p.rounding = static_cast<NearestRounding>(bytes.ConsumeIntegralInRange(0, 3));
  may_spoil(bytes, p.mode, static_cast<ResizeMode>(hostile_int(bytes)));
  may_spoil(bytes, p.coordinates, static_cast<CoordinateMode>(hostile_int(bytes)));
  may_spoil(bytes, p.rounding, static_cast<NearestRounding>(hostile_int(bytes)));
  const auto axis = [&](std::int32_t& size, float& scale, float usual_scale) {
    if (bytes.ConsumeBool()) {
      scale = usual_scale;
    } else {
      size = usual(bytes, 64);
    }
    may_spoil(bytes, scale, hostile_float(bytes));
  };
  axis(p.output_h, p.scale_h, 2.0F);
  axis(p.output_w, p.scale_w, 0.7F);
  return p;
}

DepthwiseParams depthwise(Bytes& bytes, std::int32_t channels) {
  DepthwiseParams p;
  p.channels = channels;
  may_spoil(bytes, p.channels, hostile_int(bytes));
  window(bytes, p);
  if (bytes.ConsumeBool()) p.multiplier = usual(bytes, 4);
  p.activation = activation(bytes, output_channels(p));
  may_spoil(bytes, p.residual, true);
  p.residual_order = order(bytes);
  return p;
}

PointwiseParams pointwise(Bytes& bytes, std::int64_t in_channels) {
  PointwiseParams p;
  p.in_channels = static_cast<std::int32_t>(in_channels);
  may_spoil(bytes, p.in_channels, hostile_int(bytes));
  p.out_channels = hostile_int(bytes);
  p.activation = activation(bytes, p.out_channels);
  may_spoil(bytes, p.residual, true);
  p.residual_order = order(bytes);
  may_spoil(bytes, p.stride_h, hostile_int(bytes));
  may_spoil(bytes, p.stride_w, hostile_int(bytes));
  return p;
}

/// Of a tensor or a filter; right in most cases, and the result of each of the first ones is worth a look.
float hostile_scale(Bytes& bytes) {
  float scale = bytes.PickValueInArray({0x1p-6F, 0.02F, 1.0F, 0.37F, 300.0F});
  may_spoil(bytes, scale,
            bytes.PickValueInArray({1e-40F, 1e-30F, 1e-20F, std::numeric_limits<float>::min(), 1e20F, 1e30F,
                                    std::numeric_limits<float>::max()}));
  may_spoil(bytes, scale, hostile_float(bytes));
  return scale;
}

FullyConnectedParams fully_connected(Bytes& bytes) {
  FullyConnectedParams p;
  p.in_features = hostile_int(bytes);
  p.out_features = hostile_int(bytes);
  p.activation = activation(bytes, p.out_features);
  p.residual = bytes.ConsumeBool();
  p.residual_order = order(bytes);
  return p;
}

ElementwiseParams elementwise(Bytes& bytes) {
  ElementwiseParams p;
  p.channels = hostile_int(bytes);
  p.operation = static_cast<ElementwiseOperation>(bytes.ConsumeIntegralInRange(0, 7));
  may_spoil(bytes, p.operation, static_cast<ElementwiseOperation>(hostile_int(bytes)));
  if (bytes.ConsumeBool()) p.constants = numbers(bytes, p.channels, bytes.ConsumeBool());
  if (bytes.ConsumeBool()) {
    p.broadcast = {bytes.ConsumeBool(), bytes.ConsumeBool(), bytes.ConsumeBool(), bytes.ConsumeBool()};
  }
  p.activation = activation(bytes, p.channels);
  return p;
}

/// The product, unless a size is not positive or 64 bits do not hold it.
std::optional<std::size_t> count(const FilterShape& s) {
  std::int64_t product = 1;
  for (const std::int64_t size : {s.o, s.i, s.h, s.w}) {
    if (size < 1 || __builtin_mul_overflow(product, size, &product)) return std::nullopt;
  }
  return static_cast<std::size_t>(product);
}

}  // namespace

std::int32_t hostile_int(Bytes& bytes) { return hostile(bytes, kInts); }
std::int64_t hostile_long(Bytes& bytes) { return hostile(bytes, kLongs); }

double hostile_rate(Bytes& bytes) {
  double rate = 0.0;
  may_spoil(bytes, rate,
            bytes.PickValueInArray(
                {1.0, -1.0, 1e-300, 1e300, 5e-324, std::nan(""), std::numeric_limits<double>::infinity(), 1e9, 1e12}));
  return rate;
}

TensorType hostile_type(Bytes& bytes) {
  TensorType t = bytes.PickValueInArray({DataType::kF32, DataType::kBf16, DataType::kF16});
  may_spoil(bytes, t.type, static_cast<DataType>(bytes.ConsumeIntegralInRange(-1, 7)));
  may_spoil(bytes, t.quantization.scale, hostile_float(bytes));
  may_spoil(bytes, t.quantization.zero_point, hostile_int(bytes));
  return t;
}

TensorType hostile_quantised_type(Bytes& bytes) {
  TensorType t = bytes.ConsumeBool() ? DataType::kU8 : DataType::kS8;
  t.quantization.scale = hostile_scale(bytes);
  t.quantization.zero_point = bytes.ConsumeIntegralInRange(0, 255) - (t.type == DataType::kS8 ? 128 : 0);
  may_spoil(bytes, t.quantization.zero_point, hostile_int(bytes));
  may_spoil(bytes, t.type, static_cast<DataType>(bytes.ConsumeIntegralInRange(-1, 7)));
  return t;
}

namespace {

/// What a quantised operator of this version takes in most cases.
template <class Params>
void quantise(Bytes& bytes, Params& p) {
  const TensorType src = hostile_quantised_type(bytes);
  TensorType dst = hostile_quantised_type(bytes);
  if (bytes.ConsumeIntegralInRange(0, 15) != 15) dst.type = src.type;
  if (bytes.ConsumeIntegralInRange(0, 7) == 7) dst = hostile_type(bytes);
  if constexpr (requires { p.weight_type; }) {
    set_types(p, src, bytes.ConsumeBool() ? DataType::kS8 : DataType::kU8);
    may_spoil(bytes, p.weight_type, hostile_type(bytes).type);
    p.dst_type = dst;
  } else if constexpr (requires { p.src_type; }) {
    if (bytes.ConsumeBool()) p.src_type = src;
    if (bytes.ConsumeBool()) p.dst_type = dst;
  } else {
    p.type = src;
  }
  if constexpr (requires { p.rounding = Rounding::kNearestEven; }) {
    p.rounding = bytes.PickValueInArray({Rounding::kNearestEven, Rounding::kTfliteSingle, Rounding::kTfliteDouble});
    may_spoil(bytes, p.rounding, static_cast<Rounding>(hostile_int(bytes)));
  }
  if constexpr (requires { p.residual; }) {
    p.residual = false;
    may_spoil(bytes, p.residual, true);
    const Activation drawn = p.activation;
    p.activation = bytes.PickValueInArray({Activation::none(), Activation::relu(), Activation::relu6()});
    may_spoil(bytes, p.activation, drawn);
  }
}

/// A stage of a block reads in most cases what the one before stores.
template <class Giver, class Taker>
void quantise_next(Bytes& bytes, const Giver& giver, Taker& taker) {
  quantise(bytes, taker);
  if (bytes.ConsumeIntegralInRange(0, 15) == 15) return;
  taker.src_type = giver.dst_type;
  if (bytes.ConsumeIntegralInRange(0, 15) != 15) taker.dst_type.type = giver.dst_type.type;
}
/// The last stage of a block, and the squeeze-and-excite before it if there is one.
void quantise_last(Bytes& bytes, const DepthwiseParams& depthwise, std::optional<SqueezeExciteParams>& squeeze_excite,
                   PointwiseParams& last) {
  if (!squeeze_excite) return quantise_next(bytes, depthwise, last);
  SqueezeExciteParams& p = *squeeze_excite;
  quantise_next(bytes, depthwise, p);
  for (TensorType* inner : {&p.mean_type, &p.reduced_type, &p.hidden_type, &p.expanded_type, &p.gate_type}) {
    inner->type = p.src_type.type;
    may_spoil(bytes, *inner, hostile_quantised_type(bytes));
  }
  quantise_next(bytes, p, last);
}
void quantise(Bytes& bytes, SeparableParams& p) {
  quantise(bytes, p.depthwise);
  quantise_last(bytes, p.depthwise, p.squeeze_excite, p.pointwise);
}
void quantise(Bytes& bytes, InvertedResidualParams& p) {
  quantise(bytes, p.expand);
  quantise_next(bytes, p.expand, p.depthwise);
  quantise_last(bytes, p.depthwise, p.squeeze_excite, p.project);
  p.project.residual_type = p.expand.src_type;
  p.sum_type = p.project.dst_type;
  may_spoil(bytes, p.project.residual_type, hostile_quantised_type(bytes));
  may_spoil(bytes, p.sum_type, hostile_quantised_type(bytes));
}

/// All of an operator alike in most cases.
void types(Bytes& bytes, AnyParams& params) {
  const TensorType tensors = hostile_type(bytes);
  std::vector<DataType> weights(filter_shapes(params).size(), tensors.type);
  for (DataType& w : weights) may_spoil(bytes, w, hostile_type(bytes).type);
  set_types(params, tensors, weights);
  if (bytes.ConsumeIntegralInRange(0, 15) != 15) return;
  std::visit(Overloaded{[&](SeparableParams& p) {
                          TensorType& type = p.squeeze_excite ? p.squeeze_excite->src_type : p.depthwise.dst_type;
                          type = hostile_type(bytes);
                        },
                        [&](InvertedResidualParams& p) {
                          p.depthwise.src_type = hostile_type(bytes);
                          may_spoil(bytes, p.project.residual_type, hostile_type(bytes));
                        },
                        [&](ConvertLayoutParams&) {}, [&](CopyParams&) {}, [&](DepthToSpaceParams&) {},
                        [&](auto& p) { p.dst_type = hostile_type(bytes); }},
             params);
}

SqueezeExciteParams squeeze_excite(Bytes& bytes, std::int32_t channels) {
  SqueezeExciteParams p;
  p.channels = channels;
  p.reduced_channels = hostile_int(bytes);
  p.activation = activation(bytes, p.reduced_channels);
  p.gate = activation(bytes, p.channels);
  return p;
}

/// The squeeze-and-excite of a block whose last stage reads so many channels.
void may_squeeze(Bytes& bytes, std::int32_t channels, std::optional<SqueezeExciteParams>& inner) {
  if (!bytes.ConsumeBool()) return;
  inner = squeeze_excite(bytes, channels);
  may_spoil(bytes, inner->channels, hostile_int(bytes));
}

AnyParams untyped_params(Bytes& bytes) {
  switch (bytes.ConsumeIntegralInRange(0, 19)) {
    case 0:
      return conv2d(bytes);
    case 1:
      return depthwise(bytes, hostile_int(bytes));
    case 2:
      return pointwise(bytes, hostile_int(bytes));
    case 3: {
      SeparableParams p;
      p.depthwise = depthwise(bytes, hostile_int(bytes));
      p.pointwise = pointwise(bytes, output_channels(p.depthwise));
      may_squeeze(bytes, p.pointwise.in_channels, p.squeeze_excite);
      return p;
    }
    case 4: {
      InvertedResidualParams p;
      p.expand = pointwise(bytes, hostile_int(bytes));
      p.depthwise = depthwise(bytes, p.expand.out_channels);
      p.project = pointwise(bytes, output_channels(p.depthwise));
      p.residual = bytes.ConsumeBool();
      if (bytes.ConsumeBool()) p.project.out_channels = p.expand.in_channels;
      may_squeeze(bytes, p.project.in_channels, p.squeeze_excite);
      return p;
    }
    case 5: {
      GlobalAveragePoolParams p;
      p.channels = hostile_int(bytes);
      p.activation = activation(bytes, p.channels);
      return p;
    }
    case 6:
      return squeeze_excite(bytes, hostile_int(bytes));
    case 7: {
      ConvertLayoutParams p;
      p.channels = hostile_int(bytes);
      if (bytes.ConsumeBool()) p.conversion = LayoutConversion::kNhwcToNchw;
      may_spoil(bytes, p.conversion, static_cast<LayoutConversion>(hostile_int(bytes)));
      return p;
    }
    case 8:
      return conv_transpose2d(bytes);
    case 9:
      return elementwise(bytes);
    case 10: {
      ActivationParams p;
      p.channels = hostile_int(bytes);
      p.activation = activation(bytes, p.channels);
      return p;
    }
    case 11: {
      SoftmaxParams p;
      p.channels = hostile_int(bytes);
      may_spoil(bytes, p.beta, hostile_float(bytes));
      return p;
    }
    case 12:
      return CopyParams{hostile_int(bytes)};
    case 13: {
      DepthToSpaceParams p;
      p.block = usual(bytes, 3);
      const auto block = static_cast<std::uint32_t>(p.block);  // unsigned, since the product may overflow
      p.channels = static_cast<std::int32_t>(block * block * bytes.ConsumeIntegralInRange(1U, 20U));
      may_spoil(bytes, p.channels, hostile_int(bytes));
      if (bytes.ConsumeBool()) p.mode = DepthToSpaceMode::kCrd;
      may_spoil(bytes, p.mode, static_cast<DepthToSpaceMode>(hostile_int(bytes)));
      return p;
    }
    case 14:
      return pool<MaxPoolParams>(bytes);
    case 15:
      return average_pool(bytes);
    case 16:
      return resize(bytes);
    case 17:
      return QuantizeParams{hostile_int(bytes), {}, hostile_quantised_type(bytes)};
    case 18:
      return DequantizeParams{hostile_int(bytes), hostile_quantised_type(bytes), {}};
    default:
      return fully_connected(bytes);
  }
}

}  // namespace

AnyParams hostile_params(Bytes& bytes) {
  AnyParams params = untyped_params(bytes);
  switch (bytes.ConsumeIntegralInRange(0, 3)) {
    case 1:
      types(bytes, params);
      break;
    case 2:
      std::visit([&](auto& p) { quantise(bytes, p); }, params);
      break;
    default:
      break;
  }
  return params;
}

Shape hostile_shape(Bytes& bytes, const AnyParams& params) {
  Shape s{1, hostile_long(bytes), hostile_long(bytes), input_channels(params)};
  if (std::holds_alternative<FullyConnectedParams>(params)) s.h = s.w = 1;
  may_spoil(bytes, s.n, hostile_long(bytes));
  may_spoil(bytes, s.c, hostile_long(bytes));
  return s;
}

std::int64_t hostile_stride(Bytes& bytes, std::int64_t channels) {
  std::int64_t stride =
      bytes.ConsumeBool() ? std::clamp<std::int64_t>(channels, 0, 1 << 20) + bytes.ConsumeIntegralInRange(0, 40) : 0;
  may_spoil(bytes, stride, hostile_long(bytes));
  return stride;
}

HostileWeights::HostileWeights(Bytes& bytes, const FilterShape& shape, DataType type)
    : filter_span_(span(bytes, type, count(shape), filter_)), layout_(FilterLayout::kOihw) {
  const bool quantised = is_quantised(type);
  if (bytes.ConsumeBool()) {
    bias_span_ = span(bytes, quantised ? DataType::kS32 : DataType::kF32, count({shape.o, 1, 1, 1}), bias_);
  }
  may_spoil(bytes, layout_, static_cast<FilterLayout>(hostile_int(bytes)));
  std::size_t scales = quantised ? 1 : 0;
  if (quantised && bytes.ConsumeBool()) scales = count({shape.o, 1, 1, 1}).value_or(1);
  may_spoil(bytes, scales, static_cast<std::size_t>(hostile_long(bytes)));
  scale_values_.assign(std::min(scales, kMostWeights), hostile_scale(bytes));
  if (!scale_values_.empty()) may_spoil(bytes, scale_values_.back(), hostile_scale(bytes));
  scales_ = scale_values_;
  may_spoil<const float*>(bytes, scales_.data, nullptr);
}

ElementSpan HostileWeights::span(Bytes& bytes, DataType type, std::optional<std::size_t> right,
                                 std::vector<std::byte>& memory) {
  const bool enough = right && *right <= kMostWeights;
  std::size_t size = enough ? *right : 1;
  may_spoil(bytes, size, static_cast<std::size_t>(hostile_long(bytes)));
  // To say that there are as many as there must be, and to have fewer, is the one lie that cannot be found out.
  if (right && size == *right && !enough) size = 1;
  // A type that there is not reads nothing. A pointer may lie a byte too far, behind which there is a byte more.
  memory.resize((size <= kMostWeights ? size : 1) * element_bytes(type) + 1);
  const std::size_t held = element_bytes(type) == 0 ? 0 : (memory.size() - 1) / element_bytes(type);
  if (is_real(type)) {
    store_elements(type, std::vector<float>(held, 0.25F), memory.data());
  } else if (type == DataType::kS32) {
    const std::int32_t value = hostile_int(bytes);
    for (std::size_t i = 0; i < held; ++i) std::memcpy(memory.data() + i * sizeof(value), &value, sizeof(value));
  } else {
    std::fill(memory.begin(), memory.end(), static_cast<std::byte>(bytes.ConsumeIntegral<std::uint8_t>()));
  }
  const std::byte* data = memory.data();
  may_spoil<const std::byte*>(bytes, data, nullptr);
  may_spoil<const std::byte*>(bytes, data, memory.data() + 1);
  may_spoil(bytes, type, hostile_type(bytes).type);
  return {type, data, size};
}

}  // namespace tandem::test
