// Creates a Network: operators, plans, then one allocation for all its tensors and the workspace.
#include "network/network.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "network/buffers.hpp"

namespace network {
namespace {

using tandem::Result;
using tandem::Shape;
using tandem::Status;
using tandem::StatusCode;

std::string describe(const Shape& s) {
  return std::to_string(s.n) + "x" + std::to_string(s.h) + "x" + std::to_string(s.w) + "x" + std::to_string(s.c);
}

/// Index of the tensor that the layer's shortcut adds. Only for a layer with a shortcut.
std::size_t shortcut_source(std::size_t layer, const LayerSpec& spec) {
  return layer + 1 - static_cast<std::size_t>(spec.shortcut);
}

std::int64_t shortest_shortcut(Op op) {
  if (op == Op::kMultiply) return 2;
  return op == Op::kAdd ? 1 : 0;
}

Status check_shortcut(const LayerSpec& spec, std::size_t layer) {
  const std::int64_t shortest = shortest_shortcut(spec.op);
  if (spec.shortcut == 0 && shortest == 0) return {};
  const std::int64_t longest = spec.op == Op::kInvertedResidual ? 1 : static_cast<std::int64_t>(layer) + 1;
  if (spec.shortcut >= shortest && spec.shortcut <= longest) return {};
  return in_layer(
      spec, Status(StatusCode::kInvalidArgument, "shortcut is " + std::to_string(spec.shortcut) + ", must be " +
                                                     std::to_string(shortest) + " to " + std::to_string(longest)));
}

/// The tensors that a layer reads, by number.
struct Operands {
  std::size_t src;
  std::optional<std::size_t> residual;
};
Operands operands_of(std::size_t layer, const LayerSpec& spec) {
  if (spec.op == Op::kMultiply) return {shortcut_source(layer, spec), layer};
  if (takes_residual(spec)) return {layer, shortcut_source(layer, spec)};
  return {layer, std::nullopt};
}

/// What the shortcut brings must fit. tensors: the shapes of the tensors up to the layer's output.
Status check_joined(const LayerSpec& spec, const std::vector<Shape>& tensors) {
  if (spec.shortcut == 0) return {};
  const std::size_t layer = tensors.size() - 2;
  const Shape& from = tensors[shortcut_source(layer, spec)];
  if (spec.op == Op::kMultiply) {
    const Shape& by = tensors[layer];
    if (by == Shape{from.n, 1, 1, from.c}) return {};
    return in_layer(spec,
                    Status(StatusCode::kInvalidArgument, "it multiplies " + describe(from) + " by " + describe(by)));
  }
  const Shape& to = tensors.back();
  if (from == to) return {};
  return in_layer(spec, Status(StatusCode::kInvalidArgument,
                               "its shortcut adds " + describe(from) + " to an output of " + describe(to)));
}

/// Lifetimes of tensors 1 .. layers - 1, those between two layers, at these pixel strides.
std::vector<Lifetime> lifetimes(const std::vector<Layer>& layers, const std::vector<std::int64_t>& strides) {
  std::vector<std::size_t> last_reader(layers.size());
  for (std::size_t i = 0; i < layers.size(); ++i) {
    last_reader[i] = i;
    if (layers[i].spec.shortcut > 0) last_reader[shortcut_source(i, layers[i].spec)] = i;
  }
  std::vector<Lifetime> tensors;
  for (std::size_t i = 1; i < layers.size(); ++i) {
    const Shape& s = layers[i - 1].plan.output_shape();
    const std::size_t element = tandem::element_bytes(layers[i].types.src.type);
    tensors.push_back({static_cast<std::size_t>(s.n * s.h * s.w * strides[i]) * element, i - 1, last_reader[i]});
  }
  return tensors;
}

}  // namespace

Result<Network> Network::create(const std::vector<LayerSpec>& specs, const WeightSource& weights, const Shape& input,
                                const tandem::PlanOptions& plan_options, const tandem::CreateOptions& create_options,
                                const std::vector<LayerTypes>& types) {
  if (specs.empty()) return Status(StatusCode::kInvalidArgument, "a network needs at least one layer, there are 0");
  if (types.size() != specs.size()) {
    return Status(StatusCode::kInvalidArgument, "there are types of " + std::to_string(types.size()) + " layers, and " +
                                                    std::to_string(specs.size()) + " layers");
  }
  Network network;
  std::vector<tandem::Plan> plans;
  std::vector<Shape> tensors = {input};
  std::vector<std::int64_t> strides = {input.c};  // the first and the last tensor are the caller's, and dense
  for (std::size_t i = 0; i < specs.size(); ++i) {
    const LayerSpec& spec = specs[i];
    Result<tandem::Operator> op = make_operator(spec, weights, types[i], create_options);
    if (!op) return op.status();
    if (Status status = check_shortcut(spec, i); !status.ok()) return status;
    const Operands operands = operands_of(i, spec);
    const Shape src = tensors[operands.src];
    const Result<Shape> output = op->output_shape(src);
    if (!output) return in_layer(spec, output.status());
    tensors.push_back(*output);
    if (Status status = check_joined(spec, tensors); !status.ok()) return status;
    strides.push_back(i + 1 == specs.size() ? output->c : tandem::unaliased_stride(output->c, types[i].dst.type));
    tandem::PlanOptions options = plan_options;
    options.strides = {strides[operands.src], strides[i + 1], operands.residual ? strides[*operands.residual] : 0};
    Result<tandem::Plan> plan = op->plan(src, options);
    if (!plan) return in_layer(spec, plan.status());
    plans.push_back(*plan);
    network.layers_.push_back({spec, types[i], *std::move(op), *std::move(plan)});
  }

  Result<tandem::Sequence> sequence = tandem::Sequence::create(plans);
  if (!sequence) return sequence.status();
  network.sequence_ = *std::move(sequence);
  network.args_.resize(plans.size());
  network.workspace_bytes_ = network.sequence_.workspace_bytes();
  const BufferLayout layout = assign_buffers(lifetimes(network.layers_, strides));
  network.activation_bytes_ = layout.bytes;
  network.memory_ = allocate_aligned(layout.bytes + network.workspace_bytes_);
  if (network.memory_ == nullptr) {
    return Status(StatusCode::kOutOfMemory, "no memory for activations of " + std::to_string(layout.bytes) +
                                                " and a workspace of " + std::to_string(network.workspace_bytes_) +
                                                " bytes");
  }
  network.workspace_ = network.memory_.get() + layout.bytes;
  network.tensors_.assign(network.layers_.size() + 1, nullptr);
  for (std::size_t i = 0; i < layout.offsets.size(); ++i) {
    network.tensors_[i + 1] = network.memory_.get() + layout.offsets[i];
  }
  network.strides_ = std::move(strides);
  return network;
}

tandem::RunArgs Network::arguments(std::size_t index, const void* src, void* dst) const noexcept {
  const Layer& layer = layers_[index];
  const auto input = [&](std::size_t tensor) { return tensor == 0 ? src : tensors_[tensor]; };
  tandem::RunArgs args;
  const Operands operands = operands_of(index, layer.spec);
  args.src = input(operands.src);
  args.dst = index + 1 == layers_.size() ? dst : tensors_[index + 1];
  if (operands.residual) args.residual = input(*operands.residual);
  args.workspace = workspace_;
  args.workspace_bytes = workspace_bytes_;
  return args;
}

Status Network::run(const void* src, void* dst) noexcept {
  for (std::size_t i = 0; i < layers_.size(); ++i) args_[i] = arguments(i, src, dst);
  return sequence_.run(args_);
}

Status Network::run_layer(std::size_t index, const void* src, void* dst) noexcept {
  return layers_[index].plan.run(arguments(index, src, dst));
}

TensorView Network::output_of(std::size_t index) const noexcept {
  return {tensors_[index + 1], layers_[index].plan.output_shape(), strides_[index + 1]};
}

std::int64_t Network::op_count() const noexcept {
  std::int64_t count = 0;
  for (const Layer& layer : layers_) count += layer.plan.op_count();
  return count;
}

std::size_t Network::packed_bytes() const noexcept {
  std::size_t bytes = 0;
  for (const Layer& layer : layers_) bytes += layer.op.packed_bytes();
  return bytes;
}

}  // namespace network
