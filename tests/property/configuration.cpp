// What the reference makes of a configuration, and how one reads in a failure message.
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

const char* name(Pool pool) {
  switch (pool) {
    case Pool::kInline:
      return "the calling thread";
    case Pool::kBackward:
      return "workers that run backwards";
    case Pool::kReal:
      return "a pool of three";
    case Pool::kDefault:
      return "the default executor";
  }
  return "?";
}

template <class Params>
Shape windowed(const Params& p, const Shape& in, std::int64_t channels) {
  const Padding& pad = p.padding;
  return {in.n, reference::resolve(pad.mode, pad.top, pad.bottom, in.h, p.kernel_h, p.stride_h, p.dilation_h).out,
          reference::resolve(pad.mode, pad.left, pad.right, in.w, p.kernel_w, p.stride_w, p.dilation_w).out, channels};
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const Configuration& c) {
  out << c.params << " on " << c.input;
  for (std::size_t i = 0; i < c.layouts.size(); ++i)
    out << ", " << to_string(c.layouts[i]) << (c.biases[i] ? " with bias" : "");
  return out << name(c.values);
}

std::ostream& operator<<(std::ostream& out, const Execution& e) {
  const MachineModel& m = e.machine;
  return out << e.threads << " of " << name(e.pool) << ", " << to_string(e.placement)
             << (e.onto_residual ? ", onto the residual" : "") << ", caches " << m.l1_bytes << '/' << m.l2_bytes << '/'
             << m.l3_bytes << ", memory " << m.memory_bandwidth << ", fork " << m.fork_seconds << ", gaps "
             << e.gaps.src << '/' << e.gaps.dst << '/' << e.gaps.residual
             << (e.flush_denormals ? ", denormals flushed" : "");
}

Shape output_shape(const AnyParams& params, const Shape& in) {
  return std::visit(
      Overloaded{[&](const Conv2dParams& p) { return windowed(p, in, p.out_channels); },
                 [&](const DepthwiseParams& p) { return windowed(p, in, std::int64_t{p.channels} * p.multiplier); },
                 [&](const PointwiseParams& p) {
                   return Shape{in.n, (in.h - 1) / p.stride_h + 1, (in.w - 1) / p.stride_w + 1, p.out_channels};
                 },
                 [&](const SeparableParams& p) { return windowed(p.depthwise, in, p.pointwise.out_channels); },
                 [&](const InvertedResidualParams& p) { return windowed(p.depthwise, in, p.project.out_channels); },
                 [&](const GlobalAveragePoolParams& p) { return Shape{in.n, 1, 1, p.channels}; },
                 [&](const SqueezeExciteParams&) { return in; }, [&](const ConvertLayoutParams&) { return in; },
                 [&](const FullyConnectedParams& p) { return Shape{in.n, 1, 1, p.out_features}; }},
      params);
}

reference::Tensor compute(const AnyParams& params, const std::vector<reference::Weights>& w,
                          const reference::Tensor& src, const reference::Tensor* residual) {
  return std::visit(
      Overloaded{
          [&](const Conv2dParams& p) { return reference::conv2d(p, w[0], src, residual); },
          [&](const DepthwiseParams& p) { return reference::depthwise(p, w[0], src, residual); },
          [&](const PointwiseParams& p) { return reference::pointwise(p, w[0], src, residual); },
          [&](const SeparableParams& p) { return reference::separable(p, w[0], w[1], src, residual); },
          [&](const InvertedResidualParams& p) { return reference::inverted_residual(p, w[0], w[1], w[2], src); },
          [&](const SqueezeExciteParams& p) { return reference::squeeze_excite(p, w[0], w[1], src); },
          [&](const ConvertLayoutParams& p) { return reference::convert_layout(p, src); },
          [&](const GlobalAveragePoolParams& p) { return reference::global_average_pool(p, src); },
          [&](const FullyConnectedParams& p) { return reference::fully_connected(p, w[0], src, residual); }},
      params);
}

}  // namespace tandem::test
