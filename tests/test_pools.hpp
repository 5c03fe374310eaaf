// Thread pools to hand to Executor::pool(): one with real threads, one that runs workers backwards one after another.
#pragma once

#include <cstdint>
#include <memory>

#include "tandem/executor.hpp"

namespace tandem::test {

/// Real threads, each call of parallel() spread over all of them. Allocates only when it is made. One run at a time.
class RealPool {
 public:
  explicit RealPool(std::int32_t threads);
  RealPool(const RealPool&) = delete;
  RealPool& operator=(const RealPool&) = delete;
  ~RealPool();

  [[nodiscard]] Executor executor() noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Claims `workers` workers and runs them on the calling thread, the last first: whoever waits for another worker
/// never returns, and whoever relies on their order is wrong. Records what it was asked for.
class BackwardPool {
 public:
  explicit BackwardPool(std::int32_t workers) noexcept : concurrency(workers) {}

  [[nodiscard]] Executor executor() noexcept;

  std::int32_t concurrency;        ///< what it claims
  std::int32_t calls = 0;          ///< of parallel()
  std::int32_t largest_count = 0;  ///< most workers asked for by one call
};

}  // namespace tandem::test
