// How a fused block is cut up: every row and channel once, in equal shares.
#include "src/plan/fused_blocking.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "planned_block.hpp"

namespace tandem::test {
namespace {

TEST(FusedBlocking, EveryCandidateCoversRowsAndChannelsOnce) {
  for (const auto& block : blocks()) {
    const DepthwiseGeometry& d = block->geometry().depthwise;
    for (const std::int32_t workers : {1, 2, 3, 8, 64}) {
      for (const std::int64_t images : {1, 5}) {
        for (const auto& c : block->fused(usual(), workers, images)) {
          const FusedBlocking& b = c.blocking;
          ASSERT_GE(b.row_chunk * b.row_chunks, d.out_h());
          ASSERT_LT(b.row_chunk * (b.row_chunks - 1), d.out_h());
          ASSERT_LE(b.strip_rows, b.row_chunk);
          ASSERT_GE(b.group_channels * b.groups + 16, d.channels());  // the last panel may be wider
          ASSERT_GE(c.workers, 1);
          ASSERT_LE(c.workers, workers);
          ASSERT_GT(c.balance, 0.0);
          ASSERT_LE(c.balance, 1.0);
        }
      }
    }
  }
}

// 56 rows between 4 workers: three seams, at each of which a 3 x 3 kernel needs two expanded rows twice.
TEST(FusedBlocking, RecomputedRowsAreThoseAtTheSeams) {
  const Block block(56, 24, 144, 24);
  for (const auto& c : block.fused(usual(), 4)) {
    if (c.blocking.shares_channels()) {
      const std::int64_t seams = c.blocking.channel_workers - 1;
      const std::int64_t columns = 16 * c.blocking.row_shared_groups;
      EXPECT_EQ(recomputed_multiply_adds(block.geometry(), c.blocking), seams * 2 * 56 * 24 * columns);
    } else {
      EXPECT_EQ(recomputed_multiply_adds(block.geometry(), c.blocking),
                (c.blocking.row_chunks - 1) * 2 * 56 * 24 * 144);
    }
  }
}

// Panels that are left over when each worker has equally many are shared by rows, and nothing is done twice or not at
// all.
TEST(FusedBlocking, WorkersThatShareChannelsGetEqualShares) {
  for (const std::int32_t channels : {64, 80, 96, 112, 240}) {
    const Block block(14, 40, channels, 40, 5);
    const std::int64_t panels = block.geometry().expand->panels.count();
    for (const std::int32_t workers : {2, 3, 4}) {
      bool shared_rows = panels % workers == 0;
      for (const auto& c : block.fused(usual(), workers)) {
        const FusedBlocking& b = c.blocking;
        if (!b.shares_channels()) continue;
        std::vector<std::int64_t> rows_done(static_cast<std::size_t>(panels));
        std::vector<std::int64_t> work(static_cast<std::size_t>(b.channel_workers));
        for (std::int64_t i = 0; i < channel_tasks(b); ++i) {
          const ChannelTask task = channel_task(b, 14, i);
          const Range range = b.panels_of(task.group, panels);
          for (std::int64_t p = range.begin; p < range.end; ++p) {
            ASSERT_EQ(rows_done[static_cast<std::size_t>(p)], task.rows.begin) << "panel " << p;
            rows_done[static_cast<std::size_t>(p)] = task.rows.end;
          }
          // The worker whose share it is, as Worker::share() deals them out.
          const std::int64_t owner = ((i + 1) * b.channel_workers - 1) / channel_tasks(b);
          work[static_cast<std::size_t>(owner)] += (range.end - range.begin) * (task.rows.end - task.rows.begin);
        }
        ASSERT_EQ(rows_done, std::vector<std::int64_t>(rows_done.size(), 14));
        if (b.row_shared_groups == 0) continue;
        shared_rows = true;
        const auto [least, most] = std::minmax_element(work.begin(), work.end());
        EXPECT_LE(*most - *least, b.row_shared_groups) << channels << " channels, " << workers << " workers";
      }
      EXPECT_TRUE(shared_rows) << channels << " channels, " << workers << " workers";
    }
  }
  // Three panels: one each and half of the third are faster than one and two.
  std::vector<double> seconds;
  for (const auto& c : Block(14, 80, 48, 80).fused(usual(), 2)) {
    if (c.blocking.shares_channels()) seconds.push_back(c.estimate.seconds);
  }
  ASSERT_EQ(seconds.size(), 2U);
  EXPECT_LT(seconds[1], seconds[0]);
}

}  // namespace
}  // namespace tandem::test
