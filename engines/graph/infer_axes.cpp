// Matrix products, means, and operators that move elements.
#include <algorithm>

#include "engines/graph/inference.hpp"

namespace tandem::graph {
namespace {

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
    if (others == 0) {
      // No elements: as Flatten has it, from what is left of both sides without the sizes that are copied.
      Dims left;
      rest.clear();
      for (std::size_t i = 0; i < x.size(); ++i) left.push_back(i < y.size() && a.dims[i] == 0 ? 1 : x[i]);
      for (const std::int64_t size : a.dims) rest.push_back(std::max<std::int64_t>(size, 1));
      y[open] = elements(left) / elements(rest);
    } else {
      if (all % others != 0) return std::nullopt;
      y[open] = all / others;
    }
  }
  const std::int64_t now = elements(y);
  if (all != kUnknown && now != kUnknown && all != now) return std::nullopt;
  return y;
}

// Matrices in the last two axes, the others broadcast: numpy's matmul.
std::optional<Dims> product_of_stacks(const Dims& x, const Dims& y) {
  if (x.size() < 2) return std::nullopt;
  auto z = broadcast({x.begin(), x.end() - 2}, {y.begin(), y.end() - 2});
  if (z) z->insert(z->end(), {x[x.size() - 2], y.back()});
  return z;
}

}  // namespace

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
    if (x_[i] == 0) return misfit("the mean of no elements");
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
  std::int64_t sum = 0;
  for (const std::int64_t size : a.sizes) sum += size;
  if (x_[axis] != kUnknown && !a.sizes.empty() && sum != x_[axis]) return misfit("the parts do not fit");
  Outputs outputs;
  for (std::size_t i = 0; i < node_.outputs.size(); ++i) {
    Dims y = x_;
    y[axis] = part_size(a, i, node_.outputs.size(), x_[axis]);
    outputs.emplace_back(std::move(y));
  }
  return outputs;
}

Result<Outputs> Inference::slice() const {
  const auto& a = std::get<SliceAttributes>(node_.attributes);
  if (!a.known) return one(Dims(x_.size(), kUnknown));
  Dims y = x_;
  for (std::size_t i = 0; i < a.axes.size(); ++i) {
    const std::size_t axis = resolve_axis(a.axes[i], x_.size());
    if (axis == kNotAnAxis) return misfit("there is no such axis");
    if (y[axis] == kUnknown) continue;
    y[axis] = slice_range(a.starts[i], a.ends[i], a.steps[i], y[axis]).count;
  }
  return one(std::move(y));
}

Result<Outputs> Inference::pad() const {
  const auto& a = std::get<PadAttributes>(node_.attributes);
  if (a.before.size() != x_.size()) return misfit("it does not say how much for each axis");
  Dims y = x_;
  for (std::size_t i = 0; i < y.size(); ++i) {
    if (y[i] == kUnknown) continue;
    y[i] += a.before[i] + a.after[i];
    if (y[i] < 0) return misfit("it cuts off more than there is");
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

// A shape that is computed tells at least the number of axes.
std::optional<Dims> Inference::computed_shape() const {
  const Dims* shape = input(1);
  if (shape == nullptr || shape->size() != 1 || (*shape)[0] < 0) return std::nullopt;
  return Dims(static_cast<std::size_t>((*shape)[0]), kUnknown);
}

// The axes of the index stand where the axis was.
Result<Outputs> Inference::gather() const {
  const Dims* which = input(1);
  const std::size_t axis = resolve_axis(std::get<AxisAttributes>(node_.attributes).axis, x_.size());
  if (which == nullptr || axis == kNotAnAxis) return Outputs(1);
  Dims y = x_;
  const auto at = y.erase(y.begin() + static_cast<std::ptrdiff_t>(axis));
  y.insert(at, which->begin(), which->end());
  return one(std::move(y));
}

Result<Outputs> Inference::reshape() const {
  const auto& a = std::get<ReshapeAttributes>(node_.attributes);
  auto y = reshaped(x_, a);
  if (!y && a.known && elements(x_) != kUnknown) return misfit("the new shape has another number of elements");
  return one(std::move(y));
}

}  // namespace tandem::graph
