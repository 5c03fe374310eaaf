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
  return w;
}

Activation draw_activation(Random& random) {
  return random.pick({Activation::none(), Activation::relu(), Activation::relu6(), Activation::clamp(-0.5F, 0.25F)});
}

Conv2dParams draw_conv2d(Random& random) {
  Conv2dParams p;
  p.in_channels = draw_channels(random);
  p.out_channels = draw_channels(random);
  p = with_window(p, draw_window(random));
  p.activation = draw_activation(random);
  p.residual = random.coin();
  return p;
}

DepthwiseParams draw_depthwise(Random& random, std::int32_t channels) {
  DepthwiseParams p;
  p.channels = channels;
  p = with_window(p, draw_window(random));
  p.activation = draw_activation(random);
  return p;
}

PointwiseParams draw_pointwise(Random& random, std::int32_t in_channels) {
  PointwiseParams p;
  p.in_channels = in_channels;
  p.out_channels = draw_channels(random);
  p.activation = draw_activation(random);
  return p;
}

InvertedResidualParams draw_inverted_residual(Random& random) {
  InvertedResidualParams p;
  p.expand = draw_pointwise(random, draw_channels(random));
  p.depthwise = draw_depthwise(random, p.expand.out_channels);
  p.project = draw_pointwise(random, p.depthwise.channels);
  p.residual = random.coin();
  if (p.residual) {  // which needs an output of the input's shape
    p.depthwise.stride_h = p.depthwise.stride_w = 1;
    p.depthwise.padding = random.pick({Padding::same(), Padding::same_lower()});
    p.project.out_channels = p.expand.in_channels;
  }
  return p;
}

constexpr std::int64_t kKinds = 10;

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
      PointwiseParams p = draw_pointwise(random, draw_channels(random));
      p.residual = random.coin();
      return p;
    }
    case 5:
    case 6: {
      SeparableParams p;
      p.depthwise = draw_depthwise(random, draw_channels(random));
      p.pointwise = draw_pointwise(random, p.depthwise.channels);
      p.pointwise.residual = random.coin();
      return p;
    }
    case 7:
    case 8:
      return draw_inverted_residual(random);
    default:
      if (random.coin()) return GlobalAveragePoolParams{draw_channels(random), draw_activation(random)};
      return FullyConnectedParams{draw_channels(random), draw_channels(random), draw_activation(random), random.coin()};
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
  return {n, draw_extent(random), draw_extent(random), input_channels(params)};
}

/// Multiply-adds and elements, roughly: what the reference takes time for.
std::int64_t work(const AnyParams& params, const Shape& in, const Shape& out) {
  std::int64_t weights = 0;
  for (const FilterShape& s : filter_shapes(params)) weights += s.o * s.i * s.h * s.w;
  return in.elements() + out.elements() + std::max(in.n * in.h * in.w, out.n * out.h * out.w) * weights;
}

bool is_depthwise(const AnyParams& params, std::size_t stage) {
  if (std::holds_alternative<SeparableParams>(params)) return stage == 0;
  if (std::holds_alternative<InvertedResidualParams>(params)) return stage == 1;
  return std::holds_alternative<DepthwiseParams>(params);
}

FilterLayout draw_layout(Random& random, bool depthwise) {
  if (depthwise && random.integer(0, 3) == 0) return FilterLayout::k1hwc;
  return random.pick({FilterLayout::kOihw, FilterLayout::kOhwi, FilterLayout::kHwio});
}

MachineModel draw_machine(Random& random) {
  MachineModel m;  // the library's own figures
  if (random.coin()) return m;
  m.l1_bytes = random.pick<std::int64_t>({0, 1 << 10, 1 << 15});
  m.l2_bytes = random.pick<std::int64_t>({0, 1 << 12, 1 << 16, 1 << 20});
  m.l3_bytes = random.pick<std::int64_t>({0, 1 << 14, 1 << 25});
  m.memory_bandwidth = random.pick({0.0, 1e8, 1e12});
  m.fork_seconds = random.pick({0.0, 1e-12});  // with the latter the smallest layer is worth sharing
  return m;
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
    c.layouts.push_back(draw_layout(random, is_depthwise(c.params, stage)));
    c.biases.push_back(random.coin());
  }
  c.values = random.pick({Values::kOrdinary, Values::kOrdinary, Values::kOrdinary, Values::kOrdinary, Values::kOrdinary,
                          Values::kOrdinary, Values::kNotFinite, Values::kDenormal});
  return c;
}

Execution draw_execution(Random& random) {
  Execution e;
  e.pool = random.pick({Pool::kInline, Pool::kBackward, Pool::kReal, Pool::kDefault});
  e.threads = random.size(1, 8);
  e.candidate = random.next();
  e.machine = draw_machine(random);
  e.placement = random.pick({Placement::kEndsAtGuard, Placement::kStartsAtGuard});
  e.onto_residual = random.coin();
  return e;
}

}  // namespace tandem::test
