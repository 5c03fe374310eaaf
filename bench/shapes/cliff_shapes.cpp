#include "bench/shapes/cliff_shapes.hpp"

#include <cstdint>
#include <iterator>
#include <numeric>
#include <utility>

namespace tandem::bench::shapes {
namespace {

bool is_one_of(const CliffLayer& l, std::initializer_list<CliffOp> ops) {
  for (const CliffOp op : ops) {
    if (l.op == op) return true;
  }
  return false;
}
bool is_line(const CliffLayer& l) { return l.height == 1 || l.width == 1; }
bool is_block(const CliffLayer& l) { return is_one_of(l, {CliffOp::kSeparable, CliffOp::kInvertedResidual}); }
bool is_pool(const CliffLayer& l) { return is_one_of(l, {CliffOp::kMaxPool, CliffOp::kAveragePool}); }
bool is_resize(const CliffLayer& l) { return is_one_of(l, {CliffOp::kNearest, CliffOp::kLinear}); }
bool has_weights(const CliffLayer& l) { return l.op <= CliffOp::kInvertedResidual; }
// A square map under a square window; patches and lines have axes of their own.
bool is_map(const CliffLayer& l) { return !is_line(l) && l.stride <= 2; }
bool is_few_under_large(const CliffLayer& l) { return l.op == CliffOp::kConv2d && l.stride == 8; }
bool has_patches(const CliffLayer& l) { return l.op == CliffOp::kConv2d && l.stride > 8; }
bool has_kernel(const CliffLayer& l) { return is_map(l) && has_weights(l) && l.op != CliffOp::kPointwise; }
bool has_expansion(const CliffLayer& l) { return l.op == CliffOp::kInvertedResidual; }
bool has_outputs(const CliffLayer& l) { return has_weights(l) && l.op != CliffOp::kDepthwise && !has_patches(l); }
bool has_large_kernels(const CliffLayer& l) { return l.op == CliffOp::kDepthwise && is_map(l); }
bool has_groups(const CliffLayer& l) { return l.op == CliffOp::kConv2d && is_map(l) && l.in_channels % 4 == 0; }
bool has_small_kernels(const CliffLayer& l) { return has_kernel(l) && (l.op == CliffOp::kConv2d || is_block(l)); }
bool has_activation(const CliffLayer& l) { return l.op == CliffOp::kActivation || (has_weights(l) && is_map(l)); }
// Layers by channel, which have no weights.
bool has_any_channels(const CliffLayer& l) { return !has_weights(l); }
bool has_neighbours(const CliffLayer& l) { return has_weights(l) && !has_patches(l); }
bool all(const CliffLayer&) { return true; }

/// `set` puts a value into a layer; layers without meaning (no channel, no pixel) are left out of the sweep.
struct Axis {
  const char* name;
  std::vector<int> values;
  bool (*applies)(const CliffLayer&);
  void (*set)(CliffLayer&, int);
  Measure measure = Measure::kWork;
};

std::vector<int> from_to(int first, int last) {
  std::vector<int> values(static_cast<std::size_t>(last - first + 1));
  std::iota(values.begin(), values.end(), first);
  return values;
}

bool keeps_channels(const CliffLayer& l) { return l.op == CliffOp::kDepthwise || !has_weights(l); }
void add_in_channels(CliffLayer& l, int delta) {
  l.in_channels += delta;
  if (keeps_channels(l)) l.out_channels += delta;  // the common shapes have no multiplier
}
void set_channels(CliffLayer& l, int channels) { l.in_channels = l.out_channels = channels; }
void add_size(CliffLayer& l, int delta) {
  if (l.height > 1) l.height += delta;
  if (l.width > 1) l.width += delta;
}
void set_multiplier(CliffLayer& l, int multiplier) {
  l.multiplier = multiplier;
  l.out_channels = l.in_channels * multiplier;
}
void set_kernel(CliffLayer& l, int size) { l.kernel_h = l.kernel_w = size; }
void set_patch(CliffLayer& l, int size) { l.kernel_h = l.kernel_w = l.stride = size; }
void set_line_kernel(CliffLayer& l, int size) { (l.height == 1 ? l.kernel_w : l.kernel_h) = size; }
void turn(CliffLayer& l, int times) {
  if (times == 0) return;
  std::swap(l.height, l.width);
  std::swap(l.kernel_h, l.kernel_w);
}

const std::vector<Axis>& axes() {
  // Both sides of each multiple of a vector that lies near.
  static const std::vector<int> around = {-15, -9, -8, -7, -5, -4, -3, -2, -1, 0, 1, 2, 3, 4, 5, 7, 8, 9, 15};
  static const std::vector<int> kernels = {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 15, 31};
  static const std::vector<int> activations = from_to(0, std::ssize(kActivations) - 1);
  static const std::vector<Axis> all_axes = {
      {"input channels", around, has_neighbours, add_in_channels},
      {"expanded channels", around, has_expansion, [](CliffLayer& l, int v) { l.hidden_channels += v; }},
      {"output channels", around, has_outputs, [](CliffLayer& l, int v) { l.out_channels += v; }},
      {"channels",
       {1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33, 63, 64, 65, 100, 1000},
       has_any_channels,
       set_channels},
      {"size", from_to(-3, 3), all, add_size},
      {"width", from_to(-3, 3), is_map, [](CliffLayer& l, int v) { l.width += v; }},
      {"kernel", kernels, has_large_kernels, set_kernel},
      {"kernel", {1, 2, 3, 4, 5, 6, 7, 9}, has_small_kernels, set_kernel},
      {"kernel", {3, 5, 7, 9, 11, 15, 21, 31, 45, 46, 63}, is_few_under_large, set_kernel},
      {"kernel", {2, 3, 4, 5, 7}, is_pool, set_kernel},
      {"kernel width", kernels, has_large_kernels, [](CliffLayer& l, int v) { l.kernel_w = v; }},
      {"kernel height", kernels, has_large_kernels, [](CliffLayer& l, int v) { l.kernel_h = v; }},
      {"taps of a line", {1, 2, 3, 4, 5, 7, 9, 15, 16, 31, 63, 64, 127, 128, 129, 200}, is_line, set_line_kernel},
      {"turned", {0, 1}, is_line, turn},
      {"patch", {2, 4, 7, 8, 14, 16, 28, 32, 56, 112}, has_patches, set_patch},
      {"stride", {1, 2, 3, 4}, has_kernel, [](CliffLayer& l, int v) { l.stride = v; }},
      {"stride", {1, 2, 3}, is_pool, [](CliffLayer& l, int v) { l.stride = v; }},
      {"dilation", {1, 2, 3}, has_kernel, [](CliffLayer& l, int v) { l.dilation = v; }},
      {"multiplier", {1, 2, 3, 4}, has_large_kernels, [](CliffLayer& l, int v) { set_multiplier(l, v); }},
      {"groups", from_to(1, 240), has_groups, [](CliffLayer& l, int v) { l.groups = v; }, Measure::kTime},
      {"pixel stride", {0, 1, 3, 4, 8, 16, 32}, is_map, [](CliffLayer& l, int v) { l.gap = v; }},
      {"activation", activations, has_activation, [](CliffLayer& l, int v) { l.activation = v; }},
      {"operands", from_to(0, std::ssize(kOperands) - 1),
       [](const CliffLayer& l) { return l.op == CliffOp::kElementwise; }, [](CliffLayer& l, int v) { l.operands = v; }},
      {"scale", {1, 2, 3, 4}, is_resize, [](CliffLayer& l, int v) { l.scale = v; }},
  };
  return all_axes;
}

const std::vector<CliffLayer>& common_shapes() {
  static const std::vector<CliffLayer> layers = {
      // clang-format off
      {CliffOp::kDepthwise,          8,   0,   8,  28,  28},
      {CliffOp::kDepthwise,          8,   0,   8,  64,  64},
      {CliffOp::kDepthwise,         32,   0,  32,  28,  28},
      {CliffOp::kDepthwise,         96,   0,  96,  28,  28},
      {CliffOp::kDepthwise,        144,   0, 144,  14,  14},
      {CliffOp::kDepthwise,        384,   0, 384,  14,  14},
      {CliffOp::kDepthwise,         32,   0,  32,  28,  28, 5, 5},
      {CliffOp::kDepthwise,         96,   0,  96,  28,  28, 5, 5},
      {CliffOp::kDepthwise,        144,   0, 144,  14,  14, 5, 5},
      {CliffOp::kDepthwise,        384,   0, 384,   7,   7, 5, 5},
      {CliffOp::kDepthwise,        264,   0, 264,   1, 1000, 1, 9},  // one dimension: speech
      {CliffOp::kDepthwise,         16,   0,  16,   1, 4000, 1, 5},
      {CliffOp::kPointwise,         32,   0,  64,  28,  28},
      {CliffOp::kPointwise,        144,   0,  24,  28,  28},
      {CliffOp::kPointwise,         64,   0, 384,  14,  14},
      {CliffOp::kPointwise,        256,   0, 256,   7,   7},
      {CliffOp::kPointwise,        256,   0,   8,   7,   7},
      {CliffOp::kPointwise,         16,   0,  16,  28,  28},
      {CliffOp::kConv2d,             3,   0,  32,  56,  56, 3, 3, 2},
      {CliffOp::kConv2d,            16,   0,  16,   8,   8},         // groups of small layers
      {CliffOp::kConv2d,            24,   0,  24,  14,  14},
      {CliffOp::kConv2d,            32,   0,  32,  28,  28},
      {CliffOp::kConv2d,            64,   0,  64,  14,  14},
      {CliffOp::kConv2d,           128,   0, 128,   7,   7},
      {CliffOp::kConv2d,            64,   0,  64,  14,  14, 3, 3, 2},
      {CliffOp::kConv2d,           240,   0, 240,  14,  14, 1, 1},
      {CliffOp::kConv2d,            48,   0,  96,   7,   7, 1, 1},
      {CliffOp::kConv2d,             3,   0, 192, 224, 224, 16, 16, 16},  // patches of a transformer
      {CliffOp::kConv2d,             1,   0,  64, 128, 128, 15, 15, 8},   // few channels under large kernels
      {CliffOp::kConv2d,            64,   0,  64,   1, 2000, 1, 4},
      {CliffOp::kConv2d,            80,   0,  96,   1, 1000, 1, 3},
      {CliffOp::kSeparable,         32,   0,  64,  28,  28},
      {CliffOp::kSeparable,        128,   0, 128,  14,  14},
      {CliffOp::kInvertedResidual,  24, 144,  24,  28,  28},
      {CliffOp::kInvertedResidual,  64, 384,  64,  14,  14},
      {CliffOp::kActivation,        64,   0,  64,  28,  28},
      {CliffOp::kSoftmax,           16,   0,  16,  28,  28},
      {CliffOp::kElementwise,       64,   0,  64,  28,  28},
      {CliffOp::kMaxPool,           64,   0,  64,  28,  28, 3, 3, 2},
      {CliffOp::kAveragePool,       64,   0,  64,  28,  28, 2, 2, 2},
      {CliffOp::kGlobalAveragePool, 64,   0,  64,  28,  28},
      {CliffOp::kNearest,           32,   0,  32,  28,  28},
      {CliffOp::kLinear,            32,   0,  32,  28,  28},
      // clang-format on
  };
  return layers;
}

bool has_meaning(const CliffLayer& l) {
  return l.in_channels >= 1 && l.out_channels >= 1 && l.width >= 1 && l.height >= 1 &&
         (l.op != CliffOp::kInvertedResidual || l.hidden_channels >= 1) && l.in_channels % l.groups == 0 &&
         l.out_channels % l.groups == 0;
}

}  // namespace

std::vector<Sweep> cliff_sweeps() {
  std::vector<Sweep> sweeps;
  for (const CliffLayer& common : common_shapes()) {
    for (const Axis& axis : axes()) {
      if (!axis.applies(common)) continue;
      Sweep sweep{describe(common), axis.name, axis.measure, {}};
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
