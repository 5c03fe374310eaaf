// How a fused block is cut up: every row and channel once, in equal shares.
#include "src/plan/fused_blocking.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "planned_block.hpp"
#include "src/plan/squeeze_excite_fusion.hpp"

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

// Woven rows come in blocks of 4 * V channels, here 32. A group begins with one, whatever the width of a panel.
TEST(FusedBlocking, GroupsOfAQuantisedBlockAreWholeBlocksOfWovenRows) {
  static constexpr kernels::WovenKernel kWoven[] = {{"woven", {0, 4, 1, 8}, nullptr}};
  for (const std::int32_t panel_vectors : {2, 3}) {
    kernels::KernelTable quads = table();
    quads.types = {DataType::kU8, DataType::kS8};
    quads.tuning.panel_vectors = panel_vectors;
    quads.woven = {kWoven, 1};
    DepthwiseParams p;
    p.padding = Padding::same();
    set_types(p, {DataType::kU8, {0.5F, 3}}, DataType::kS8);
    for (const std::int32_t channels : {32, 96, 144, 192, 240, 368, 576, 960}) {
      p.channels = channels;
      const kernels::Panels panels(channels, quads.lanes, panel_vectors);
      const BlockGeometry s{MatrixGeometry{6, panels, 1000, 24},
                            {quads, p, {}, 14, 14, {channels, false, false, 1 << 15}},
                            matrix(channels / 4, 40)};
      for (const std::int32_t workers : {1, 2, 3}) {
        const auto ways = fused_candidates(resolve_machine(usual(), quads), s, 1, workers);
        ASSERT_FALSE(ways.empty());
        for (const auto& c : ways) {
          std::int64_t done = 0;
          for (std::int64_t group = 0; group < c.blocking.groups; ++group) {
            const Range range = c.blocking.panels_of(group, panels.count());
            ASSERT_EQ(range.begin, done);
            ASSERT_EQ(panels.first_column(range.begin) % 32, 0) << channels << " channels, group " << group;
            ASSERT_LE(panels.first_column(range.end) - panels.first_column(range.begin), c.blocking.group_channels + 8);
            done = range.end;
          }
          ASSERT_EQ(done, panels.count());
        }
      }
    }
  }
}

// Of a block with a squeeze-and-excite: the first way is unfused; the tasks of the others cover all rows and channels, and
// only tasks with all rows of their channels take means.
TEST(FusedBlocking, GroupsOfABlockWithSqueezeAndExciteCoverIt) {
  for (const auto& block : blocks()) {
    const BlockGeometry& s = block->geometry();
    const DepthwiseGeometry& d = s.depthwise;
    const SqueezeExciteBlockGeometry squeezed{s, {matrix(d.channels(), 8), matrix(8, d.channels())}};
    for (const std::int32_t workers : {1, 2, 3, 8}) {
      const auto ways = squeezed_candidates(machine(usual()), squeezed, 2, workers);
      ASSERT_GT(ways.size(), 1U);
      EXPECT_FALSE(ways[0].blocking.groups.has_value());
      EXPECT_FALSE(ways[0].blocking.takes_means());
      for (std::size_t i = 1; i < ways.size(); ++i) {
        ASSERT_TRUE(ways[i].blocking.groups.has_value());
        const FusedBlocking& b = *ways[i].blocking.groups;
        ASSERT_GE(b.row_chunk * b.row_chunks, d.out_h());
        ASSERT_LT(b.row_chunk * (b.row_chunks - 1), d.out_h());
        ASSERT_LE(b.strip_rows, b.row_chunk);
        ASSERT_LE(b.groups, channel_units(s));
        ASSERT_GE(b.group_channels * b.groups + 16, d.channels());  // the last panel may be wider
        EXPECT_EQ(ways[i].blocking.takes_means(), b.row_chunks == 1);
        ASSERT_LE(ways[i].workers, workers);
        ASSERT_GT(ways[i].balance, 0.0);
        ASSERT_LE(ways[i].balance, 1.0);
      }
    }
  }
}

// An expanded tensor beyond L2 is worth fusing, though the depthwise output must be whole.
TEST(FusedBlocking, ALargeBlockWithSqueezeAndExciteIsFused) {
  const Block block(112, 16, 96, 24, 3, 2);
  const auto ways = squeezed_candidates(machine(usual()), {block.geometry(), {matrix(96, 4), matrix(4, 96)}}, 1, 1);
  EXPECT_TRUE(ways[fastest(ways)].blocking.groups.has_value());
}

}  // namespace
}  // namespace tandem::test
