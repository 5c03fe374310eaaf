// The values that the tensors of an fp32 network take, from which a quantised one chooses its scales.
#pragma once

#include <vector>

#include "network/network.hpp"

namespace network {

/// The least and the greatest value of a tensor, and zero: padding and ReLU need an exact zero.
struct Range {
  float least = 0.0F;
  float greatest = 0.0F;
};

/// Runs the network of split_layers() in fp32 on given inputs, one layer after the other, and keeps the ranges.
class Calibrator {
 public:
  /// As Network::create().
  static tandem::Result<Calibrator> create(const std::vector<LayerSpec>& specs, const WeightSource& weights,
                                           const tandem::Shape& input, const tandem::PlanOptions& plan_options = {},
                                           const tandem::CreateOptions& create_options = {});

  /// Widens the ranges by one more input.
  /// @param src  in, [N, H, W, C] of the network's input, dense
  /// Errors: kInvalidArgument for a value that is not finite, naming the layer that made it. The ranges are then of no use.
  tandem::Status add(const float* src);

  /// Of the network's input, then of the output of each layer of split_layers().
  [[nodiscard]] const std::vector<Range>& ranges() const noexcept { return ranges_; }

 private:
  explicit Calibrator(Network network);

  Network network_;
  std::vector<float> output_;
  std::vector<Range> ranges_;
};

}  // namespace network
