// The channel-wise product, bit by bit, into another tensor and in place.
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
      const Elements src = tensor_of("src", values, placement);
      const Elements scale = tensor_of("scale", scales, placement);
      OutputElements dst = output_of((pixels - 1) * dst_stride + channels, placement);
      const auto product = [&](std::int64_t p, std::int64_t c) { return src[p * src_stride + c] * scale[c]; };
      const kernels::Rows out{dst.data(), bytes(dst_stride)};
      table().scale_channels({{src.data(), bytes(src_stride)}, scale.data(), out, pixels, channels});
      expect_bits(dst, pixels, channels, dst_stride, product);

      if (src_gap != dst_gap) continue;
      for (std::int64_t i = 0; i < pixels * channels; ++i) {
        const std::int64_t at = i / channels * src_stride + i % channels;
        put_element(tensor(), dst.data(), at, element_bits(tensor(), src[at]));
      }
      table().scale_channels({{out.data, out.stride}, scale.data(), out, pixels, channels});
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

INSTANTIATE_TEST_SUITE_P(Tables, ScaleKernelTest, testing::ValuesIn(tables_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
