// The distributions: small sizes mostly, since most that can go wrong does so at the edge of a vector, a tile or an
// image; now and then a layer large enough to be cut into blocks and shared between threads.
#include <algorithm>

#include "configuration.hpp"
#include "tests/windows.hpp"

namespace tandem::test {
namespace {

std::int32_t draw_channels(Random& random) {
  switch (random.integer(0, 7)) {
    case 0:
    case 1:
    case 2:
      return random.size(1, 9);
    case 3:
    case 4:
    case 5:  // both sides of a multiple of a vector
      return random.pick({4, 8, 12, 16, 24, 32, 48, 64}) + random.size(-1, 1);
    case 6:
      return random.size(1, 100);
    default:
      return random.pick({96, 128, 144, 256, 512, 1024}) + random.size(-1, 1);
  }
}

std::int64_t draw_extent(Random& random) {
  switch (random.integer(0, 15)) {
    case 0:
      return random.integer(1, 200);
    case 1:
    case 2:
      return random.integer(1, 60);
    default:
      return random.integer(1, 16);
  }
}

std::int32_t draw_kernel(Random& random) {
  switch (random.integer(0, 15)) {
    case 0:
      return random.size(1, 31);
    case 1:
    case 2:
    case 3:
      return random.size(1, 9);
    default:
      return random.pick({3, 3, 5, 7});
  }
}

Padding draw_padding(Random& random) {
  switch (random.integer(0, 7)) {
    case 0:
    case 1:
    case 2:
      return Padding::same();
    case 3:
      return Padding::same_lower();
    case 4:
      return Padding::valid();
    case 5:  // may be larger than the kernel
      return Padding::uniform(random.size(0, 20));
    default:
      return Padding::explicit_sides(random.size(0, 5), random.size(0, 5), random.size(0, 5), random.size(0, 9));
  }
}

Window draw_window(Random& random) {
  Window w;
  w.kernel_h = draw_kernel(random);
  w.kernel_w = random.integer(0, 3) > 0 ? w.kernel_h : draw_kernel(random);
  w.stride_h = random.pick({1, 1, 1, 2, 2, 3, 4, 7});
  w.stride_w = random.integer(0, 3) > 0 ? w.stride_h : random.size(1, 5);
  w.dilation_h = random.pick({1, 1, 1, 2, 3, 12});
  w.dilation_w = random.integer(0, 3) > 0 ? w.dilation_h : random.size(1, 4);
  w.padding = draw_padding(random);
  switch (random.integer(0, 15)) {  // of a 1-D layer, if the image is a line
    case 0:
      w.kernel_h = 1;
      if (w.padding.mode == Padding::Mode::kExplicit) w.padding.top = w.padding.bottom = 0;
      break;
    case 1:
      w.kernel_w = 1;
      if (w.padding.mode == Padding::Mode::kExplicit) w.padding.left = w.padding.right = 0;
      break;
    default:
      break;
  }
  return w;
}

/// Slopes for a PRelu, or constants, of any number of channels, the last of them before a guard page.
FloatSpan slopes(std::int64_t channels) {
  constexpr std::int64_t kMost = 1 << 14;
  static const GuardedInput table("slopes", Random(1).values(kMost), Placement::kEndsAtGuard);
  return {table.floats() + (kMost - channels), static_cast<std::size_t>(channels)};
}

Activation draw_function(Random& random, std::int64_t channels) {
  switch (random.integer(0, 13)) {
    case 0:
    case 1:
      return Activation::none();
    case 2:
      return Activation::relu();
    case 3:
      return Activation::relu6();
    case 4:
      return Activation::clamp(-0.5F, 0.25F);
    case 5:
      return Activation::leaky_relu(random.pick({0.1F, 2.0F, -0.5F, 0.0F}));
    case 6:
      return Activation::prelu(slopes(channels));
    case 7:
      return Activation::sigmoid();
    case 8:
      return Activation::silu();
    case 9:
      return random.coin() ? Activation::hard_sigmoid() : Activation::hard_sigmoid(-0.2F, 0.7F);
    case 10:
      return Activation::hard_swish();
    case 11:
      return Activation::gelu();
    case 12:
      return Activation::gelu_tanh();
    default:
      return Activation::tanh();
  }
}

/// A third have an affine: none, one or several numbers of each kind.
Activation draw_activation(Random& random, std::int64_t channels) {
  const Activation a = draw_function(random, channels);
  if (random.integer(0, 2) > 0) return a;
  const auto numbers = [&] { return random.pick<FloatSpan>({{}, slopes(1), slopes(channels), slopes(channels)}); };
  const FloatSpan scale = numbers();
  return a.with_affine(scale, numbers());
}

ResidualOrder draw_order(Random& random) {
  return random.pick({ResidualOrder::kBeforeActivation, ResidualOrder::kAfterActivation});
}

Conv2dParams draw_conv2d(Random& random) {
  Conv2dParams p;
  p.groups = random.pick({1, 1, 1, 2, 3, 8, 30});
  const std::int32_t widest = random.pick({8, 20});  // several groups of up to 8 channels share a vector
  p.in_channels = p.groups == 1 ? draw_channels(random) : p.groups * random.size(1, widest);
  p.out_channels = p.groups == 1 ? draw_channels(random) : p.groups * random.size(1, widest);
  p = with_window(p, draw_window(random));
  p.activation = draw_activation(random, p.out_channels);
  p.residual = random.coin();
  p.residual_order = draw_order(random);
  return p;
}

ConvTranspose2dParams draw_conv_transpose2d(Random& random) {
  ConvTranspose2dParams p;
  p.groups = random.pick({1, 1, 1, 1, 2, 3, 8});
  p.in_channels = p.groups == 1 ? draw_channels(random) : p.groups * random.size(1, 20);
  p.out_channels = p.groups == 1 ? draw_channels(random) : p.groups * random.size(1, 20);
  p = with_window(p, draw_window(random));
  if (random.integer(0, 2) == 0) {  // as networks have them
    p.kernel_h = p.kernel_w = random.pick({2, 3, 4});
    p.stride_h = p.stride_w = 2;
    p.dilation_h = p.dilation_w = 1;
    p.padding = Padding::uniform((p.kernel_h - 1) / 2);
  } else if (random.integer(0, 7) == 0) {
    p.kernel_h = random.size(16, 31);
  }
  p.output_padding_h = random.size(0, std::max(p.stride_h, p.dilation_h) - 1);
  p.output_padding_w = random.size(0, std::max(p.stride_w, p.dilation_w) - 1);
  if (random.integer(0, 3) == 0) p.output_h = random.size(1, 40);
  if (random.integer(0, 3) == 0) p.output_w = random.size(1, 40);
  p.activation = draw_activation(random, p.out_channels);
  p.residual = random.coin();
  p.residual_order = draw_order(random);
  return p;
}

DepthwiseParams draw_depthwise(Random& random, std::int32_t channels) {
  DepthwiseParams p;
  p.channels = channels;
  p.multiplier = random.pick({1, 1, 1, 1, 2, 3, 4, 9});
  p = with_window(p, draw_window(random));
  p.activation = draw_activation(random, p.channels * p.multiplier);
  p.residual_order = draw_order(random);
  return p;
}

PointwiseParams draw_pointwise(Random& random, std::int32_t in_channels, std::int32_t out_channels) {
  PointwiseParams p;
  p.in_channels = in_channels;
  p.out_channels = out_channels;
  p.activation = draw_activation(random, p.out_channels);
  p.residual_order = draw_order(random);
  return p;
}

SqueezeExciteParams draw_squeeze_excite(Random& random, std::int32_t channels) {
  SqueezeExciteParams p;
  p.channels = channels;
  p.reduced_channels = draw_channels(random);
  p.activation = draw_activation(random, p.reduced_channels);
  p.gate = draw_activation(random, p.channels);
  return p;
}

InvertedResidualParams draw_inverted_residual(Random& random) {
  InvertedResidualParams p;
  p.expand = draw_pointwise(random, draw_channels(random), draw_channels(random));
  p.depthwise = draw_depthwise(random, p.expand.out_channels);
  p.residual = random.coin();
  if (p.residual) {  // which needs an output of the input's shape
    p.depthwise.stride_h = p.depthwise.stride_w = 1;
    p.depthwise.padding = random.pick({Padding::same(), Padding::same_lower()});
  }
  p.project = draw_pointwise(random, p.depthwise.channels * p.depthwise.multiplier,
                             p.residual ? p.expand.in_channels : draw_channels(random));
  if (random.integer(0, 2) == 0) p.squeeze_excite = draw_squeeze_excite(random, p.project.in_channels);
  return p;
}

FullyConnectedParams draw_fully_connected(Random& random) {
  FullyConnectedParams p;
  p.in_features = draw_channels(random);
  p.out_features = draw_channels(random);
  p.activation = draw_activation(random, p.out_features);
  p.residual = random.coin();
  p.residual_order = draw_order(random);
  return p;
}

template <class Params>
AnyParams draw_pool(Random& random) {
  AnyParams params;
  auto& p = params.emplace<Params>();  // in place, as below
  p.channels = draw_channels(random);
  p = with_window(p, draw_window(random));
  p.ceil_mode = random.coin();
  if constexpr (requires { p.count_include_pad; }) p.count_include_pad = random.coin();
  p.activation = draw_activation(random, p.channels);
  return params;
}

ResizeParams draw_resize(Random& random) {
  ResizeParams p;
  p.channels = draw_channels(random);
  p.mode = random.pick({ResizeMode::kNearest, ResizeMode::kLinear});
  const std::int32_t coordinates = random.size(0, p.mode == ResizeMode::kNearest ? 4 : 3);
  p.coordinates = static_cast<CoordinateMode>(coordinates);
  p.rounding = static_cast<NearestRounding>(random.integer(0, 3));
  const auto scale = [&] {
    return random.coin() ? random.pick({2.0F, 3.0F, 4.0F, 0.5F, 1.0F}) : 0.1F * static_cast<float>(random.size(1, 40));
  };
  (random.coin() ? p.scale_h : p.scale_w) = scale();
  if (random.coin()) p.scale_h = p.scale_w = scale();
  if (p.scale_h == 0.0F) p.output_h = random.size(1, 40);
  if (p.scale_w == 0.0F) p.output_w = random.size(1, 40);
  return p;
}

ElementwiseParams draw_elementwise(Random& random) {
  ElementwiseParams p;
  p.channels = draw_channels(random);
  p.operation = static_cast<ElementwiseOperation>(random.integer(0, 7));
  switch (random.integer(0, 5)) {
    case 0:
      p.constants = slopes(1);
      break;
    case 1:
      p.constants = slopes(p.channels);
      break;
    case 2:
      break;
    case 3:
      p.broadcast = random.pick({Broadcast{false, true, true, false}, Broadcast{true, true, true, false},
                                 Broadcast{false, false, false, true}});
      break;
    default:
      p.broadcast = {random.coin(), random.coin(), random.coin(), random.coin()};
  }
  p.activation = draw_activation(random, p.channels);
  return p;
}

DepthToSpaceParams draw_depth_to_space(Random& random) {
  DepthToSpaceParams p;
  p.block = random.pick({1, 2, 2, 2, 3, 4});
  p.channels = p.block * p.block * random.size(1, random.pick({4, 20, 70}));
  p.mode = random.pick({DepthToSpaceMode::kDcr, DepthToSpaceMode::kCrd});
  return p;
}

constexpr std::int64_t kKinds = 21;

AnyParams draw_params(Random& random, std::int64_t kind) {
  switch (kind) {
    case 0:
    case 1:
      return draw_conv2d(random);
    case 2:
    case 3: {
      DepthwiseParams p = draw_depthwise(random, draw_channels(random));
      p.residual = random.coin();
      return p;
    }
    case 4: {
      PointwiseParams p = draw_pointwise(random, draw_channels(random), draw_channels(random));
      p.residual = random.coin();
      p.stride_h = random.pick({1, 1, 1, 2, 3});
      p.stride_w = random.pick({1, 1, 1, 2, 3});
      return p;
    }
    case 5:
    case 6: {
      SeparableParams p;
      p.depthwise = draw_depthwise(random, draw_channels(random));
      p.pointwise = draw_pointwise(random, p.depthwise.channels * p.depthwise.multiplier, draw_channels(random));
      p.pointwise.residual = random.coin();
      if (random.integer(0, 2) == 0) p.squeeze_excite = draw_squeeze_excite(random, p.pointwise.in_channels);
      return p;
    }
    case 7:
    case 8:
      return draw_inverted_residual(random);
    case 9:
      return draw_fully_connected(random);
    case 10:
      return draw_squeeze_excite(random, draw_channels(random));
    case 11:
      return draw_conv_transpose2d(random);
    case 12:
      return ConvertLayoutParams{draw_channels(random),
                                 random.pick({LayoutConversion::kNchwToNhwc, LayoutConversion::kNhwcToNchw})};
    case 13:
      return draw_elementwise(random);
    case 14: {
      AnyParams params;
      auto& p = params.emplace<ActivationParams>();
      p.channels = draw_channels(random);
      p.activation = draw_activation(random, p.channels);
      return params;
    }
    case 15: {
      AnyParams params;
      auto& p = params.emplace<SoftmaxParams>();
      p.channels = random.integer(0, 7) == 0 ? random.size(1000, 7000) : draw_channels(random);
      p.beta = random.pick({1.0F, 1.0F, 0.125F, 30.0F});
      return params;
    }
    case 16:
      if (random.integer(0, 3) == 0) return CopyParams{draw_channels(random)};
      return draw_depth_to_space(random);
    case 17:
      return draw_pool<MaxPoolParams>(random);
    case 18:
      return draw_pool<AveragePoolParams>(random);
    case 19:
      return draw_resize(random);
    default: {
      AnyParams
          params;  // filled in place: g++ 12 takes the padding of a struct that is moved into it for uninitialised
      auto& p = params.emplace<GlobalAveragePoolParams>();
      p.channels = draw_channels(random);
      p.activation = draw_activation(random, p.channels);
      return params;
    }
  }
}

Shape draw_input(Random& random, const AnyParams& params) {
  const std::int64_t n = random.coin() ? 1 : random.integer(2, 4);
  if (const auto* p = std::get_if<FullyConnectedParams>(&params)) {
    // Any h * w * c that is as many features.
    Shape s = {random.integer(0, 7) == 0 ? random.integer(1, 40) : n, 1, 1, p->in_features};
    for (const std::int64_t factor : {2, 3}) {
      if (s.c % factor == 0 && random.coin()) {
        (factor == 2 ? s.h : s.w) = factor;
        s.c /= factor;
      }
    }
    return s;
  }
  Shape s = {n, draw_extent(random), draw_extent(random), input_channels(params)};
  if (random.integer(0, 7) == 0) (random.coin() ? s.h : s.w) = 1;
  return s;
}

/// Multiply-adds and elements, roughly: what the reference takes time for.
std::int64_t work(const AnyParams& params, const Shape& in, const Shape& out) {
  std::int64_t weights = 0;
  for (const FilterShape& s : filter_shapes(params)) weights += s.o * s.i * s.h * s.w;
  const auto pool = [&](const auto& p) { weights = std::int64_t{p.kernel_h} * p.kernel_w * p.channels; };
  if (const auto* p = std::get_if<MaxPoolParams>(&params)) pool(*p);
  if (const auto* p = std::get_if<AveragePoolParams>(&params)) pool(*p);
  const std::int64_t inputs = in.n * in.h * in.w;
  const bool transposed = std::holds_alternative<ConvTranspose2dParams>(params);
  return in.elements() + out.elements() + (transposed ? inputs : std::max(inputs, out.n * out.h * out.w)) * weights;
}

bool is_depthwise(const AnyParams& params, std::size_t stage) {
  if (std::holds_alternative<SeparableParams>(params)) return stage == 0;
  if (std::holds_alternative<InvertedResidualParams>(params)) return stage == 1;
  return std::holds_alternative<DepthwiseParams>(params);
}

FilterLayout draw_layout(Random& random, const AnyParams& params, std::size_t stage) {
  if (is_depthwise(params, stage) && random.integer(0, 3) == 0) return FilterLayout::k1hwc;
  if (std::holds_alternative<ConvTranspose2dParams>(params) && random.coin()) return FilterLayout::kIohw;
  return random.pick({FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio});
}

/// Most draws are of f32 alone: the older and more used. Blocks with weights of another type than their tensors have
/// both kinds of weights among their stages.
void draw_types(Random random, AnyParams& params) {
  const std::size_t stages = filter_shapes(params).size();
  const std::int64_t kind = random.integer(0, 29);
  if (kind < 18) return;
  if (kind < 22) {
    std::vector<DataType> weights(stages, DataType::kBf16);
    if (stages > 1) weights[static_cast<std::size_t>(random.integer(0, 3)) % stages] = DataType::kF32;
    if (std::holds_alternative<SqueezeExciteParams>(params)) weights.assign(stages, DataType::kBf16);
    set_types(params, DataType::kF32, weights);
    return;
  }
  const DataType type = kind < 26 ? DataType::kBf16 : DataType::kF16;
  set_types(params, type, std::vector<DataType>(stages, type));
}

}  // namespace

Configuration draw_configuration(Random& random) {
  const std::int64_t most = random.pick<std::int64_t>({1 << 16, 1 << 17, 1 << 18, 1 << 18, 1 << 19, 1 << 21});
  const std::int64_t kind = random.integer(0, kKinds - 1);
  Configuration c;
  Shape output;
  do {
    c.params = draw_params(random, kind);
    c.input = draw_input(random, c.params);
    output = output_shape(c.params, c.input);
  } while (output.h < 1 || output.w < 1 || work(c.params, c.input, output) > most);
  for (std::size_t stage = 0; stage < filter_shapes(c.params).size(); ++stage) {
    c.layouts.push_back(draw_layout(random, c.params, stage));
    c.biases.push_back(random.coin());
  }
  c.values = random.pick({Values::kOrdinary, Values::kOrdinary, Values::kOrdinary, Values::kOrdinary, Values::kOrdinary,
                          Values::kOrdinary, Values::kNotFinite, Values::kDenormal});
  draw_types(random.apart(), c.params);  // so that a layer of fp32 is what its seed was before there were types
  return c;
}

}  // namespace tandem::test
