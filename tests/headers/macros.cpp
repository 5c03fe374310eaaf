// A program that has met other libraries before it meets Tandem: the standard headers first, then their macros.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common_macros.h"
// After the macros.
#include "tandem/tandem.h"
#include "tandem/tandem.hpp"

namespace {
[[maybe_unused]] tandem::RunArgs arguments() { return tandem::RunArgs{}; }
}  // namespace
