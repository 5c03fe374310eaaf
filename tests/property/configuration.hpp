// What the property test draws: a layer, and a way to run it.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

#include "tests/guarded_buffer.hpp"
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

/// Which threads carry out a run.
enum class Pool { kInline, kBackward, kReal, kDefault };

/// What must not change a bit of the result.
struct Execution {
  Pool pool = Pool::kInline;
  std::int32_t threads = 1;
  std::uint64_t candidate = 0;  ///< modulo their number, of which 0 stands for the library's choice
  const char* row = nullptr;    ///< TANDEM_MACHINE of an operator of its own; null: the operator of the plain run
  MachineModel machine;
  Placement placement = Placement::kEndsAtGuard;
  bool onto_residual = false;  ///< dst is the residual, if there is one
  PixelStrides gaps;           ///< floats between a pixel's last channel and the next pixel's first
  bool flush_denormals = false;
};
std::ostream& operator<<(std::ostream& out, const Execution& execution);

Execution draw_execution(Random& random);

}  // namespace tandem::test
