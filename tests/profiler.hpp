// Where the program spends its time: a timer that interrupts it and notes the address of the next instruction, and the
// functions of this program that the addresses belong to.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace tandem::test {

/// Functions of this program by address, from `nm -C` of its own file.
class Symbols {
 public:
  Symbols();
  /// Whether nm could be run and found any.
  [[nodiscard]] bool empty() const noexcept { return names_.empty(); }
  /// The function that holds a code address; empty for code of shared libraries.
  [[nodiscard]] std::string name_of(std::uintptr_t address) const;

 private:
  std::map<std::uintptr_t, std::string> names_;  // by the address within the file
  std::uintptr_t base_ = 0;                      // where the file is loaded
  std::uintptr_t end_ = 0;
};

/// Samples from construction to stop(). One at a time.
class Profiler {
 public:
  Profiler();
  Profiler(const Profiler&) = delete;
  Profiler& operator=(const Profiler&) = delete;
  ~Profiler();
  /// Samples so far.
  [[nodiscard]] std::size_t count() const noexcept;
  [[nodiscard]] std::vector<std::uintptr_t> stop();
};

}  // namespace tandem::test
