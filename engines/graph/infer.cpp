// The sizes of values, operator by operator, as ONNX and TFLite define them.
#include "engines/graph/infer.hpp"

#include <algorithm>
#include <cmath>

#include "engines/graph/error.hpp"

namespace tandem::graph {
namespace {

using Outputs = std::vector<std::optional<Dims>>;

struct Window {
  std::int64_t kernel, stride, dilation, before, after;
};

std::int64_t window_output(std::int64_t in, const Window& w, Padding::Mode mode, bool ceil_mode) {
  if (in == kUnknown) return kUnknown;
  if (mode != Padding::Mode::kExplicit) return (in + w.stride - 1) / w.stride;
  const std::int64_t rest = in + w.before + w.after - w.dilation * (w.kernel - 1) - 1;
  if (rest < 0) return 0;
  std::int64_t out = rest / w.stride + 1;
  // A window that begins in the padding after the input does not count (PyTorch, ONNX since opset 19).
  if (ceil_mode && rest % w.stride != 0 && out * w.stride < in + w.before) ++out;
  return out;
}

template <class Attributes>
Dims window_dims(const Dims& x, const ImageAxes& axes, const Attributes& a, std::int64_t kernel_h,
                 std::int64_t kernel_w, bool ceil_mode) {
  Dims y = x;
  const Padding& p = a.padding;
  y[axes.h] = window_output(x[axes.h], {kernel_h, a.stride_h, a.dilation_h, p.top, p.bottom}, p.mode, ceil_mode);
  y[axes.w] = window_output(x[axes.w], {kernel_w, a.stride_w, a.dilation_w, p.left, p.right}, p.mode, ceil_mode);
  return y;
}

Dims conv_dims(const Dims& x, const ImageAxes& axes, const Dims& filter, const ConvAttributes& a) {
  const FilterSizes sizes = filter_sizes(filter, a.filter_layout);
  Dims y = window_dims(x, axes, a, sizes.h, sizes.w, false);
  y[axes.c] = sizes.out;
  return y;
}

std::int64_t transposed_output(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                               std::int64_t cut, std::int64_t more, std::int64_t given, Padding::Mode mode) {
  if (given > 0) return given;
  if (in == kUnknown) return kUnknown;
  if (mode != Padding::Mode::kExplicit) return in * stride;
  return stride * (in - 1) + more + dilation * (kernel - 1) + 1 - cut;
}

Dims transposed_dims(const Dims& x, const ImageAxes& axes, const Dims& filter, const ConvTransposeAttributes& a) {
  const FilterSizes f = filter_sizes(filter, a.filter_layout);
  const Padding& p = a.padding;
  Dims y = x;
  y[axes.h] = transposed_output(x[axes.h], f.h, a.stride_h, a.dilation_h, p.top + p.bottom, a.output_padding_h,
                                a.output_h, p.mode);
  y[axes.w] = transposed_output(x[axes.w], f.w, a.stride_w, a.dilation_w, p.left + p.right, a.output_padding_w,
                                a.output_w, p.mode);
  y[axes.c] = a.filter_layout == FilterLayout::kIohw ? f.out * a.groups : f.out;
  return y;
}

std::int64_t resized(std::int64_t in, std::int64_t size, float scale) {
  if (size > 0) return size;
  if (in == kUnknown) return kUnknown;
  return static_cast<std::int64_t>(std::floor(static_cast<float>(in) * scale));
}

std::optional<Dims> reshaped(const Dims& x, const ReshapeAttributes& a) {
  if (!a.known) return std::nullopt;
  Dims y = a.dims;
  std::size_t open = kNotAnAxis;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] == 0) y[i] = i < x.size() ? x[i] : kUnknown;
    if (a.dims[i] == -1) open = i;
  }
  const std::int64_t all = elements(x);
  if (open != kNotAnAxis) {
    Dims rest = y;
    rest[open] = 1;
    const std::int64_t others = elements(rest);
    if (all == kUnknown || others == kUnknown) return y;
    if (others == 0 || all % others != 0) return std::nullopt;
    y[open] = all / others;
  }
  const std::int64_t now = elements(y);
  if (all != kUnknown && now != kUnknown && all != now) return std::nullopt;
  return y;
}

std::int64_t times(std::int64_t a, std::int64_t b) { return a == kUnknown || b == kUnknown ? kUnknown : a * b; }

class Inference {
 public:
  Inference(const Graph& graph, const Node& node, const AllDims& dims) : graph_(graph), node_(node), dims_(dims) {}

  // No dims: an input's are not known, or the operator is not known here. A failure is a Status.
  Result<Outputs> outputs() {
    Outputs unknown(node_.outputs.size());
    if (node_.op == Op::kReshape && !std::get<ReshapeAttributes>(node_.attributes).known) return one(computed_shape());
    if (node_.inputs.empty() || node_.inputs[0] == kNoValue || !dims_[index(node_.inputs[0])]) return unknown;
    x_ = *dims_[index(node_.inputs[0])];
    return of_op();
  }

 private:
  static std::size_t index(ValueId id) { return static_cast<std::size_t>(id); }
  static Outputs one(std::optional<Dims> dims) { return {std::move(dims)}; }

  // A shape that is computed tells at least the number of axes.
  std::optional<Dims> computed_shape() const {
    const Dims* shape = input(1);
    if (shape == nullptr || shape->size() != 1 || (*shape)[0] < 0) return std::nullopt;
    return Dims(static_cast<std::size_t>((*shape)[0]), kUnknown);
  }
  Status misfit(const char* what) const { return node_error(StatusCode::kInvalidArgument, node_, "%s", what); }

  const Dims* input(std::size_t i) const {
    if (i >= node_.inputs.size() || node_.inputs[i] == kNoValue) return nullptr;
    const auto& dims = dims_[index(node_.inputs[i])];
    return dims ? &*dims : nullptr;
  }

  Result<Outputs> image(Dims (*compute)(const Inference&)) const {
    if (x_.size() != 4) return misfit("the input does not have 4 axes");
    Dims y = compute(*this);
    return not_empty(std::move(y));
  }
  // A batch of no images is fine, an image of no pixels is not.
  Result<Outputs> not_empty(Dims y) const {
    for (std::size_t i = 1; i < y.size(); ++i) {
      if (y[i] != kUnknown && y[i] < 1) return misfit("the input is too small: the output would be empty");
    }
    return one(std::move(y));
  }

  Result<Outputs> of_op() const;
  Result<Outputs> matmul() const;
  Result<Outputs> reduce() const;
  Result<Outputs> concat() const;
  Result<Outputs> split() const;
  Result<Outputs> slice() const;
  Result<Outputs> pad() const;
  Result<Outputs> transpose() const;
  Result<Outputs> block_of_convs() const;

  ImageAxes axes() const { return image_axes(graph_.layout); }

  const Graph& graph_;
  const Node& node_;
  const AllDims& dims_;
  Dims x_;
};

Result<Outputs> Inference::of_op() const {
  switch (node_.op) {
    case Op::kConv: {
      const Dims* filter = input(1);
      if (filter == nullptr || filter->size() != 4) return misfit("the filter does not have 4 axes");
      return image([](const Inference& i) {
        return conv_dims(i.x_, i.axes(), *i.input(1), std::get<ConvAttributes>(i.node_.attributes));
      });
    }
    case Op::kConvTranspose: {
      const Dims* filter = input(1);
      if (filter == nullptr || filter->size() != 4) return misfit("the filter does not have 4 axes");
      return image([](const Inference& i) {
        return transposed_dims(i.x_, i.axes(), *i.input(1), std::get<ConvTransposeAttributes>(i.node_.attributes));
      });
    }
    case Op::kMaxPool:
    case Op::kAveragePool:
      return image([](const Inference& i) {
        const auto& a = std::get<PoolAttributes>(i.node_.attributes);
        return window_dims(i.x_, i.axes(), a, a.kernel_h, a.kernel_w, a.ceil_mode);
      });
    case Op::kResize:
      return image([](const Inference& i) {
        const auto& a = std::get<ResizeAttributes>(i.node_.attributes);
        Dims y = i.x_;
        y[i.axes().h] = resized(i.x_[i.axes().h], a.output_h, a.scale_h);
        y[i.axes().w] = resized(i.x_[i.axes().w], a.output_w, a.scale_w);
        return y;
      });
    case Op::kDepthToSpace:
    case Op::kSpaceToDepth:
      return image([](const Inference& i) {
        const std::int64_t b = std::get<BlockAttributes>(i.node_.attributes).block;
        const bool spread = i.node_.op == Op::kDepthToSpace;
        const auto [h, w, c] = i.axes();
        const auto smaller = [](std::int64_t size, std::int64_t by) { return size == kUnknown ? size : size / by; };
        Dims y = i.x_;
        y[h] = spread ? times(y[h], b) : smaller(y[h], b);
        y[w] = spread ? times(y[w], b) : smaller(y[w], b);
        y[c] = spread ? smaller(y[c], b * b) : times(y[c], b * b);
        return y;
      });
    case Op::kBatchNorm:
    case Op::kActivation:
    case Op::kGelu:
    case Op::kSqrt:
    case Op::kErf:
    case Op::kSoftmax:
    case Op::kIdentity:
    case Op::kCast:
    case Op::kSqueezeExcite:
      return one(x_);
    case Op::kPrelu:
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMin:
    case Op::kMax:
    case Op::kPow: {
      const Dims* b = input(1);
      if (b == nullptr) return Outputs(1);
      auto y = broadcast(x_, *b);
      if (!y) return misfit("the sizes of the two inputs do not fit each other");
      return one(std::move(y));
    }
    case Op::kMatMul:
      return matmul();
    case Op::kReduceMean:
      return reduce();
    case Op::kConcat:
      return concat();
    case Op::kSplit:
      return split();
    case Op::kSlice:
      return slice();
    case Op::kPad:
      return pad();
    case Op::kTranspose:
      return transpose();
    case Op::kReshape: {
      const auto& a = std::get<ReshapeAttributes>(node_.attributes);
      auto y = reshaped(x_, a);
      if (!y && a.known && elements(x_) != kUnknown) return misfit("the new shape has another number of elements");
      return one(std::move(y));
    }
    case Op::kShape:
      return one(Dims{static_cast<std::int64_t>(x_.size())});
    case Op::kSeparable:
    case Op::kInvertedResidual:
      return block_of_convs();
    case Op::kGather:
    case Op::kForeign:
      break;
  }
  return Outputs(node_.outputs.size());
}

// Matrices in the last two axes, the others broadcast: numpy's matmul.
std::optional<Dims> product_of_stacks(const Dims& x, const Dims& y) {
  if (x.size() < 2) return std::nullopt;
  auto z = broadcast({x.begin(), x.end() - 2}, {y.begin(), y.end() - 2});
  if (z) z->insert(z->end(), {x[x.size() - 2], y.back()});
  return z;
}

Result<Outputs> Inference::matmul() const {
  const Dims* filter = input(1);
  if (filter == nullptr || filter->size() < 2 || x_.empty()) return Outputs(1);
  if (filter->size() > 2) return one(product_of_stacks(x_, *filter));
  const bool transposed = std::get<MatMulAttributes>(node_.attributes).filter_transposed;
  const std::int64_t k = (*filter)[transposed ? 1 : 0];
  if (x_.back() != kUnknown && k != kUnknown && x_.back() != k) {
    return node_error(StatusCode::kInvalidArgument, node_, "the input has %lld columns, but the filter %lld",
                      static_cast<long long>(x_.back()), static_cast<long long>(k));
  }
  Dims y = x_;
  y.back() = (*filter)[transposed ? 0 : 1];
  return one(std::move(y));
}

Result<Outputs> Inference::reduce() const {
  const auto& a = std::get<ReduceAttributes>(node_.attributes);
  std::vector<bool> gone(x_.size(), false);
  for (const std::int64_t axis : a.axes) {
    const std::size_t i = resolve_axis(axis, x_.size());
    if (i == kNotAnAxis) return misfit("there is no such axis");
    gone[i] = true;
  }
  Dims y;
  for (std::size_t i = 0; i < x_.size(); ++i) {
    if (!gone[i]) {
      y.push_back(x_[i]);
    } else if (a.keep_dims) {
      y.push_back(1);
    }
  }
  return one(std::move(y));
}

Result<Outputs> Inference::concat() const {
  const std::size_t axis = resolve_axis(std::get<AxisAttributes>(node_.attributes).axis, x_.size());
  if (axis == kNotAnAxis) return misfit("there is no such axis");
  Dims y = x_;
  for (std::size_t i = 1; i < node_.inputs.size(); ++i) {
    const Dims* next = input(i);
    if (next == nullptr) return Outputs(1);
    if (next->size() != y.size()) return misfit("the inputs have different numbers of axes");
    for (std::size_t d = 0; d < y.size(); ++d) {
      if (d == axis) {
        y[d] = y[d] == kUnknown || (*next)[d] == kUnknown ? kUnknown : y[d] + (*next)[d];
      } else if (y[d] == kUnknown) {
        y[d] = (*next)[d];
      } else if ((*next)[d] != kUnknown && (*next)[d] != y[d]) {
        return misfit("the inputs differ in another axis than the joined one");
      }
    }
  }
  return one(std::move(y));
}

Result<Outputs> Inference::split() const {
  const auto& a = std::get<SplitAttributes>(node_.attributes);
  const std::size_t axis = resolve_axis(a.axis, x_.size());
  if (axis == kNotAnAxis) return misfit("there is no such axis");
  const auto parts = static_cast<std::int64_t>(node_.outputs.size());
  const bool equal = a.sizes.empty();
  std::int64_t sum = 0;
  for (const std::int64_t size : a.sizes) sum += size;
  if (x_[axis] != kUnknown && (equal ? x_[axis] % parts != 0 : sum != x_[axis])) return misfit("the parts do not fit");
  Outputs outputs;
  for (std::size_t i = 0; i < node_.outputs.size(); ++i) {
    Dims y = x_;
    y[axis] = !equal ? a.sizes[i] : x_[axis] == kUnknown ? kUnknown : x_[axis] / parts;
    outputs.emplace_back(std::move(y));
  }
  return outputs;
}

Result<Outputs> Inference::slice() const {
  const auto& a = std::get<SliceAttributes>(node_.attributes);
  Dims y = x_;
  for (std::size_t i = 0; i < a.axes.size(); ++i) {
    const std::size_t axis = resolve_axis(a.axes[i], x_.size());
    if (axis == kNotAnAxis) return misfit("there is no such axis");
    if (y[axis] == kUnknown) continue;
    y[axis] = slice_range(a.starts[i], a.ends[i], a.steps[i], y[axis]).count;
    if (y[axis] < 1) return misfit("the slice is empty");
  }
  return one(std::move(y));
}

Result<Outputs> Inference::pad() const {
  const auto& a = std::get<PadAttributes>(node_.attributes);
  if (a.before.size() != x_.size()) return misfit("it does not say how much for each axis");
  Dims y = x_;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] != kUnknown) y[i] += a.before[i] + a.after[i];
  }
  return one(std::move(y));
}

Result<Outputs> Inference::transpose() const {
  const auto& permutation = std::get<TransposeAttributes>(node_.attributes).permutation;
  if (permutation.size() != x_.size()) return misfit("the permutation has another number of axes than the input");
  Dims y;
  for (const std::int64_t axis : permutation) y.push_back(x_[static_cast<std::size_t>(axis)]);
  return one(std::move(y));
}

Result<Outputs> Inference::block_of_convs() const {
  if (x_.size() != 4) return misfit("the input does not have 4 axes");
  Dims y = x_;
  const auto& stages = std::get<BlockOfConvs>(node_.attributes).stages;
  for (std::size_t i = 0; i < stages.size(); ++i) {
    y = conv_dims(y, axes(), *input(1 + 2 * i), stages[i]);
  }
  return not_empty(std::move(y));
}

}  // namespace

FilterSizes filter_sizes(const Dims& f, FilterLayout layout) noexcept {
  switch (layout) {
    case FilterLayout::kOihw:
      return {f[0], f[1], f[2], f[3]};
    case FilterLayout::kOhwi:
      return {f[0], f[3], f[1], f[2]};
    case FilterLayout::kHwio:
      return {f[3], f[2], f[0], f[1]};
    case FilterLayout::k1hwc:
      return {f[3], 1, f[1], f[2]};
    case FilterLayout::kIohw:
      return {f[1], f[0], f[2], f[3]};
  }
  return {};
}

ImageAxes image_axes(Layout layout) noexcept {
  return layout == Layout::kNchw ? ImageAxes{2, 3, 1} : ImageAxes{1, 2, 3};
}

std::size_t resolve_axis(std::int64_t axis, std::size_t rank) noexcept {
  const auto n = static_cast<std::int64_t>(rank);
  if (axis < -n || axis >= n) return kNotAnAxis;
  return static_cast<std::size_t>(axis < 0 ? axis + n : axis);
}

SliceRange slice_range(std::int64_t start, std::int64_t end, std::int64_t step, std::int64_t size) noexcept {
  const std::int64_t lowest = step > 0 ? 0 : -1;  // ONNX Slice: what `start` and `end` are clamped to
  const std::int64_t highest = step > 0 ? size : size - 1;
  const auto clamp = [&](std::int64_t at) { return std::clamp(at < 0 ? at + size : at, lowest, highest); };
  const std::int64_t begin = clamp(start);
  const std::int64_t distance = step > 0 ? clamp(end) - begin : begin - clamp(end);
  const std::int64_t by = step > 0 ? step : -step;
  return {begin, distance <= 0 ? 0 : (distance + by - 1) / by};
}

std::optional<Dims> broadcast(const Dims& a, const Dims& b) {
  const Dims& longer = a.size() >= b.size() ? a : b;
  const Dims& shorter = a.size() >= b.size() ? b : a;
  Dims y = longer;
  for (std::size_t i = 0; i < shorter.size(); ++i) {
    std::int64_t& to = y[longer.size() - shorter.size() + i];
    const std::int64_t other = shorter[i];
    if (to == other || other == 1) continue;
    if (to == 1 || to == kUnknown) {
      to = other;
    } else if (other != kUnknown) {
      return std::nullopt;
    }
  }
  return y;
}

std::int64_t elements(const Dims& dims) noexcept {
  std::int64_t product = 1;
  for (const std::int64_t size : dims) {
    if (size < 0 || __builtin_mul_overflow(product, size, &product)) return kUnknown;
  }
  return product;
}

Status infer(const Graph& graph, const Node& node, AllDims& dims) {
  Result<Outputs> outputs = Inference(graph, node, dims).outputs();
  if (!outputs.ok()) return outputs.status();
  for (std::size_t i = 0; i < node.outputs.size() && i < outputs->size(); ++i) {
    if (node.outputs[i] == kNoValue || !(*outputs)[i]) continue;
    dims[static_cast<std::size_t>(node.outputs[i])] = std::move((*outputs)[i]);
  }
  return {};
}

namespace {

AllDims known_dims(const Graph& graph) {
  AllDims dims(graph.values.size());
  for (std::size_t i = 0; i < dims.size(); ++i) {
    if (graph.values[i].rank_known) dims[i] = graph.values[i].dims;
  }
  return dims;
}

}  // namespace

Result<AllDims> infer(const Graph& graph, const std::vector<std::optional<Dims>>& inputs) {
  AllDims dims = known_dims(graph);
  for (std::size_t i = 0; i < graph.inputs.size(); ++i) dims[static_cast<std::size_t>(graph.inputs[i])] = inputs[i];
  for (const Node& node : graph.nodes) {
    const Status status = infer(graph, node, dims);
    if (!status.ok()) return status;
  }
  return dims;
}

AllDims infer_what_is_known(const Graph& graph) {
  AllDims dims = known_dims(graph);
  for (const Node& node : graph.nodes) {
    if (!infer(graph, node, dims).ok()) continue;
    for (const ValueId id : node.outputs) {  // the engine may know more
      if (id == kNoValue) continue;
      auto& now = dims[static_cast<std::size_t>(id)];
      const Value& engine = graph.values[static_cast<std::size_t>(id)];
      if (!now || !engine.rank_known || now->size() != engine.dims.size()) continue;
      for (std::size_t i = 0; i < now->size(); ++i) {
        if ((*now)[i] == kUnknown) (*now)[i] = engine.dims[i];
      }
    }
  }
  return dims;
}

}  // namespace tandem::graph
