#include "int8_block.hpp"

#include <cmath>
#include <ostream>

#include "fixed_point.hpp"
#include "quantised_end.hpp"

namespace tandem::test::int8 {
namespace {

// The quantised sum of two elements.
class Addition {
 public:
  Addition(const TensorType& a, const TensorType& b, const TensorType& dst, const Activation& clamp, Rounding rounding)
      : a_(a), b_(b), dst_scale_(dst.quantization.scale), tflite_(a, b, dst, rounding), end_(dst, clamp, rounding) {}

  [[nodiscard]] double of(float a, float b) const {
    const float a_steps = a - static_cast<float>(a_.quantization.zero_point);
    const float b_steps = b - static_cast<float>(b_.quantization.zero_point);
    if (tflite_.rounding == Rounding::kNearestEven) {
      return end_.of(a_steps * (a_.quantization.scale / dst_scale_) + b_steps * (b_.quantization.scale / dst_scale_));
    }
    return end_.of_integer(tflite_.result(tflite_.operand(static_cast<std::int64_t>(a_steps), a_) +
                                          tflite_.operand(static_cast<std::int64_t>(b_steps), b_)));
  }

 private:
  TensorType a_;
  TensorType b_;
  float dst_scale_;
  TfliteSum tflite_;
  QuantisedEnd end_;
};

TensorType draw_type(Random& random, DataType type) { return {type, {0.02F, random.size(0, 255) + least(type)}}; }

Activation draw_clamp(Random& random) {
  return random.pick({Activation::none(), Activation::none(), Activation::relu(), Activation::relu6()});
}

// A pointwise stage without its values.
Case pointwise(const Shape& input, std::int32_t out, const TensorType& src, const TensorType& dst, Random& random) {
  Case c;
  c.kind = Kind::kPointwise;
  c.input = input;
  c.params.in_channels = static_cast<std::int32_t>(input.c);
  c.params.out_channels = out;
  c.params.src_type = src;
  c.params.dst_type = dst;
  c.params.activation = draw_clamp(random);
  c.params.rounding = draw_rounding(random);
  c.weight_type = random.pick({DataType::kS8, DataType::kS8, DataType::kU8});
  return c;
}

void read_from(const Case& giver, Case& taker) { read(taker, giver.params.dst_type, reference(giver)); }

bool has_sum(const Block& b) {
  if (!b.residual) return true;
  const float dst = b.sum_type.quantization.scale;
  return std::isfinite(dst) && std::isfinite(b.project.params.dst_type.quantization.scale / dst * 255.0F) &&
         std::isfinite(b.first().params.src_type.quantization.scale / dst * 255.0F);
}

// Whether the depthwise stage stores more than clamped values where a squeeze-and-excite reads them.
bool has_gates(const Block& b) { return b.squeezed == 0 || is_usual(b.depthwise.params.dst_type.quantization.scale); }

// From the output of the depthwise stage to the values that the projection reads.
void draw_gates(Block& b, Random& random) {
  if (b.squeezed == 0) return read_from(b.depthwise, b.project);
  b.squeeze_excite = draw_squeeze_excite(random, output_shape(b.depthwise), b.squeezed, b.depthwise.params.dst_type,
                                         reference(b.depthwise));
  read(b.project, b.squeeze_excite->params.dst_type, reference(*b.squeeze_excite));
}

void draw_stages(Block& b, Random& random) {
  do {
    if (b.expand) draw_values(*b.expand, random);
    draw_values(b.depthwise, random);
    if (b.expand) read_from(*b.expand, b.depthwise);
  } while (!has_gates(b));
  draw_values(b.project, random);
  draw_gates(b, random);
}

void draw_all_values(Block& b, Random& random) {
  do {
    draw_stages(b, random);
    const float project = b.project.params.dst_type.quantization.scale;
    b.sum_type.quantization.scale = project * random.pick({1.0F, 1.5F, 0.7F});
  } while (!has_multipliers(b.first()) || !has_multipliers(b.depthwise) || !has_multipliers(b.project) || !has_sum(b));
}

// The stages round `b.depthwise`, whose sizes are given. in: channels of the block's input; 0: a separable block.
void add_stages(Block& b, std::int64_t in, std::int32_t out, DataType type, Random& random) {
  Conv2dParams& d = b.depthwise.params;
  d.src_type = draw_type(random, type);
  d.dst_type = draw_type(random, type);
  if (in > 0) {
    const Shape& hidden = b.depthwise.input;
    b.expand =
        pointwise({hidden.n, hidden.h, hidden.w, in}, d.in_channels, draw_type(random, type), d.src_type, random);
  }
  const bool real = !b.residual && random.integer(0, 4) == 0;
  b.project =
      pointwise(output_shape(b.depthwise), out, d.dst_type, real ? TensorType() : draw_type(random, type), random);
  b.sum_type = draw_type(random, type);
  b.order = random.pick({ResidualOrder::kBeforeActivation, ResidualOrder::kAfterActivation});
  draw_all_values(b, random);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Block& b) {
  if (b.expand) out << *b.expand << "; ";
  out << b.depthwise << "; ";
  if (b.squeeze_excite) out << *b.squeeze_excite << "; ";
  out << b.project;
  if (!b.residual) return out;
  return out << "; plus the input as " << to_string(b.sum_type.type) << " (" << b.sum_type.quantization.scale << ", "
             << b.sum_type.quantization.zero_point << "), order " << static_cast<int>(b.order);
}

Block block_of(const BlockSizes& s, DataType type, Random& random) {
  Block b;
  b.residual = s.residual;
  b.squeezed = s.squeezed;
  Case& d = b.depthwise;
  d.kind = Kind::kDepthwise;
  d.input = s.input;
  if (s.hidden > 0) d.input.c = s.hidden;
  Conv2dParams& p = d.params;
  p.in_channels = p.out_channels = p.groups = static_cast<std::int32_t>(d.input.c);
  p.kernel_h = p.kernel_w = s.kernel;
  p.stride_h = p.stride_w = s.stride;
  p.padding = Padding::same();
  p.activation = draw_clamp(random);
  p.rounding = draw_rounding(random);
  add_stages(b, s.hidden > 0 ? s.input.c : 0, s.out, type, random);
  return b;
}

Block draw_block(Random& random, std::int64_t lanes, std::int64_t most) {
  Block b;
  do {
    b.depthwise = draw(random, lanes, most);
  } while (b.depthwise.kind != Kind::kDepthwise);
  Case& d = b.depthwise;
  Conv2dParams& p = d.params;
  if (random.integer(0, 3) != 0) {  // whole groups of channels, as fused blocks want them
    d.input.c = 16 * random.integer(1, 12);
    p.in_channels = p.out_channels = p.groups = static_cast<std::int32_t>(d.input.c);
  }
  const bool expands = random.integer(0, 2) != 0;
  if (random.integer(0, 2) == 0) b.squeezed = random.size(1, 40);
  const std::int64_t in = expands ? random.integer(1, 40) : 0;
  b.residual = expands && random.coin();
  if (b.residual) {
    p.stride_h = p.stride_w = 1;
    p.padding = Padding::same();
  }
  add_stages(b, in, b.residual ? static_cast<std::int32_t>(in) : random.size(1, 70), p.src_type.type, random);
  return b;
}

Result<Operator> create(const Block& b, const char* isa, Placement placement) {
  const StoredWeights depthwise(b.depthwise, placement);
  const StoredWeights project(b.project, placement);
  std::optional<StoredWeights> reduce, gate;
  std::optional<SqueezeExciteWeights> gates;
  std::optional<SqueezeExciteParams> squeeze_excite;
  if (b.squeeze_excite) {
    squeeze_excite = b.squeeze_excite->params;
    reduce.emplace(b.squeeze_excite->reduce, placement);
    gate.emplace(b.squeeze_excite->expand, placement);
    gates.emplace(reduce->get(), gate->get());
  }
  if (!b.expand) {
    const SeparableParams p{depthwise_params(b.depthwise), pointwise_params(b.project), squeeze_excite};
    return gates ? Operator::separable(p, depthwise.get(), *gates, project.get(), {isa})
                 : Operator::separable(p, depthwise.get(), project.get(), {isa});
  }
  const StoredWeights expand(*b.expand, placement);
  InvertedResidualParams p;
  p.expand = pointwise_params(*b.expand);
  p.depthwise = depthwise_params(b.depthwise);
  p.project = pointwise_params(b.project);
  p.residual = b.residual;
  p.squeeze_excite = squeeze_excite;
  p.project.residual_type = b.expand->params.src_type;
  p.project.residual_order = b.order;
  p.sum_type = b.sum_type;
  return gates ? Operator::inverted_residual(p, expand.get(), depthwise.get(), *gates, project.get(), {isa})
               : Operator::inverted_residual(p, expand.get(), depthwise.get(), project.get(), {isa});
}

std::vector<float> reference(const Block& b) {
  if (!b.residual) return reference(b.project);
  Case project = b.project;
  const bool last = b.order == ResidualOrder::kAfterActivation;
  if (!last) project.params.activation = Activation::none();
  const Addition sum(project.params.dst_type, b.first().params.src_type, b.sum_type,
                     last ? Activation::none() : b.project.params.activation, project.params.rounding);
  std::vector<float> dst = reference(project);
  for (std::size_t i = 0; i < dst.size(); ++i) dst[i] = static_cast<float>(sum.of(dst[i], b.first().src[i]));
  return dst;
}

}  // namespace tandem::test::int8
