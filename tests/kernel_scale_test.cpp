// The channel-wise product, bit by bit, into another tensor and in place.
#include <algorithm>
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

class ScaleKernelTest : public KernelTest {
 protected:
  void expect(std::int64_t pixels, std::int64_t channels, std::int64_t src_gap, std::int64_t dst_gap) const {
    const CurrentCase described(text(pixels, " pixels, ", channels, " channels, gaps of ", src_gap, " and ", dst_gap));
    Random random(static_cast<std::uint64_t>(pixels * 1000 + channels));
    const std::int64_t src_stride = channels + src_gap;
    const std::int64_t dst_stride = channels + dst_gap;
    const std::vector<float> values = random.values((pixels - 1) * src_stride + channels);
    const std::vector<float> scales = random.values(channels);
    for (const Placement placement : kPlacements) {
      const GuardedInput src("src", values, placement);
      const GuardedInput scale("scale", scales, placement);
      const auto count = static_cast<std::size_t>((pixels - 1) * dst_stride + channels);
      GuardedOutput dst("dst", count * sizeof(float), placement);
      const auto product = [&](std::int64_t p, std::int64_t c) {
        return values[static_cast<std::size_t>(p * src_stride + c)] * scales[static_cast<std::size_t>(c)];
      };
      table().scale_channels({src.floats(), scale.floats(), dst.floats(), src_stride, dst_stride, pixels, channels});
      expect_bits(dst, pixels, channels, dst_stride, product);

      if (src_gap != dst_gap) continue;
      for (std::int64_t p = 0; p < pixels; ++p) {
        std::copy_n(values.begin() + p * src_stride, channels, dst.floats() + p * dst_stride);
      }
      table().scale_channels({dst.floats(), scale.floats(), dst.floats(), dst_stride, dst_stride, pixels, channels});
      expect_bits(dst, pixels, channels, dst_stride, product);
    }
  }
};

TEST_P(ScaleKernelTest, EveryChannelCountOfAFewVectors) {
  for (std::int64_t channels = 1; channels <= 5 * table().lanes + 1; ++channels) {
    for (const std::int64_t pixels : {1, 2, 9}) expect(pixels, channels, 0, 0);
  }
}

TEST_P(ScaleKernelTest, PixelsApart) {
  for (const std::int64_t channels : {1, 3, 8, 19, 40}) {
    expect(5, channels, 3, 0);
    expect(5, channels, 0, 7);
    expect(5, channels, 2, 2);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, ScaleKernelTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
