// The floating-point mode of a thread while it works for a run: rounding to nearest, no traps, denormals as planned.
// The caller's thread, or one of its pool, may have another mode; results must not depend on that.
#pragma once

#include <cstdint>

#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Sets the mode of the thread that holds it, and restores the former mode.
class FloatingPointMode {
 public:
  /// flush: denormal floats, operands and results, become zeros.
  explicit FloatingPointMode(bool flush) noexcept : saved_(read()), changed_((saved_ & kControl) != control(flush)) {
    if (changed_) write((saved_ & ~kControl) | control(flush));
  }
  FloatingPointMode(const FloatingPointMode&) = delete;
  FloatingPointMode& operator=(const FloatingPointMode&) = delete;
  ~FloatingPointMode() {
    if (changed_) write(saved_);
  }

  /// False on a CPU without flags for denormals; plan() then refuses to flush.
  static constexpr bool can_flush() noexcept { return kFlush != 0; }

 private:
#if defined(__x86_64__)
  // MXCSR, Intel SDM volume 1, 10.2.3.
  static constexpr std::uint64_t kFlush = 0x8040;    // results to zero (15), operands as zeros (6)
  static constexpr std::uint64_t kNoTraps = 0x1f80;  // masks (7 to 12)
  static constexpr std::uint64_t kControl = 0xffc0;  // these and the rounding (13 and 14), 0 to nearest
  static std::uint64_t read() noexcept { return __builtin_ia32_stmxcsr(); }
  static void write(std::uint64_t mode) noexcept { __builtin_ia32_ldmxcsr(static_cast<unsigned>(mode)); }
#elif defined(__aarch64__)
  // FPCR, Arm ARM, C5.2.8. All zeros are the mode of IEEE 754.
  static constexpr std::uint64_t kFlush = std::uint64_t{1} << 24U;  // FZ: both
  static constexpr std::uint64_t kNoTraps = 0;
  static constexpr std::uint64_t kControl = ~std::uint64_t{0};
  static std::uint64_t read() noexcept {
    std::uint64_t mode = 0;
    __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
    return mode;
  }
  static void write(std::uint64_t mode) noexcept { __asm__ volatile("msr fpcr, %0" ::"r"(mode)); }
#else
  static constexpr std::uint64_t kFlush = 0;
  static constexpr std::uint64_t kNoTraps = 0;
  static constexpr std::uint64_t kControl = 0;
  static std::uint64_t read() noexcept { return 0; }
  static void write(std::uint64_t) noexcept {}
#endif
  static constexpr std::uint64_t control(bool flush) noexcept { return kNoTraps | (flush ? kFlush : 0); }

  std::uint64_t saved_;
  bool changed_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
