// Tiling is pure arithmetic: every row, column and channel is in exactly one block, and the blocks fit the caches.
#include "src/plan/tiling.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "kernels/panels.hpp"
#include "src/base/pitch.hpp"
#include "src/base/ranges.hpp"

namespace {

using namespace tandem::internal;
using tandem::kernels::Panels;
using tandem::kernels::PanelShape;

// Width of panels, lanes.
class PanelsTest : public testing::TestWithParam<std::tuple<std::int32_t, std::int32_t>> {};

TEST_P(PanelsTest, CoverTheColumnsInOrder) {
  const auto [width, lanes] = GetParam();
  for (std::int64_t n = 1; n <= 200; ++n) {
    std::int64_t next = 0;
    const Panels panels(n, lanes, width);
    for (std::int64_t i = 0; i < panels.count(); ++i) {
      const PanelShape panel = panels.shape(i);
      ASSERT_EQ(panels.first_column(i), panel.first_column);
      ASSERT_EQ(panels.first_vector(i) * lanes, panel.first_column);
      ASSERT_EQ(panel.first_column, next) << "n " << n;
      ASSERT_GT(panel.columns, (panel.vectors - 1) * lanes);
      ASSERT_LE(panel.columns, panel.vectors * lanes);
      ASSERT_TRUE(panel.vectors > 1 || n <= lanes) << "a panel of one vector is left over, n " << n;
      ASSERT_LE(panel.vectors, 3) << "n " << n;
      ASSERT_EQ(panel.vectors, i < panels.whole() ? width : panels.shape(panels.count() - 1).vectors) << "n " << n;
      next += panel.columns;
    }
    ASSERT_EQ(next, n);
    ASSERT_EQ(panels.first_column(panels.count()), n);
  }
}

INSTANTIATE_TEST_SUITE_P(Tiling, PanelsTest, testing::Combine(testing::Values(2, 3), testing::Values(1, 4, 8, 16)));

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
  for (const std::int64_t bytes : {2, 4}) {  // of an element
    for (std::int64_t channels = 1; channels <= 4096; ++channels) {
      const std::int64_t pitch = padded_pitch(channels, bytes);
      ASSERT_GE(pitch, channels);
      ASSERT_LE(pitch * bytes, channels * bytes + 127);
      ASSERT_FALSE(pitch_aliases(pitch * bytes)) << channels;
    }
  }
  for (const std::int64_t bytes : {1024, 2048, 4096, 8192}) EXPECT_TRUE(pitch_aliases(bytes)) << bytes;
}

TEST(Tiling, PixelsFallIntoSetsOfL1) {
  EXPECT_EQ(l1_sets(64), 64);
  EXPECT_EQ(l1_sets(100), 64);
  EXPECT_EQ(l1_sets(192), 64);
  EXPECT_EQ(l1_sets(512), 8);
  EXPECT_EQ(l1_sets(1024), 4);
  EXPECT_EQ(l1_sets(6144), 2);
  EXPECT_EQ(l1_sets(4096), 1);
  EXPECT_EQ(l1_sets(12288), 1);
}

TEST(Tiling, DepthwiseBlocksFitHalfOfL1OrAreFourLines) {
  constexpr CacheSizes kCaches{32 * 1024, 512 * 1024};
  for (const std::int64_t row_bytes : {4, 28, 448, 4096}) {
    for (const std::int64_t channels : {1, 63, 64, 65, 512, 960}) {
      const std::int64_t block = depthwise_channel_block(row_bytes, channels, 3, kCaches);
      ASSERT_GE(block, 1);
      ASSERT_LE(block, channels);
      ASSERT_TRUE(block <= 64 || 3 * row_bytes * block <= kCaches.l1 / 2) << row_bytes << " x " << block;
    }
  }
}

}  // namespace
