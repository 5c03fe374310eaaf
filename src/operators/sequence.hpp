// Runs a Sequence whose arguments are in another structure, that of the C interface.
#pragma once

#include <cstddef>

#include "tandem/sequence.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The arguments of a sequence's runs, in any structure.
struct SequenceArgs {
  const void* list;  // may be null
  std::size_t count;
  RunArgs (*at)(const void* list, std::size_t i) noexcept;

  [[nodiscard]] RunArgs operator[](std::size_t i) const noexcept { return at(list, i); }
};

/// As Sequence::run().
Status run_sequence(const Sequence& sequence, const SequenceArgs& args) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
