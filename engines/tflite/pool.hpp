// The delegate's own threads. A TFLite interpreter has no pool that it would lend, so each one that the delegate serves
// gets a Pool of as many threads as it asks for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <thread>
#include <vector>

#include "tandem/executor.hpp"

namespace tandem_tflite {

/// A fixed number of threads, the caller of parallel() being one of them. The others wait on their core for a moment
/// after each run and then sleep, so that an idle interpreter costs nothing.
///
/// A run's indices are handed out one by one: whichever thread is free takes the next. So the caller does the work of
/// a thread that the system has not woken yet, and of all of them in a forked child, where there are none.
class Pool {
 public:
  static constexpr std::int32_t kMostThreads = 256;  ///< as many as a run of Tandem uses

  /// @param threads  1 to kMostThreads, the caller's included. Where the system refuses some, the pool has fewer.
  explicit Pool(std::int32_t threads);
  ~Pool();
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  /// How many threads there are, the caller's included.
  [[nodiscard]] std::int32_t threads() const noexcept { return static_cast<std::int32_t>(helpers_.size()) + 1; }
  /// Calls worker(context, i) once for each i in [0, count), as tandem::ThreadPool::parallel says. One call at a time.
  /// @param count  at most 65535
  void parallel(std::int32_t count, tandem::WorkerFunction worker, void* context) noexcept;

 private:
  // A run in one word, so that a thread that comes late cannot take an index of the run before: 32 bits that count the
  // runs, 16 of how many indices it has, 16 of how many are taken.
  using Ticket = std::uint64_t;

  // Takes indices of the present run until none is left.
  void work() noexcept;
  void help() noexcept;
  // Until there is something to take, or the pool ends (false).
  bool wait_for_work() noexcept;

  std::atomic<Ticket> ticket_{0};
  std::atomic<std::int32_t> unfinished_{0};
  // Written before the ticket that announces them; a thread that holds one of its indices keeps the run from ending.
  tandem::WorkerFunction worker_ = nullptr;
  void* context_ = nullptr;

  std::mutex mutex_;  // for those that sleep
  std::condition_variable awake_;
  std::atomic<std::int32_t> sleepers_{0};
  std::atomic<bool> ending_{false};
  std::vector<std::thread> helpers_;
};

}  // namespace tandem_tflite
