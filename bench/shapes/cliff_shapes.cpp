#include "bench/shapes/cliff_shapes.hpp"

#include <algorithm>

#include "bench/common/random.hpp"

namespace tandem::bench::shapes {
namespace {

bool has_kernel(const CliffLayer& l) { return l.op != Op::kPointwise; }
bool is_block(const CliffLayer& l) { return l.op == Op::kSeparable || l.op == Op::kInvertedResidual; }
bool has_expansion(const CliffLayer& l) { return l.op == Op::kInvertedResidual; }
bool has_outputs(const CliffLayer& l) { return l.op != Op::kDepthwise; }
bool has_large_kernels(const CliffLayer& l) { return l.op == Op::kDepthwise; }
bool has_groups(const CliffLayer& l) { return l.op == Op::kConv2d && l.in_channels % 16 == 0; }
bool has_small_kernels(const CliffLayer& l) { return l.op == Op::kConv2d || is_block(l); }
bool all(const CliffLayer&) { return true; }

std::vector<int> around(int most) {
  std::vector<int> values;
  for (int delta = -most; delta <= most; ++delta) values.push_back(delta);
  return values;
}

/// `set` puts a value into a layer; layers without meaning (no channel, no pixel) are left out of the sweep.
struct Axis {
  const char* name;
  std::vector<int> values;
  bool (*applies)(const CliffLayer&);
  void (*set)(CliffLayer&, int);
};

void add_in_channels(CliffLayer& l, int delta) {
  l.in_channels += delta;
  if (!has_outputs(l)) l.out_channels += delta;  // the common shapes have no multiplier
}
void add_size(CliffLayer& l, int delta) {
  l.height += delta;
  l.width += delta;
}
void set_multiplier(CliffLayer& l, int multiplier) {
  l.multiplier = multiplier;
  l.out_channels = l.in_channels * multiplier;
}
void set_kernel(CliffLayer& l, int size) { l.kernel_h = l.kernel_w = size; }

const std::vector<Axis>& axes() {
  static const std::vector<int> kernels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 15, 31};
  static const std::vector<Axis> all_axes = {
      {"input channels", around(15), all, add_in_channels},
      {"expanded channels", around(15), has_expansion, [](CliffLayer& l, int v) { l.hidden_channels += v; }},
      {"output channels", around(15), has_outputs, [](CliffLayer& l, int v) { l.out_channels += v; }},
      {"size", around(3), all, add_size},
      {"width", around(3), all, [](CliffLayer& l, int v) { l.width += v; }},
      {"kernel", kernels, has_large_kernels, set_kernel},
      {"kernel", {1, 2, 3, 4, 5, 6, 7, 9}, has_small_kernels, set_kernel},
      {"kernel width", kernels, has_large_kernels, [](CliffLayer& l, int v) { l.kernel_w = v; }},
      {"kernel height", kernels, has_large_kernels, [](CliffLayer& l, int v) { l.kernel_h = v; }},
      {"stride", {1, 2, 3, 4}, has_kernel, [](CliffLayer& l, int v) { l.stride = v; }},
      {"dilation", {1, 2, 3}, has_kernel, [](CliffLayer& l, int v) { l.dilation = v; }},
      {"multiplier", {1, 2, 3, 4}, has_large_kernels, [](CliffLayer& l, int v) { set_multiplier(l, v); }},
      {"groups", {1, 2, 4, 8, 16}, has_groups, [](CliffLayer& l, int v) { l.groups = v; }},
      {"pixel stride", {0, 1, 3, 4, 8, 16, 32}, all, [](CliffLayer& l, int v) { l.gap = v; }},
      {"activation", {0, 1, 2, 3, 4, 5, 6, 7}, all, [](CliffLayer& l, int v) { l.activation = v; }},
  };
  return all_axes;
}

const std::vector<CliffLayer>& common_shapes() {
  static const std::vector<CliffLayer> layers = {
      // clang-format off
      {Op::kDepthwise,          8,   0,   8, 28, 28},
      {Op::kDepthwise,         32,   0,  32, 28, 28},
      {Op::kDepthwise,         96,   0,  96, 28, 28},
      {Op::kDepthwise,        144,   0, 144, 14, 14},
      {Op::kDepthwise,        384,   0, 384, 14, 14},
      {Op::kDepthwise,         32,   0,  32, 28, 28, 5, 5},
      {Op::kDepthwise,         96,   0,  96, 28, 28, 5, 5},
      {Op::kDepthwise,        144,   0, 144, 14, 14, 5, 5},
      {Op::kDepthwise,        384,   0, 384,  7,  7, 5, 5},
      {Op::kPointwise,         32,   0,  64, 28, 28},
      {Op::kPointwise,        144,   0,  24, 28, 28},
      {Op::kPointwise,         64,   0, 384, 14, 14},
      {Op::kPointwise,        256,   0, 256,  7,  7},
      {Op::kPointwise,        256,   0,   8,  7,  7},
      {Op::kConv2d,             3,   0,  32, 56, 56, 3, 3, 2},
      {Op::kConv2d,            32,   0,  32, 28, 28},
      {Op::kConv2d,            64,   0,  64, 14, 14},
      {Op::kConv2d,           128,   0, 128,  7,  7},
      {Op::kSeparable,         32,   0,  64, 28, 28},
      {Op::kSeparable,        128,   0, 128, 14, 14},
      {Op::kInvertedResidual,  24, 144,  24, 28, 28},
      {Op::kInvertedResidual,  64, 384,  64, 14, 14},
      // clang-format on
  };
  return layers;
}

bool has_meaning(const CliffLayer& l) {
  return l.in_channels >= 1 && l.out_channels >= 1 && l.width >= 1 && l.height >= 1 &&
         (l.op != Op::kInvertedResidual || l.hidden_channels >= 1);
}

std::int64_t outputs(std::int64_t size, int stride) { return (size + stride - 1) / stride; }

// Taps that lie inside the image, summed over all outputs of an axis.
double taps_inside(std::int64_t size, int kernel, int stride, int dilation) {
  const std::int64_t out = outputs(size, stride);
  const std::int64_t extent = std::int64_t{kernel - 1} * dilation + 1;
  const std::int64_t pad = std::max<std::int64_t>((out - 1) * stride + extent - size, 0) / 2;
  std::int64_t taps = 0;
  for (std::int64_t o = 0; o < out; ++o) {
    for (int k = 0; k < kernel; ++k) {
      const std::int64_t i = o * stride - pad + std::int64_t{k} * dilation;
      if (i >= 0 && i < size) ++taps;
    }
  }
  return static_cast<double>(taps);
}

std::vector<float> random_values(std::int64_t count, std::uint32_t seed) {
  std::vector<float> values(static_cast<std::size_t>(count));
  fill_uniform(values.data(), values.size(), 0.1F, seed);
  return values;
}

Activation activation(const CliffLayer& l, int channels) {
  Activation a = kActivations[l.activation].activation;
  if (a.kind == Activation::Kind::kPrelu) {
    static const std::vector<float> slopes(std::size_t{1} << 14, 0.1F);
    a.slopes = {slopes.data(), static_cast<std::size_t>(channels)};
  }
  return a;
}

template <class Params>
void set_window(Params& p, const CliffLayer& l) {
  p.kernel_h = l.kernel_h;
  p.kernel_w = l.kernel_w;
  p.stride_h = p.stride_w = l.stride;
  p.dilation_h = p.dilation_w = l.dilation;
  p.padding = Padding::same();
}

DepthwiseParams depthwise_params(const CliffLayer& l, int channels) {
  DepthwiseParams p;
  p.channels = channels;
  p.multiplier = l.multiplier;
  p.activation = activation(l, channels * l.multiplier);
  set_window(p, l);
  return p;
}

PointwiseParams pointwise_params(const CliffLayer& l, int in_channels, int out_channels) {
  PointwiseParams p;
  p.in_channels = in_channels;
  p.out_channels = out_channels;
  p.activation = activation(l, out_channels);
  return p;
}

// Channels before and after the depthwise stage.
int unfiltered_channels(const CliffLayer& l) {
  return l.op == Op::kInvertedResidual ? l.hidden_channels : l.in_channels;
}
int filtered_channels(const CliffLayer& l) { return unfiltered_channels(l) * l.multiplier; }

// Number of weights in the filters of all stages.
std::int64_t weight_count(const CliffLayer& l) {
  const std::int64_t taps = std::int64_t{l.kernel_h} * l.kernel_w;
  const std::int64_t unfiltered = unfiltered_channels(l);
  const std::int64_t filtered = filtered_channels(l);
  switch (l.op) {
    case Op::kDepthwise:
      return taps * filtered;
    case Op::kConv2d:
      return taps * (l.in_channels / l.groups) * l.out_channels;
    case Op::kSeparable:
      return (taps + l.out_channels) * filtered;
    case Op::kInvertedResidual:
      return l.in_channels * unfiltered + (taps + l.out_channels) * filtered;
    default:
      return std::int64_t{l.in_channels} * l.out_channels;
  }
}

}  // namespace

std::string describe(const CliffLayer& l) {
  std::string text = network::to_string(l.op);
  const auto add = [&](const char* before, int value) { text.append(before).append(std::to_string(value)); };
  if (has_kernel(l)) {
    add(" ", l.kernel_h);
    add("x", l.kernel_w);
  }
  if (l.stride != 1) add(" s", l.stride);
  if (l.dilation != 1) add(" d", l.dilation);
  add(" ", l.in_channels);
  if (has_expansion(l)) add("-", l.hidden_channels);
  if (has_outputs(l) || l.multiplier != 1) add("-", l.out_channels);
  add(", ", l.height);
  add("x", l.width);
  if (l.groups != 1) add(", groups ", l.groups);
  if (l.gap != 0) add(", gap ", l.gap);
  if (l.activation != 0) text.append(", ").append(kActivations[l.activation].name);
  return text;
}

Shape input_shape(const CliffLayer& l) { return {1, l.height, l.width, l.in_channels}; }

PixelStrides pixel_strides(const CliffLayer& l) {
  PixelStrides strides;
  strides.src = l.in_channels + l.gap;
  strides.dst = l.out_channels + l.gap;
  return strides;
}

Result<Operator> make_operator(const CliffLayer& l, const CreateOptions& options) {
  const std::int64_t filtered = filtered_channels(l);
  const std::vector<float> window = random_values(l.kernel_h * l.kernel_w * filtered, 1);
  switch (l.op) {
    case Op::kDepthwise:
      return Operator::depthwise(depthwise_params(l, l.in_channels), {window}, options);
    case Op::kPointwise:
      return Operator::pointwise(pointwise_params(l, l.in_channels, l.out_channels),
                                 {random_values(weight_count(l), 2)}, options);
    case Op::kConv2d: {
      Conv2dParams p;
      p.in_channels = l.in_channels;
      p.out_channels = l.out_channels;
      p.groups = l.groups;
      p.activation = activation(l, l.out_channels);
      set_window(p, l);
      return Operator::conv2d(p, {random_values(weight_count(l), 2)}, options);
    }
    case Op::kSeparable: {
      SeparableParams p;
      p.depthwise = depthwise_params(l, l.in_channels);
      p.pointwise = pointwise_params(l, filtered_channels(l), l.out_channels);
      return Operator::separable(p, {window}, {random_values(filtered * l.out_channels, 2)}, options);
    }
    case Op::kInvertedResidual: {
      InvertedResidualParams p;
      p.expand = pointwise_params(l, l.in_channels, l.hidden_channels);
      p.depthwise = depthwise_params(l, l.hidden_channels);
      p.project = pointwise_params(l, filtered_channels(l), l.out_channels);
      return Operator::inverted_residual(p, {random_values(std::int64_t{l.in_channels} * l.hidden_channels, 2)},
                                         {window}, {random_values(filtered * l.out_channels, 3)}, options);
    }
    default:
      return Status(StatusCode::kUnsupported, std::string(network::to_string(l.op)) + " has no sweep");
  }
}

double multiply_adds(const CliffLayer& l) {
  const auto pixels = static_cast<double>(outputs(l.height, l.stride) * outputs(l.width, l.stride));
  const double window =
      taps_inside(l.height, l.kernel_h, l.stride, l.dilation) * taps_inside(l.width, l.kernel_w, l.stride, l.dilation);
  const double filtered = filtered_channels(l);
  switch (l.op) {
    case Op::kDepthwise:
      return window * filtered;
    case Op::kConv2d:
      return window * l.in_channels * l.out_channels / l.groups;
    case Op::kSeparable:
      return (window + pixels * l.out_channels) * filtered;
    case Op::kInvertedResidual:
      return 1.0 * l.height * l.width * l.in_channels * l.hidden_channels +
             (window + pixels * l.out_channels) * filtered;
    default:
      return pixels * l.in_channels * l.out_channels;
  }
}

double compulsory_bytes(const CliffLayer& l) {
  const auto pixels = static_cast<double>(outputs(l.height, l.stride) * outputs(l.width, l.stride));
  const double elements =
      1.0 * l.height * l.width * l.in_channels + pixels * l.out_channels + static_cast<double>(weight_count(l));
  return elements * sizeof(float);
}

std::vector<Sweep> cliff_sweeps() {
  std::vector<Sweep> sweeps;
  for (const CliffLayer& common : common_shapes()) {
    for (const Axis& axis : axes()) {
      if (!axis.applies(common)) continue;
      Sweep sweep{describe(common), axis.name, {}};
      for (const int value : axis.values) {
        CliffLayer point = common;
        axis.set(point, value);
        if (has_meaning(point)) sweep.points.push_back(point);
      }
      sweeps.push_back(std::move(sweep));
    }
  }
  return sweeps;
}

}  // namespace tandem::bench::shapes
