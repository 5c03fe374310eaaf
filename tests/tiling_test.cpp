// Tiling is pure arithmetic: every row, column and channel is in exactly one block, and the blocks fit the caches.
#include "src/plan/tiling.hpp"

#include <gtest/gtest.h>

namespace {

using namespace tandem::internal;

constexpr CacheSizes kCaches{32 * 1024, 512 * 1024};

TEST(Tiling, PanelsCoverTheColumnsInOrder) {
  for (const std::int32_t lanes : {1, 4, 8, 16}) {
    tandem::kernels::KernelTable table{};
    table.vector_floats = lanes;
    for (std::int64_t n = 1; n <= 200; ++n) {
      std::int64_t next = 0;
      for (const PanelShape& panel : split_panels(n, table)) {
        ASSERT_EQ(panel.first_column, next) << "n " << n << ", lanes " << lanes;
        ASSERT_GT(panel.columns, (panel.vectors - 1) * lanes);
        ASSERT_LE(panel.columns, panel.vectors * lanes);
        ASSERT_TRUE(panel.vectors > 1 || n <= lanes) << "a panel of one vector is left over, n " << n;
        next += panel.columns;
      }
      ASSERT_EQ(next, n);
    }
  }
}

TEST(Tiling, LinePartsCoverTheSizeAndBeginAtLines) {
  for (std::int64_t size = 1; size <= 200; ++size) {
    for (std::int64_t parts = 1; parts <= (size + 15) / 16; ++parts) {
      std::int64_t next = 0;
      for (std::int64_t i = 0; i < parts; ++i) {
        const Range range = line_part(size, parts, i);
        ASSERT_EQ(range.begin, next) << "size " << size << ", parts " << parts;
        ASSERT_EQ(range.begin % 16, 0);
        ASSERT_GT(range.end, range.begin);
        ASSERT_LE(range.end - range.begin, longest_line_part(size, parts));
        next = range.end;
      }
      ASSERT_EQ(next, size);
    }
  }
}

TEST(Tiling, GemmBlocksCoverTheRowsInWholeTiles) {
  for (const std::int64_t rows : {1, 5, 48, 49, 196, 784, 12544, 1000003}) {
    for (const std::int64_t k : {1, 27, 32, 512, 9216, 1000000}) {
      for (const std::int32_t workers : {1, 2, 3, 64}) {
        const GemmBlocking b = block_gemm(rows, k, 10, 6, workers, kCaches);
        ASSERT_GE(b.row_block * b.row_blocks, rows);
        ASSERT_LT(b.row_block * (b.row_blocks - 1), rows);
        ASSERT_TRUE(b.row_block % 6 == 0 || b.row_block == rows) << rows << " x " << k;
        ASSERT_GE(b.panel_groups, 1);
        ASSERT_LE(b.panel_groups, 10);
      }
    }
  }
}

TEST(Tiling, SmallMapsWithManyChannelsKeepTwoWorkersBusy) {
  EXPECT_GE(block_gemm(49, 1024, 64, 6, 2, kCaches).tasks(), 2);
  EXPECT_GE(block_gemm(12544, 32, 4, 6, 2, kCaches).tasks(), 2);
}

TEST(Tiling, PartsAreAdjacentAndNearlyEqual) {
  for (const std::int64_t size : {1, 7, 100}) {
    for (const std::int64_t parts : {1, 2, 3, 7}) {
      std::int64_t next = 0;
      for (std::int64_t i = 0; i < parts; ++i) {
        const Range range = part(size, parts, i);
        ASSERT_EQ(range.begin, next);
        ASSERT_LE(range.end - range.begin, size / parts + 1);
        next = range.end;
      }
      ASSERT_EQ(next, size);
    }
  }
}

TEST(Tiling, PaddedPitchesHoldThePixelAndDoNotAlias) {
  for (std::int64_t channels = 1; channels <= 4096; ++channels) {
    const std::int64_t pitch = padded_pitch(channels);
    ASSERT_GE(pitch, channels);
    ASSERT_LE(pitch, channels + 31);
    ASSERT_FALSE(pitch_aliases(pitch)) << channels;
  }
  for (const std::int64_t channels : {256, 512, 1024, 2048}) EXPECT_TRUE(pitch_aliases(channels)) << channels;
}

TEST(Tiling, WorkTooSmallForAForkRunsInline) {
  EXPECT_EQ(worth_workers(0, 8), 1);
  EXPECT_EQ(worth_workers(100'000, 8), 1);
  EXPECT_EQ(worth_workers(1'000'000'000, 8), 8);
}

}  // namespace
