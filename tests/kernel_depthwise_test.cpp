// One row of a depthwise convolution, or two, bit by bit: padded rows, any column range, a range of the channels of a tensor.
#include <algorithm>
#include <list>
#include <utility>
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
  void expect(const DepthwiseRowCase& c) const {
    const CurrentCase described(text(c));
    for (const Placement placement : kPlacements) run(c, placement);
  }

 private:
  void run(const DepthwiseRowCase& c, Placement placement) const {
    Random random(static_cast<std::uint64_t>(c.channels * 100 + c.out_width));
    // Packed weights are padded to whole vectors.
    const std::int64_t v = table().lanes;
    const std::int64_t filter_stride = (c.channels + v - 1) / v * v;
    const std::int64_t stride = c.channels + c.gap;
    const GuardedInput filter("filter", random.values(c.kernel_h * c.kernel_w * filter_stride), placement);
    const GuardedInput bias("bias", random.values(filter_stride), placement);
    const GuardedInput residual("residual", strided(c.out_rows * c.out_width, c.channels, c.gap, random), placement);
    GuardedOutput dst("dst", residual.bytes(), placement);
    std::list<GuardedInput> rows;
    std::vector<const float*> row_pointers;
    for (std::int64_t i = 0; i < c.kernel_h + (c.out_rows - 1) * c.stride; ++i) {
      rows.emplace_back("row", strided(c.in_width, c.channels, c.gap, random), placement);
      row_pointers.push_back((c.null_rows >> i & 1U) != 0 ? nullptr : rows.back().floats());
    }

    kernels::DepthwiseArgs args{};
    args.rows = row_pointers.data();
    args.filter = filter.floats();
    args.bias = bias.floats();
    args.residual = c.residual ? residual.floats() : nullptr;
    args.dst = dst.floats();
    if (c.in_place) {
      std::copy_n(residual.floats(), residual.bytes() / sizeof(float), dst.floats());
      args.residual = dst.floats();
    }
    args.src_stride = stride;
    args.filter_stride = filter_stride;
    args.residual_stride = stride;
    args.residual_row_stride = c.out_width * stride;
    args.dst_stride = stride;
    args.dst_row_stride = c.out_width * stride;
    args.in_width = c.in_width;
    args.out_width = c.out_width;
    args.out_rows = c.out_rows;
    args.channels = c.channels;
    args.kernel_h = c.kernel_h;
    args.kernel_w = c.kernel_w;
    args.stride_h = args.stride_w = c.stride;
    args.dilation_w = c.dilation;
    args.pad_left = c.pad_left;
    args.epilogue = {-0.5F, 1.0F};
    table().depthwise(args);

    expect_bits(dst, c.out_rows * c.out_width, c.channels, stride, [&](std::int64_t pixel, std::int64_t channel) {
      const std::int64_t y = pixel / c.out_width;
      const std::int64_t x = pixel % c.out_width;
      float sum = args.bias[channel];
      for (std::int32_t ky = 0; ky < c.kernel_h; ++ky) {
        for (std::int32_t kx = 0; kx < c.kernel_w; ++kx) {
          const float* row = row_pointers[static_cast<std::size_t>(y * c.stride + ky)];
          const std::int64_t column = x * c.stride - c.pad_left + kx * c.dilation;
          if (row == nullptr || column < 0 || column >= c.in_width) continue;
          const float tap = args.filter[(ky * c.kernel_w + kx) * filter_stride + channel];
          sum = multiply_add(table().fused_multiply_add, row[column * stride + channel], tap, sum);
        }
      }
      if (c.residual) sum += residual.floats()[pixel * stride + channel];
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
  for (const std::int32_t stride : {1, 2}) {
    for (std::int64_t in_width = 1; in_width <= 18 * stride; ++in_width) {
      for (const std::int64_t left : {0, 1, 2}) {
        for (const std::int64_t right : {0, 1, 2}) {
          if (in_width + left + right < 3) continue;
          for (const std::int64_t channels : {v - 1, v, 2 * v + 1, 3 * v}) {
            if (channels == 0) continue;
            DepthwiseRowCase c;
            c.stride = stride;
            c.in_width = in_width;
            c.out_width = (in_width + left + right - 3) / stride + 1;
            c.out_rows = 2;
            c.pad_left = left;
            c.channels = channels;
            c.gap = in_width % 3;
            expect(c);
          }
        }
      }
    }
  }
}

TEST_P(DepthwiseKernelTest, TwoRowsOfEverySetOfPaddedRows) {
  for (const std::int32_t kernel : {1, 3, 5}) {
    for (const auto& [stride, dilation] : {std::pair{1, 1}, {1, 2}, {2, 1}}) {
      const std::int32_t rows = kernel + stride;
      for (std::int32_t above = 0; above <= rows; ++above) {
        for (std::int32_t below = 0; above + below <= rows; ++below) {
          DepthwiseRowCase c;
          c.kernel_h = c.kernel_w = kernel;
          c.stride = stride;
          c.dilation = dilation;
          c.in_width = 9 * stride;
          c.out_rows = 2;
          c.pad_left = kernel / 2;
          c.null_rows = ((1U << above) - 1U) | ((1U << below) - 1U) << (rows - below);
          expect(c);
        }
      }
    }
  }
}

TEST_P(DepthwiseKernelTest, TwoRowsOfEveryKernel) {
  for (const std::int32_t kernel_h : {1, 2, 3, 4, 5}) {
    for (const std::int32_t kernel_w : {1, 2, 3, 5, 7}) {
      for (const std::int32_t stride : {1, 2, 3}) {
        for (const bool residual : {false, true}) {
          DepthwiseRowCase c;
          c.kernel_h = kernel_h;
          c.kernel_w = kernel_w;
          c.stride = stride;
          c.in_width = 9 * stride;
          c.out_rows = 2;
          c.pad_left = kernel_w / 2;
          c.channels = table().lanes + 1;
          c.residual = residual;
          c.in_place = residual && kernel_h % 2 == 0;
          expect(c);
        }
      }
    }
  }
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

INSTANTIATE_TEST_SUITE_P(Isas, DepthwiseKernelTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
