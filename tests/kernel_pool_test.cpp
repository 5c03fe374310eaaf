// The mean over pixels, bit by bit.
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

class PoolKernelTest : public KernelTest {
 protected:
  void expect(std::int64_t pixels, std::int64_t channels, std::int64_t gap) const {
    const CurrentCase described(text(pixels, " pixels, ", channels, " channels, gap ", gap));
    for (const Placement placement : kPlacements) {
      Random random(static_cast<std::uint64_t>(pixels * 1000 + channels));
      const std::int64_t stride = channels + gap;
      const Elements src = tensor_of("src", random.values((pixels - 1) * stride + channels), placement);
      OutputElements dst = output_of(channels, placement);
      kernels::PoolArgs args{};
      args.src = {src.data(), bytes(stride)};
      args.dst = dst.data();
      args.pixels = pixels;
      args.channels = channels;
      args.epilogue = {-0.25F, 0.5F};
      table().global_average_pool(args);

      expect_bits(dst, 1, channels, channels, [&](std::int64_t, std::int64_t c) {
        float sum = 0.0F;
        for (std::int64_t p = 0; p < pixels; ++p) sum += src[p * stride + c];
        return clamped(sum / static_cast<float>(pixels), args.epilogue);
      });
    }
  }
};

TEST_P(PoolKernelTest, EveryChannelCountOfAFewVectors) {
  for (std::int64_t channels = 1; channels <= 9 * table().lanes + 1; ++channels) {
    for (const std::int64_t pixels : {1, 2, 9}) expect(pixels, channels, channels % 3);
  }
}

TEST_P(PoolKernelTest, EveryNumberOfPixels) {
  for (std::int64_t pixels = 1; pixels <= 50; ++pixels) expect(pixels, table().lanes + 1, 0);
}

INSTANTIATE_TEST_SUITE_P(Tables, PoolKernelTest, testing::ValuesIn(tables_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
