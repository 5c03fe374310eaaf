// The ways to run a layer, none of which may change a bit of its result.
#pragma once

#include <cstdint>
#include <iosfwd>

#include "tandem/operator.hpp"
#include "tests/guarded_buffer.hpp"
#include "tests/random.hpp"
#include "tests/sanitizers.hpp"
#include "tests/test_pools.hpp"

namespace tandem::test {

inline constexpr int kPropertyCount = kAddressSanitizer || kThreadSanitizer ? 1000 : 20000;
inline constexpr int kExecutions = 3;  // of each configuration on each ISA, beside the plain one

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

/// The plan of an operator that runs in this way. `backward` lives as long as the plan.
Result<Plan> plan_for(const Operator& op, const Shape& input, const Execution& execution, BackwardPool& backward,
                      const PixelStrides& strides, bool flush_denormals);

}  // namespace tandem::test
