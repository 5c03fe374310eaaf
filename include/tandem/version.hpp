// The version of these headers and of the library that was linked. CMake reads its project version from here.
#pragma once

#include "tandem/api.h"

#define TANDEM_VERSION_MAJOR 0
#define TANDEM_VERSION_MINOR 2
#define TANDEM_VERSION_PATCH 0

/// The inline namespace around everything in `tandem`. Two versions with different layouts thus share no symbol. Before
/// 1.0 a minor version may change a layout, so its number is part of the name.
#define TANDEM_ABI v0_2

namespace tandem {
inline namespace TANDEM_ABI {

/// "major.minor.patch" of the linked library.
[[nodiscard]] TANDEM_API const char* version() noexcept;

}  // namespace TANDEM_ABI
}  // namespace tandem
