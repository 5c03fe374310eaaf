// Walks a tensor together with a second one whose size is 1 in some dimensions.
#pragma once

#include <cstdint>

#include "src/base/ranges.hpp"
#include "tandem/params.hpp"
#include "tandem/shape.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The shape of the tensor that is broadcast to `full`.
constexpr Shape broadcast_from(const Shape& full, const Broadcast& broadcast) noexcept {
  return {broadcast.n ? 1 : full.n, broadcast.h ? 1 : full.h, broadcast.w ? 1 : full.w, broadcast.c ? 1 : full.c};
}

/// Cuts the pixels of a tensor into runs over which the pixels of the second tensor advance by one step: 0 or 1.
class BroadcastWalk {
 public:
  BroadcastWalk(const Shape& full, const Broadcast& broadcast) noexcept : full_(full) {
    const Shape second = broadcast_from(full, broadcast);
    strides_ = {broadcast.n ? 0 : second.h * second.w, broadcast.h ? 0 : second.w, broadcast.w ? 0 : 1};
    for (const auto& [size, stride] : {Dimension{full.w, strides_.x}, {full.h, strides_.y}, {full.n, strides_.n}}) {
      if (size == 1) continue;
      if (run_ == 1) {
        step_ = stride;
      } else if (stride != step_ * run_) {
        break;
      }
      run_ *= size;
    }
  }

  /// Calls body(pixels, second): a part of a run, and the pixel of the second tensor that belongs to its first one.
  template <class Body>
  void walk(const Range& pixels, const Body& body) const noexcept {
    for_each_row(pixels, run_, [&](std::int64_t run, const Range& of_run) {
      const std::int64_t p = run * run_ + of_run.begin;
      const std::int64_t row = p / full_.w;
      body(Range{p, run * run_ + of_run.end},
           row / full_.h * strides_.n + row % full_.h * strides_.y + p % full_.w * strides_.x);
    });
  }

  /// Pixels of the second tensor from one pixel of a run to the next.
  [[nodiscard]] std::int64_t step() const noexcept { return step_; }

 private:
  struct Dimension {
    std::int64_t size;
    std::int64_t stride;
  };
  struct Strides {  // pixels of the second tensor
    std::int64_t n;
    std::int64_t y;
    std::int64_t x;
  };

  Shape full_;
  Strides strides_;
  std::int64_t run_ = 1;
  std::int64_t step_ = 0;
};

}  // namespace tandem::inline TANDEM_ABI::internal
