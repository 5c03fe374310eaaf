// The data caches of one core, which tiles are fitted to.
#pragma once

#include <cstdint>

#include "kernels/floating_point.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

struct CacheSizes {
  std::int64_t l1 = 32 << 10;   ///< bytes of L1 data cache
  std::int64_t l2 = 512 << 10;  ///< bytes of the private L2
  std::int64_t l3 = 8 << 20;    ///< bytes of the last level, shared with other cores
};

/// The cache sizes of this machine from the operating system; the defaults above if that does not know them.
CacheSizes machine_caches() noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
