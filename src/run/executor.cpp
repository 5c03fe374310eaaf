#include "src/run/executor.hpp"

#include <algorithm>

#include "src/base/error.hpp"
#include "src/run/floating_point_mode.hpp"
#if TANDEM_WITH_TBB
#include "src/run/executor_tbb.hpp"
#endif

namespace tandem::inline TANDEM_ABI {

/// The library's view of an Executor's private parts.
struct ExecutorAccess {
  using Kind = Executor::Kind;
  static Kind kind(const Executor& e) noexcept { return e.kind_; }
  static const ThreadPool& pool(const Executor& e) noexcept { return e.pool_; }
  static const void* arena(const Executor& e) noexcept { return e.arena_; }
  static std::int32_t arena_concurrency(const Executor& e) noexcept { return e.arena_concurrency_(e.arena_); }
  static void arena_execute(const Executor& e, void (*function)(void*), void* context) {
    e.arena_execute_(e.arena_, function, context);
  }
};

namespace internal {
namespace {

using Kind = ExecutorAccess::Kind;

Status check_pool(const ThreadPool& pool) noexcept {
  if (pool.concurrency != nullptr && pool.parallel != nullptr) return {};
  return error(StatusCode::kInvalidArgument, "the thread pool's function %s is null",
               pool.concurrency == nullptr ? "concurrency" : "parallel");
}

Result<std::int32_t> concurrency_of(const Executor& executor) {
  switch (ExecutorAccess::kind(executor)) {
    case Kind::kInline:
      return 1;
    case Kind::kPool: {
      const ThreadPool& pool = ExecutorAccess::pool(executor);
      const Status status = check_pool(pool);
      if (!status.ok()) return status;
      return pool.concurrency(pool.self);
    }
#if TANDEM_WITH_TBB
    case Kind::kArena:
      return ExecutorAccess::arena_concurrency(executor);
    default:
      return tbb_concurrency();
#else
    case Kind::kArena:
      return error(StatusCode::kUnsupported,
                   "an arena needs oneTBB, and this library was built with TANDEM_WITH_TBB=OFF");
    default:
      return 1;
#endif
  }
}

}  // namespace

Result<BoundExecutor> BoundExecutor::bind(const Executor& executor, bool flush_denormals) {
  const Result<std::int32_t> concurrency = concurrency_of(executor);
  if (!concurrency.ok()) return concurrency.status();
  if (*concurrency < 1) {
    return error(StatusCode::kInvalidArgument, "the executor's concurrency must be at least 1, but is %d",
                 *concurrency);
  }
  if (flush_denormals && !FloatingPointMode::can_flush()) {
    return error(StatusCode::kUnsupported, "flush_denormals: this CPU has no flags that Tandem could set for it");
  }
  BoundExecutor bound;
  bound.executor_ = executor;
  bound.flush_denormals_ = flush_denormals;
  bound.concurrency_ = std::min(*concurrency, kMaxWorkers);
  return bound;
}

bool BoundExecutor::is(const BoundExecutor& other) const noexcept {
  using Access = ExecutorAccess;
  const ThreadPool& a = Access::pool(executor_);
  const ThreadPool& b = Access::pool(other.executor_);
  return Access::kind(executor_) == Access::kind(other.executor_) && a.self == b.self && a.parallel == b.parallel &&
         Access::arena(executor_) == Access::arena(other.executor_) && flush_denormals_ == other.flush_denormals_;
}

void BoundExecutor::parallel(std::int32_t count, WorkerFunction worker, void* context) const noexcept {
  switch (ExecutorAccess::kind(executor_)) {
    case Kind::kPool: {
      const ThreadPool& pool = ExecutorAccess::pool(executor_);
      return pool.parallel(pool.self, count, worker, context);
    }
#if TANDEM_WITH_TBB
    case Kind::kArena: {
      const CallersArena arena{concurrency_,
                               [](const void* executor, void (*function)(void*), void* inner) {
                                 ExecutorAccess::arena_execute(*static_cast<const Executor*>(executor), function,
                                                               inner);
                               },
                               &executor_};
      return tbb_parallel(count, worker, context, &arena);
    }
    case Kind::kDefault:
      return tbb_parallel(count, worker, context, nullptr);
#endif
    default:
      return work_in_turn(count, worker, context);
  }
}

}  // namespace internal

bool end_workers() noexcept {
#if TANDEM_WITH_TBB
  return internal::tbb_end_workers();
#else
  return true;
#endif
}

}  // namespace tandem::inline TANDEM_ABI
