// A view of the caller's floats.
#pragma once

#include <cstddef>

#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// A read-only view of floats. It knows its length, so that a wrong count is an error and not a wild read.
/// Anything with data() and size() (std::vector, std::array, std::span) converts to it.
struct FloatSpan {
  const float* data = nullptr;
  std::size_t size = 0;  ///< in elements

  constexpr FloatSpan() noexcept = default;
  constexpr FloatSpan(const float* d, std::size_t n) noexcept : data(d), size(n) {}
  template <class Container,
            class = decltype(static_cast<const float*>(static_cast<const Container*>(nullptr)->data()))>
  constexpr FloatSpan(const Container& c) noexcept
      : data(c.data()), size(c.size()) {}  // NOLINT(google-explicit-constructor)
};

}  // namespace TANDEM_ABI
}  // namespace tandem
