// How parameters look in a failure message.
#pragma once

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
  return out << '[' << a.lo << ", " << a.hi << ']';
}

namespace test {
template <class Params>
void print_window(std::ostream& out, const Params& p) {
  out << p.kernel_h << 'x' << p.kernel_w << " stride " << p.stride_h << 'x' << p.stride_w << " dilation "
      << p.dilation_h << 'x' << p.dilation_w << " padding " << p.padding << " clamp " << p.activation
      << (p.residual ? " + residual" : "");
}
}  // namespace test

inline std::ostream& operator<<(std::ostream& out, const Conv2dParams& p) {
  out << "conv2d " << p.in_channels << "->" << p.out_channels << ' ';
  test::print_window(out, p);
  return out;
}

inline std::ostream& operator<<(std::ostream& out, const DepthwiseParams& p) {
  out << "depthwise " << p.channels << ' ';
  test::print_window(out, p);
  return out;
}

inline std::ostream& operator<<(std::ostream& out, const PointwiseParams& p) {
  return out << "pointwise " << p.in_channels << "->" << p.out_channels << " clamp " << p.activation
             << (p.residual ? " + residual" : "");
}

inline std::ostream& operator<<(std::ostream& out, const SeparableParams& p) {
  return out << "separable (" << p.depthwise << "; " << p.pointwise << ')';
}

inline std::ostream& operator<<(std::ostream& out, const InvertedResidualParams& p) {
  return out << "inverted residual (" << p.expand << "; " << p.depthwise << "; " << p.project << ')'
             << (p.residual ? " + own input" : "");
}

inline std::ostream& operator<<(std::ostream& out, const GlobalAveragePoolParams& p) {
  return out << "global average pool " << p.channels << " clamp " << p.activation;
}

inline std::ostream& operator<<(std::ostream& out, const FullyConnectedParams& p) {
  return out << "fully connected " << p.in_features << "->" << p.out_features << " clamp " << p.activation
             << (p.residual ? " + residual" : "");
}

}  // namespace tandem
