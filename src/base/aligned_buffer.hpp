// Bytes aligned to a cache line, for packed weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>

#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;  // a cache line, and the widest vector

  AlignedBuffer() = default;
  /// Filled with zeros. Throws std::bad_alloc.
  explicit AlignedBuffer(std::int64_t bytes)
      : size_(static_cast<std::size_t>(bytes)),
        data_(static_cast<std::byte*>(::operator new(size_, std::align_val_t(kAlignment)))) {
    std::memset(data_.get(), 0, size_);
  }

  [[nodiscard]] std::byte* data() noexcept { return data_.get(); }
  [[nodiscard]] const std::byte* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return size_; }

 private:
  struct Free {
    void operator()(std::byte* p) const noexcept { ::operator delete(p, std::align_val_t(kAlignment)); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<std::byte, Free> data_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
