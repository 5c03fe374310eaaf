// The ways to run work that passes over the pixels of a tensor once: in how many blocks, by how many workers.
#pragma once

#include <cstdint>
#include <vector>

#include "src/plan/candidates.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Work on all pixels of a tensor, in any order.
struct StreamWork {
  std::int64_t pixels;
  std::int64_t channels;
  double read_bytes;  ///< at least the written ones
  double written_bytes;
  double cycles;  ///< of arithmetic for a vector of elements, which loads and stores do not hide
};

/// Each candidate is a number of blocks of pixels, one task each. More than one worker has several tasks.
std::vector<Candidate<std::int64_t>> stream_candidates(const Machine& machine, const StreamWork& work,
                                                       std::int32_t workers);

}  // namespace tandem::inline TANDEM_ABI::internal
