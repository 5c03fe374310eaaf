#include "bench/peers/onednn_network.hpp"

#include <omp.h>

#include <new>
#include <stdexcept>
#include <utility>

#include "network/buffers.hpp"

namespace tandem::bench::peers {
namespace {

using dnnl::memory;
using network::LayerSpec;
using network::Op;
using Tag = memory::format_tag;
using Type = memory::data_type;

memory::desc any_layout(const memory::dims& dims, Type type) { return {dims, type, Tag::any}; }
memory::desc vector_layout(memory::dim size) { return {{size}, Type::f32, Tag::x}; }

/// A dense layout, as the picture and the weights of a file have it.
memory::desc plain(const memory::dims& dims, Tag tag, Type type = Type::f32) { return {dims, type, tag}; }

constexpr int scales_of(int argument) { return DNNL_ARG_ATTR_SCALES | argument; }
constexpr int zero_point_of(int argument) { return DNNL_ARG_ATTR_ZERO_POINTS | argument; }

}  // namespace

OneDnnNetwork::OneDnnNetwork(const classify::Model& model, bool int8, int threads)
    : engine_(dnnl::engine::kind::cpu, 0), stream_(engine_) {
  if (int8) quantised_ = quantise_stages(model);
  std::vector<LayerSpec> layers;
  for (const classify::LayerDescription& layer : model.layers) {
    layers.push_back(layer.spec);
    for (const classify::TensorUse& use : layer.tensors) names_[use.spec_name] = use.file_name;
  }
  omp_set_num_threads(threads);  // before any primitive exists: primitives are planned for this number
  const Shape& input = model.input;
  const memory::dims picture = {input.n, input.c, input.h, input.w};
  outputs_.push_back(add_tensor(int8 ? plain(picture, Tag::nhwc) : any_layout(picture, Type::f32)));
  for (const LayerSpec& stage : network::unfuse(layers)) add_stage(stage, model);
  place_tensors(model);
}

void OneDnnNetwork::run() {
  for (const Step& step : steps_) step.primitive.execute(stream_, step.arguments);
  stream_.wait();
}

std::vector<float> OneDnnNetwork::output() const {
  const memory& logits = steps_.back().arguments.at(DNNL_ARG_DST);
  const auto* values = static_cast<const float*>(logits.get_data_handle());
  return {values, values + logits.get_desc().get_size() / sizeof(float)};
}

Type OneDnnNetwork::tensor_type() const noexcept { return int8() ? Type::u8 : Type::f32; }
Type OneDnnNetwork::weight_type() const noexcept { return int8() ? Type::s8 : Type::f32; }

void OneDnnNetwork::add_stage(const LayerSpec& stage, const classify::Model& model) {
  switch (stage.op) {
    case Op::kGlobalAveragePool:
      add_pooling(stage);
      break;
    case Op::kFullyConnected:
      add_fully_connected(stage, model);
      break;
    default:
      add_convolution(stage, model);
  }
  outputs_.push_back(steps_.back().dst);
}

void OneDnnNetwork::add_convolution(const LayerSpec& stage, const classify::Model& model) {
  const memory::dims src = tensors_[outputs_.back()].desc.get_dims();
  const memory::dim out = stage.out_channels, in = stage.in_channels, kernel = stage.kernel, stride = stage.stride;
  const Padding& p = stage.padding;
  const bool pads = stage.op != Op::kPointwise;  // SAME pads no pointwise stage
  const memory::dims before = pads ? memory::dims{p.top, p.left} : memory::dims{0, 0};
  const memory::dims after = pads ? memory::dims{p.bottom, p.right} : memory::dims{0, 0};
  const auto size = [&](std::size_t d) { return (src[d + 2] + before[d] + after[d] - kernel) / stride + 1; };
  const memory::dims dst = {src[0], out, size(0), size(1)};
  const bool depthwise = stage.op == Op::kDepthwise;
  const memory::dims filter =
      depthwise ? memory::dims{out, 1, 1, kernel, kernel} : memory::dims{out, in, kernel, kernel};

  // oneDNN adds a sum to the content of dst, so dst is the tensor of the residual, in its layout.
  const bool sums = stage.shortcut != 0;
  const std::size_t residual = sums ? outputs_.at(outputs_.size() - static_cast<std::size_t>(stage.shortcut)) : 0;
  const dnnl::convolution_forward::primitive_desc chosen(
      engine_, dnnl::prop_kind::forward_inference, dnnl::algorithm::convolution_auto, any_layout(src, tensor_type()),
      any_layout(filter, weight_type()), vector_layout(out),
      sums ? tensors_[residual].desc : any_layout(dst, tensor_type()), {stride, stride}, before, after,
      attributes(stage));

  const std::size_t from = reordered(chosen.src_desc());
  const std::size_t to = add_tensor(chosen.dst_desc());
  if (sums) tensors_[to].place = tensors_[residual].place;
  const memory::desc plain_filter = plain(filter, depthwise ? Tag::goihw : Tag::oihw, weight_type());
  add_step(dnnl::convolution_forward(chosen), from, to,
           weights(stage, model, {plain_filter, chosen.weights_desc(), chosen.bias_desc()}));
}

dnnl::primitive_attr OneDnnNetwork::attributes(const LayerSpec& stage) const {
  dnnl::post_ops ops;
  dnnl::primitive_attr attr;
  if (!int8()) {
    if (stage.shortcut != 0) ops.append_sum();
    if (stage.activation.hi == Activation::relu6().hi) {
      ops.append_eltwise(dnnl::algorithm::eltwise_clip, stage.activation.lo, stage.activation.hi);
    }
    attr.set_post_ops(ops);
    return attr;
  }
  const QuantisedStage& q = quantised_.at(stage.name);
  if (stage.shortcut != 0) ops.append_sum(q.residual.scale, q.residual.zero_point);
  attr.set_post_ops(ops);
  attr.set_scales_mask(DNNL_ARG_SRC, 0);
  attr.set_scales_mask(DNNL_ARG_WEIGHTS, stage.op == Op::kDepthwise ? 3 : 1);  // groups x outputs, or outputs
  if (q.src.zero_point != 0) attr.set_zero_points_mask(DNNL_ARG_SRC, 0);
  if (q.dst.type == DataType::kU8) attr.set_scales_mask(DNNL_ARG_DST, 0);
  if (q.dst.quantization.zero_point != 0) attr.set_zero_points_mask(DNNL_ARG_DST, 0);
  return attr;
}

OneDnnNetwork::Arguments OneDnnNetwork::weights(const LayerSpec& stage, const classify::Model& model,
                                                const WeightDescs& descs) {
  const memory::desc plain_bias = vector_layout(stage.out_channels);
  if (!int8()) {
    const auto packed_tensor = [&](const char* suffix, const memory::desc& from, const memory::desc& wanted) {
      const FloatSpan& values = model.tensors.tensor(names_.at(stage.name + suffix)).values;
      if (from.get_size() != values.size * sizeof(float)) {
        throw std::invalid_argument("a tensor of the model has another size than its layer");
      }
      return packed(values.data, from, wanted);
    };
    return {{DNNL_ARG_WEIGHTS, packed_tensor(".weight", descs.filter, descs.wanted_filter)},
            {DNNL_ARG_BIAS, packed_tensor(".bias", plain_bias, descs.wanted_bias)}};
  }
  const QuantisedStage& q = quantised_.at(stage.name);
  Arguments arguments = {{DNNL_ARG_WEIGHTS, packed(q.filter.data(), descs.filter, descs.wanted_filter)},
                         {DNNL_ARG_BIAS, packed(q.bias.data(), plain_bias, descs.wanted_bias)},
                         {scales_of(DNNL_ARG_SRC), constants({q.src.scale})},
                         {scales_of(DNNL_ARG_WEIGHTS), constants(q.scales)}};
  const Quantization& dst = q.dst.quantization;
  if (q.src.zero_point != 0) arguments[zero_point_of(DNNL_ARG_SRC)] = zero_point(q.src.zero_point);
  if (q.dst.type == DataType::kU8) arguments[scales_of(DNNL_ARG_DST)] = constants({dst.scale});
  if (dst.zero_point != 0) arguments[zero_point_of(DNNL_ARG_DST)] = zero_point(dst.zero_point);
  return arguments;
}

void OneDnnNetwork::add_pooling(const LayerSpec& stage) {
  const memory::dims src = tensors_[outputs_.back()].desc.get_dims(), dst = {src[0], src[1], 1, 1};
  // oneDNN has no mean of integers in fp32, nor one with scales.
  const std::size_t from = int8() ? reordered(plain(src, Tag::nhwc)) : outputs_.back();
  const dnnl::pooling_forward::primitive_desc chosen(
      engine_, dnnl::prop_kind::forward_inference, dnnl::algorithm::pooling_avg_exclude_padding, tensors_[from].desc,
      any_layout(dst, Type::f32), {1, 1}, {src[2], src[3]}, {0, 0}, {0, 0}, {0, 0});
  add_step(dnnl::pooling_forward(chosen), from, add_tensor(chosen.dst_desc()), {});
  if (!int8()) return;
  // The mean of the integers: scale and zero point of src are still in it.
  const QuantisedStage& q = quantised_.at(stage.name);
  if (q.src.zero_point != 0) throw std::invalid_argument("a mean of integers with a zero point");
  quantised(steps_.back().dst, plain(dst, Tag::nhwc, Type::u8),
            {q.dst.quantization.scale / q.src.scale, q.dst.quantization.zero_point});
}

void OneDnnNetwork::add_fully_connected(const LayerSpec& stage, const classify::Model& model) {
  const memory::dims src = tensors_[outputs_.back()].desc.get_dims();
  const memory::dims filter = {stage.out_channels, src[1], src[2], src[3]};
  const dnnl::inner_product_forward::primitive_desc chosen(
      engine_, dnnl::prop_kind::forward_inference, any_layout(src, tensor_type()), any_layout(filter, weight_type()),
      vector_layout(stage.out_channels), plain({src[0], stage.out_channels}, Tag::nc), attributes(stage));
  const std::size_t from = reordered(chosen.src_desc());
  add_step(dnnl::inner_product_forward(chosen), from, add_tensor(chosen.dst_desc()),
           weights(stage, model, {plain(filter, Tag::oihw, weight_type()), chosen.weights_desc(), chosen.bias_desc()}));
}

std::size_t OneDnnNetwork::reordered(const memory::desc& wanted) {
  const std::size_t from = outputs_.back();
  if (from == 0 && int8()) return quantised(from, wanted, quantised_.at("quantize").dst.quantization);
  if (from == 0) tensors_[0].desc = wanted;  // the picture is converted beforehand
  if (tensors_[from].desc == wanted) return from;
  const dnnl::reorder::primitive_desc chosen(engine_, tensors_[from].desc, engine_, wanted);
  const std::size_t to = add_tensor(wanted);
  add_step(dnnl::reorder(chosen), from, to, {});
  return to;
}

std::size_t OneDnnNetwork::quantised(std::size_t from, const memory::desc& wanted, const Quantization& type) {
  dnnl::primitive_attr attr;
  attr.set_scales_mask(DNNL_ARG_DST, 0);
  attr.set_zero_points_mask(DNNL_ARG_DST, 0);
  const dnnl::reorder::primitive_desc chosen(engine_, tensors_[from].desc, engine_, wanted, attr);
  const std::size_t to = add_tensor(wanted);
  add_step(
      dnnl::reorder(chosen), from, to,
      {{scales_of(DNNL_ARG_DST), constants({type.scale})}, {zero_point_of(DNNL_ARG_DST), zero_point(type.zero_point)}});
  return to;
}

std::size_t OneDnnNetwork::add_tensor(const memory::desc& desc) {
  tensors_.push_back({desc, tensors_.size()});
  return tensors_.size() - 1;
}

void OneDnnNetwork::add_step(const dnnl::primitive& primitive, std::size_t src, std::size_t dst, Arguments arguments) {
  steps_.push_back({primitive, src, dst, std::move(arguments)});
}

memory OneDnnNetwork::packed(const void* values, const memory::desc& plain, const memory::desc& wanted) {
  memory from(plain, engine_, const_cast<void*>(values));  // only read
  memory to(wanted, engine_);
  dnnl::reorder(from, to).execute(stream_, from, to);
  stream_.wait();
  return to;
}

memory OneDnnNetwork::constants(const std::vector<float>& values) {
  const memory::desc desc = vector_layout(static_cast<memory::dim>(values.size()));
  return packed(values.data(), desc, desc);
}

memory OneDnnNetwork::zero_point(std::int32_t value) {
  const memory::desc desc({1}, Type::s32, Tag::x);
  return packed(&value, desc, desc);
}

void OneDnnNetwork::place_tensors(const classify::Model& model) {
  // The picture and the logits share memory with no tensor: each run reads the picture, and the logits are read after
  // it.
  std::vector<network::Lifetime> lifetimes;
  std::map<std::size_t, std::size_t> lifetime_of;  // place -> index
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    const Tensor& dst = tensors_[steps_[i].dst];
    const auto [entry, is_new] = lifetime_of.try_emplace(dst.place, lifetimes.size());
    if (is_new) lifetimes.push_back({dst.desc.get_size(), i, steps_.size()});
  }
  const auto read_by = [&](std::size_t tensor, std::size_t step) {
    const auto entry = lifetime_of.find(tensors_[tensor].place);
    if (entry != lifetime_of.end()) lifetimes[entry->second].last_reader = step;
  };
  for (std::size_t i = 0; i < steps_.size(); ++i) {
    read_by(steps_[i].src, i);
    if (i + 1 < steps_.size()) read_by(steps_[i].dst, i + 1);
  }
  const network::BufferLayout layout = network::assign_buffers(lifetimes);
  const std::size_t picture_bytes = network::round_up_to_alignment(tensors_[0].desc.get_size());
  memory_ = network::allocate_aligned(picture_bytes + layout.bytes);
  if (memory_ == nullptr) throw std::bad_alloc();

  const auto memory_of = [&](std::size_t tensor) {
    const auto entry = lifetime_of.find(tensors_[tensor].place);
    const std::size_t offset = entry == lifetime_of.end() ? 0 : picture_bytes + layout.offsets[entry->second];
    return memory(tensors_[tensor].desc, engine_, memory_.get() + offset);
  };
  for (Step& step : steps_) {
    step.arguments[DNNL_ARG_SRC] = memory_of(step.src);
    step.arguments[DNNL_ARG_DST] = memory_of(step.dst);
  }
  const FloatSpan& values = model.tensors.tensor("input").values;
  memory from(plain(tensors_[0].desc.get_dims(), Tag::nhwc), engine_, const_cast<float*>(values.data));  // only read
  memory to = memory_of(0);
  dnnl::reorder(from, to).execute(stream_, from, to);
  stream_.wait();
}

}  // namespace tandem::bench::peers
