// An output row of a resized image, bit by bit.
#include <iterator>
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

class ResizeKernelTest : public KernelTest {
 protected:
  static constexpr std::int64_t kWidth = 4;  // of the input

  /// `times`: how often the outputs repeat.
  void expect(std::int64_t channels, std::int64_t gap, bool linear, int times = 1, std::int64_t dst_gap = 2) const {
    const CurrentCase described(text(linear ? "linear, " : "nearest, ", channels, " channels, gap ", gap, ", ", times,
                                     " times 5 outputs, their gap ", dst_gap));
    for (const Placement placement : kPlacements) {
      Random random(static_cast<std::uint64_t>(channels));
      const std::int64_t stride = channels + gap;
      const Elements top = tensor_of("top", strided(kWidth, channels, gap, random), placement);
      const Elements bottom = tensor_of("bottom", strided(kWidth, channels, gap, random), placement);
      const std::int64_t dst_stride = channels + dst_gap;
      const std::int64_t pixels[][2] = {{0, 1}, {3, 3}, {2, 3}, {1, 0}, {0, 0}};
      std::vector<kernels::ResizeColumn> columns;
      for (int i = 0; i < times; ++i) {
        for (const auto& p : pixels) {
          const float weight = 0.5F + 0.5F * random.value();
          columns.push_back({{bytes(p[0] * stride), bytes(p[1] * stride)}, {1.0F - weight, weight}});
        }
      }
      const std::int64_t outputs = std::ssize(columns);
      OutputElements dst = output_of((outputs - 1) * dst_stride + channels, placement);
      const kernels::ResizeArgs args = {{top.data(), bottom.data()},     {0.3F, 0.7F}, columns.data(),
                                        {dst.data(), bytes(dst_stride)}, outputs,      channels};
      (linear ? table().resize_linear : table().resize_nearest)(args);
      const auto sum = [&](float a, float of_a, float b, float of_b) {
        return multiply_add(table().fused_multiply_add, b, of_b, a * of_a);
      };
      expect_bits(dst, outputs, channels, dst_stride, [&](std::int64_t i, std::int64_t c) {
        const auto& pixel = pixels[static_cast<std::size_t>(i) % std::size(pixels)];
        const std::int64_t left = pixel[0] * stride + c;
        const std::int64_t right = pixel[1] * stride + c;
        if (!linear) return top[left];
        const auto& v = columns[static_cast<std::size_t>(i)].weights;
        return sum(sum(top[left], v[0], top[right], v[1]), args.weights[0],
                   sum(bottom[left], v[0], bottom[right], v[1]), args.weights[1]);
      });
    }
  }
};

TEST_P(ResizeKernelTest, EveryChannelCountOfAFewVectors) {
  for (std::int64_t channels = 1; channels <= 5 * table().lanes + 1; ++channels) {
    for (const bool linear : {false, true}) expect(channels, channels % 3, linear);
  }
}

TEST_P(ResizeKernelTest, RowsOfFewChannels) {
  for (std::int64_t channels = 1; channels <= 9; ++channels) {
    for (const int times : {1, 2, 3, 13, 26, 27}) {
      for (const bool linear : {false, true}) expect(channels, times % 2, linear, times, 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, ResizeKernelTest, testing::ValuesIn(tables_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
