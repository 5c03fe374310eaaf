// Sets the CPU's flags that treat denormal floats as zeros, on the thread that holds a FlushDenormals.
#pragma once

#include <cstdint>

#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

class FlushDenormals {
 public:
  explicit FlushDenormals(bool flush) noexcept : saved_(flush ? read() : 0), flush_(flush) {
    if (flush_) write(saved_ | kFlags);
  }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;
  ~FlushDenormals() {
    if (flush_) write(saved_);
  }

  /// False on a CPU without such flags; plan() then refuses to flush.
  static constexpr bool possible() noexcept { return kFlags != 0; }

 private:
#if defined(__x86_64__)
  static constexpr std::uint64_t kFlags = 0x8040;  // MXCSR: results to zero (15), operands as zeros (6)
  static std::uint64_t read() noexcept { return __builtin_ia32_stmxcsr(); }
  static void write(std::uint64_t flags) noexcept { __builtin_ia32_ldmxcsr(static_cast<unsigned>(flags)); }
#elif defined(__aarch64__)
  static constexpr std::uint64_t kFlags = std::uint64_t{1} << 24U;  // FPCR.FZ: both
  static std::uint64_t read() noexcept {
    std::uint64_t flags = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(flags));
    return flags;
  }
  static void write(std::uint64_t flags) noexcept { __asm__ volatile("msr fpcr, %0" ::"r"(flags)); }
#else
  static constexpr std::uint64_t kFlags = 0;
  static std::uint64_t read() noexcept { return 0; }
  static void write(std::uint64_t) noexcept {}
#endif

  std::uint64_t saved_;
  bool flush_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
