// Turns a LayerSpec into the parameter structs of the library, and looks up its tensors.
#include "network/make_operator.hpp"

#include <cstdint>
#include <list>
#include <string>
#include <vector>

namespace network {
namespace {

using tandem::Operator;
using tandem::Result;
using tandem::Status;
using tandem::StatusCode;

tandem::DepthwiseParams depthwise_params(const LayerSpec& s, std::int32_t channels, const tandem::Activation& act) {
  tandem::DepthwiseParams p;
  p.channels = channels;
  p.kernel_h = p.kernel_w = s.kernel;
  p.stride_h = p.stride_w = s.stride;
  p.padding = s.padding;
  p.activation = act;
  return p;
}

tandem::PointwiseParams pointwise_params(std::int32_t in_channels, std::int32_t out_channels,
                                         const tandem::Activation& act) {
  tandem::PointwiseParams p;
  p.in_channels = in_channels;
  p.out_channels = out_channels;
  p.activation = act;
  return p;
}

/// Of `channels` channels.
tandem::SqueezeExciteParams squeeze_excite_params(const LayerSpec& s, std::int32_t channels, std::int32_t reduced) {
  tandem::SqueezeExciteParams p;
  p.channels = channels;
  p.reduced_channels = reduced;
  p.activation = s.squeeze_activation;
  p.gate = s.gate;
  return p;
}

/// Filter and bias of one stage. A missing filter is an empty one. create() would report only its count, so the first
/// missing name is kept for a better sentence.
class Tensors {
 public:
  Tensors(const LayerSpec& spec, const WeightSource& source, tandem::DataType type)
      : spec_(spec), source_(source), type_(type) {}

  /// The result lives as long as this object.
  tandem::Weights weights(const std::string& stage, tandem::FilterLayout layout) {
    const std::string name = spec_.name + stage + ".weight";
    const tandem::FloatSpan values = source_(name);
    if (values.data == nullptr && missing_.empty()) missing_ = name;
    tandem::Weights w{values, layout};
    w.bias = source_(spec_.name + stage + ".bias");
    if (type_ == tandem::DataType::kF32) return w;
    std::vector<std::uint16_t>& rounded = rounded_.emplace_back(values.size);
    tandem::convert(tandem::DataType::kF32, values.data, type_, rounded.data(), values.size);
    w.filter = {type_, rounded.data(), values.size};
    return w;
  }
  /// Of the squeeze-and-excite in a block.
  tandem::SqueezeExciteWeights squeeze_excite(tandem::FilterLayout layout) {
    const tandem::Weights reduce = weights(".squeeze_excite.reduce", layout);
    return {reduce, weights(".squeeze_excite.expand", layout)};
  }
  [[nodiscard]] const std::string& missing() const noexcept { return missing_; }

 private:
  const LayerSpec& spec_;
  const WeightSource& source_;
  tandem::DataType type_;
  std::list<std::vector<std::uint16_t>> rounded_;
  std::string missing_;
};

template <class Params>
Params conv2d_params(const LayerSpec& s, const Types& types) {
  Params p;
  p.in_channels = s.in_channels;
  p.out_channels = s.out_channels;
  p.kernel_h = p.kernel_w = s.kernel;
  p.stride_h = p.stride_w = s.stride;
  p.padding = s.padding;
  p.activation = s.activation;
  p.residual = takes_residual(s);
  set_types(p, types.tensors, types.weights);
  return p;
}

Result<Operator> create(const LayerSpec& s, Tensors& t, const Types& types, const tandem::CreateOptions& options) {
  switch (s.op) {
    case Op::kConv2d:
      return Operator::conv2d(conv2d_params<tandem::Conv2dParams>(s, types), t.weights("", s.layout), options);
    case Op::kConvTranspose2d:
      return Operator::conv_transpose2d(conv2d_params<tandem::ConvTranspose2dParams>(s, types), t.weights("", s.layout),
                                        options);
    case Op::kDepthwise: {
      tandem::DepthwiseParams p = depthwise_params(s, s.in_channels, s.activation);
      p.residual = takes_residual(s);
      set_types(p, types.tensors, types.weights);
      return Operator::depthwise(p, t.weights("", s.depthwise_layout), options);
    }
    case Op::kPointwise: {
      tandem::PointwiseParams p = pointwise_params(s.in_channels, s.out_channels, s.activation);
      p.residual = takes_residual(s);
      set_types(p, types.tensors, types.weights);
      return Operator::pointwise(p, t.weights("", s.layout), options);
    }
    case Op::kSeparable: {
      tandem::SeparableParams p;
      p.depthwise = depthwise_params(s, s.in_channels, s.hidden_activation);
      p.pointwise = pointwise_params(s.in_channels, s.out_channels, s.activation);
      p.pointwise.residual = takes_residual(s);
      if (s.squeezed_channels != 0) p.squeeze_excite = squeeze_excite_params(s, s.in_channels, s.squeezed_channels);
      set_types(p, types.tensors, types.weights);
      const tandem::Weights depthwise = t.weights(".depthwise", s.depthwise_layout);
      const tandem::Weights pointwise = t.weights(".pointwise", s.layout);
      if (!p.squeeze_excite) return Operator::separable(p, depthwise, pointwise, options);
      return Operator::separable(p, depthwise, t.squeeze_excite(s.layout), pointwise, options);
    }
    case Op::kInvertedResidual: {
      tandem::InvertedResidualParams p;
      p.expand = pointwise_params(s.in_channels, s.hidden_channels, s.hidden_activation);
      p.depthwise = depthwise_params(s, s.hidden_channels, s.hidden_activation);
      p.project = pointwise_params(s.hidden_channels, s.out_channels, s.activation);
      p.residual = s.shortcut == 1;
      if (s.squeezed_channels != 0) p.squeeze_excite = squeeze_excite_params(s, s.hidden_channels, s.squeezed_channels);
      set_types(p, types.tensors, types.weights);
      const tandem::Weights expand = t.weights(".expand", s.layout);
      const tandem::Weights depthwise = t.weights(".depthwise", s.depthwise_layout);
      const tandem::Weights project = t.weights(".project", s.layout);
      if (!p.squeeze_excite) return Operator::inverted_residual(p, expand, depthwise, project, options);
      return Operator::inverted_residual(p, expand, depthwise, t.squeeze_excite(s.layout), project, options);
    }
    case Op::kGlobalAveragePool: {
      tandem::GlobalAveragePoolParams p;
      p.channels = s.in_channels;
      p.activation = s.activation;
      set_types(p, types.tensors, types.weights);
      return Operator::global_average_pool(p, options);
    }
    case Op::kFullyConnected: {
      tandem::FullyConnectedParams p;
      p.in_features = s.in_channels;
      p.out_features = s.out_channels;
      p.activation = s.activation;
      p.residual = takes_residual(s);
      set_types(p, types.tensors, types.weights);
      return Operator::fully_connected(p, t.weights("", s.layout), options);
    }
    case Op::kSqueezeExcite: {
      tandem::SqueezeExciteParams p = squeeze_excite_params(s, s.in_channels, s.hidden_channels);
      set_types(p, types.tensors, types.weights);
      return Operator::squeeze_excite(p, t.weights(".reduce", s.layout), t.weights(".expand", s.layout), options);
    }
  }
  return Status(StatusCode::kInvalidArgument, "unknown op " + std::to_string(static_cast<int>(s.op)));
}

}  // namespace

Status in_layer(const LayerSpec& spec, const Status& status) {
  return {status.code(), "layer '" + spec.name + "': " + status.message()};
}

bool takes_residual(const LayerSpec& spec) noexcept { return spec.shortcut > 0 && spec.op != Op::kInvertedResidual; }

Result<Operator> make_operator(const LayerSpec& spec, const WeightSource& weights, const Types& types,
                               const tandem::CreateOptions& options) {
  Tensors tensors(spec, weights, types.weights);
  Result<Operator> op = create(spec, tensors, types, options);
  if (!tensors.missing().empty()) {
    return in_layer(spec, Status(StatusCode::kInvalidArgument, "tensor '" + tensors.missing() + "' is missing"));
  }
  if (!op) return in_layer(spec, op.status());
  return op;
}

}  // namespace network
