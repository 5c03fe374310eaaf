// A plan with its tensors, timed again and again with its data as near as possible.
#pragma once

#include <cmath>
#include <cstdint>

#include "bench/common/random.hpp"
#include "network/aligned_buffer.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench {

class HotPlan {
 public:
  /// Plans and runs once. takes_residual: a run wants RunArgs::residual, which has no more elements than the output.
  static Result<HotPlan> create(const Operator& op, const Shape& input, const PlanOptions& options,
                                bool takes_residual = false);

  /// Times one lap of as many runs as last 50 us, after an untimed run: another plan has left its own data in the
  /// caches.
  void lap();
  /// Of one run in the fastest lap; infinite before the first lap.
  [[nodiscard]] double seconds() const noexcept { return seconds_; }
  [[nodiscard]] const Plan& plan() const noexcept { return plan_; }

 private:
  HotPlan(const Plan& plan, const PixelStrides& strides, bool takes_residual);
  // Cannot fail: the pointers are neither null nor misaligned, and create() has run once.
  void run() noexcept { (void)plan_.run(args_); }

  Plan plan_;
  RandomTensor src_, dst_, residual_;
  network::AlignedBytes workspace_;
  RunArgs args_;
  std::int64_t runs_ = 1;
  double seconds_ = HUGE_VAL;
};

}  // namespace tandem::bench
