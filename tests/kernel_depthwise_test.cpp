// One row of a depthwise convolution, or two, bit by bit: padded rows, any column range, a range of the channels of a
// tensor.
#include <algorithm>
#include <cstring>
#include <list>
#include <set>
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

struct DepthwiseRowCase {
  std::int32_t kernel_h = 3;
  std::int32_t kernel_w = 3;
  std::int32_t stride = 1;
  std::int32_t dilation = 1;
  std::int64_t in_width = 9;
  std::int64_t out_width = 9;
  std::int64_t pad_left = 1;
  std::int64_t channels = 8;
  std::int64_t out_rows = 1;
  unsigned null_rows = 0;  // bit i: input row i is padding
  bool residual = false;
  bool in_place = false;  // dst is the residual
  std::int64_t gap = 0;   // channels of the tensor outside the range, between one pixel's range and the next
};

std::ostream& operator<<(std::ostream& out, const DepthwiseRowCase& c) {
  return out << c.kernel_h << 'x' << c.kernel_w << " stride " << c.stride << " dilation " << c.dilation << " pad "
             << c.pad_left << ", " << c.in_width << " -> " << c.out_width << ", " << c.channels << " channels, gap "
             << c.gap << ", " << c.out_rows << " rows, null rows " << c.null_rows << (c.residual ? ", residual" : "")
             << (c.in_place ? " in place" : "");
}

class DepthwiseKernelTest : public KernelTest {
 protected:
  static kernels::DepthwiseLayer layer_of(const DepthwiseRowCase& c) {
    return {.kernel_h = c.kernel_h,
            .kernel_w = c.kernel_w,
            .stride_h = c.stride,
            .stride_w = c.stride,
            .dilation_h = c.dilation,
            .dilation_w = c.dilation,
            .pad_left = c.pad_left,
            .in_width = c.in_width,
            .out_width = c.out_width,
            .channels = c.channels,
            .clamps = true,
            .residual = c.residual,
            .dense = c.gap == 0};
  }

  /// By every kernel for so many output rows that takes the layer.
  void expect(const DepthwiseRowCase& c) {
    if (left_out()) return;
    const kernels::DepthwiseLayer layer = layer_of(c);
    for (const kernels::DepthwiseKernel& kernel : table().depthwise) {
      if (kernel.out_rows != c.out_rows || !kernel.takes(layer)) continue;
      const CurrentCase described(text(kernel.name, ": ", c));
      for (const Placement placement : kPlacements) run(c, kernel, placement);
    }
  }

 private:
  void run(const DepthwiseRowCase& c, const kernels::DepthwiseKernel& kernel, Placement placement) const {
    Random random(static_cast<std::uint64_t>(c.channels * 100 + c.out_width));
    // Packed weights are padded to whole vectors.
    const std::int64_t v = table().lanes;
    const std::int64_t filter_stride = (c.channels + v - 1) / v * v;
    const std::int64_t stride = c.channels + c.gap;
    const Elements filter("filter", weight(), random.values(c.kernel_h * c.kernel_w * filter_stride), placement);
    const GuardedInput bias("bias", random.values(filter_stride), placement);
    const std::int64_t pixels = c.out_rows * c.out_width;
    const Elements residual = tensor_of("residual", strided(pixels, c.channels, c.gap, random), placement);
    OutputElements dst = output_of((pixels - 1) * stride + c.channels, placement);
    std::list<Elements> rows;
    std::vector<const void*> row_pointers;
    for (std::int64_t i = 0; i < c.kernel_h + (c.out_rows - 1) * c.stride; ++i) {
      rows.emplace_back("row", tensor(), strided(c.in_width, c.channels, c.gap, random), placement);
      row_pointers.push_back((c.null_rows >> i & 1U) != 0 ? nullptr : rows.back().data());
    }

    kernels::DepthwiseArgs args{};
    args.rows = row_pointers.data();
    args.filter = filter.data();
    args.bias = bias.floats();
    args.residual = c.residual ? residual.data() : nullptr;
    args.dst = dst.data();
    if (c.in_place) {
      std::memcpy(dst.data(), residual.data(), residual.bytes());
      args.residual = dst.data();
    }
    args.src_stride = bytes(stride);
    args.filter_stride = filter_stride * table().weight_bytes();
    args.residual_stride = bytes(stride);
    args.dst_stride = bytes(stride);
    args.dst_row_stride = bytes(c.out_width * stride);
    args.in_width = c.in_width;
    args.out_width = c.out_width;
    args.channels = c.channels;
    args.kernel_h = c.kernel_h;
    args.kernel_w = c.kernel_w;
    args.stride_h = args.stride_w = c.stride;
    args.dilation_w = c.dilation;
    args.pad_left = c.pad_left;
    args.epilogue = {-0.5F, 1.0F};
    kernel.function(args);

    std::vector<const Elements*> inputs;
    for (const Elements& row : rows) inputs.push_back(row_pointers[inputs.size()] == nullptr ? nullptr : &row);
    expect_bits(dst, pixels, c.channels, stride, [&](std::int64_t pixel, std::int64_t channel) {
      const std::int64_t y = pixel / c.out_width;
      const std::int64_t x = pixel % c.out_width;
      float sum = args.bias[channel];
      for (std::int32_t ky = 0; ky < c.kernel_h; ++ky) {
        for (std::int32_t kx = 0; kx < c.kernel_w; ++kx) {
          const Elements* row = inputs[static_cast<std::size_t>(y * c.stride + ky)];
          const std::int64_t column = x * c.stride - c.pad_left + kx * c.dilation;
          if (row == nullptr || column < 0 || column >= c.in_width) continue;
          const float tap = filter[(ky * c.kernel_w + kx) * filter_stride + channel];
          sum = multiply_add(table().fused_multiply_add, (*row)[column * stride + channel], tap, sum);
        }
      }
      if (c.residual) sum += residual[pixel * stride + channel];
      return clamped(sum, args.epilogue);
    });
  }
};

TEST_P(DepthwiseKernelTest, EveryChannelCountOfAFewVectors) {
  const std::int64_t v = table().lanes;
  for (std::int64_t channels = 1; channels <= 5 * v + 1; ++channels) {
    for (const std::int32_t stride : {1, 2, 3}) {
      DepthwiseRowCase c;
      c.channels = channels;
      c.stride = stride;
      c.residual = channels % 2 == 0;
      c.gap = channels % 3;
      expect(c);
    }
  }
}

TEST_P(DepthwiseKernelTest, EveryWidthAndPadding) {
  for (const std::int32_t kernel : {1, 2, 3, 5, 7, 9}) {
    for (const std::int32_t stride : {1, 2, 3}) {
      for (std::int64_t in_width = 1; in_width <= 18; ++in_width) {
        for (const std::int64_t pad : {0, 1, 3, 11}) {
          DepthwiseRowCase c;
          c.kernel_w = kernel;
          c.stride = stride;
          c.in_width = in_width;
          c.out_width = in_width / stride + pad + 1;  // reaches beyond the right border
          c.pad_left = pad;
          c.channels = table().lanes + 1;
          expect(c);
        }
      }
    }
  }
}

TEST_P(DepthwiseKernelTest, EverySetOfPaddedRows) {
  for (const std::int32_t kernel : {1, 3, 5}) {
    for (const std::int32_t dilation : {1, 2}) {
      for (std::int32_t above = 0; above <= kernel; ++above) {
        for (std::int32_t below = 0; above + below <= kernel; ++below) {
          DepthwiseRowCase c;
          c.kernel_h = c.kernel_w = kernel;
          c.dilation = dilation;
          c.null_rows = ((1U << above) - 1U) | ((1U << below) - 1U) << (kernel - below);
          c.residual = true;
          c.gap = 5;
          expect(c);
        }
      }
    }
  }
}

TEST_P(DepthwiseKernelTest, EveryDilation) {
  for (const std::int32_t kernel : {2, 3, 5}) {
    for (const std::int32_t dilation : {2, 3, 4, 7}) {
      for (const std::int32_t stride : {1, 2, 3, 4}) {
        for (std::int64_t in_width = 1; in_width <= 20; ++in_width) {
          for (const std::int64_t pad : {0, 2, 11}) {
            DepthwiseRowCase c;
            c.kernel_w = kernel;
            c.dilation = dilation;
            c.stride = stride;
            c.in_width = in_width;
            c.out_width = in_width / stride + pad + 1;
            c.pad_left = pad;
            c.channels = table().lanes + 1;
            c.residual = in_width % 2 == 0;
            c.gap = in_width % 3;
            expect(c);
          }
        }
      }
    }
  }
}

TEST_P(DepthwiseKernelTest, KernelsWiderThanTheRow) {
  for (const std::int32_t kernel : {8, 15, 31}) {
    for (const std::int32_t stride : {1, 2, 5}) {
      for (std::int64_t in_width = 1; in_width <= 16; ++in_width) {
        for (const std::int32_t pad : {0, kernel / 2, kernel - 1, kernel + 3}) {
          if (in_width + 2 * pad < kernel) continue;
          DepthwiseRowCase c;
          c.kernel_h = 2;
          c.kernel_w = kernel;
          c.stride = stride;
          c.in_width = in_width;
          c.out_width = (in_width + 2 * pad - kernel) / stride + 1;
          c.pad_left = pad;
          c.channels = table().lanes;
          expect(c);
        }
      }
    }
  }
}

TEST_P(DepthwiseKernelTest, TwoRowsOfEveryWidthAndBorder) {
  const std::int64_t v = table().lanes;
  const auto sweep = [&](std::int32_t kernel, std::int32_t stride, std::int64_t left, std::int64_t right) {
    for (std::int64_t in_width = 1; in_width <= 18 * stride; ++in_width) {
      if (in_width + left + right < kernel) continue;
      for (const std::int64_t channels : {v - 1, v, 2 * v + 1, 3 * v}) {
        if (channels == 0) continue;
        DepthwiseRowCase c;
        c.kernel_h = c.kernel_w = kernel;
        c.stride = stride;
        c.in_width = in_width;
        c.out_width = (in_width + left + right - kernel) / stride + 1;
        c.out_rows = 2;
        c.pad_left = left;
        c.channels = channels;
        c.gap = in_width % 3;
        expect(c);
      }
    }
  };
  for (const std::int32_t kernel : {3, 5}) {
    for (const std::int32_t stride : {1, 2}) {
      for (std::int64_t left = 0; left <= kernel / 2 + 1; ++left) {
        for (std::int64_t right = 0; right <= kernel / 2 + 1; ++right) sweep(kernel, stride, left, right);
      }
    }
  }
}

// computed_outputs() counts the tiles that next_outputs() chooses.
TEST(DepthwiseTiles, CoverRowsOfEveryWidth) {
  kernels::DepthwiseKernel kernel{};
  kernel.tile_outputs = 7;
  kernel.narrow_outputs = 4;
  for (std::int64_t width = 1; width <= 200; ++width) {
    std::int64_t computed = 0;
    for (std::int64_t left = width; left > 0;) {
      const std::int64_t outputs = kernels::next_outputs(left, 7, 4);
      computed += outputs;
      left -= outputs;
    }
    EXPECT_EQ(kernel.computed_outputs(width), computed) << width;
    EXPECT_LE(computed, (width + 6) / 7 * 7) << width;
  }
  EXPECT_EQ(kernel.computed_outputs(15), 7 + 4 + 4);
  EXPECT_EQ(kernel.computed_outputs(20), 7 + 7 + 7);
  EXPECT_EQ(kernel.computed_outputs(28), 28);
  EXPECT_EQ(kernel.computed_outputs(30), 28 + 4);
  kernel.narrow_outputs = 0;
  EXPECT_EQ(kernel.computed_outputs(15), 21);
}

// Some row is the first for a random layer, every row is it for some layer, and the last one takes them all.
TEST_P(DepthwiseKernelTest, FirstRowThatTakesALayer) {
  Random random(1);
  std::set<const kernels::DepthwiseKernel*> found;
  const kernels::DepthwiseKernel& last = table().depthwise.end()[-1];
  for (int i = 0; i < 20'000; ++i) {
    DepthwiseRowCase c;
    c.kernel_h = random.size(1, 7);
    c.kernel_w = random.coin() ? c.kernel_h : random.size(1, 9);
    c.stride = random.size(1, 3);
    c.dilation = random.coin() ? 1 : random.size(2, 4);
    c.in_width = random.integer(1, 40);
    c.pad_left = random.integer(0, 3);
    c.out_width = random.integer(1, 40 / c.stride);
    c.channels = random.integer(1, 3 * table().lanes);
    c.residual = random.coin();
    c.gap = random.integer(0, 1);
    const kernels::DepthwiseLayer layer = layer_of(c);
    ASSERT_TRUE(last.out_rows == 1 && last.takes(layer));
    for (const std::int32_t out_rows : {1, 2}) {
      const auto takes = [&](const kernels::DepthwiseKernel& row) {
        return row.out_rows == out_rows && row.takes(layer);
      };
      const auto* first = std::find_if(table().depthwise.begin(), table().depthwise.end(), takes);
      if (first != table().depthwise.end()) found.insert(first);
    }
  }
  EXPECT_EQ(found.size(), static_cast<std::size_t>(table().depthwise.count));
}

// Neither the last pixels of a row nor the last channels may be added to it twice.
TEST_P(DepthwiseKernelTest, OntoTheResidual) {
  const std::int64_t v = table().lanes;
  for (std::int64_t channels = 1; channels <= 3 * v; ++channels) {
    for (std::int64_t width = 1; width <= 16; ++width) {
      for (const std::int32_t kernel : {3, 4, 5, 7}) {
        for (const std::int32_t stride : {1, 2}) {
          DepthwiseRowCase c;
          c.kernel_w = kernel;
          c.stride = stride;
          c.in_width = width * stride;
          c.out_width = width;
          c.pad_left = kernel / 2;
          c.channels = channels;
          c.residual = c.in_place = true;
          c.gap = channels % 3;
          expect(c);
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, DepthwiseKernelTest, testing::ValuesIn(tables_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
