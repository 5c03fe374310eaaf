#include "src/machine/cache.hpp"

#include <unistd.h>

namespace tandem::inline TANDEM_ABI::internal {
namespace {

CacheSizes ask() noexcept {
  CacheSizes sizes;
#if defined(_SC_LEVEL1_DCACHE_SIZE) && defined(_SC_LEVEL2_CACHE_SIZE) && defined(_SC_LEVEL3_CACHE_SIZE)
  const auto take = [](std::int64_t& size, int name) {
    const long bytes = ::sysconf(name);  // 0 or -1 if the C library does not know
    if (bytes > 0) size = bytes;
  };
  take(sizes.l1, _SC_LEVEL1_DCACHE_SIZE);
  take(sizes.l2, _SC_LEVEL2_CACHE_SIZE);
  take(sizes.l3, _SC_LEVEL3_CACHE_SIZE);
#endif
  return sizes;
}

}  // namespace

CacheSizes machine_caches() noexcept {
  static const CacheSizes sizes = ask();
  return sizes;
}

}  // namespace tandem::inline TANDEM_ABI::internal
