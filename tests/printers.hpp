// How parameters look in a failure message.
#pragma once

#include <cstddef>
#include <iterator>
#include <ostream>

#include "tandem/params.hpp"
#include "tandem/shape.hpp"

namespace tandem {

inline std::ostream& operator<<(std::ostream& out, const Shape& s) {
  return out << s.n << 'x' << s.h << 'x' << s.w << 'x' << s.c;
}

inline std::ostream& operator<<(std::ostream& out, const Padding& p) {
  if (p.mode == Padding::Mode::kSameUpper) return out << "same upper";
  if (p.mode == Padding::Mode::kSameLower) return out << "same lower";
  return out << p.top << '/' << p.bottom << '/' << p.left << '/' << p.right;
}

inline std::ostream& operator<<(std::ostream& out, const Activation& a) {
  constexpr const char* kNames[] = {"clamp",        "leaky relu", "prelu", "sigmoid", "silu",
                                    "hard sigmoid", "hard swish", "tanh",  "gelu",    "gelu by tanh"};
  const auto kind = static_cast<std::size_t>(a.kind);
  if (kind >= std::size(kNames)) return out << "activation kind " << static_cast<int>(a.kind);  // a hostile caller's
  out << kNames[kind];
  if (a.kind == Activation::Kind::kClamp) out << " [" << a.lo << ", " << a.hi << ']';
  if (a.alpha != 0.0F) out << " alpha " << a.alpha;
  if (a.beta != 0.0F) out << " beta " << a.beta;
  if (a.scale.size + a.shift.size > 0) out << " affine of " << a.scale.size << " and " << a.shift.size;
  return out;
}

inline std::ostream& operator<<(std::ostream& out, ResidualOrder order) {
  return out << (order == ResidualOrder::kAfterActivation ? " + residual after" : " + residual");
}

namespace test {
template <class Params>
void print_taps(std::ostream& out, const Params& p) {
  out << p.kernel_h << 'x' << p.kernel_w << " stride " << p.stride_h << 'x' << p.stride_w << " dilation "
      << p.dilation_h << 'x' << p.dilation_w << " padding " << p.padding;
}
template <class Params>
void print_window(std::ostream& out, const Params& p) {
  print_taps(out, p);
  out << ", " << p.activation;
  if (p.residual) out << p.residual_order;
}
template <class Params>
void print_pool(std::ostream& out, const Params& p) {
  out << p.channels << ' ';
  print_taps(out, p);
  out << (p.ceil_mode ? " ceil, " : ", ") << p.activation;
}
}  // namespace test

inline std::ostream& operator<<(std::ostream& out, const Conv2dParams& p) {
  out << "conv2d " << p.in_channels << "->" << p.out_channels << ' ';
  if (p.groups != 1) out << p.groups << " groups ";
  test::print_window(out, p);
  return out;
}

inline std::ostream& operator<<(std::ostream& out, const ConvTranspose2dParams& p) {
  out << "conv_transpose2d " << p.in_channels << "->" << p.out_channels << ' ';
  if (p.groups != 1) out << p.groups << " groups ";
  out << "output padding " << p.output_padding_h << 'x' << p.output_padding_w << " output " << p.output_h << 'x'
      << p.output_w << ' ';
  test::print_window(out, p);
  return out;
}

inline std::ostream& operator<<(std::ostream& out, const DepthwiseParams& p) {
  out << "depthwise " << p.channels << ' ';
  if (p.multiplier != 1) out << "times " << p.multiplier << ' ';
  test::print_window(out, p);
  return out;
}

inline std::ostream& operator<<(std::ostream& out, const PointwiseParams& p) {
  out << "pointwise " << p.in_channels << "->" << p.out_channels;
  if (p.stride_h != 1 || p.stride_w != 1) out << " stride " << p.stride_h << 'x' << p.stride_w;
  out << ", " << p.activation;
  if (p.residual) out << p.residual_order;
  return out;
}

inline std::ostream& operator<<(std::ostream& out, const SqueezeExciteParams& p) {
  return out << "squeeze-and-excite " << p.channels << "->" << p.reduced_channels << " activation " << p.activation
             << " gate " << p.gate;
}

inline std::ostream& operator<<(std::ostream& out, const SeparableParams& p) {
  out << "separable (" << p.depthwise << "; ";
  if (p.squeeze_excite) out << *p.squeeze_excite << "; ";
  return out << p.pointwise << ')';
}

inline std::ostream& operator<<(std::ostream& out, const InvertedResidualParams& p) {
  out << "inverted residual (" << p.expand << "; " << p.depthwise << "; ";
  if (p.squeeze_excite) out << *p.squeeze_excite << "; ";
  return out << p.project << ')' << (p.residual ? " + own input" : "");
}

inline std::ostream& operator<<(std::ostream& out, const GlobalAveragePoolParams& p) {
  return out << "global average pool " << p.channels << ", " << p.activation;
}

inline std::ostream& operator<<(std::ostream& out, const ConvertLayoutParams& p) {
  return out << (p.conversion == LayoutConversion::kNchwToNhwc ? "NCHW to NHWC " : "NHWC to NCHW ") << p.channels;
}

inline std::ostream& operator<<(std::ostream& out, const MaxPoolParams& p) {
  out << "max pool ";
  test::print_pool(out, p);
  return out;
}

inline std::ostream& operator<<(std::ostream& out, const AveragePoolParams& p) {
  out << "average pool " << (p.count_include_pad ? "with padding " : "");
  test::print_pool(out, p);
  return out;
}

inline std::ostream& operator<<(std::ostream& out, const ResizeParams& p) {
  return out << "resize " << p.channels << " mode " << static_cast<int>(p.mode) << " coordinates "
             << static_cast<int>(p.coordinates) << " rounding " << static_cast<int>(p.rounding) << " to " << p.output_h
             << 'x' << p.output_w << " scale " << p.scale_h << 'x' << p.scale_w;
}

inline std::ostream& operator<<(std::ostream& out, const ElementwiseParams& p) {
  out << "elementwise " << p.channels << " operation " << static_cast<int>(p.operation);
  if (p.constants.size > 0) {
    out << ", " << p.constants.size << " constants";
  } else {
    const Broadcast& one = p.broadcast;
    out << ", broadcast " << (one.n ? "n" : "") << (one.h ? "h" : "") << (one.w ? "w" : "") << (one.c ? "c" : "");
  }
  return out << ", " << p.activation;
}

inline std::ostream& operator<<(std::ostream& out, const ActivationParams& p) {
  return out << "activation " << p.channels << ", " << p.activation;
}

inline std::ostream& operator<<(std::ostream& out, const SoftmaxParams& p) {
  return out << "softmax " << p.channels << " beta " << p.beta;
}

inline std::ostream& operator<<(std::ostream& out, const CopyParams& p) { return out << "copy " << p.channels; }

inline std::ostream& operator<<(std::ostream& out, const QuantizeParams& p) { return out << "quantize " << p.channels; }
inline std::ostream& operator<<(std::ostream& out, const DequantizeParams& p) {
  return out << "dequantize " << p.channels;
}

inline std::ostream& operator<<(std::ostream& out, const DepthToSpaceParams& p) {
  return out << "depth to space " << p.channels << " block " << p.block
             << (p.mode == DepthToSpaceMode::kDcr ? " DCR" : " CRD");
}

inline std::ostream& operator<<(std::ostream& out, const FullyConnectedParams& p) {
  out << "fully connected " << p.in_features << "->" << p.out_features << ", " << p.activation;
  if (p.residual) out << p.residual_order;
  return out;
}

}  // namespace tandem
