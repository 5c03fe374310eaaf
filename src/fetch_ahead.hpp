// Fetching what the later plans of a sequence read first into the caches, while the plans before them multiply.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "src/plan/tiling.hpp"

namespace tandem::internal {

/// Memory that is read soon, fetched into the caches while a product computes.
struct Upcoming {
  const float* data = nullptr;
  std::int64_t floats = 0;
  /// The i-th of `parts` pieces.
  [[nodiscard]] Upcoming piece(std::int64_t parts, std::int64_t i) const noexcept {
    const Range range = part(floats, parts, i);
    return {data == nullptr ? nullptr : data + range.begin, range.end - range.begin};
  }
};

/// Weights that plan `to` reads before it could fetch them by itself, and that the plans [from, to) may fetch for it.
struct Fetch {
  Upcoming weights;
  std::size_t from;
  std::size_t to;
};

/// Multiply-adds in which a product fetches one float for later plans, beside what it fetches for itself: 4 GB/s of some 20
/// that memory delivers.
inline constexpr std::int64_t kMultiplyAddsAFloat = 56;

/// Lets each be fetched as late as there is time for it: what is fetched too early has left L2 before it is read, and took
/// the place of what the plans before work on.
/// @param fetches        in the order of `to`; their `from` is set
/// @param multiply_adds  of each plan, a worker's
void schedule(std::vector<Fetch>& fetches, const std::vector<std::int64_t>& multiply_adds) noexcept;

/// One worker's fetches, in their order, on its way through the plans.
class FetchAhead {
 public:
  FetchAhead() noexcept = default;
  explicit FetchAhead(const std::vector<Fetch>& fetches) noexcept
      : next_(fetches.data()), end_(fetches.data() + fetches.size()) {}

  /// The worker comes to this plan: what is to be fetched for it comes too late.
  void begin(std::size_t plan) noexcept {
    plan_ = plan;
    while (next_ != end_ && next_->to <= plan) go_on();
  }

  /// At most so many floats that are to be fetched now; null: none.
  [[nodiscard]] Upcoming take(std::int64_t floats) noexcept {
    if (next_ == end_ || next_->from > plan_) return {};
    const std::int64_t count = std::min(floats, next_->weights.floats - taken_);
    const Upcoming some{next_->weights.data + taken_, count};
    taken_ += count;
    if (taken_ == next_->weights.floats) go_on();
    return some;
  }

 private:
  void go_on() noexcept {
    ++next_;
    taken_ = 0;
  }

  const Fetch* next_ = nullptr;
  const Fetch* end_ = nullptr;
  std::size_t plan_ = 0;
  std::int64_t taken_ = 0;  // floats of the next one
};

}  // namespace tandem::internal
