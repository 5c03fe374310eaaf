// What the property test draws: a layer.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

#include "tests/layer_check.hpp"
#include "tests/random.hpp"

namespace tandem::test {

/// What stands in the tensors.
enum class Values {
  kOrdinary,
  kNotFinite,  ///< a few elements are NaN or infinite
  kDenormal,   ///< products and sums are too small for a normal number
};

/// A layer that create() and plan() accept.
struct Configuration : LayerCase {
  Values values = Values::kOrdinary;
};
std::ostream& operator<<(std::ostream& out, const Configuration& configuration);

/// Each parameter is drawn here, in one line of its own.
Configuration draw_configuration(Random& random);

/// The output's shape by the reference's own arithmetic.
Shape output_shape(const AnyParams& params, const Shape& input);

}  // namespace tandem::test
