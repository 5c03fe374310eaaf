// The only file that includes oneTBB.
#include "src/run/executor_tbb.hpp"

#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_arena.h>

#include <atomic>

#include "src/run/spin.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

struct Fork {
  WorkerFunction worker;
  void* context;
  std::atomic<std::int32_t> running = 0;  // workers on other threads
};

// Worker 0 runs on the caller's thread. When done it first spins for the other workers, because the wait of oneTBB
// looks for them less and less often: on Zen 4 this saves half a microsecond of each fork. It spins only for a short
// time, and only for workers that have begun.
void work(Fork& fork, std::int32_t index) noexcept {
  if (index == 0) {
    fork.worker(fork.context, 0);
    for (Spin spin; fork.running.load(std::memory_order_acquire) > 0 && !spin.over();) spin.once();
  } else {
    fork.running.fetch_add(1, std::memory_order_relaxed);
    fork.worker(fork.context, index);
    fork.running.fetch_sub(1, std::memory_order_release);
  }
}

// The fork is a binary tree of parallel_invoke over two functions. Its tasks live on the stack; the tasks of
// parallel_for come from an allocator. parallel_invoke spawns its first function and runs the second on the calling
// thread, so worker 0 always runs on the caller's thread.
void work(Fork& fork, std::int32_t first, std::int32_t count) noexcept {
  if (count == 1) return work(fork, first);
  const std::int32_t half = count / 2;
  oneapi::tbb::parallel_invoke([&fork, first, half, count] { work(fork, first + half, count - half); },
                               [&fork, first, half] { work(fork, first, half); });
}

}  // namespace

std::int32_t tbb_concurrency() noexcept { return oneapi::tbb::this_task_arena::max_concurrency(); }

void tbb_parallel(std::int32_t count, WorkerFunction worker, void* context) noexcept {
  // Isolated: a thread that waits here must not pick up a foreign task. That task might run another Plan of the
  // caller's on a workspace that belongs to this thread.
  Fork fork{worker, context};
  oneapi::tbb::this_task_arena::isolate([&] { work(fork, 0, count); });
}

}  // namespace tandem::inline TANDEM_ABI::internal
