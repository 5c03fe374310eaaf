// The mean over pixels, bit by bit.
#include <cmath>
#include <limits>
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
        return clamped(mean([&](std::int64_t p) { return src[p * stride + c]; }, pixels), args.epilogue);
      });
    }
  }

  /// As kernel_table.hpp has it. pixel(p): the value of pixel p.
  template <class Pixel>
  static float mean(const Pixel& pixel, std::int64_t pixels) {
    const double share = 1.0 / static_cast<double>(pixels);
    double sum = 0.0;
    std::int64_t first = 0;
    for (std::int64_t block = kernels::PoolArgs::kBlock; block > 0; block /= 2) {
      for (; first + block <= pixels; first += block) sum += static_cast<double>(tree(pixel, first, block));
    }
    const auto usual = static_cast<float>(sum * share);
    if (std::isfinite(usual)) return usual;
    sum = 0.0;
    for (std::int64_t p = 0; p < pixels; ++p) sum += static_cast<double>(pixel(p));
    return static_cast<float>(sum * share);
  }

 private:
  template <class Pixel>
  static float tree(const Pixel& pixel, std::int64_t first, std::int64_t count) {
    if (count == 1) return pixel(first);
    return tree(pixel, first, count / 2) + tree(pixel, first + count / 2, count / 2);
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

// Sums that fp32 cannot hold, in some channels; in one of them both signs, so that it would become NaN.
TEST_P(PoolKernelTest, SumsPastTheLargestFloat) {
  const float largest = element_value(tensor(), element_bits(tensor(), std::numeric_limits<float>::infinity()) - 1);
  for (const std::int64_t channels : {3 * table().lanes + 2, 5 * table().lanes}) {
    for (const std::int64_t pixels : {2, 7, 8, 21}) {
      const CurrentCase described(text(pixels, " pixels, ", channels, " channels"));
      const auto value = [&](std::int64_t p, std::int64_t c) {
        if (c % 5 == 1) return largest;
        if (c % 5 == 3) return p < pixels / 2 ? largest : -largest;
        return static_cast<float>(p + c);
      };
      std::vector<float> values;
      for (std::int64_t p = 0; p < pixels; ++p) {
        for (std::int64_t c = 0; c < channels; ++c) values.push_back(value(p, c));
      }
      const Elements src = tensor_of("src", values, Placement::kEndsAtGuard);
      OutputElements dst = output_of(channels, Placement::kEndsAtGuard);
      table().global_average_pool({{src.data(), bytes(channels)}, dst.data(), pixels, channels, {}});
      expect_bits(dst, 1, channels, channels, [&](std::int64_t, std::int64_t c) {
        const float expected = mean([&](std::int64_t p) { return src[p * channels + c]; }, pixels);
        EXPECT_TRUE(std::isfinite(expected));
        return expected;
      });
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, PoolKernelTest, testing::ValuesIn(tables_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
