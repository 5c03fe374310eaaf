// The shape of a configuration's output, and how one reads in a failure message.
#include "configuration.hpp"

#include <ostream>

#include "tests/overloaded.hpp"
#include "tests/printers.hpp"

namespace tandem::test {
namespace {

const char* name(Values values) {
  switch (values) {
    case Values::kOrdinary:
      return "";
    case Values::kNotFinite:
      return ", some not finite";
    case Values::kDenormal:
      return ", denormal";
  }
  return "?";
}

template <class Params>
Shape windowed(const Params& p, const Shape& in, std::int64_t channels) {
  const Padding& pad = p.padding;
  return {in.n, reference::resolve(pad.mode, pad.top, pad.bottom, in.h, p.kernel_h, p.stride_h, p.dilation_h).out,
          reference::resolve(pad.mode, pad.left, pad.right, in.w, p.kernel_w, p.stride_w, p.dilation_w).out, channels};
}

template <class Params>
Shape pooled(const Params& p, const Shape& in) {
  const Padding& pad = p.padding;
  return {
      in.n,
      reference::resolve_pool(pad.mode, pad.top, pad.bottom, in.h, p.kernel_h, p.stride_h, p.dilation_h, p.ceil_mode)
          .out,
      reference::resolve_pool(pad.mode, pad.left, pad.right, in.w, p.kernel_w, p.stride_w, p.dilation_w, p.ceil_mode)
          .out,
      p.channels};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Configuration& c) {
  return out << static_cast<const LayerCase&>(c) << name(c.values);
}

Shape output_shape(const AnyParams& params, const Shape& in) {
  return std::visit(
      Overloaded{[&](const Conv2dParams& p) { return windowed(p, in, p.out_channels); },
                 [&](const ConvTranspose2dParams& p) { return reference::output_shape(p, in); },
                 [&](const DepthwiseParams& p) { return windowed(p, in, std::int64_t{p.channels} * p.multiplier); },
                 [&](const PointwiseParams& p) {
                   return Shape{in.n, (in.h - 1) / p.stride_h + 1, (in.w - 1) / p.stride_w + 1, p.out_channels};
                 },
                 [&](const SeparableParams& p) { return windowed(p.depthwise, in, p.pointwise.out_channels); },
                 [&](const InvertedResidualParams& p) { return windowed(p.depthwise, in, p.project.out_channels); },
                 [&](const GlobalAveragePoolParams& p) { return Shape{in.n, 1, 1, p.channels}; },
                 [&](const SqueezeExciteParams&) { return in; },
                 [&](const DepthToSpaceParams& p) {
                   return Shape{in.n, in.h * p.block, in.w * p.block, in.c / (p.block * p.block)};
                 },
                 [&](const MaxPoolParams& p) { return pooled(p, in); },
                 [&](const AveragePoolParams& p) { return pooled(p, in); },
                 [&](const ResizeParams& p) { return reference::output_shape(p, in); },
                 [&](const WithoutFilter auto&) { return in; },
                 [&](const FullyConnectedParams& p) { return Shape{in.n, 1, 1, p.out_features}; }},
      params);
}

}  // namespace tandem::test
