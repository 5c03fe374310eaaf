// Which instruction set the kernels use. An ISA is named by a string, the same in this API, in the environment variable
// TANDEM_ISA and on every command line. x86-64 has "avx512vnni", "avx512", "avxvnni", "avx2", "sse41" and "scalar"; aarch64 has
// "neoni8mm", "neondot", "neon" and "scalar"; any other CPU has "scalar".
#pragma once

#include <cstddef>
#include <string>

#include "tandem/status.hpp"
#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

struct IsaInfo {
  const char* name;            ///< never null
  bool available;              ///< this CPU and its operating system can run it
  std::int32_t vector_floats;  ///< fp32 lanes of one vector
};

/// The ISAs this library was built with, fastest first, "scalar" last. The array lives as long as the program.
struct IsaList {
  const IsaInfo* data;
  std::size_t size;
  [[nodiscard]] const IsaInfo* begin() const noexcept { return data; }
  [[nodiscard]] const IsaInfo* end() const noexcept { return data + size; }
};
[[nodiscard]] TANDEM_API IsaList isas() noexcept;

/// The ISA that create() uses for this request: `name` if given, else the environment variable TANDEM_ISA if it is set
/// and not empty, else the fastest ISA of this CPU. Errors: kUnknownIsa for an unknown name, kUnavailableIsa for an ISA
/// that this CPU lacks; the sentence lists the choices. The returned name lives as long as the program. TANDEM_ISA is
/// read at each call.
[[nodiscard]] TANDEM_API Result<const char*> select_isa(const char* name = nullptr) noexcept;

}  // namespace TANDEM_ABI
}  // namespace tandem
