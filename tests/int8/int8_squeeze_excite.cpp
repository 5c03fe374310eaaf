#include "int8_squeeze_excite.hpp"

#include <algorithm>
#include <cmath>
#include <ostream>
#include <utility>

namespace tandem::test::int8 {
namespace {

TensorType draw_type(Random& random, DataType type, float scale) {
  return {type, {scale, random.size(0, 255) + least(type)}};
}

TabledFunction draw_function(Random& random) {
  const TabledFunction functions[] = {
      {Activation::sigmoid(), [](long double x) { return 1.0L / (1.0L + std::exp(-x)); }},
      {Activation::hard_sigmoid(0.25F, 0.5F), [](long double x) { return std::clamp(x / 4.0L + 0.5L, 0.0L, 1.0L); }},
      {Activation::silu(), [](long double x) { return x / (1.0L + std::exp(-x)); }},
      {Activation::hard_swish(), [](long double x) { return x * std::clamp(x / 6.0L + 0.5L, 0.0L, 1.0L); }},
  };
  return functions[static_cast<std::size_t>(random.integer(0, 3))];
}

// A product of so many inputs and outputs, with values, that stores the type `dst`.
Case draw_product(Random& random, const Shape& input, std::int32_t out, DataType type, bool clamps) {
  Case c;
  c.kind = Kind::kFullyConnected;
  c.input = {input.n, 1, 1, input.c};
  Conv2dParams& p = c.params;
  p.in_channels = static_cast<std::int32_t>(input.c);
  p.out_channels = out;
  p.src_type = draw_type(random, type, 1.0F);
  p.dst_type = draw_type(random, type, 1.0F);
  if (clamps) p.activation = random.pick({Activation::none(), Activation::relu(), Activation::relu6()});
  c.layout = random.pick({FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio});
  do {  // functions have no numbers for other scales
    draw_values(c, random);
  } while (!is_usual(p.dst_type.quantization.scale));
  return c;
}

std::vector<double> all_elements(DataType type) {
  std::vector<double> all;
  for (std::int32_t i = 0; i < 256; ++i) all.push_back(least(type) + i);
  return all;
}

// A type for the values of a function that no element of `from` brings near the middle of two integers.
TensorType draw_type_of(const TabledFunction& function, const TensorType& from, Random& random) {
  const auto ties = [&](const TensorType& to) {
    reference::Tensor t{{1, 1, 1, 256}, all_elements(from.type), std::vector<double>(256)};
    t = looked_up(std::move(t), from, to, function.value);
    return std::any_of(t.value.begin(), t.value.end(),
                       [](double v) { return std::abs(std::abs(v - std::nearbyint(v)) - 0.5) < 1e-3; });
  };
  TensorType to = from;
  do {
    to = draw_type(random, from.type, 0.003F + 0.02F * std::abs(random.value()));
  } while (ties(to));
  return to;
}

// What a product stores becomes, by its function if it has one, what the next step reads.
std::vector<float> activated(const Case& product, const std::optional<TabledFunction>& function, const TensorType& to) {
  std::vector<float> values = reference(product);
  if (!function) return values;
  const reference::Tensor t = looked_up(reference::exact({1, 1, 1, static_cast<std::int64_t>(values.size())}, values),
                                        product.params.dst_type, to, function->value);
  std::transform(t.value.begin(), t.value.end(), values.begin(),
                 [](double v) { return static_cast<float>(std::nearbyint(v)); });
  return values;
}

std::vector<float> floats(const reference::Tensor& t) { return {t.value.begin(), t.value.end()}; }

std::vector<float> means(const SqueezeExcite& s) {
  AveragePoolParams p;  // of the whole image
  p.channels = s.params.channels;
  p.kernel_h = static_cast<std::int32_t>(s.input.h);
  p.kernel_w = static_cast<std::int32_t>(s.input.w);
  p.padding = Padding::valid();
  p.src_type = s.params.src_type;
  p.dst_type = s.params.mean_type;
  p.rounding = s.params.rounding;
  return floats(quantised_average_pool(p, reference::exact(s.input, s.src), false));
}

// Types and values from the mean to the last step.
void draw_steps(SqueezeExcite& s, Random& random) {
  SqueezeExciteParams& p = s.params;
  const DataType type = p.src_type.type;
  const float scale = p.src_type.quantization.scale;
  p.mean_type = random.coin() ? p.src_type : draw_type(random, type, scale * random.pick({0.5F, 0.3F, 1.25F}));
  s.reduce = draw_product(random, s.input, p.reduced_channels, type, !s.activation);
  s.expand = draw_product(random, {s.input.n, 1, 1, p.reduced_channels}, p.channels, type, !s.gate);
  s.expand.weight_type = s.reduce.weight_type = p.weight_type;
  s.expand.params.rounding = s.reduce.params.rounding = p.rounding;

  read(s.reduce, p.mean_type, means(s));
  p.reduced_type = p.hidden_type = s.reduce.params.dst_type;
  if (s.activation) p.hidden_type = draw_type_of(*s.activation, p.reduced_type, random);
  read(s.expand, p.hidden_type, activated(s.reduce, s.activation, p.hidden_type));
  p.expanded_type = p.gate_type = s.expand.params.dst_type;
  if (s.gate) p.gate_type = draw_type_of(*s.gate, p.expanded_type, random);
  const float product = scale * p.gate_type.quantization.scale;
  p.dst_type = draw_type(random, type, product * random.pick({64.0F, 32.0F, 50.0F}));
  p.activation = s.activation ? s.activation->activation : s.reduce.params.activation;
  p.gate = s.gate ? s.gate->activation : s.expand.params.activation;
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const SqueezeExcite& s) {
  const auto tensor = [&](const TensorType& t) {
    out << " (" << t.quantization.scale << ", " << t.quantization.zero_point << ')';
  };
  const SqueezeExciteParams& p = s.params;
  out << "squeeze_excite " << s.input.n << 'x' << s.input.h << 'x' << s.input.w << 'x' << s.input.c << ' '
      << to_string(p.src_type.type);
  tensor(p.src_type);
  tensor(p.mean_type);
  out << ": " << s.reduce << ", activation " << static_cast<int>(p.activation.kind);
  tensor(p.hidden_type);
  out << "; " << s.expand << ", gate " << static_cast<int>(p.gate.kind);
  tensor(p.gate_type);
  tensor(p.dst_type);
  return out;
}

bool is_usual(float scale) { return std::abs(std::log2(scale)) < 12.0F; }

SqueezeExcite draw_squeeze_excite(Random& random, const Shape& input, std::int32_t reduced, const TensorType& src_type,
                                  std::vector<float> src) {
  SqueezeExcite s;
  s.input = input;
  s.src = std::move(src);
  SqueezeExciteParams& p = s.params;
  p.channels = static_cast<std::int32_t>(input.c);
  p.reduced_channels = reduced;
  p.weight_type = random.pick({DataType::kS8, DataType::kS8, DataType::kU8});
  p.rounding = draw_rounding(random);
  p.src_type = src_type;
  if (random.integer(0, 2) != 0) s.activation = draw_function(random);
  if (random.integer(0, 3) != 0) s.gate = draw_function(random);
  do {
    draw_steps(s, random);
  } while (!has_multipliers(s.reduce) || !has_multipliers(s.expand));
  return s;
}

SqueezeExcite draw_squeeze_excite(Random& random, std::int64_t lanes) {
  const auto v = static_cast<std::int32_t>(lanes);
  const auto channels = [&] {
    return random.coin() ? random.size(1, 40) : std::max(1, random.pick({v, 2 * v, 4 * v, 5 * v}) + random.size(-1, 1));
  };
  const Shape input = {random.integer(1, 3), random.integer(1, 9), random.integer(1, 9), channels()};
  const DataType type = random.pick({DataType::kU8, DataType::kS8});
  std::vector<float> src(static_cast<std::size_t>(input.elements()));
  for (float& e : src) e = static_cast<float>(least(type) + random.size(0, 255));
  const float scale = random.coin() ? 0x1p-6F : 0.01F + 0.02F * std::abs(random.value());
  const TensorType src_type = draw_type(random, type, scale);
  return draw_squeeze_excite(random, input, channels(), src_type, std::move(src));
}

Result<Operator> create(const SqueezeExcite& s, const char* isa, Placement placement) {
  const StoredWeights reduce(s.reduce, placement);
  const StoredWeights expand(s.expand, placement);
  return Operator::squeeze_excite(s.params, reduce.get(), expand.get(), {isa});
}

std::vector<float> reference(const SqueezeExcite& s) {
  const SqueezeExciteParams& p = s.params;
  ElementwiseParams gating;
  gating.channels = p.channels;
  gating.operation = ElementwiseOperation::kMultiply;
  gating.broadcast.h = gating.broadcast.w = true;
  gating.src_type = p.src_type;
  gating.residual_type = p.gate_type;
  gating.dst_type = p.dst_type;
  gating.rounding = p.rounding;
  const std::vector<float> gates = activated(s.expand, s.gate, p.gate_type);
  return floats(quantised_elementwise(gating, reference::exact(s.input, s.src),
                                      reference::exact({s.input.n, 1, 1, s.input.c}, gates)));
}

}  // namespace tandem::test::int8
