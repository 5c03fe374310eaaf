// Memory between two pages that nobody may touch: one byte read or written outside ends the test with a message.
//
//   kEndsAtGuard:   | guard page | canary ... | buffer | guard page |
//   kStartsAtGuard: | guard page | buffer | canary ... | guard page |
//
// Pages are larger than most buffers, so one placement is exact on one side only; every test uses both. The bytes
// between buffer and guard hold a canary, so that a write there is found, too, by intact().
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tandem/data_type.hpp"

namespace tandem::test {

enum class Placement { kEndsAtGuard, kStartsAtGuard };
inline constexpr Placement kPlacements[] = {Placement::kEndsAtGuard, Placement::kStartsAtGuard};
const char* to_string(Placement placement) noexcept;

/// The NaN that outputs and workspaces start with: it is one as a float, and each half of it as a bf16 and as an f16.
/// No arithmetic produces its payload from finite numbers.
inline constexpr std::uint16_t kHalfPoison = 0x7fed;
inline constexpr std::uint32_t kPoison = 0x7fed'7fed;
bool is_poison(float value) noexcept;

class GuardedBuffer {
 public:
  /// @param name      how the message calls it when a guard page is hit
  /// @param alignment of the first byte; with kEndsAtGuard the buffer moves down from the guard by what it needs
  GuardedBuffer(const char* name, std::size_t bytes, Placement placement, std::size_t alignment = alignof(float));
  GuardedBuffer(const GuardedBuffer&) = delete;
  GuardedBuffer& operator=(const GuardedBuffer&) = delete;
  ~GuardedBuffer();

  [[nodiscard]] float* floats() noexcept { return reinterpret_cast<float*>(data_); }
  [[nodiscard]] const float* floats() const noexcept { return reinterpret_cast<const float*>(data_); }
  [[nodiscard]] void* data() noexcept { return data_; }
  [[nodiscard]] const void* data() const noexcept { return data_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
  /// Whether the canary around the buffer is as it was.
  [[nodiscard]] bool intact() const noexcept;

  /// Makes a touched guard page say which buffer, where and during which case. Called once by main().
  static void install_fault_handler() noexcept;

 protected:
  void make_read_only();

 private:
  static void report_fault(const char* address, const char* access) noexcept;
  static void on_fault(int signal, void* info, void* context) noexcept;

  const char* name_;
  std::byte* mapping_ = nullptr;
  std::size_t mapped_bytes_ = 0;
  std::byte* data_ = nullptr;
  std::size_t bytes_;
  GuardedBuffer* next_ = nullptr;  // of the list that the fault handler walks
  GuardedBuffer* previous_ = nullptr;
};

/// A copy of `values` as elements of `type`, aligned as these need and no more, that can only be read: a write ends the
/// test.
class GuardedInput : public GuardedBuffer {
 public:
  GuardedInput(const char* name, const std::vector<float>& values, Placement placement, DataType type = DataType::kF32);
  /// Elements of any type.
  GuardedInput(const char* name, const std::vector<std::byte>& bytes, Placement placement, std::size_t alignment);
};

/// `bytes` of kPoison.
class GuardedOutput : public GuardedBuffer {
 public:
  GuardedOutput(const char* name, std::size_t bytes, Placement placement, std::size_t alignment = alignof(float));
};

}  // namespace tandem::test
