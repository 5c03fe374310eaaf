// The planner's decisions as pure arithmetic: caches and rates are given, nothing is timed.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "current_case.hpp"
#include "src/candidates.hpp"
#include "src/fusion.hpp"
#include "src/isa.hpp"
#include "src/machine.hpp"

namespace tandem::test {
namespace {

using namespace internal;

/// Eight lanes and a tile of 6 x 16, whatever CPU the test runs on. No kernel is called.
const kernels::KernelTable& table() {
  static const kernels::KernelTable eight_lanes = [] {
    kernels::KernelTable t{};
    t.name = "eight lanes";
    t.vector_floats = 8;
    t.fused_multiply_add = true;
    t.gemm_rows[0] = 12;
    t.gemm_rows[1] = 6;
    t.gemm_rows[2] = 4;
    t.pair_outputs[0] = 4;
    return t;
  }();
  return eight_lanes;
}

/// Every field given, so that no default and no property of this machine plays a part.
MachineModel usual() {
  MachineModel m;
  m.l1_bytes = 32 << 10;
  m.l2_bytes = 512 << 10;
  m.l3_bytes = 32 << 20;
  m.multiply_adds = 16 * 3.2e9;
  m.l1_bandwidth = 64 * 3.2e9;
  m.l2_bandwidth = 32 * 3.2e9;
  m.l3_bandwidth = 12 * 3.2e9;
  m.memory_bandwidth = 5 * 3.2e9;
  m.fork_seconds = 2e-6;
  return m;
}

Machine machine(const MachineModel& model = usual()) { return resolve_machine(model, table()); }

PackedGemm matrix(std::int32_t k, std::int32_t n) {
  const std::vector<float> zeros(static_cast<std::size_t>(k) * static_cast<std::size_t>(n));
  return {table(), {zeros}, {n, k, 1, 1}, {}};
}

/// A block of `size` x `size` pixels, its weights all zero; `in` 0: without expand. SAME padding.
class Block {
 public:
  Block(std::int64_t size, std::int32_t in, std::int32_t hidden, std::int32_t out, std::int32_t kernel = 3,
        std::int32_t stride = 1)
      : expand_(matrix(std::max(in, 1), hidden)),
        project_(matrix(hidden, out)),
        taps_(table(), {zeros(hidden, kernel)}, {hidden, 1, kernel, kernel}, {}) {
    DepthwiseParams p;
    p.channels = hidden;
    p.kernel_h = p.kernel_w = kernel;
    p.stride_h = p.stride_w = stride;
    p.padding = Padding::same();
    const DepthwiseStage stage(table(), taps_, p, {}, size, size, *resolve_window(window_of(p), size, size));
    stages_ = std::make_unique<BlockStages>(BlockStages{in == 0 ? nullptr : &expand_, stage, &project_, false, false});
  }

  [[nodiscard]] const BlockStages& stages() const { return *stages_; }

  [[nodiscard]] std::vector<Candidate<FusedBlocking>> fused(const MachineModel& model, std::int32_t workers = 1,
                                                            std::int64_t images = 1) const {
    return fused_candidates(machine(model), *stages_, images, workers);
  }
  [[nodiscard]] Candidate<FusedBlocking> best(const MachineModel& model, std::int32_t workers = 1) const {
    const auto all = fused(model, workers);
    return all[fastest(all)];
  }
  [[nodiscard]] Candidate<UnfusedBlocking> unfused(const MachineModel& model, std::int32_t workers = 1) const {
    return unfused_candidate(machine(model), *stages_, 1, workers);
  }
  [[nodiscard]] bool fuses(const MachineModel& model, std::int32_t workers = 1) const {
    return best(model, workers).estimate.seconds <= unfused(model, workers).estimate.seconds;
  }
  /// Multiply-adds without padding's share counted apart: what the ports have to do at the least.
  [[nodiscard]] double multiply_adds() const {
    const DepthwiseStage& d = stages_->depthwise;
    const auto real = [](std::int64_t value) { return static_cast<double>(value); };
    const double expand = stages_->expand == nullptr ? 0.0 : real(d.in_h() * d.in_w() * expand_.k() * expand_.n());
    return expand + real(d.out_h() * d.out_w() * project_.k() * project_.n());
  }

 private:
  static std::vector<float> zeros(std::int32_t channels, std::int32_t kernel) {
    return std::vector<float>(static_cast<std::size_t>(channels * kernel * kernel));
  }

  PackedGemm expand_, project_;
  PackedDepthwise taps_;
  std::unique_ptr<BlockStages> stages_;
};

/// Blocks as the networks have them, wide maps to small ones.
std::vector<std::unique_ptr<Block>> blocks() {
  std::vector<std::unique_ptr<Block>> all;
  all.push_back(std::make_unique<Block>(112, 16, 96, 24, 3, 2));
  all.push_back(std::make_unique<Block>(56, 24, 144, 24));
  all.push_back(std::make_unique<Block>(28, 40, 240, 80, 5, 2));
  all.push_back(std::make_unique<Block>(14, 96, 576, 96));
  all.push_back(std::make_unique<Block>(7, 160, 960, 320));
  all.push_back(std::make_unique<Block>(112, 0, 32, 64));
  all.push_back(std::make_unique<Block>(14, 0, 512, 512));
  all.push_back(std::make_unique<Block>(5, 3, 7, 3));
  return all;
}

// ---- Fused or not

TEST(Planner, FusesWhereTheTensorsBetweenWouldLeaveTheCache) {
  EXPECT_TRUE(Block(112, 16, 96, 24, 3, 2).fuses(usual()));
  EXPECT_TRUE(Block(56, 24, 144, 24).fuses(usual()));
}

TEST(Planner, FusesWhereBandwidthIsScarce) {
  MachineModel slow = usual();
  slow.l3_bandwidth = slow.memory_bandwidth = 1e9;
  for (const auto& block : blocks()) {
    const double hidden = static_cast<double>(block->stages().depthwise.in_h() * block->stages().depthwise.in_w() *
                                              block->stages().depthwise.channels() * 4);
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
    EXPECT_EQ(b.strip_rows, b.row_chunk) << block->stages().depthwise.channels() << " channels";
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

// The projection of a separable block fetches the input of the strip to come: into L2, where all the rest has to fit, too.
TEST(Planner, TheInputThatASeparableStripFetchesFitsL2) {
  for (const std::int64_t l2 : {256 << 10, 512 << 10, 2 << 20}) {
    MachineModel m = usual();
    m.l2_bytes = l2;
    const Block block(112, 0, 64, 128, 3, 2);
    const FusedBlocking b = block.best(m).blocking;
    ASSERT_TRUE(b.fetches_input) << "strips of " << b.strip_rows;
    const std::int64_t fetched = 4 * 64 * 112 * 2 * b.strip_rows;
    EXPECT_LE(fetched + 4 * 56 * b.strip_rows * b.strip_pitch, l2) << "strips of " << b.strip_rows;
  }
  // Where the weights are more, they are fetched.
  EXPECT_FALSE(Block(14, 0, 512, 512).best(usual()).blocking.fetches_input);
}

// ---- Workers

TEST(Planner, WorkersShareChannelsOfSmallMapsAndRowsOfLargeOnes) {
  EXPECT_TRUE(Block(7, 160, 960, 320).best(usual(), 2).blocking.shares_channels());
  EXPECT_FALSE(Block(112, 16, 96, 24, 3, 2).best(usual(), 2).blocking.shares_channels());
}

TEST(Planner, AForkThatCostsMoreThanItSavesIsNotMade) {
  MachineModel m = usual();
  EXPECT_EQ(Block(5, 3, 7, 3).best(m, 8).workers, 1);
  EXPECT_EQ(Block(14, 96, 576, 96).best(m, 8).workers, 8);
  m.fork_seconds = 1.0;
  EXPECT_EQ(Block(14, 96, 576, 96).best(m, 8).workers, 1);
}

TEST(Planner, EveryCandidateCoversRowsAndChannelsOnce) {
  for (const auto& block : blocks()) {
    const DepthwiseStage& d = block->stages().depthwise;
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
             depthwise_candidates(machine(), block.stages().depthwise, {0, 0, {1e6}, {1e6}, false}, 1, workers)) {
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

// 56 rows between 4 workers: three seams, at each of which a 3 x 3 kernel needs two expanded rows twice.
TEST(Planner, RecomputedRowsAreThoseAtTheSeams) {
  const Block block(56, 24, 144, 24);
  for (const auto& c : block.fused(usual(), 4)) {
    if (c.blocking.shares_channels()) {
      const std::int64_t seams = c.blocking.channel_workers - 1;
      const std::int64_t columns = 16 * c.blocking.row_shared_groups;
      EXPECT_EQ(recomputed_multiply_adds(block.stages(), c.blocking), seams * 2 * 56 * 24 * columns);
    } else {
      EXPECT_EQ(recomputed_multiply_adds(block.stages(), c.blocking), (c.blocking.row_chunks - 1) * 2 * 56 * 24 * 144);
    }
  }
}

// Panels that are left over when each worker has equally many are shared by rows, and nothing is done twice or not at all.
TEST(Planner, WorkersThatShareChannelsGetEqualShares) {
  for (const std::int32_t channels : {64, 80, 96, 112, 240}) {
    const Block block(14, 40, channels, 40, 5);
    const std::int64_t panels = block.stages().expand->panels();
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
          // The worker whose share it is, as for_each_stage() deals them out.
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

TEST(Planner, EqualMachinesPlanAlike) {
  for (const auto& block : blocks()) {
    const auto first = block->fused(usual(), 8);
    const auto again = block->fused(usual(), 8);
    ASSERT_EQ(first.size(), again.size());
    EXPECT_EQ(fastest(first), fastest(again));
  }
}

// ---- The machine

#if defined(__x86_64__)
// Zen 4 is AMD's family 25 with AVX-512, by what the operating system says of the CPU.
TEST(Planner, VectorsOf64BytesAreSlowOnZen4) {
  std::ifstream file("/proc/cpuinfo");
  bool amd = false;
  bool family_25 = false;
  for (std::string line; std::getline(file, line);) {
    amd = amd || (line.starts_with("vendor_id") && line.ends_with(" AuthenticAMD"));
    family_25 = family_25 || (line.starts_with("cpu family") && line.ends_with(" 25"));
  }
  kernels::KernelTable wide = table();
  wide.vector_floats = 16;
  EXPECT_EQ(vectors_a_cycle(wide), amd && family_25 ? 1 : 2);
  EXPECT_EQ(vectors_a_cycle(table()), 2);
}
#endif

TEST(Planner, GapsOfAMachineAreFilledAndGivenFieldsKept) {
  MachineModel given;
  given.l2_bytes = 123456;
  given.fork_seconds = 0.5;
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

}  // namespace
}  // namespace tandem::test
