// Floats on a cache line's boundary, for packed weights.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::internal {

class AlignedBuffer {
 public:
  static constexpr std::size_t kAlignment = 64;  // a cache line, and the widest vector

  AlignedBuffer() = default;
  /// Zeros. Throws std::bad_alloc.
  explicit AlignedBuffer(std::int64_t elements)
      : size_(static_cast<std::size_t>(elements)),
        data_(static_cast<float*>(::operator new(size_ * sizeof(float), std::align_val_t(kAlignment)))) {
    std::uninitialized_fill_n(data_.get(), size_, 0.0F);
  }

  [[nodiscard]] float* data() noexcept { return data_.get(); }
  [[nodiscard]] const float* data() const noexcept { return data_.get(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return size_ * sizeof(float); }

 private:
  struct Free {
    void operator()(float* p) const noexcept { ::operator delete(p, std::align_val_t(kAlignment)); }
  };
  std::size_t size_ = 0;
  std::unique_ptr<float, Free> data_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
