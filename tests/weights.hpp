// Filters and biases as a user hands them over: in any layout, in memory that ends at a guard page.
#pragma once

#include <cstdint>
#include <vector>

#include "guarded_buffer.hpp"
#include "random.hpp"
#include "reference.hpp"
#include "tandem/params.hpp"
#include "tandem/weights.hpp"

namespace tandem::test {

/// Sizes of a filter: O output channels, I input channels of a group (1 for depthwise), H x W kernel.
struct FilterShape {
  std::int64_t o;
  std::int64_t i;
  std::int64_t h;
  std::int64_t w;
  std::int64_t groups = 1;  ///< only IOHW depends on them
};
FilterShape filter_shape(const Conv2dParams& params);
FilterShape filter_shape(const ConvTranspose2dParams& params);
FilterShape filter_shape(const DepthwiseParams& params);
FilterShape filter_shape(const PointwiseParams& params);
FilterShape filter_shape(const FullyConnectedParams& params);

const char* to_string(FilterLayout layout) noexcept;

reference::Weights random_weights(const FilterShape& shape, bool with_bias, Random& random);

/// From OIHW to `layout`. k1hwc: shape.i is 1.
std::vector<float> to_layout(const std::vector<float>& oihw, const FilterShape& shape, FilterLayout layout);

/// Weights, the filter of `type`, in read-only guarded memory for as long as it lives: until create() returns, not
/// longer.
class GuardedWeights {
 public:
  GuardedWeights(const reference::Weights& weights, const FilterShape& shape, FilterLayout layout, Placement placement,
                 DataType type = DataType::kF32);

  [[nodiscard]] Weights weights() const noexcept {
    Weights w{{type_, filter_.data(), filter_count_}, layout_};
    if (bias_count_ > 0) w.bias = {bias_.floats(), bias_count_};  // else null
    return w;
  }

 private:
  GuardedInput filter_;
  GuardedInput bias_;
  std::size_t filter_count_;
  std::size_t bias_count_;
  FilterLayout layout_;
  DataType type_;
};

}  // namespace tandem::test
