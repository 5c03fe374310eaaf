// A quantised squeeze-and-excite, its values, and its outputs by the formulas of its steps.
#pragma once

#include <iosfwd>
#include <optional>
#include <vector>

#include "int8_case.hpp"
#include "operand_reference.hpp"

namespace tandem::test::int8 {

/// An activation that is no clamp. No element of its table lies between two integers, so each has one right value.
struct TabledFunction {
  Activation activation;
  RealFunction value;
};

struct SqueezeExcite {
  SqueezeExciteParams params;
  Shape input;
  std::vector<float> src;  ///< integers
  // The products; each reads what comes before it, as its `src` and `params.src_type` say, and stores what params says.
  Case reduce;
  Case expand;
  std::optional<TabledFunction> activation;  ///< none: the clamp of `reduce`
  std::optional<TabledFunction> gate;
};
std::ostream& operator<<(std::ostream& out, const SqueezeExcite& s);

SqueezeExcite draw_squeeze_excite(Random& random, std::int64_t lanes);

/// Of `reduced` channels after the reduction, and these integers before it. The scale of src_type is usual, see is_usual().
SqueezeExcite draw_squeeze_excite(Random& random, const Shape& input, std::int32_t reduced, const TensorType& src_type,
                                  std::vector<float> src);

/// True unless the scale is one of the rare ones that leave only clamping.
bool is_usual(float scale);

/// The operator, from weights in guarded memory that is gone when it returns.
Result<Operator> create(const SqueezeExcite& s, const char* isa, Placement placement);

/// Integers.
std::vector<float> reference(const SqueezeExcite& s);

}  // namespace tandem::test::int8
