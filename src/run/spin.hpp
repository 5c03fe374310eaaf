// Waiting for another thread that is about to be done.
#pragma once

#include <thread>

#include "kernels/floating_point.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Call once() again and again while waiting. For the time of a short task, some 10 to 40 microseconds, it keeps the
/// core; after that it yields, since the awaited thread may need this core.
class Spin {
 public:
  static constexpr int kTurns = 1000;

  void once() noexcept {
    if (turns_ == kTurns) return std::this_thread::yield();
    ++turns_;
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");  // yield is a nop on many cores
#elif defined(__riscv)
    __asm__ volatile(".word 0x0100000f");  // pause as a number: assemblers want the extension; a nop on CPUs without it
#endif
  }
  /// True when the time of a short task is over.
  [[nodiscard]] bool over() const noexcept { return turns_ == kTurns; }

 private:
  int turns_ = 0;
};

}  // namespace tandem::inline TANDEM_ABI::internal
