// The data caches of one core, which tiling blocks for.
#pragma once

#include <cstdint>

namespace tandem::internal {

struct CacheSizes {
  std::int64_t l1 = 32 << 10;   ///< bytes of L1 data cache
  std::int64_t l2 = 512 << 10;  ///< bytes of the private L2
};

/// Of this machine, as the operating system tells; the defaults above where it does not.
CacheSizes machine_caches() noexcept;

}  // namespace tandem::internal
