// Sharing the tasks of a run out among the workers of an executor.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>
#include <tuple>
#include <utility>

#include "src/denormals.hpp"
#include "src/executor.hpp"
#include "src/spin.hpp"

namespace tandem::internal {

/// body(task, worker) once for each task in [0, tasks). Which worker runs a task must not change what it computes.
template <class Body>
struct Stage {
  std::int64_t tasks;
  const Body& body;
};
template <class Body>
Stage(std::int64_t, const Body&) -> Stage<Body>;

/// Stages on their way through several workers. Every worker passes all of them, so that it need not know how many
/// others there are, or whether they run at the same time.
template <class... Bodies>
class StageRun {
 public:
  StageRun(std::int32_t workers, bool flush_denormals, const Stage<Bodies>&... stages) noexcept
      : workers_(workers), flush_denormals_(flush_denormals), stages_(stages...), unfinished_{{{stages.tasks}...}} {
    for (std::int32_t w = 0; w < workers; ++w) new (shares() + w) Share{{{share_begin(stages.tasks, w)}...}};
  }

  void work(std::int32_t worker) noexcept {
    const FlushDenormals scope(flush_denormals_);
    [&]<std::size_t... I>(std::index_sequence<I...>) { (pass<I>(worker), ...); }(std::index_sequence_for<Bodies...>());
  }

 private:
  static constexpr std::size_t kStages = sizeof...(Bodies);

  // The first task of each stage that is left of one worker's contiguous share. On cache lines of its own, since its owner
  // and thieves write it.
  struct alignas(64) Share {
    std::atomic<std::int64_t> next[kStages];
  };

  // Tasks of each stage, of all workers.
  struct alignas(64) Unfinished {
    std::atomic<std::int64_t> tasks[kStages];
  };

  [[nodiscard]] Share* shares() noexcept { return reinterpret_cast<Share*>(storage_); }
  [[nodiscard]] std::int64_t share_begin(std::int64_t tasks, std::int32_t worker) const noexcept {
    return tasks * worker / workers_;
  }

  template <std::size_t I>
  void pass(std::int32_t worker) noexcept {
    const auto& stage = std::get<I>(stages_);
    std::int64_t done = 0;
    for (std::int32_t i = 0; i < workers_; ++i) {
      const std::int32_t owner = (worker + i) % workers_;
      const std::int64_t end = share_begin(stage.tasks, owner + 1);
      for (;;) {
        const std::int64_t task = shares()[owner].next[I].fetch_add(1, std::memory_order_relaxed);
        if (task >= end) break;
        stage.body(task, worker);
        ++done;
      }
    }
    if constexpr (I + 1 < kStages) {
      // No task is left, so that each unfinished one has a worker who is at it: the wait ends even if the other workers
      // have not begun.
      unfinished_.tasks[I].fetch_sub(done, std::memory_order_acq_rel);
      for (Spin spin; unfinished_.tasks[I].load(std::memory_order_acquire) > 0;) spin.once();
    }
  }

  std::int32_t workers_;
  bool flush_denormals_;
  std::tuple<Stage<Bodies>...> stages_;
  Unfinished unfinished_;
  alignas(Share) std::byte storage_[sizeof(Share) * kMaxWorkers];
};

/// The stages one after the other, each begun when the one before is done with all its tasks, by `workers` workers in one
/// fork: to meet costs them a fraction of it. In every stage each worker begins with its own contiguous share of about
/// tasks / workers (so that the same worker meets the same rows in the next layer) and then helps the others. No
/// allocation, no lock.
template <class... Bodies>
void for_each_stage(const BoundExecutor& executor, std::int32_t workers, const Stage<Bodies>&... stages) noexcept {
  if (workers == 1) {
    const FlushDenormals scope(executor.flush_denormals());
    const auto all = [](const auto& stage) {
      for (std::int64_t task = 0; task < stage.tasks; ++task) stage.body(task, 0);
    };
    return (all(stages), ...);
  }
  using Run = StageRun<Bodies...>;
  Run run(workers, executor.flush_denormals(), stages...);
  executor.parallel(workers, [](void* self, std::int32_t worker) { static_cast<Run*>(self)->work(worker); }, &run);
}

/// A single stage.
template <class Body>
void for_each_task(const BoundExecutor& executor, std::int32_t workers, std::int64_t tasks, const Body& body) noexcept {
  for_each_stage(executor, workers, Stage{tasks, body});
}

}  // namespace tandem::internal
