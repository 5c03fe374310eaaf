// The pools' threads: workers take the next index from a counter until none is left.
#include "test_pools.hpp"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace tandem::test {

struct RealPool::State {
  std::mutex lock;
  std::condition_variable work_came;
  std::condition_variable work_done;
  WorkerFunction worker = nullptr;
  void* context = nullptr;
  std::int32_t next = 0;
  std::int32_t count = 0;
  std::int32_t unfinished = 0;
  bool stopping = false;
  std::vector<std::thread> threads;

  // Called with the lock held; gives it up while a worker runs.
  void work(std::unique_lock<std::mutex>& held) {
    while (next < count) {
      const std::int32_t index = next++;
      held.unlock();
      worker(context, index);
      held.lock();
      if (--unfinished == 0) work_done.notify_all();
    }
  }

  void serve() {
    std::unique_lock held(lock);
    while (!stopping) {
      work(held);
      work_came.wait(held, [this] { return stopping || next < count; });
    }
  }

  void parallel(std::int32_t n, WorkerFunction function, void* ctx) {
    std::unique_lock held(lock);
    worker = function;
    context = ctx;
    next = 0;
    count = n;
    unfinished = n;
    work_came.notify_all();
    // The caller only waits, so that every index runs on a thread of the pool.
    work_done.wait(held, [this] { return unfinished == 0; });
    count = 0;
  }
};

RealPool::RealPool(std::int32_t threads) : state_(std::make_unique<State>()) {
  for (std::int32_t i = 0; i < threads; ++i) state_->threads.emplace_back([s = state_.get()] { s->serve(); });
}

RealPool::~RealPool() {
  {
    const std::lock_guard held(state_->lock);
    state_->stopping = true;
  }
  state_->work_came.notify_all();
  for (std::thread& thread : state_->threads) thread.join();
}

Executor RealPool::executor() noexcept {
  ThreadPool pool;
  pool.self = state_.get();
  pool.concurrency = [](void* self) { return static_cast<std::int32_t>(static_cast<State*>(self)->threads.size()); };
  pool.parallel = [](void* self, std::int32_t count, WorkerFunction worker, void* context) {
    static_cast<State*>(self)->parallel(count, worker, context);
  };
  return Executor::pool(pool);
}

Executor BackwardPool::executor() noexcept {
  ThreadPool pool;
  pool.self = this;
  pool.concurrency = [](void* self) { return static_cast<BackwardPool*>(self)->concurrency; };
  pool.parallel = [](void* self, std::int32_t count, WorkerFunction worker, void* context) {
    auto* backward = static_cast<BackwardPool*>(self);
    ++backward->calls;
    backward->largest_count = std::max(backward->largest_count, count);
    for (std::int32_t i = count - 1; i >= 0; --i) worker(context, i);
  };
  return Executor::pool(pool);
}

}  // namespace tandem::test
