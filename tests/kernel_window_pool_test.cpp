// Pools over windows, bit by bit: an output row of several windows, of which some reach into the padding.
#include <algorithm>
#include <limits>
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

using kernels::Function;

struct Case {
  std::int64_t channels;
  std::int64_t gap = 0;
  std::int64_t rows = 3;
  std::int64_t kernel_w = 3;
  std::int64_t stride_w = 2;
  std::int64_t dilation_w = 1;
  std::int64_t pad_left = 1;
  std::int64_t in_width = 9;
  bool counts_padding = false;
  std::int64_t pixels = 4;    // outputs, from the second of their row on
  std::int64_t dst_gap = -1;  // -1: one more than src
  Function function = Function::kClamp;
};

class WindowPoolKernelTest : public KernelTest {
 protected:
  void expect(const Case& c) {
    if (left_out()) return;
    const CurrentCase described(text(c.channels, " channels, gap ", c.gap, ", ", c.rows, 'x', c.kernel_w,
                                     " taps, stride ", c.stride_w, ", dilation ", c.dilation_w, ", padding ",
                                     c.pad_left, " of ", c.in_width, ", outputs ", c.pixels));
    for (const Placement placement : kPlacements) {
      for (const bool average : {false, true}) run(c, placement, average);
    }
  }

 private:
  void run(const Case& c, Placement placement, bool average) const {
    constexpr std::int64_t kFirst = 1;  // of the outputs
    Random random(static_cast<std::uint64_t>(c.channels));
    const std::int64_t stride = c.channels + c.gap;
    const std::int64_t dst_stride = c.dst_gap < 0 ? stride + 1 : c.channels + c.dst_gap;
    const Elements src = tensor_of("src", strided(c.rows * c.in_width, c.channels, c.gap, random), placement);
    OutputElements dst = output_of((c.pixels - 1) * dst_stride + c.channels, placement);
    kernels::WindowPoolArgs args{};
    args.src = {src.data(), bytes(stride)};
    args.tap_row_stride = bytes(c.in_width * stride);
    args.tap_rows = c.rows;
    args.in_width = c.in_width;
    args.kernel_w = c.kernel_w;
    args.stride_w = c.stride_w;
    args.dilation_w = c.dilation_w;
    args.pad_left = c.pad_left;
    args.dst = {dst.data(), bytes(dst_stride)};
    args.first = kFirst;
    args.pixels = c.pixels;
    args.channels = c.channels;
    args.counts_padding = c.counts_padding;
    args.counted_rows = c.rows + 1;
    args.counted_width = c.in_width + 1;
    args.epilogue = {-0.25F, 0.5F};
    args.epilogue.function = c.function;
    args.epilogue.alpha = 0.25F;
    (average ? table().average_pool : table().max_pool)(args);

    expect_bits(dst, c.pixels, c.channels, dst_stride, [&](std::int64_t i, std::int64_t channel) {
      const std::int64_t begin = (kFirst + i) * c.stride_w - c.pad_left;
      float sum = 0.0F;
      float greatest = -std::numeric_limits<float>::infinity();
      std::int64_t taps = 0;
      std::int64_t counted = 0;
      for (std::int64_t ky = 0; ky < c.rows; ++ky) {
        float row = 0.0F;
        for (std::int64_t kx = 0; kx < c.kernel_w; ++kx) {
          const std::int64_t x = begin + kx * c.dilation_w;
          if (ky == 0 && x < args.counted_width) counted += args.counted_rows;
          if (x < 0 || x >= c.in_width) continue;
          const float value = src[(ky * c.in_width + x) * stride + channel];
          row += value;
          greatest = std::max(greatest, value);
          ++taps;
        }
        sum += row;
      }
      const std::int64_t divisor = c.counts_padding ? counted : taps;
      const double share = divisor == 0 ? 0.0 : 1.0 / static_cast<double>(divisor);
      const float y = average ? static_cast<float>(static_cast<double>(sum) * share) : greatest + 0.0F;
      if (c.function == Function::kLeakyRelu) return y < 0.0F ? 0.25F * y : y;
      return clamped(y, args.epilogue);
    });
  }
};

TEST_P(WindowPoolKernelTest, EveryChannelCountOfAFewVectors) {
  for (std::int64_t channels = 1; channels <= 9 * table().lanes + 1; ++channels) expect({channels, channels % 3});
}

TEST_P(WindowPoolKernelTest, EveryWindow) {
  for (const std::int64_t rows : {0, 1, 4}) {
    for (const std::int64_t kernel : {1, 2, 5, 12}) {
      for (const std::int64_t stride : {1, 3}) {
        for (const std::int64_t dilation : {1, 2, 5}) {
          for (const std::int64_t padding : {0, 2, 14}) {
            for (const bool counts : {false, true}) {
              expect({table().lanes + 1, 0, rows, kernel, stride, dilation, padding, 7, counts});
            }
          }
        }
      }
    }
  }
}

// Vectors run along the row if neither src nor dst has gaps. The row of 1,400 pixels is made in several parts.
TEST_P(WindowPoolKernelTest, EveryRowOfFewChannels) {
  for (std::int64_t channels = 1; channels <= table().lanes + 1; ++channels) {
    for (const std::int64_t stride : {1, 2, 3, 5, 8, 9}) {
      for (const std::int64_t kernel : {1, 3, 4}) {
        for (const std::int64_t in_width : {2, 8, 33, 1400}) {
          if (in_width == 1400 && kernel == 4) continue;
          Case c{channels, 0, 2, kernel, stride, 1 + channels % 2, channels % 4, in_width};
          c.counts_padding = kernel == 4;
          c.pixels = (in_width + c.pad_left) / stride + 1;  // the last ones reach into the padding
          c.dst_gap = 0;
          c.function = kernel == 3 ? Function::kLeakyRelu : Function::kClamp;
          expect(c);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, WindowPoolKernelTest, testing::ValuesIn(tables_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
