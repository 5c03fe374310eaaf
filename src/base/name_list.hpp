// Names for the sentence of an error: "avx2, sse41, scalar".
#pragma once

#include <cstddef>
#include <cstring>

#include "kernels/floating_point.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// At most Size - 1 characters. A name that does not fit is left out.
template <std::size_t Size>
class NameList {
 public:
  void add(const char* name) noexcept {
    const std::size_t length = std::strlen(name);
    const std::size_t comma = used_ > 0 ? 2 : 0;
    if (used_ + comma + length >= Size) return;
    std::memcpy(text_ + used_, ", ", comma);
    std::memcpy(text_ + used_ + comma, name, length + 1);
    used_ += comma + length;
  }
  [[nodiscard]] const char* text() const noexcept { return text_; }

 private:
  char text_[Size] = {};
  std::size_t used_ = 0;
};

}  // namespace tandem::inline TANDEM_ABI::internal
