// Shares the tasks of a run among the workers of an executor.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <new>

#include "src/run/executor.hpp"
#include "src/run/floating_point_mode.hpp"
#include "src/run/spin.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// How many tasks the workers of a fork have taken and finished, visible to all. Both counts run from the fork on over
/// all stages, so that nothing is reset between stages.
class Team {
 public:
  /// The share of one worker. On its own cache line, since its owner and thieves write it.
  struct alignas(64) Share {
    std::atomic<std::int64_t> taken = 0;
  };

  /// shares: room for `workers` of them.
  Team(std::int32_t workers, void* shares) noexcept : workers_(workers), shares_(static_cast<Share*>(shares)) {
    for (std::int32_t w = 0; w < workers; ++w) new (shares_ + w) Share;
  }

  [[nodiscard]] std::int32_t workers() const noexcept { return workers_; }

  /// Takes the next task of a worker's shares if its number is below `end`; else returns a number not below `end`.
  [[nodiscard]] std::int64_t take(std::int32_t owner, std::int64_t end) noexcept {
    std::atomic<std::int64_t>& taken = shares_[owner].taken;
    std::int64_t task = taken.load(std::memory_order_relaxed);
    while (task < end && !taken.compare_exchange_weak(task, task + 1, std::memory_order_relaxed)) {
    }
    return task;
  }

  void finish(std::int64_t tasks) noexcept { finished_.fetch_add(tasks, std::memory_order_acq_rel); }
  /// Waits until `tasks` tasks are finished; all that they wrote is visible afterwards.
  void wait_for(std::int64_t tasks) noexcept {
    for (Spin spin; finished_.load(std::memory_order_acquire) < tasks;) spin.once();
  }

 private:
  alignas(64) std::atomic<std::int64_t> finished_ = 0;
  std::int32_t workers_;
  Share* shares_;
};

/// One worker on its way through the stages of a fork. Every worker passes all stages, so it need not know how many
/// others there are, or whether they run at the same time. It waits only when no task is left to take, for tasks that
/// another worker has begun.
class Worker {
 public:
  /// The only worker.
  Worker() noexcept = default;
  /// before: room for a number for each worker of the team.
  Worker(Team& team, std::int32_t index, std::int64_t* before) noexcept
      : team_(&team), index_(index), workers_(team.workers()), before_(before) {
    for (std::int32_t w = 0; w < workers_; ++w) before_[w] = 0;
  }

  [[nodiscard]] std::int32_t index() const noexcept { return index_; }

  /// The next stage: calls body(task, worker) once for each task in [0, tasks), on any worker, after all tasks of the
  /// stage before. Each worker begins with its own contiguous share of about tasks / workers (so that it gets the same
  /// rows in the next layer) and then helps the others. All workers must pass the same number of tasks.
  template <class Body>
  void share(std::int64_t tasks, const Body& body) noexcept {
    if (team_ == nullptr) {
      for (std::int64_t task = 0; task < tasks; ++task) body(task, *this);
      return;
    }
    team_->wait_for(all_before_);
    std::int64_t done = 0;
    for (std::int32_t i = 0; i < workers_; ++i) {
      const std::int32_t owner = (index_ + i) % workers_;
      const std::int64_t begin = tasks * owner / workers_;
      const std::int64_t first = before_[owner];
      const std::int64_t end = first + tasks * (owner + 1) / workers_ - begin;
      for (std::int64_t task; (task = team_->take(owner, end)) < end; ++done) body(begin + task - first, *this);
      before_[owner] = end;
    }
    if (done > 0) team_->finish(done);
    all_before_ += tasks;
  }

 private:
  Team* team_ = nullptr;
  std::int32_t index_ = 0;
  std::int32_t workers_ = 1;        // a copy: the line of the team's own is written at the end of each stage
  std::int64_t all_before_ = 0;     // tasks of all earlier stages
  std::int64_t* before_ = nullptr;  // the same by owner of the share
};

/// Calls work(worker) for each worker of a fork of at least two. The stack holds no more than these workers need:
/// alloca takes it, and so this is a function of its own.
template <class Work>
[[gnu::noinline]] void fork_team(const BoundExecutor& executor, std::int32_t workers, const Work& work) noexcept {
  struct Fork {
    const Work& work;
    bool flush_denormals;
    Team team;
  };
  constexpr std::size_t kAlign = alignof(Team::Share);
  const auto count = static_cast<std::size_t>(workers);
  void* const shares = __builtin_alloca_with_align(count * sizeof(Team::Share), 8 * kAlign);
  Fork all{work, executor.flush_denormals(), Team(workers, shares)};
  executor.parallel(
      workers,
      [](void* opaque, std::int32_t index) {
        Fork& f = *static_cast<Fork*>(opaque);
        const FloatingPointMode scope(f.flush_denormals);
        const auto members = static_cast<std::size_t>(f.team.workers());
        Worker worker(f.team, index, static_cast<std::int64_t*>(__builtin_alloca(members * sizeof(std::int64_t))));
        f.work(worker);
      },
      &all);
}

/// Calls work(worker) for each worker of a fork. No allocation, no lock.
template <class Work>
void fork(const BoundExecutor& executor, std::int32_t workers, const Work& work) noexcept {
  if (workers > 1) return fork_team(executor, workers, work);
  const FloatingPointMode scope(executor.flush_denormals());
  Worker alone;
  work(alone);
}

}  // namespace tandem::inline TANDEM_ABI::internal
