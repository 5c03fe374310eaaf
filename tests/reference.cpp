// The operators as loops over their formulas.
#include "reference.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <utility>

#include "elements.hpp"
#include "int8/quantised_end.hpp"

namespace tandem::test::reference {
namespace {

constexpr double kUnitRoundoff = 0x1p-24;    // fp32, round to nearest
constexpr double kDoubleRoundoff = 0x1p-53;  // what the reference itself loses
constexpr double kUnderflow = 0x1p-150;      // half the smallest fp32 denormal
constexpr std::int64_t kBlock = 4096;        // products in a running sum of a matrix product
constexpr std::int64_t kTreeAdditions = 3;   // that a pixel of a mean passes in fp32

double gamma(std::int64_t roundings, double u) {
  return static_cast<double>(roundings) * u / (1.0 - static_cast<double>(roundings) * u);
}

std::size_t at(const Shape& s, std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c) {
  return static_cast<std::size_t>(((n * s.h + y) * s.w + x) * s.c + c);
}

Tensor empty(const Shape& shape) {
  const auto count = static_cast<std::size_t>(shape.elements());
  return {shape, std::vector<double>(count), std::vector<double>(count)};
}

double clamped(double x, double lo, double hi) {
  if (x < lo) return lo;
  return x > hi ? hi : x;
}

/// f(x) without the affine, its steepest slope and the error of its own.
struct Activated {
  double value;
  double slope;
  double error;
};

/// The affine after the activation: the value, and the bound of its two roundings and of what it inherits.
void transform(double& value, double& bound, const Activation& act, std::int64_t channel) {
  if (act.scale.size + act.shift.size == 0) return;
  const auto of = [channel](const FloatSpan& span, double absent) {
    return span.size == 0 ? absent : static_cast<double>(span.data[span.size == 1 ? 0 : channel]);
  };
  const double scale = of(act.scale, 1.0);
  const double shift = of(act.shift, -0.0);
  const double product = scale * value;
  bound = std::abs(scale) * bound;
  bound += 2.0 * kUnitRoundoff * (std::abs(product) + bound + std::abs(shift)) + 2.0 * kUnderflow;
  value = product + shift;
}

Activated activated(double x, const Activation& act, std::int64_t channel) {
  using Kind = Activation::Kind;
  const double alpha = static_cast<double>(act.alpha);
  const double sigmoid = x < 0 ? std::exp(x) / (1.0 + std::exp(x)) : 1.0 / (1.0 + std::exp(-x));
  const auto ulps = [](double y, double count) { return count * 2.0 * kUnitRoundoff * std::abs(y) + kUnderflow; };
  const auto leaky = [&](double slope) -> Activated {
    return {x < 0 ? slope * x : x, std::max(1.0, std::abs(slope)), ulps(slope * x, 0.5)};
  };
  switch (act.kind) {
    case Kind::kClamp:
      return {clamped(x, static_cast<double>(act.lo), static_cast<double>(act.hi)), 1.0, 0.0};
    case Kind::kLeakyRelu:
      return leaky(alpha);
    case Kind::kPrelu:
      return leaky(static_cast<double>(act.slopes.data[channel]));
    case Kind::kSigmoid:
      return {sigmoid, 0.25, ulps(sigmoid, 2.5)};
    case Kind::kSilu: {
      const double y = std::isinf(x) && x < 0 ? 0.0 : x * sigmoid;
      return {y, 1.1, ulps(y, 3.5)};
    }
    case Kind::kHardSigmoid: {
      const double beta = static_cast<double>(act.beta);
      return {clamped(alpha * x + beta, 0.0, 1.0), std::abs(alpha), ulps(std::abs(alpha * x) + std::abs(beta), 1.0)};
    }
    case Kind::kHardSwish: {
      const double gate = clamped(x / 6.0 + 0.5, 0.0, 1.0);
      const double y = gate == 0.0 ? 0.0 : x * gate;
      // Beyond +-3 the gate is 0 or 1; up to there two roundings and a factor of 1/6 that is rounded itself.
      return {y, 1.5, std::abs(x) < 3.1 ? ulps(std::abs(x) * (std::abs(x) / 6.0 + 0.5), 2.0) : 0.0};
    }
    case Kind::kTanh:
      return {std::tanh(x), 1.0, ulps(std::tanh(x), 2.5)};
    case Kind::kGelu: {
      const double y = std::isinf(x) && x < 0 ? 0.0 : x * 0.5 * std::erfc(-x * std::sqrt(0.5));
      return {y, 1.13, ulps(y, 8.0)};
    }
    case Kind::kGeluTanh: {
      const double v = std::sqrt(8.0 / std::acos(-1.0)) * (x + 0.044715 * x * x * x);
      const double y = std::isinf(x) && x < 0 ? 0.0 : x / (1.0 + std::exp(-v));
      return {y, 1.13, ulps(y, 5.0)};
    }
  }
  return {x, 1.0, 0.0};
}

/// The sum of one output and what its bound needs.
class Sum {
 public:
  /// One running sum.
  Sum() = default;
  /// In blocks: products are summed from `steps` of a matrix, of which an output may miss some.
  explicit Sum(std::int64_t steps) : longest_(kBlock), blocks_((steps - 1) / kBlock + 1) {}

  void multiply_add(double a, double a_bound, double b) {
    value_ += a * b;
    magnitude_ += (std::abs(a) + a_bound) * std::abs(b);
    inherited_ += a_bound * std::abs(b);
    ++depth_;
  }
  void add(double a, double a_bound = 0.0) {
    value_ += a;
    magnitude_ += std::abs(a) + a_bound;
    inherited_ += a_bound;
  }
  /// residual: added to what the activation makes, at i, or null.
  void store(Tensor& dst, std::size_t i, const Activation& act, std::int64_t channel,
             const Tensor* residual = nullptr) const {
    const std::int64_t n = std::min(depth_, longest_) + blocks_ - 1 + 2;
    const double rounding = gamma(n, kUnitRoundoff) + gamma(depth_ + 2, kDoubleRoundoff);
    finish(dst, i, act, channel, rounding, 1.0, static_cast<double>(depth_ + 2) * kUnderflow);
    if (residual == nullptr) return;
    dst.value[i] += residual->value[i];
    dst.bound[i] += residual->bound[i];
    dst.bound[i] += gamma(1, kUnitRoundoff) * (std::abs(dst.value[i]) + dst.bound[i]) + kUnderflow;
  }
  /// The mean, if all products were by one.
  void store_mean(Tensor& dst, std::size_t i, const Activation& act, std::int64_t channel) const {
    const double rounding = gamma(kTreeAdditions + 1, kUnitRoundoff) + 2.0 * gamma(depth_ + 2, kDoubleRoundoff);
    finish(dst, i, act, channel, rounding, static_cast<double>(depth_), kUnderflow);
  }
  /// The sum of one window, whose terms pass so many roundings, divided.
  void store_window_mean(Tensor& dst, std::size_t i, const Activation& act, std::int64_t channel,
                         std::int64_t roundings, std::int64_t divisor) const {
    const double rounding = gamma(roundings, kUnitRoundoff) + 2.0 * gamma(depth_ + 2, kDoubleRoundoff);
    finish(dst, i, act, channel, rounding, static_cast<double>(divisor), kUnderflow);
  }

 private:
  void finish(Tensor& dst, std::size_t i, const Activation& act, std::int64_t channel, double rounding, double divisor,
              double underflow) const {
    const Activated y = activated(value_ / divisor, act, channel);
    const double bound = std::isinf(value_) ? 0.0  // whatever the order of its additions
                                            : (inherited_ + rounding * magnitude_) / divisor + underflow;
    dst.value[i] = y.value;
    dst.bound[i] = y.slope * bound + y.error;
    transform(dst.value[i], dst.bound[i], act, channel);
  }

  double value_ = 0.0;
  double magnitude_ = 0.0;
  double inherited_ = 0.0;
  std::int64_t depth_ = 0;
  std::int64_t longest_ = std::numeric_limits<std::int64_t>::max();
  std::int64_t blocks_ = 1;
};

double bias_of(const Weights& weights, std::int64_t m) {
  return weights.bias.empty() ? 0.0 : static_cast<double>(weights.bias[static_cast<std::size_t>(m)]);
}

/// Adds the residual, if any, and the activation, in their order.
template <class Params>
void finish(Sum& sum, Tensor& dst, std::size_t i, const Params& p, std::int64_t channel, const Tensor* residual) {
  const bool last = p.residual_order == ResidualOrder::kAfterActivation;
  if (residual != nullptr && !last) sum.add(residual->value[i], residual->bound[i]);
  sum.store(dst, i, p.activation, channel, last ? residual : nullptr);
}

bool inside(std::int64_t i, std::int64_t size) { return i >= 0 && i < size; }

}  // namespace

Tensor exact(const Shape& shape, const std::vector<float>& values) {
  return {shape, std::vector<double>(values.begin(), values.end()), std::vector<double>(values.size())};
}

Tensor stored(Tensor t, const TensorType& type) {
  if (type.type == DataType::kF32) return t;  // the bound of a sum holds its last rounding
  for (std::size_t i = 0; i < t.value.size(); ++i) {
    const double low = rounded(type.type, t.value[i] - t.bound[i]);
    const double high = rounded(type.type, t.value[i] + t.bound[i]);
    t.value[i] = rounded(type.type, t.value[i]);
    t.bound[i] = low == high ? 0.0 : std::max(high - t.value[i], t.value[i] - low);
    if (std::isfinite(low) == std::isfinite(high)) continue;
    t.value[i] = std::isfinite(low) ? low : high;
    t.bound[i] = std::numeric_limits<double>::infinity();
  }
  return t;
}

Axis resolve(Padding::Mode mode, std::int64_t before, std::int64_t after, std::int64_t in, std::int64_t kernel,
             std::int64_t stride, std::int64_t dilation) {
  const std::int64_t reach = (kernel - 1) * dilation + 1;
  const auto positions = [&](std::int64_t padding) {
    const std::int64_t room = in + padding - reach;
    return room < 0 ? 0 : room / stride + 1;
  };
  if (mode == Padding::Mode::kExplicit) return {positions(before + after), before};
  // SAME by its meaning: the least padding that gives ceil(in / stride) outputs.
  const std::int64_t wanted = (in + stride - 1) / stride;
  std::int64_t padding = 0;
  while (positions(padding) < wanted) ++padding;
  return {wanted, mode == Padding::Mode::kSameUpper ? padding / 2 : padding - padding / 2};
}

Axis resolve_pool(Padding::Mode mode, std::int64_t before, std::int64_t after, std::int64_t in, std::int64_t kernel,
                  std::int64_t stride, std::int64_t dilation, bool ceil_mode) {
  Axis axis = resolve(mode, before, after, in, kernel, stride, dilation);
  if (!ceil_mode || mode != Padding::Mode::kExplicit) return axis;
  // As ONNX states it: out = ceil((in + pads - reach) / stride) + 1, less the window that begins behind the input.
  const double reach = static_cast<double>((kernel - 1) * dilation + 1);
  const double room = static_cast<double>(in + before + after) - reach;
  axis.out = std::max<std::int64_t>(static_cast<std::int64_t>(std::ceil(room / static_cast<double>(stride))) + 1, 0);
  if ((axis.out - 1) * stride >= in + before) --axis.out;
  return axis;
}

Tensor conv2d(const Conv2dParams& p, const Weights& weights, const Tensor& src, const Tensor* residual) {
  const Axis rows =
      resolve(p.padding.mode, p.padding.top, p.padding.bottom, src.shape.h, p.kernel_h, p.stride_h, p.dilation_h);
  const Axis columns =
      resolve(p.padding.mode, p.padding.left, p.padding.right, src.shape.w, p.kernel_w, p.stride_w, p.dilation_w);
  Tensor dst = empty({src.shape.n, rows.out, columns.out, p.out_channels});
  const std::int64_t in = p.in_channels / p.groups;  // of a group
  const std::int64_t out = p.out_channels / p.groups;
  // A group of one input or of few outputs runs as a depthwise convolution, in one running sum.
  const bool few = p.groups > 1 && (in == 1 || out < 8) && p.kernel_h * in <= 128;
  const Sum start = few ? Sum() : Sum(in * p.kernel_h * p.kernel_w);
  for (std::int64_t n = 0; n < dst.shape.n; ++n) {
    for (std::int64_t oy = 0; oy < dst.shape.h; ++oy) {
      for (std::int64_t ox = 0; ox < dst.shape.w; ++ox) {
        for (std::int64_t m = 0; m < dst.shape.c; ++m) {
          Sum sum = start;
          sum.add(bias_of(weights, m));
          for (std::int64_t c = 0; c < in; ++c) {
            for (std::int64_t ky = 0; ky < p.kernel_h; ++ky) {
              const std::int64_t y = oy * p.stride_h - rows.before + ky * p.dilation_h;
              if (!inside(y, src.shape.h)) continue;
              for (std::int64_t kx = 0; kx < p.kernel_w; ++kx) {
                const std::int64_t x = ox * p.stride_w - columns.before + kx * p.dilation_w;
                if (!inside(x, src.shape.w)) continue;
                const std::size_t i = at(src.shape, n, y, x, m / out * in + c);
                const auto f = static_cast<std::size_t>(((m * in + c) * p.kernel_h + ky) * p.kernel_w + kx);
                sum.multiply_add(src.value[i], src.bound[i], static_cast<double>(weights.filter[f]));
              }
            }
          }
          const std::size_t o = at(dst.shape, n, oy, ox, m);
          finish(sum, dst, o, p, m, residual);
        }
      }
    }
  }
  return stored(std::move(dst), p.dst_type);
}

namespace {

Axis transposed_axis(Padding::Mode mode, std::int64_t before, std::int64_t after, std::int64_t in, std::int64_t kernel,
                     std::int64_t stride, std::int64_t dilation, std::int64_t output_padding, std::int64_t size) {
  // One more than the last output that a tap reaches.
  const std::int64_t reached = stride * (in - 1) + dilation * (kernel - 1) + 1 + output_padding;
  if (mode == Padding::Mode::kExplicit) return {size > 0 ? size : reached - before - after, before};
  const std::int64_t out = size > 0 ? size : stride * in;
  std::int64_t top = 0;
  for (std::int64_t bottom = 0; top + bottom + out < reached;) {
    const bool next_is_top = mode == Padding::Mode::kSameUpper ? bottom > top : bottom >= top;
    ++(next_is_top ? top : bottom);
  }
  return {out, top};
}

struct Axes {
  Axis rows, columns;
};

Axes resolve_transposed(const ConvTranspose2dParams& p, const Shape& in) {
  return {transposed_axis(p.padding.mode, p.padding.top, p.padding.bottom, in.h, p.kernel_h, p.stride_h, p.dilation_h,
                          p.output_padding_h, p.output_h),
          transposed_axis(p.padding.mode, p.padding.left, p.padding.right, in.w, p.kernel_w, p.stride_w, p.dilation_w,
                          p.output_padding_w, p.output_w)};
}

}  // namespace

Shape output_shape(const ConvTranspose2dParams& p, const Shape& input) {
  const Axes axes = resolve_transposed(p, input);
  return {input.n, axes.rows.out, axes.columns.out, p.out_channels};
}

// Scattered: every input adds to the outputs that it reaches.
Tensor conv_transpose2d(const ConvTranspose2dParams& p, const Weights& weights, const Tensor& src,
                        const Tensor* residual) {
  const auto [rows, columns] = resolve_transposed(p, src.shape);
  Tensor dst = empty({src.shape.n, rows.out, columns.out, p.out_channels});
  const std::int64_t in = p.in_channels / p.groups;  // of a group
  const std::int64_t out = p.out_channels / p.groups;
  // The taps of one axis that can reach an output, over which its sum is cut into blocks.
  const auto reaching = [](std::int64_t place, std::int64_t kernel, std::int64_t stride, std::int64_t dilation) {
    std::int64_t count = 0;
    for (std::int64_t k = 0; k < kernel; ++k) count += (place - k * dilation) % stride == 0 ? 1 : 0;
    return count;
  };
  std::vector<Sum> sums;
  for (std::int64_t i = 0; i < dst.shape.elements(); ++i) {
    const std::int64_t oy = i / (dst.shape.w * dst.shape.c) % dst.shape.h;
    const std::int64_t ox = i / dst.shape.c % dst.shape.w;
    const std::int64_t steps = in * reaching(oy + rows.before, p.kernel_h, p.stride_h, p.dilation_h) *
                               reaching(ox + columns.before, p.kernel_w, p.stride_w, p.dilation_w);
    sums.emplace_back(std::max<std::int64_t>(steps, 1)).add(bias_of(weights, i % dst.shape.c));
  }
  for (std::int64_t n = 0; n < src.shape.n; ++n) {
    for (std::int64_t iy = 0; iy < src.shape.h; ++iy) {
      for (std::int64_t ix = 0; ix < src.shape.w; ++ix) {
        for (std::int64_t ky = 0; ky < p.kernel_h; ++ky) {
          const std::int64_t oy = iy * p.stride_h + ky * p.dilation_h - rows.before;
          if (!inside(oy, dst.shape.h)) continue;
          for (std::int64_t kx = 0; kx < p.kernel_w; ++kx) {
            const std::int64_t ox = ix * p.stride_w + kx * p.dilation_w - columns.before;
            if (!inside(ox, dst.shape.w)) continue;
            for (std::int64_t m = 0; m < dst.shape.c; ++m) {
              for (std::int64_t c = 0; c < in; ++c) {
                const std::size_t i = at(src.shape, n, iy, ix, m / out * in + c);
                const auto f = static_cast<std::size_t>(((m * in + c) * p.kernel_h + ky) * p.kernel_w + kx);
                sums[at(dst.shape, n, oy, ox, m)].multiply_add(src.value[i], src.bound[i],
                                                               static_cast<double>(weights.filter[f]));
              }
            }
          }
        }
      }
    }
  }
  for (std::size_t i = 0; i < sums.size(); ++i) {
    finish(sums[i], dst, i, p, static_cast<std::int64_t>(i) % dst.shape.c, residual);
  }
  return stored(std::move(dst), p.dst_type);
}

Tensor depthwise(const DepthwiseParams& p, const Weights& weights, const Tensor& src, const Tensor* residual) {
  const Axis rows =
      resolve(p.padding.mode, p.padding.top, p.padding.bottom, src.shape.h, p.kernel_h, p.stride_h, p.dilation_h);
  const Axis columns =
      resolve(p.padding.mode, p.padding.left, p.padding.right, src.shape.w, p.kernel_w, p.stride_w, p.dilation_w);
  Tensor dst = empty({src.shape.n, rows.out, columns.out, std::int64_t{p.channels} * p.multiplier});
  for (std::int64_t n = 0; n < dst.shape.n; ++n) {
    for (std::int64_t oy = 0; oy < dst.shape.h; ++oy) {
      for (std::int64_t ox = 0; ox < dst.shape.w; ++ox) {
        for (std::int64_t m = 0; m < dst.shape.c; ++m) {
          Sum sum;
          sum.add(bias_of(weights, m));
          for (std::int64_t ky = 0; ky < p.kernel_h; ++ky) {
            const std::int64_t y = oy * p.stride_h - rows.before + ky * p.dilation_h;
            if (!inside(y, src.shape.h)) continue;
            for (std::int64_t kx = 0; kx < p.kernel_w; ++kx) {
              const std::int64_t x = ox * p.stride_w - columns.before + kx * p.dilation_w;
              if (!inside(x, src.shape.w)) continue;
              const std::size_t i = at(src.shape, n, y, x, m / p.multiplier);
              const auto f = static_cast<std::size_t>((m * p.kernel_h + ky) * p.kernel_w + kx);
              sum.multiply_add(src.value[i], src.bound[i], static_cast<double>(weights.filter[f]));
            }
          }
          const std::size_t o = at(dst.shape, n, oy, ox, m);
          finish(sum, dst, o, p, m, residual);
        }
      }
    }
  }
  return stored(std::move(dst), p.dst_type);
}

Tensor pointwise(const PointwiseParams& p, const Weights& weights, const Tensor& src, const Tensor* residual) {
  const Shape& in = src.shape;
  Tensor dst =
      empty({in.n, (in.h + p.stride_h - 1) / p.stride_h, (in.w + p.stride_w - 1) / p.stride_w, p.out_channels});
  for (std::int64_t n = 0; n < in.n; ++n) {
    for (std::int64_t oy = 0; oy < dst.shape.h; ++oy) {
      for (std::int64_t ox = 0; ox < dst.shape.w; ++ox) {
        for (std::int64_t m = 0; m < p.out_channels; ++m) {
          Sum sum(in.c);
          sum.add(bias_of(weights, m));
          for (std::int64_t c = 0; c < in.c; ++c) {
            const std::size_t i = at(in, n, oy * p.stride_h, ox * p.stride_w, c);
            sum.multiply_add(src.value[i], src.bound[i],
                             static_cast<double>(weights.filter[static_cast<std::size_t>(m * in.c + c)]));
          }
          finish(sum, dst, at(dst.shape, n, oy, ox, m), p, m, residual);
        }
      }
    }
  }
  return stored(std::move(dst), p.dst_type);
}

Tensor global_average_pool(const GlobalAveragePoolParams& p, const Tensor& src) {
  Tensor dst = empty({src.shape.n, 1, 1, src.shape.c});
  const std::int64_t pixels = src.shape.h * src.shape.w;
  for (std::int64_t n = 0; n < src.shape.n; ++n) {
    for (std::int64_t c = 0; c < src.shape.c; ++c) {
      Sum sum;
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
        const auto i = static_cast<std::size_t>((n * pixels + pixel) * src.shape.c + c);
        sum.multiply_add(src.value[i], src.bound[i], 1.0);
      }
      sum.store_mean(dst, static_cast<std::size_t>(n * src.shape.c + c), p.activation, c);
    }
  }
  return stored(std::move(dst), p.dst_type);
}

namespace {

/// Calls window(output, channel, taps, counted) for each element of dst. taps: indices into src; counted: positions of
/// the window inside the padded input.
template <class Params, class Visit>
Tensor pool(const Params& p, const Tensor& src, const Visit& visit) {
  const Axis rows = resolve_pool(p.padding.mode, p.padding.top, p.padding.bottom, src.shape.h, p.kernel_h, p.stride_h,
                                 p.dilation_h, p.ceil_mode);
  const Axis columns = resolve_pool(p.padding.mode, p.padding.left, p.padding.right, src.shape.w, p.kernel_w,
                                    p.stride_w, p.dilation_w, p.ceil_mode);
  const bool same = p.padding.mode != Padding::Mode::kExplicit;  // then no position lies outside
  const std::int64_t counted_h = src.shape.h + p.padding.bottom;
  const std::int64_t counted_w = src.shape.w + p.padding.right;
  Tensor dst = empty({src.shape.n, rows.out, columns.out, src.shape.c});
  std::vector<std::size_t> taps;
  for (std::int64_t i = 0; i < dst.shape.elements(); ++i) {
    const std::int64_t c = i % dst.shape.c;
    const std::int64_t ox = i / dst.shape.c % dst.shape.w;
    const std::int64_t oy = i / (dst.shape.w * dst.shape.c) % dst.shape.h;
    const std::int64_t n = i / (dst.shape.h * dst.shape.w * dst.shape.c);
    std::int64_t counted = 0;
    taps.clear();
    for (std::int64_t ky = 0; ky < p.kernel_h; ++ky) {
      const std::int64_t y = oy * p.stride_h - rows.before + ky * p.dilation_h;
      for (std::int64_t kx = 0; kx < p.kernel_w; ++kx) {
        const std::int64_t x = ox * p.stride_w - columns.before + kx * p.dilation_w;
        if (same || (y < counted_h && x < counted_w)) ++counted;
        if (inside(y, src.shape.h) && inside(x, src.shape.w)) taps.push_back(at(src.shape, n, y, x, c));
      }
    }
    visit(dst, static_cast<std::size_t>(i), c, taps, counted);
  }
  return stored(std::move(dst), p.dst_type);
}

}  // namespace

Tensor max_pool(const MaxPoolParams& p, const Tensor& src) {
  return pool(p, src, [&](Tensor& dst, std::size_t i, std::int64_t c, const auto& taps, std::int64_t) {
    double greatest = -std::numeric_limits<double>::infinity();
    double bound = 0.0;
    for (const std::size_t tap : taps) {
      const double x = src.value[tap];
      greatest =
          std::isnan(greatest) || std::isnan(x) ? std::numeric_limits<double>::quiet_NaN() : std::max(greatest, x);
      bound = std::max(bound, src.bound[tap]);
    }
    const Activated y = activated(greatest, p.activation, c);
    dst.value[i] = y.value;
    dst.bound[i] = y.slope * bound + y.error;
    transform(dst.value[i], dst.bound[i], p.activation, c);
  });
}

namespace {

std::int64_t divisor_of(const AveragePoolParams& p, const std::vector<std::size_t>& taps, std::int64_t counted) {
  return std::max<std::int64_t>(p.count_include_pad ? counted : static_cast<std::int64_t>(taps.size()), 1);
}

}  // namespace

Tensor average_pool(const AveragePoolParams& p, const Tensor& src) {
  return pool(p, src, [&](Tensor& dst, std::size_t i, std::int64_t c, const auto& taps, std::int64_t counted) {
    Sum sum;
    for (const std::size_t tap : taps) sum.multiply_add(src.value[tap], src.bound[tap], 1.0);
    sum.store_window_mean(dst, i, p.activation, c, p.kernel_h + p.kernel_w + 1, divisor_of(p, taps, counted));
  });
}

Tensor average_pool(const AveragePoolParams& p, const Tensor& src, const Mean& mean) {
  return pool(p, src, [&](Tensor& dst, std::size_t i, std::int64_t, const auto& taps, std::int64_t counted) {
    double sum = 0.0;
    for (const std::size_t tap : taps) sum += src.value[tap];
    dst.value[i] = mean(sum, divisor_of(p, taps, counted));
  });
}

namespace {

/// The parts of one output row or column: input indices and their shares, which make up 1.
struct Parts {
  std::int64_t index[2];
  double share[2];
};

Parts parts_of(const ResizeParams& p, std::int64_t i, std::int64_t in, std::int64_t out, float given_scale) {
  const float scale = given_scale > 0.0F ? given_scale : static_cast<float>(out) / static_cast<float>(in);
  const auto x = static_cast<float>(i);
  const float half_pixel = (x + 0.5F) / scale - 0.5F;
  float place = half_pixel;
  if (p.coordinates == CoordinateMode::kPytorchHalfPixel) place = out > 1 ? half_pixel : 0.0F;
  if (p.coordinates == CoordinateMode::kAsymmetric) place = x / scale;
  if (p.coordinates == CoordinateMode::kAlignCorners) {
    place = out > 1 ? x * static_cast<float>(in - 1) / static_cast<float>(out - 1) : 0.0F;
  }
  if (in == out && scale == 1.0F) place = x;
  if (p.coordinates == CoordinateMode::kTfHalfPixelForNearest) {
    place = given_scale > 0.0F ? (x + 0.5F) / scale : (x + 0.5F) * (static_cast<float>(in) / static_cast<float>(out));
  }
  const auto clamped_index = [&](double index) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(index), 0, in - 1);
  };
  const auto exact = static_cast<double>(place);
  if (p.mode == ResizeMode::kNearest) {
    double nearest = 0.0;
    if (p.rounding == NearestRounding::kFloor) nearest = std::floor(exact);
    if (p.rounding == NearestRounding::kCeil) nearest = std::ceil(exact);
    if (p.rounding == NearestRounding::kRoundPreferCeil) nearest = std::floor(exact + 0.5);
    if (p.rounding == NearestRounding::kRoundPreferFloor) nearest = std::ceil(exact - 0.5);
    return {{clamped_index(nearest), 0}, {1.0, 0.0}};
  }
  const double inside_image = std::clamp(exact, 0.0, static_cast<double>(in - 1));
  const double below = std::floor(inside_image);
  return {{clamped_index(below), clamped_index(below + 1.0)}, {1.0 - (inside_image - below), inside_image - below}};
}

}  // namespace

Shape output_shape(const ResizeParams& p, const Shape& input) {
  const auto size = [](std::int64_t in, std::int32_t out, float scale) {
    return out > 0 ? out : static_cast<std::int64_t>(scale * static_cast<float>(in));
  };
  return {input.n, size(input.h, p.output_h, p.scale_h), size(input.w, p.output_w, p.scale_w), input.c};
}

Tensor resize(const ResizeParams& p, const Tensor& src) {
  Tensor dst = empty(output_shape(p, src.shape));
  for (std::int64_t i = 0; i < dst.shape.elements(); ++i) {
    const std::int64_t c = i % dst.shape.c;
    const std::int64_t ox = i / dst.shape.c % dst.shape.w;
    const std::int64_t oy = i / (dst.shape.w * dst.shape.c) % dst.shape.h;
    const std::int64_t n = i / (dst.shape.h * dst.shape.w * dst.shape.c);
    const Parts rows = parts_of(p, oy, src.shape.h, dst.shape.h, p.scale_h);
    const Parts columns = parts_of(p, ox, src.shape.w, dst.shape.w, p.scale_w);
    Sum sum;
    for (std::size_t y = 0; y < 2; ++y) {
      for (std::size_t x = 0; x < 2; ++x) {
        const double share = rows.share[y] * columns.share[x];
        if (share == 0.0) continue;
        const std::size_t tap = at(src.shape, n, rows.index[y], columns.index[x], c);
        sum.multiply_add(src.value[tap], src.bound[tap], share);
      }
    }
    if (p.mode == ResizeMode::kNearest) {
      dst.value[static_cast<std::size_t>(i)] = src.value[at(src.shape, n, rows.index[0], columns.index[0], c)];
    } else {
      sum.store_window_mean(dst, static_cast<std::size_t>(i), Activation::none(), c, 4, 1);
      dst.bound[static_cast<std::size_t>(i)] += 6.0 * kUnderflow;
    }
  }
  return stored(std::move(dst), p.dst_type);
}

Tensor squeeze_excite(const SqueezeExciteParams& p, const Weights& reduce, const Weights& expand, const Tensor& src) {
  const auto product_of = [&p](std::int32_t in, std::int32_t out, const Activation& activation) {
    PointwiseParams q{in, out, activation};
    set_types(q, p.dst_type, p.weight_type);
    return q;
  };
  const Tensor means = global_average_pool({p.channels, Activation::none(), p.src_type, p.dst_type}, src);
  const Tensor hidden = pointwise(product_of(p.channels, p.reduced_channels, p.activation), reduce, means);
  const Tensor gates = pointwise(product_of(p.reduced_channels, p.channels, p.gate), expand, hidden);
  Tensor dst = empty(src.shape);
  const auto channels = static_cast<std::size_t>(p.channels);
  const std::size_t image = dst.value.size() / static_cast<std::size_t>(src.shape.n);
  for (std::size_t i = 0; i < dst.value.size(); ++i) {
    const std::size_t g = i / image * channels + i % channels;
    Sum product;  // of factors that are both off
    product.multiply_add(src.value[i], src.bound[i], gates.value[g]);
    product.store(dst, i, Activation::none(), 0);
    dst.bound[i] += (std::abs(src.value[i]) + src.bound[i]) * gates.bound[g] * (1.0 + gamma(3, kUnitRoundoff));
  }
  return stored(std::move(dst), p.dst_type);
}

Tensor separable(const SeparableParams& p, const std::vector<Weights>& w, const Tensor& src, const Tensor* residual) {
  Tensor filtered = depthwise(p.depthwise, w[0], src);
  if (p.squeeze_excite) filtered = squeeze_excite(*p.squeeze_excite, w[2], w[3], filtered);
  return pointwise(p.pointwise, w[1], filtered, residual);
}

Tensor inverted_residual(const InvertedResidualParams& p, const std::vector<Weights>& w, const Tensor& src) {
  Tensor filtered = depthwise(p.depthwise, w[1], pointwise(p.expand, w[0], src));
  if (p.squeeze_excite) filtered = squeeze_excite(*p.squeeze_excite, w[3], w[4], filtered);
  return pointwise(p.project, w[2], filtered, p.residual ? &src : nullptr);
}

Tensor convert_layout(const ConvertLayoutParams& p, const Tensor& src) {
  const Shape& s = src.shape;
  Tensor dst = empty(s);
  for (std::int64_t n = 0; n < s.n; ++n) {
    for (std::int64_t y = 0; y < s.h; ++y) {
      for (std::int64_t x = 0; x < s.w; ++x) {
        for (std::int64_t c = 0; c < s.c; ++c) {
          const std::size_t nhwc = at(s, n, y, x, c);
          const auto nchw = static_cast<std::size_t>(((n * s.c + c) * s.h + y) * s.w + x);
          const bool to_nhwc = p.conversion == LayoutConversion::kNchwToNhwc;
          dst.value[to_nhwc ? nhwc : nchw] = src.value[to_nhwc ? nchw : nhwc];
          dst.bound[to_nhwc ? nhwc : nchw] = src.bound[to_nhwc ? nchw : nhwc];
        }
      }
    }
  }
  return dst;
}

Tensor fully_connected(const FullyConnectedParams& p, const Weights& weights, const Tensor& src,
                       const Tensor* residual) {
  Tensor flat = src;
  flat.shape = {src.shape.n, 1, 1, p.in_features};
  PointwiseParams q{p.in_features, p.out_features, p.activation, p.residual, p.residual_order};
  q.dst_type = p.dst_type;
  return pointwise(q, weights, flat, residual);
}

namespace {

double operated(ElementwiseOperation operation, double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return a + b;
  switch (operation) {
    case ElementwiseOperation::kAdd:
      return a + b;
    case ElementwiseOperation::kSubtract:
      return a - b;
    case ElementwiseOperation::kSubtractFrom:
      return b - a;
    case ElementwiseOperation::kMultiply:
      return a * b;
    case ElementwiseOperation::kDivide:
      return a / b;
    case ElementwiseOperation::kDivideInto:
      return b / a;
    case ElementwiseOperation::kMaximum:
      return std::max(a, b);
    case ElementwiseOperation::kMinimum:
      return std::min(a, b);
  }
  return 0.0;
}

/// f(x), where x was rounded once to fp32, which may have made it infinite.
void store_rounded(Tensor& dst, std::size_t i, double x, const Activation& act, std::int64_t channel) {
  const double fp32 = rounded(DataType::kF32, x);
  const Activated y = activated(std::isfinite(fp32) ? x : fp32, act, channel);
  dst.value[i] = y.value;
  dst.bound[i] = (std::isfinite(fp32) ? y.slope * (kUnitRoundoff * std::abs(x) + kUnderflow) : 0.0) + y.error;
  transform(dst.value[i], dst.bound[i], act, channel);
}

}  // namespace

Tensor elementwise(const ElementwiseParams& p, const Tensor& src, const Tensor* residual) {
  const Shape& s = src.shape;
  Tensor dst = empty(s);
  if (residual == nullptr && p.constants.size == 0) return dst;  // asked for its shape alone
  for (std::int64_t n = 0; n < s.n; ++n) {
    for (std::int64_t y = 0; y < s.h; ++y) {
      for (std::int64_t x = 0; x < s.w; ++x) {
        for (std::int64_t c = 0; c < s.c; ++c) {
          const Broadcast& one = p.broadcast;
          const double b =
              residual == nullptr
                  ? static_cast<double>(p.constants.data[p.constants.size == 1 ? 0 : c])
                  : residual->value[at(residual->shape, one.n ? 0 : n, one.h ? 0 : y, one.w ? 0 : x, one.c ? 0 : c)];
          const std::size_t i = at(s, n, y, x, c);
          store_rounded(dst, i, operated(p.operation, src.value[i], b), p.activation, c);
        }
      }
    }
  }
  return stored(std::move(dst), p.dst_type);
}

Tensor activation(const ActivationParams& p, const Tensor& src) {
  Tensor dst = empty(src.shape);
  for (std::size_t i = 0; i < dst.value.size(); ++i) {
    const std::int64_t channel = static_cast<std::int64_t>(i) % src.shape.c;
    const Activated y = activated(src.value[i], p.activation, channel);
    dst.value[i] = y.value;
    dst.bound[i] = y.error;
    transform(dst.value[i], dst.bound[i], p.activation, channel);
  }
  return stored(std::move(dst), p.dst_type);
}

Tensor softmax(const SoftmaxParams& p, const Tensor& src) {
  Tensor dst = empty(src.shape);
  const auto channels = static_cast<std::size_t>(src.shape.c);
  const double beta = static_cast<double>(p.beta);
  for (std::size_t first = 0; first < dst.value.size(); first += channels) {
    double most = -std::numeric_limits<double>::infinity();
    for (std::size_t i = first; i < first + channels; ++i) most = std::max(most, src.value[i]);
    double sum = 0.0;
    for (std::size_t i = first; i < first + channels; ++i) {
      dst.value[i] = std::exp(beta * (src.value[i] - most));
      sum += dst.value[i];
    }
    for (std::size_t i = first; i < first + channels; ++i) {
      dst.value[i] /= sum;
      const double exponent = beta * (most - src.value[i]);
      const double roundings = 2.0 * exponent + 2.0 * std::log(static_cast<double>(channels)) + 16.0;
      dst.bound[i] = (dst.value[i] > 0.0 ? roundings * kUnitRoundoff * dst.value[i] : 0.0) + kUnderflow;
    }
  }
  return stored(std::move(dst), p.dst_type);
}

Tensor depth_to_space(const DepthToSpaceParams& p, const Tensor& src) {
  const std::int64_t block = p.block;
  const std::int64_t channels = src.shape.c / (block * block);
  Tensor dst = empty({src.shape.n, src.shape.h * block, src.shape.w * block, channels});
  for (std::int64_t n = 0; n < dst.shape.n; ++n) {
    for (std::int64_t y = 0; y < dst.shape.h; ++y) {
      for (std::int64_t x = 0; x < dst.shape.w; ++x) {
        for (std::int64_t c = 0; c < channels; ++c) {
          const std::int64_t member = y % block * block + x % block;
          const std::int64_t channel =
              p.mode == DepthToSpaceMode::kDcr ? member * channels + c : c * block * block + member;
          dst.value[at(dst.shape, n, y, x, c)] = src.value[at(src.shape, n, y / block, x / block, channel)];
        }
      }
    }
  }
  return dst;
}

Tensor quantize(const QuantizeParams& p, const Tensor& src) {
  const int8::QuantisedEnd end(p.dst_type);
  Tensor dst = empty(src.shape);
  for (std::size_t i = 0; i < dst.value.size(); ++i) {
    dst.value[i] = end.of(static_cast<float>(src.value[i]) / p.dst_type.quantization.scale);
  }
  return dst;
}

Tensor dequantize(const DequantizeParams& p, const Tensor& src) {
  const Quantization& q = p.src_type.quantization;
  Tensor dst = empty(src.shape);
  for (std::size_t i = 0; i < dst.value.size(); ++i) {
    const float real = q.scale * static_cast<float>(src.value[i] - q.zero_point);
    dst.value[i] = static_cast<double>(real);
  }
  return dst;
}

}  // namespace tandem::test::reference
