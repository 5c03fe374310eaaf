// The common part of the command lines of the programs.
#pragma once

#include <string>
#include <vector>

#include "tandem/tandem.hpp"

namespace tandem::bench {

/// Prints "<program>: <message>" on standard error.
/// @return exit code of the failed program
int fail(const char* program, const std::string& message);

/// Names of the ISAs to run on, each once. A wrong TANDEM_ISA is an error even if `names` decides.
/// @param names  of ISAs, or "all"; none: TANDEM_ISA's, else the fastest
[[nodiscard]] Result<std::vector<std::string>> choose_isas(const std::vector<std::string>& names);

}  // namespace tandem::bench
