// The only file that includes oneTBB.
#include "src/executor_tbb.hpp"

#include <oneapi/tbb/parallel_invoke.h>
#include <oneapi/tbb/task_arena.h>

namespace tandem::internal {
namespace {

// The fork is a binary tree of parallel_invoke over two functions: their tasks live on the stack, where those of
// parallel_for come from an allocator. parallel_invoke spawns its first function and lets the calling thread execute
// its second, so worker 0 always runs on the caller's thread.
void fork(std::int32_t first, std::int32_t count, WorkerFunction worker, void* context) noexcept {
  if (count == 1) return worker(context, first);
  const std::int32_t half = count / 2;
  oneapi::tbb::parallel_invoke([=] { fork(first + half, count - half, worker, context); },
                               [=] { fork(first, half, worker, context); });
}

}  // namespace

std::int32_t tbb_concurrency() noexcept { return oneapi::tbb::this_task_arena::max_concurrency(); }

void tbb_parallel(std::int32_t count, WorkerFunction worker, void* context) noexcept {
  // Isolated: a thread that waits here must not pick up a foreign task, which might run another Plan of the caller's on
  // a workspace that belongs to this thread.
  oneapi::tbb::this_task_arena::isolate([=] { fork(0, count, worker, context); });
}

}  // namespace tandem::internal
