#include "tandem/version.hpp"
#include "kernels/floating_point.hpp"

#define TANDEM_STRING_OF(x) #x
#define TANDEM_STRING(x) TANDEM_STRING_OF(x)

namespace tandem::inline TANDEM_ABI {

const char* version() noexcept {
  return TANDEM_STRING(TANDEM_VERSION_MAJOR) "." TANDEM_STRING(TANDEM_VERSION_MINOR) "." TANDEM_STRING(
      TANDEM_VERSION_PATCH);
}

}  // namespace tandem::inline TANDEM_ABI
