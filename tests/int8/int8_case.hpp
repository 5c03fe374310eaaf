// A quantised layer, its values, and its outputs by the formulas of params.hpp and data_type.hpp: integer arithmetic and three
// operations of fp32, which share nothing with the library.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

#include "tandem/operator.hpp"
#include "tests/random.hpp"

namespace tandem::test::int8 {

enum class Kind { kConv2d, kDepthwise, kPointwise, kFullyConnected };

/// Any of the four operators as a convolution.
struct Case {
  Kind kind = Kind::kConv2d;
  Conv2dParams params;
  Shape input;
  DataType weight_type = DataType::kS8;
  FilterLayout layout = FilterLayout::kOihw;
  std::vector<std::int32_t> src;     ///< [N, H, W, C], integers of src_type
  std::vector<std::int32_t> filter;  ///< [M, C / groups, KH, KW], less their zero point
  std::vector<std::int32_t> bias;    ///< [M], or empty
  std::vector<float> scales;         ///< [M] or [1]
  std::int64_t src_gap = 0;          ///< elements between pixels
  std::int64_t dst_gap = 0;
};
std::ostream& operator<<(std::ostream& out, const Case& c);

/// A layer of any kind. Its sizes stand at the edges of vectors of `lanes` channels as often as not.
Case draw(Random& random, std::int64_t lanes);

/// Fills in values and scales. Often they are the largest that exist, so that whatever saturates does; often the multipliers
/// are powers of two, so that many products lie just between two integers; rarely they are so large that only clamping is left.
void draw_values(Case& c, Random& random);

/// The elements of a filter in the case's type and layout.
std::vector<std::byte> stored_filter(const Case& c);

Result<Operator> create(const Case& c, const char* isa);

/// The output as real numbers if dst is fp32, else as integers.
std::vector<float> reference(const Case& c, const Shape& output);

}  // namespace tandem::test::int8
