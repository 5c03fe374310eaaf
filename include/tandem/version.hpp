// The version of these headers and of the library that was linked. CMake reads its project version from here.
#pragma once

#define TANDEM_VERSION_MAJOR 0
#define TANDEM_VERSION_MINOR 1
#define TANDEM_VERSION_PATCH 0

namespace tandem {

/// "major.minor.patch" of the linked library.
[[nodiscard]] const char* version() noexcept;

}  // namespace tandem
