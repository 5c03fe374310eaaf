// The planner's decisions as pure arithmetic: caches and rates are given, nothing is timed.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "current_case.hpp"
#include "planned_block.hpp"
#include "pretended_machines.hpp"
#include "src/machine/isa.hpp"
#include "src/machine/machine.hpp"
#include "src/plan/candidates.hpp"
#include "src/plan/fusion.hpp"
#include "src/plan/regular.hpp"
#include "src/run/executor.hpp"

namespace tandem::test {
namespace {

// ---- Fused or not

TEST(Planner, FusesWhereTheTensorsBetweenWouldLeaveTheCache) {
  EXPECT_TRUE(Block(112, 16, 96, 24, 3, 2).fuses(usual()));
  EXPECT_TRUE(Block(56, 24, 144, 24).fuses(usual()));
}

TEST(Planner, FusesWhereBandwidthIsScarce) {
  MachineModel slow = usual();
  slow.l3_bandwidth = slow.memory_bandwidth = 1e9;
  for (const auto& block : blocks()) {
    const double hidden = static_cast<double>(block->geometry().depthwise.in_h() * block->geometry().depthwise.in_w() *
                                              block->geometry().depthwise.channels() * 4);
    if (hidden < 2.0 * static_cast<double>(slow.l2_bytes)) continue;
    EXPECT_TRUE(block->fuses(slow)) << hidden;
  }
}

// Between many workers a wide kernel makes every strip's neighbours expand its rows again; whole tensors do without.
TEST(Planner, DeclinesToFuseWhereSeamsCostMoreThanTensors) {
  const Block block(28, 64, 96, 64, 7);
  EXPECT_TRUE(block.fuses(usual(), 1));
  ASSERT_FALSE(block.fuses(usual(), 28));
}

// ---- Strips

TEST(Planner, AStripIsWholeWhereTheCachesHoldEverything) {
  MachineModel large = usual();
  large.l1_bytes = large.l2_bytes = std::int64_t{1} << 30;
  for (const auto& block : blocks()) {
    const FusedBlocking b = block->best(large).blocking;
    EXPECT_EQ(b.strip_rows, b.row_chunk) << block->geometry().depthwise.channels() << " channels";
  }
}

TEST(Planner, AStripAndItsRingFitL2WhereTheyCan) {
  for (const std::int64_t l2 : {256 << 10, 512 << 10, 2 << 20}) {
    MachineModel m = usual();
    m.l2_bytes = l2;
    const Block block(56, 24, 144, 24);
    const FusedBlocking b = block.best(m).blocking;
    const std::int64_t bytes = 4 * 56 * (b.strip_rows * b.strip_pitch + b.ring_rows * b.ring_pitch);
    EXPECT_LE(bytes, l2) << "strips of " << b.strip_rows;
  }
}

// The projection of a separable block fetches the input of the strip to come: into L2, where all the rest has to fit,
// too.
TEST(Planner, TheInputThatASeparableStripFetchesFitsL2) {
  for (const std::int64_t l2 : {256 << 10, 512 << 10, 2 << 20}) {
    MachineModel m = usual();
    m.l2_bytes = l2;
    const Block block(112, 0, 64, 128, 3, 2);
    const FusedBlocking b = block.best(m).blocking;
    ASSERT_TRUE(b.prefetches_input) << "strips of " << b.strip_rows;
    const std::int64_t fetched = 4 * 64 * 112 * 2 * b.strip_rows;
    EXPECT_LE(fetched + 4 * 56 * b.strip_rows * b.strip_pitch, l2) << "strips of " << b.strip_rows;
  }
  // Where the weights are more, they are fetched.
  EXPECT_FALSE(Block(14, 0, 512, 512).best(usual()).blocking.prefetches_input);
}

// ---- Workers

TEST(Planner, WorkersShareChannelsOfSmallMapsAndRowsOfLargeOnes) {
  EXPECT_TRUE(Block(7, 160, 960, 320).best(usual(), 2).blocking.shares_channels());
  EXPECT_FALSE(Block(112, 16, 96, 24, 3, 2).best(usual(), 2).blocking.shares_channels());
}

// The layer before shared rows: a worker finds its own rows in its L2, and half of each pixel in another core's.
TEST(Planner, WorkersShareTheRowsOfADepthwiseLayer) {
  for (const std::int32_t channels : {128, 184, 512}) {
    const Block block(14, 0, channels, 1);
    const Place written = written_tensor(14.0 * 14.0 * channels * 4.0);
    const auto ways =
        depthwise_candidates(machine(), block.geometry().depthwise, {0, 0, written, written, false}, 1, 2);
    const Candidate<DepthwiseBlocking>& best = ways[fastest(ways)];
    EXPECT_EQ(best.workers, 2) << channels << " channels";
    EXPECT_GE(best.blocking.row_chunks, 2) << channels << " channels";
  }
}

TEST(Planner, AForkThatCostsMoreThanItSavesIsNotMade) {
  MachineModel m = usual();
  EXPECT_EQ(Block(5, 3, 7, 3).best(m, 8).workers, 1);
  EXPECT_EQ(Block(14, 96, 576, 96).best(m, 8).workers, 8);
  m.fork_seconds = 1.0;
  EXPECT_EQ(Block(14, 96, 576, 96).best(m, 8).workers, 1);
}

TEST(Planner, MatrixCandidatesCoverTheRowsInWholeTilesOrEqualShares) {
  for (const double rows : {1.0, 5.0, 49.0, 196.0, 12544.0, 1e6 + 3.0}) {
    for (const std::int32_t workers : {1, 2, 3, 64}) {
      for (const auto& c : matrix_candidates(machine(), {rows, 64.0, 160.0, {1e6}, {1e6}, {1e6}}, 10, workers)) {
        const GemmBlocking& b = c.blocking;
        ASSERT_GE(static_cast<double>(b.row_block * b.row_blocks), rows);
        ASSERT_LT(static_cast<double>(b.row_block * (b.row_blocks - 1)), rows);
        const auto whole = static_cast<std::int64_t>(rows);
        if (b.row_blocks <= c.workers) {
          ASSERT_LE(b.row_block - whole / b.row_blocks, 1);
        } else {
          ASSERT_TRUE(b.row_block % 6 == 0 || b.row_block == whole);
        }
        ASSERT_GE(b.panel_groups, 1);
        ASSERT_LE(b.panel_groups, 10);
        ASSERT_LE(c.workers, b.tasks());
      }
    }
  }
}

TEST(Planner, DepthwiseCandidatesCoverRowsAndChannels) {
  for (const std::int32_t channels : {1, 16, 17, 144, 1000}) {
    for (const std::int64_t size : {1, 7, 112}) {
      const Block block(size, 0, channels, 1);
      for (const std::int32_t workers : {1, 2, 8}) {
        for (const auto& c :
             depthwise_candidates(machine(), block.geometry().depthwise, {0, 0, {1e6}, {1e6}, false}, 1, workers)) {
          const DepthwiseBlocking& b = c.blocking;
          ASSERT_GE(b.row_chunk * b.row_chunks, size);
          ASSERT_LT(b.row_chunk * (b.row_chunks - 1), size);
          ASSERT_GE(b.channel_block * b.channel_blocks, channels);
          ASSERT_LT(b.channel_block * (b.channel_blocks - 1), channels);
          ASSERT_LE(c.workers, b.tasks());
        }
      }
    }
  }
}

TEST(Planner, WorkerCountsEndWithOneAndAll) {
  EXPECT_EQ(worker_counts(1), (std::vector<std::int32_t>{1}));
  EXPECT_EQ(worker_counts(2), (std::vector<std::int32_t>{1, 2}));
  EXPECT_EQ(worker_counts(12), (std::vector<std::int32_t>{1, 2, 3, 6, 12}));
}

// ---- Predictions

TEST(Planner, NothingIsFasterThanItsMultiplyAdds) {
  for (const auto& block : blocks()) {
    for (const std::int32_t workers : {1, 2, 8}) {
      const double limit = block->multiply_adds() / usual().multiply_adds / workers;
      EXPECT_GT(block->best(usual(), workers).estimate.seconds, limit);
      EXPECT_GT(block->unfused(usual(), workers).estimate.seconds, limit);
    }
  }
}

double chosen_seconds(const Block& block, const MachineModel& m, std::int32_t workers) {
  return std::min(block.best(m, workers).estimate.seconds, block.unfused(m, workers).estimate.seconds);
}

TEST(Planner, ABetterMachineIsNeverExpectedToBeSlower) {
  struct Field {
    const char* name;
    void (*improve)(MachineModel&);
  };
  const Field fields[] = {
      {"l2_bytes", [](MachineModel& m) { m.l2_bytes *= 2; }},
      {"l3_bytes", [](MachineModel& m) { m.l3_bytes *= 2; }},
      {"l2_bandwidth", [](MachineModel& m) { m.l2_bandwidth *= 1.5; }},
      {"l3_bandwidth", [](MachineModel& m) { m.l3_bandwidth *= 1.5; }},
      {"memory_bandwidth", [](MachineModel& m) { m.memory_bandwidth *= 1.5; }},
      {"fork_seconds", [](MachineModel& m) { m.fork_seconds /= 2.0; }},
  };
  for (const auto& block : blocks()) {
    for (const std::int32_t workers : {1, 2, 8}) {
      for (const Field& field : fields) {
        const CurrentCase described(field.name);
        MachineModel m = usual();
        m.l2_bytes = 32 << 10;
        m.l3_bytes = 256 << 10;
        double before = chosen_seconds(*block, m, workers);
        for (int i = 0; i < 8; ++i) {
          field.improve(m);
          const double now = chosen_seconds(*block, m, workers);
          EXPECT_LE(now, before * (1.0 + 1e-12)) << "step " << i << ", " << workers << " workers";
          before = now;
        }
      }
    }
  }
}

// ---- Regular convolutions

// The fastest walk of a 3 x 3 convolution that keeps the size, by one worker.
bool walks_by_taps(std::int64_t size, std::int64_t channels) {
  const ConvAxis axis{size, size, 3, 1, 1, 1};
  const RegularGeometry geometry{
      axis, axis, 1, 1, channels, channels, size * channels * 4, matrix(9 * channels, channels), false, false};
  const auto ways = regular_candidates(machine(), geometry, 1);
  return ways[fastest(ways)].blocking.channel_block > 0;
}

TEST(Planner, ARegularConvolutionWalksByTapsOnSmallMapsAlone) {
  EXPECT_TRUE(walks_by_taps(4, 128));
  EXPECT_FALSE(walks_by_taps(56, 16));
  EXPECT_FALSE(walks_by_taps(28, 32));
}

TEST(Planner, RegularCandidatesShareAllRowsAndPanels) {
  const ConvAxis axis{14, 14, 3, 1, 1, 1};
  for (const std::int32_t workers : {1, 2, 3, 8, 64}) {
    for (const std::int64_t images : {1, 5}) {
      const RegularGeometry geometry{axis, axis, images, 2, 32, 64, 14 * 64 * 4, matrix(9 * 32, 80), false, false};
      for (const auto& c : regular_candidates(machine(), geometry, workers)) {
        ASSERT_GE(c.blocking.row_chunks, 1);
        ASSERT_LE(c.blocking.row_chunks, 14);
        ASSERT_LE(c.blocking.panel_groups, geometry.matrix.panels.count());
        ASSERT_LE(c.workers, workers);
        ASSERT_GT(c.balance, 0.0);
        ASSERT_LE(c.balance, 1.0);
        // Every multiply-add takes at least half a cycle of a vector; the padding's are skipped.
        const double multiply_adds = 0.6 * static_cast<double>(images * 2 * 14 * 14 * 9 * 32 * 80);
        ASSERT_GE(c.estimate.seconds, multiply_adds / (usual().multiply_adds * c.workers));
      }
    }
  }
}

// ---- The machine

/// The machine pretended for the length of a scope, and the one that the whole program pretends, if any, after it.
class Pretended {
 public:
  explicit Pretended(const MachineModel& model) { pretend_machine(model); }
  Pretended(const Pretended&) = delete;
  Pretended& operator=(const Pretended&) = delete;
  ~Pretended() {
    const PretendedMachine* whole = pretended_machine();
    pretend_machine(whole == nullptr ? MachineModel() : whole->model);
  }
};

TEST(Planner, GapsOfAMachineAreFilledAndGivenFieldsKept) {
  const Pretended none({});
  MachineModel given;
  given.l2_bytes = 123456;
  given.fork_seconds = 0.5;
  given.row = "generic";
  const MachineModel m = resolve_machine(given, table()).model;
  EXPECT_EQ(m.l2_bytes, 123456);
  EXPECT_EQ(m.fork_seconds, 0.5);
  EXPECT_GT(m.l1_bytes, 0);
  EXPECT_GT(m.l3_bytes, 0);
  EXPECT_EQ(m.multiply_adds, 2 * 8 * 3.2e9);
  EXPECT_EQ(m.l1_bandwidth, 2 * 8 * 4 * 3.2e9);
  EXPECT_GT(m.l1_bandwidth, m.l2_bandwidth);
  EXPECT_GT(m.l2_bandwidth, m.l3_bandwidth);
  EXPECT_GT(m.l3_bandwidth, m.memory_bandwidth);
}

// A program that ignored TANDEM_TEST_MACHINE would prove nothing.
TEST(Planner, TheWholeProgramRunsOnThePretendedMachine) {
  const PretendedMachine* whole = pretended_machine();
  if (whole == nullptr) GTEST_SKIP() << "TANDEM_TEST_MACHINE is not set";
  EXPECT_EQ(machine(MachineModel()).model.l2_bytes, whole->model.l2_bytes);
  EXPECT_EQ(machine(MachineModel()).model.fork_seconds, whole->model.fork_seconds);
#if TANDEM_TEST_WITH_TBB
  EXPECT_EQ(BoundExecutor::bind(Executor(), false).value().concurrency(), whole->workers);
#endif
}

TEST(Planner, APretendedMachineFillsEveryGap) {
  MachineModel given;
  given.l2_bytes = 123456;
  const MachineModel before = machine(given).model;
  {
    const Pretended other({1, 2, 3, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0});
    const MachineModel m = machine(given).model;
    EXPECT_EQ(m.l2_bytes, 123456);
    EXPECT_EQ(m.l1_bytes, 1);
    EXPECT_EQ(m.l3_bytes, 3);
    EXPECT_EQ(m.multiply_adds, 4.0);
    EXPECT_EQ(m.l1_bandwidth, 5.0);
    EXPECT_EQ(m.l2_bandwidth, 6.0);
    EXPECT_EQ(m.l3_bandwidth, 7.0);
    EXPECT_EQ(m.memory_bandwidth, 8.0);
    EXPECT_EQ(m.fork_seconds, 9.0);
  }
  EXPECT_EQ(machine(given).model.l1_bytes, before.l1_bytes);
}

}  // namespace
}  // namespace tandem::test
