// The formulas, one output at a time.
#include <algorithm>
#include <utility>

#include "fixed_point.hpp"
#include "int8_case.hpp"
#include "quantised_end.hpp"
#include "tests/reference.hpp"

namespace tandem::test::int8 {
namespace {

// The layer of a fully connected operator as a convolution: each feature is a channel.
Shape image(const Case& c) {
  if (c.kind != Kind::kFullyConnected) return c.input;
  return {c.input.n, 1, 1, c.input.h * c.input.w * c.input.c};
}

// One axis of a transposed convolution, see ConvTranspose2dParams.
reference::Axis transposed_axis(Padding::Mode mode, std::int64_t before, std::int64_t after, std::int64_t reached,
                                std::int64_t same) {
  if (mode == Padding::Mode::kExplicit) return {reached - before - after, before};
  const std::int64_t off = std::max<std::int64_t>(reached - same, 0);
  return {same, mode == Padding::Mode::kSameUpper ? off / 2 : off - off / 2};
}

std::pair<reference::Axis, reference::Axis> axes(const Case& c) {
  const Conv2dParams& p = c.params;
  const Padding& pad = p.padding;
  const Shape in = image(c);
  if (c.kind == Kind::kConvTranspose2d) {
    const std::int64_t rows = (in.h - 1) * p.stride_h + c.output_padding_h + (p.kernel_h - 1) * p.dilation_h + 1;
    const std::int64_t columns = (in.w - 1) * p.stride_w + c.output_padding_w + (p.kernel_w - 1) * p.dilation_w + 1;
    return {transposed_axis(pad.mode, pad.top, pad.bottom, rows, in.h * p.stride_h),
            transposed_axis(pad.mode, pad.left, pad.right, columns, in.w * p.stride_w)};
  }
  return {reference::resolve(pad.mode, pad.top, pad.bottom, in.h, p.kernel_h, p.stride_h, p.dilation_h),
          reference::resolve(pad.mode, pad.left, pad.right, in.w, p.kernel_w, p.stride_w, p.dilation_w)};
}

// The exact sums of outputs.
class Sums {
 public:
  explicit Sums(const Case& c)
      : c_(c), p_(c.params), in_(image(c)), top_(axes(c).first.before), left_(axes(c).second.before) {
    src_.reserve(c.src.size());
    for (const float v : c.src) src_.push_back(static_cast<std::int32_t>(v) - p_.src_type.quantization.zero_point);
  }

  [[nodiscard]] std::int64_t at(std::int64_t n, std::int64_t oy, std::int64_t ox, std::int64_t m) const {
    const std::int64_t in = in_.c / p_.groups;
    const std::int64_t first = m / (p_.out_channels / p_.groups) * in;
    const std::int64_t taps = std::int64_t{p_.kernel_h} * p_.kernel_w;
    std::int64_t sum = c_.bias.empty() ? 0 : c_.bias[static_cast<std::size_t>(m)];
    for (std::int64_t tap = 0; tap < taps; ++tap) {
      const std::int64_t y = input(oy, p_.stride_h, top_, tap / p_.kernel_w * p_.dilation_h);
      const std::int64_t x = input(ox, p_.stride_w, left_, tap % p_.kernel_w * p_.dilation_w);
      if (y < 0 || y >= in_.h || x < 0 || x >= in_.w) continue;  // padding is the real number 0
      const std::int32_t* const s = src_.data() + ((n * in_.h + y) * in_.w + x) * in_.c + first;
      const std::int32_t* const f = c_.filter.data() + m * in * taps + tap;
      for (std::int64_t i = 0; i < in; ++i) sum += std::int64_t{s[i]} * f[i * taps];
    }
    return sum;
  }

 private:
  // The row or column that a tap, `offset` from the first one, of output o reads; -1 if there is none.
  [[nodiscard]] std::int64_t input(std::int64_t o, std::int64_t stride, std::int64_t pad, std::int64_t offset) const {
    if (c_.kind != Kind::kConvTranspose2d) return o * stride - pad + offset;
    const std::int64_t strides = o + pad - offset;
    return strides % stride == 0 ? strides / stride : -1;
  }

  const Case& c_;
  const Conv2dParams& p_;
  Shape in_;
  std::int64_t top_;
  std::int64_t left_;
  std::vector<std::int32_t> src_;  // less the zero point
};

// One output from its exact sum.
class Output {
 public:
  explicit Output(const Case& c) : c_(c), end_(c.params.dst_type, c.params.activation, c.params.rounding) {}

  [[nodiscard]] float of(std::int64_t exact, std::int64_t m) const {
    const Conv2dParams& p = c_.params;
    if (p.dst_type.type != DataType::kF32 && p.rounding != Rounding::kNearestEven) {
      return static_cast<float>(end_.of_integer(requantised(exact, tflite_multiplier(m), p.rounding)));
    }
    const auto sum = static_cast<float>(exact);
    const float both = p.src_type.quantization.scale * weight_scale(m);
    const float multiplier = both / p.dst_type.quantization.scale;
    const float product = sum * multiplier;
    if (p.dst_type.type == DataType::kF32) return std::clamp(product, p.activation.lo, p.activation.hi);
    return static_cast<float>(end_.of(product));
  }

 private:
  [[nodiscard]] float weight_scale(std::int64_t m) const {
    return c_.scales[c_.scales.size() == 1 ? 0 : static_cast<std::size_t>(m)];
  }
  [[nodiscard]] double tflite_multiplier(std::int64_t m) const {
    const Quantization& src = c_.params.src_type.quantization;
    const bool u8 = c_.params.src_type.type == DataType::kU8;
    double both = static_cast<double>(src.scale) * static_cast<double>(weight_scale(m));
    if (c_.scales.size() == 1 && (u8 || c_.kind == Kind::kFullyConnected)) {
      both = static_cast<double>(src.scale * weight_scale(m));
    }
    return both / static_cast<double>(c_.params.dst_type.quantization.scale);
  }

  const Case& c_;
  QuantisedEnd end_;
};

std::vector<float> converted(const Case& c) {
  const Conv2dParams& p = c.params;
  const reference::Tensor src = reference::exact(c.input, c.src);
  const reference::Tensor dst = c.kind == Kind::kQuantize
                                    ? reference::quantize({p.in_channels, p.src_type, p.dst_type}, src)
                                    : reference::dequantize({p.in_channels, p.src_type, p.dst_type}, src);
  std::vector<float> values;
  for (const double v : dst.value) values.push_back(static_cast<float>(v));
  return values;
}

}  // namespace

Shape output_shape(const Case& c) {
  const auto [rows, columns] = axes(c);
  return {c.input.n, rows.out, columns.out, c.params.out_channels};
}

std::vector<float> reference(const Case& c) {
  if (c.kind == Kind::kQuantize || c.kind == Kind::kDequantize) return converted(c);
  const Shape shape = output_shape(c);
  const Sums sums(c);
  const Output output(c);
  std::vector<float> dst;
  dst.reserve(static_cast<std::size_t>(shape.elements()));
  for (std::int64_t n = 0; n < shape.n; ++n) {
    for (std::int64_t y = 0; y < shape.h; ++y) {
      for (std::int64_t x = 0; x < shape.w; ++x) {
        for (std::int64_t m = 0; m < shape.c; ++m) dst.push_back(output.of(sums.at(n, y, x, m), m));
      }
    }
  }
  return dst;
}

}  // namespace tandem::test::int8
