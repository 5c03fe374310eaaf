#include "src/fetch_ahead.hpp"

#include <ranges>

namespace tandem::internal {

void schedule(std::vector<Fetch>& fetches, const std::vector<std::int64_t>& multiply_adds) noexcept {
  std::size_t plan = multiply_adds.size();  // in which the last one so far begins to be fetched
  std::int64_t left = 0;                    // floats for which it has time
  for (Fetch& fetch : std::views::reverse(fetches)) {
    std::int64_t floats = fetch.weights.floats;
    while (plan > 0 && (plan >= fetch.to || floats > left)) {
      if (plan < fetch.to) floats -= left;
      left = multiply_adds[--plan] / kMultiplyAddsAFloat;
    }
    left -= std::min(left, floats);
    fetch.from = plan;
  }
}

}  // namespace tandem::internal
