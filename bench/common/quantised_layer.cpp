#include "bench/common/quantised_layer.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace tandem::bench {
namespace {

constexpr Quantization kQuantization = {0.02F, 128};

template <class Params>
Params with_window(Params p, const network::LayerSpec& s) {
  p.kernel_h = p.kernel_w = s.kernel;
  p.stride_h = p.stride_w = s.stride;
  p.padding = s.padding;
  return p;
}

template <class Params>
Params typed(Params p, const network::LayerSpec& s) {
  p.activation = s.activation;
  set_types(p, {DataType::kU8, kQuantization}, DataType::kS8);
  return p;
}

Result<Operator> create(const network::LayerSpec& s, const Weights& weights, const CreateOptions& options) {
  switch (s.op) {
    case network::Op::kConv2d: {
      Conv2dParams p;
      p.in_channels = s.in_channels;
      p.out_channels = s.out_channels;
      return Operator::conv2d(typed(with_window(p, s), s), weights, options);
    }
    case network::Op::kDepthwise: {
      DepthwiseParams p;
      p.channels = s.in_channels;
      return Operator::depthwise(typed(with_window(p, s), s), weights, options);
    }
    case network::Op::kPointwise: {
      PointwiseParams p;
      p.in_channels = s.in_channels;
      p.out_channels = s.out_channels;
      return Operator::pointwise(typed(p, s), weights, options);
    }
    default: {
      FullyConnectedParams p;
      p.in_features = s.in_channels;
      p.out_features = s.out_channels;
      return Operator::fully_connected(typed(p, s), weights, options);
    }
  }
}

}  // namespace

bool has_quantised_form(const network::LayerSpec& s) noexcept {
  if (network::takes_residual(s) || s.activation.kind != Activation::Kind::kClamp) return false;
  return s.op == network::Op::kConv2d || s.op == network::Op::kDepthwise || s.op == network::Op::kPointwise ||
         s.op == network::Op::kFullyConnected;
}

Result<Operator> make_quantised(const network::LayerSpec& spec, const network::WeightSource& source,
                                const CreateOptions& options) {
  const FloatSpan filter = source(spec.name + ".weight");
  const auto channels = static_cast<std::size_t>(spec.out_channels);
  std::vector<std::int8_t> integers(filter.size);
  std::vector<float> scales(channels);
  std::vector<std::int32_t> bias(channels);
  const FilterLayout layout = spec.op == network::Op::kDepthwise ? spec.depthwise_layout : spec.layout;
  const Status status = quantize_weights({filter, layout, source(spec.name + ".bias")}, spec.out_channels,
                                         kQuantization.scale, integers.data(), scales.data(), bias.data());
  if (!status.ok()) return network::in_layer(spec, status);
  const Weights weights({DataType::kS8, integers.data(), integers.size()}, layout,
                        {DataType::kS32, bias.data(), bias.size()}, scales);
  Result<Operator> op = create(spec, weights, options);
  if (!op) return network::in_layer(spec, op.status());
  return op;
}

}  // namespace tandem::bench
