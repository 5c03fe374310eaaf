// What is fetched ahead, when and by whom: pure arithmetic, and products whose kernel only notes what it is asked for.
#include "src/fetch_ahead.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "random.hpp"
#include "src/stages/gemm.hpp"
#include "src/stages/stage_tasks.hpp"
#include "src/weights/pack.hpp"

namespace tandem::test {
namespace {

using internal::Fetch;
using internal::FetchAhead;
using internal::kMultiplyAddsAFloat;
using internal::Upcoming;

// Addresses alone count.
const std::vector<float> kMemory(100'000);

Fetch fetch(std::int64_t floats, std::size_t to) { return {{kMemory.data(), floats}, to, to}; }

std::vector<std::size_t> scheduled(std::vector<Fetch> fetches, const std::vector<std::int64_t>& floats_of_plans) {
  std::vector<std::int64_t> multiply_adds;
  for (const std::int64_t floats : floats_of_plans) multiply_adds.push_back(floats * kMultiplyAddsAFloat);
  internal::schedule(fetches, multiply_adds);
  std::vector<std::size_t> from;
  for (const Fetch& f : fetches) from.push_back(f.from);
  return from;
}

using Plans = std::vector<std::size_t>;

TEST(FetchAheadSchedule, TakesThePlanBeforeWhereItHasTheTime) {
  EXPECT_EQ(scheduled({fetch(10, 1), fetch(10, 2), fetch(10, 3)}, {10, 10, 10, 10}), Plans({0, 1, 2}));
}

TEST(FetchAheadSchedule, BeginsAsManyPlansBeforeAsItNeeds) {
  EXPECT_EQ(scheduled({fetch(10, 4)}, {10, 10, 10, 10, 10}), Plans({3}));
  EXPECT_EQ(scheduled({fetch(11, 4)}, {10, 10, 10, 10, 10}), Plans({2}));
  EXPECT_EQ(scheduled({fetch(30, 4)}, {10, 10, 10, 10, 10}), Plans({1}));
  EXPECT_EQ(scheduled({fetch(30, 4)}, {10, 10, 20, 0, 10}), Plans({1}));
}

TEST(FetchAheadSchedule, LeavesRoomForWhatIsFetchedAfterIt) {
  // The last one takes plan 3 and half of plan 2, of which the other half is left.
  EXPECT_EQ(scheduled({fetch(5, 3), fetch(15, 4)}, {10, 10, 10, 10, 10}), Plans({2, 2}));
  EXPECT_EQ(scheduled({fetch(6, 3), fetch(15, 4)}, {10, 10, 10, 10, 10}), Plans({1, 2}));
  EXPECT_EQ(scheduled({fetch(4, 3), fetch(1, 3), fetch(1, 3), fetch(15, 4)}, {10, 10, 10, 10, 10}),
            Plans({1, 2, 2, 2}));
}

TEST(FetchAheadSchedule, BeginsWithTheFirstPlanWhereTheTimeDoesNotSuffice) {
  EXPECT_EQ(scheduled({fetch(7, 1), fetch(100, 2)}, {10, 10, 10}), Plans({0, 0}));
  EXPECT_EQ(scheduled({}, {10, 10}), Plans());
}

// Each plan fetches what it has time for, in order: then all is there when it is read, if there is time at all, and no plan
// begins earlier than it must.
TEST(FetchAheadSchedule, IsInTimeAndNotTooEarly) {
  Random random(1);
  for (int round = 0; round < 2000; ++round) {
    std::vector<std::int64_t> spare;
    for (int plan = 0; plan < 12; ++plan) spare.push_back(random.integer(0, 20));
    std::vector<Fetch> fetches;
    for (std::size_t to = 1; to < spare.size(); ++to) {
      for (std::int64_t i = random.integer(0, 2); i > 0; --i) fetches.push_back(fetch(random.integer(1, 25), to));
    }
    const Plans from = scheduled(fetches, spare);
    for (std::size_t first = 0; first < fetches.size(); ++first) {
      ASSERT_LT(from[first], fetches[first].to);
      ASSERT_TRUE(first == 0 || from[first - 1] <= from[first]);
      // Whatever ends by `to` must fit between the plan in which the first of it begins and `to`.
      std::int64_t floats = 0;
      for (std::size_t last = first; last < fetches.size(); ++last) {
        floats += fetches[last].weights.floats;
        std::int64_t time = 0;
        for (std::size_t plan = from[first]; plan < fetches[last].to; ++plan) time += spare[plan];
        ASSERT_TRUE(floats <= time || from[first] == 0) << "round " << round << ", fetches " << first << " to " << last;
      }
      // And would not, in one of the cases, one plan later.
      bool late = from[first] + 1 == fetches[first].to;
      floats = 0;
      for (std::size_t last = first; last < fetches.size(); ++last) {
        floats += fetches[last].weights.floats;
        std::int64_t time = 0;
        for (std::size_t plan = from[first] + 1; plan < fetches[last].to; ++plan) time += spare[plan];
        late = late || floats > time;
      }
      ASSERT_TRUE(late) << "round " << round << ", fetch " << first << " begins too early";
    }
  }
}

TEST(FetchAhead, HandsOutItsFetchesInOrderWhileTheyAreDue) {
  const float* const a = kMemory.data();
  const float* const b = a + 1000;
  const float* const c = a + 2000;
  const std::vector<Fetch> fetches = {{{a, 10}, 0, 1}, {{b, 100}, 0, 2}, {{c, 7}, 2, 3}};
  FetchAhead ahead(fetches);
  const auto expect_taken = [&](std::int64_t most, const float* data, std::int64_t floats) {
    const Upcoming some = ahead.take(most);
    EXPECT_EQ(some.data, data);
    EXPECT_EQ(some.floats, floats);
  };
  ahead.begin(0);
  expect_taken(4, a, 4);
  expect_taken(100, a + 4, 6);
  expect_taken(30, b, 30);
  ahead.begin(1);
  expect_taken(30, b + 30, 30);
  ahead.begin(2);  // what is left of b comes too late
  expect_taken(5, c, 5);
  expect_taken(5, c + 5, 2);
  expect_taken(5, nullptr, 0);
}

TEST(FetchAhead, WaitsForTheFirstPlanThatHasToBegin) {
  const std::vector<Fetch> fetches = {{{kMemory.data(), 10}, 1, 2}};
  FetchAhead ahead(fetches);
  ahead.begin(0);
  EXPECT_EQ(ahead.take(10).data, nullptr);
  ahead.begin(1);
  EXPECT_EQ(ahead.take(10).floats, 10);
}

TEST(FetchAhead, OfNothingHandsOutNothing) {
  FetchAhead ahead;
  ahead.begin(3);
  EXPECT_EQ(ahead.take(10).data, nullptr);
}

/// The fetches of the calls of a product.
std::vector<kernels::GemmArgs>& calls() {
  static std::vector<kernels::GemmArgs> list;
  return list;
}

/// A table whose products only note what they are asked for.
kernels::KernelTable noting_table() {
  kernels::KernelTable table{};
  table.vector_floats = 8;
  table.gemm = [](const kernels::GemmArgs& args) noexcept { calls().push_back(args); };
  table.gemv = [](const kernels::GemvArgs&) noexcept {};
  std::fill(std::begin(table.gemm_rows), std::end(table.gemm_rows), 6);
  return table;
}

class FetchingProduct : public testing::Test {
 protected:
  static constexpr std::int64_t kK = 40;
  static constexpr std::int64_t kColumns = 64;  // four panels

  /// Of `rows` rows, all panels.
  void multiply(std::int64_t rows, FetchAhead& ahead) {
    calls().clear();
    std::vector<float> c(static_cast<std::size_t>(rows * kColumns));
    internal::multiply(table_, weights_, {0, weights_.panels()}, rows, {kMemory.data(), kK}, {c.data(), kColumns},
                       {nullptr, 0}, ahead);
  }

  kernels::KernelTable table_ = noting_table();
  std::vector<float> filter_ = std::vector<float>(kK * kColumns);
  internal::PackedGemm weights_{table_, {filter_, FilterLayout::kOihw}, {kColumns, kK, 1, 1}, {}};
};

TEST_F(FetchingProduct, FetchesAheadAfterItsOwnPanels) {
  const std::vector<Fetch> fetches = {{{kMemory.data(), 100'000}, 0, 1}};
  FetchAhead ahead(fetches);
  ahead.begin(0);
  constexpr std::int64_t kRows = 60;
  multiply(kRows, ahead);
  constexpr std::int64_t kShare = kRows * kK * (kColumns / 4) / kMultiplyAddsAFloat;
  ASSERT_EQ(calls().size(), 4U);
  for (std::int64_t p = 0; p < 4; ++p) {
    const kernels::GemmArgs& call = calls()[static_cast<std::size_t>(p)];
    const bool last = p == 3;  // has no panel of its own to fetch
    EXPECT_EQ(call.next, last ? kMemory.data() + 3 * kShare : weights_.panel(p + 1));
    EXPECT_EQ(call.later, last ? nullptr : kMemory.data() + p * kShare);
    EXPECT_EQ(last ? call.next_floats : call.later_floats, kShare);
  }
}

TEST_F(FetchingProduct, OfASingleTileFetchesNothing) {
  const std::vector<Fetch> fetches = {{{kMemory.data(), 100}, 0, 1}};
  FetchAhead ahead(fetches);
  ahead.begin(0);
  multiply(6, ahead);
  for (const kernels::GemmArgs& call : calls()) {
    EXPECT_EQ(call.next, nullptr);
    EXPECT_EQ(call.later, nullptr);
  }
  EXPECT_EQ(ahead.take(100).floats, 100) << "what nobody fetches must stay";
}

/// Its fetches as [first, last + 1) floats from the first panel on.
std::vector<internal::Range> first_panels(const internal::PackedGemm& weights, const kernels::KernelTable& table,
                                          const internal::GemmBlocking& blocking, std::int32_t worker) {
  constexpr std::int32_t kWorkers = 2;
  std::vector<Upcoming> list;
  internal::add_first_panels(table, weights, blocking, worker, kWorkers, list);
  std::vector<internal::Range> ranges;
  for (const Upcoming& some : list) {
    const std::int64_t begin = some.data - weights.panel(0);
    ranges.push_back({begin, begin + some.floats});
  }
  return ranges;
}

TEST_F(FetchingProduct, BeginsWithItsFirstPanel) {
  for (const std::int64_t groups : {1, 4}) {
    for (const std::int32_t worker : {0, 1}) {
      // Two workers share two blocks of many rows, or the panels of one.
      const internal::GemmBlocking blocking{60, groups == 1 ? 2 : 1, groups};
      const std::int64_t panel = groups == 1 ? 0 : 2 * worker;
      const std::vector<internal::Range> ranges = first_panels(weights_, table_, blocking, worker);
      ASSERT_EQ(ranges.size(), 1U);
      EXPECT_EQ(ranges[0].begin, weights_.panel(panel) - weights_.panel(0));
      EXPECT_EQ(ranges[0].end - ranges[0].begin, weights_.panel_floats(panel));
    }
  }
}

TEST_F(FetchingProduct, OfAFewRowsBeginsWithAllPanelsOfAWorker) {
  const internal::GemmBlocking blocking{1, 1, 4};
  const std::vector<internal::Range> first = first_panels(weights_, table_, blocking, 0);
  const std::vector<internal::Range> second = first_panels(weights_, table_, blocking, 1);
  ASSERT_EQ(first.size(), 1U);
  ASSERT_EQ(second.size(), 1U);
  EXPECT_EQ(first[0].begin, 0);
  EXPECT_EQ(first[0].end, weights_.panel(1) + weights_.panel_floats(1) - weights_.panel(0));
  EXPECT_EQ(second[0].begin, weights_.panel(2) - weights_.panel(0));
  EXPECT_EQ(second[0].end, weights_.panel(3) + weights_.panel_floats(3) - weights_.panel(0));
}

TEST_F(FetchingProduct, OfFewerTasksThanWorkersBeginsWithNothingForTheIdleOne) {
  EXPECT_TRUE(first_panels(weights_, table_, {60, 1, 1}, 0).empty());
  EXPECT_EQ(first_panels(weights_, table_, {60, 1, 1}, 1).size(), 1U);
}

}  // namespace
}  // namespace tandem::test
