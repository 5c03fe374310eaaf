// A function of an element of 8 bits.
#pragma once

#include <array>
#include <cstdint>

#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The value of each element, by its bits.
using ByteTable = std::array<std::uint8_t, 256>;

}  // namespace tandem::inline TANDEM_ABI::internal
