// The delegate's pool: each index once, by however many threads there are; runs one after the other; rest in between.
#include "engines/tflite/pool.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <set>
#include <thread>
#include <vector>

namespace tandem_tflite {
namespace {

// How often each index of a run was called.
struct Calls {
  explicit Calls(std::int32_t count) : of(static_cast<std::size_t>(count)) {}
  static void worker(void* self, std::int32_t index) {
    static_cast<Calls*>(self)->of[static_cast<std::size_t>(index)].fetch_add(1, std::memory_order_relaxed);
  }
  std::vector<std::atomic<std::int32_t>> of;
};

void expect_each_once(Pool& pool, std::int32_t count) {
  Calls calls(count);
  pool.parallel(count, &Calls::worker, &calls);
  for (const auto& times : calls.of) EXPECT_EQ(times, 1);
}

TEST(TflitePool, CallsEachIndexOnce) {
  for (const std::int32_t threads : {1, 2, 3, 8}) {
    Pool pool(threads);
    EXPECT_EQ(pool.threads(), threads);
    for (std::int32_t count = 1; count <= 20; ++count) expect_each_once(pool, count);
  }
}

// A helper that wakes late must not touch the run that comes next.
TEST(TflitePool, RunsFollowEachOtherWithAndWithoutSleep) {
  Pool pool(4);
  for (int run = 0; run < 20000; ++run) expect_each_once(pool, 1 + run % 5);
  for (int run = 0; run < 50; ++run) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));  // longer than a helper waits before it sleeps
    expect_each_once(pool, 4);
  }
}

// What a worker wrote is there when parallel() returns.
TEST(TflitePool, ResultsOfAllWorkersAreVisible) {
  Pool pool(3);
  std::vector<std::int64_t> sums(3);
  for (std::int64_t run = 1; run <= 5000; ++run) {
    pool.parallel(
        3,
        [](void* self, std::int32_t index) {
          ++(*static_cast<std::vector<std::int64_t>*>(self))[static_cast<std::size_t>(index)];
        },
        &sums);
    ASSERT_EQ(sums, std::vector<std::int64_t>(3, run));
  }
}

TEST(TflitePool, WorkersRunAtTheSameTime) {
  Pool pool(2);
  std::atomic<int> there{0};
  pool.parallel(
      2,
      [](void* self, std::int32_t) {
        auto& both = *static_cast<std::atomic<int>*>(self);
        ++both;
        while (both < 2) std::this_thread::yield();  // would hang if one thread did both
      },
      &there);
  EXPECT_EQ(there, 2);
}

TEST(TflitePool, ComesAndGoes) {
  for (int i = 0; i < 200; ++i) {
    Pool pool(3);
    if (i % 2 == 0) expect_each_once(pool, 3);
  }
}

TEST(TflitePool, KeepsWithinItsLimits) {
  EXPECT_EQ(Pool(0).threads(), 1);
  EXPECT_EQ(Pool(-5).threads(), 1);
  EXPECT_EQ(Pool(100000).threads(), Pool::kMostThreads);
}

}  // namespace
}  // namespace tandem_tflite
