// The element-wise kernel, bit by bit, into another tensor and in place; the copy of rows.
#include <cmath>
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

using kernels::Operation;

float operated(Operation operation, float a, float b) {
  switch (operation) {
    case Operation::kAdd:
      return a + b;
    case Operation::kSubtract:
      return a - b;
    case Operation::kSubtractFrom:
      return b - a;
    case Operation::kMultiply:
      return a * b;
    case Operation::kDivide:
      return a / b;
    case Operation::kDivideInto:
      return b / a;
    case Operation::kMaximum:
      return a < b ? b : a;
    case Operation::kMinimum:
      return a > b ? b : a;
    case Operation::kNone:
      return a;
  }
  return 0.0F;
}

/// How the second operand lies in memory.
struct Second {
  bool single;
  bool constant;
  bool shared;  // all pixels have the same
};

class ElementwiseKernelTest : public KernelTest {
 protected:
  void expect(Operation operation, const Second& second, std::int64_t pixels, std::int64_t channels, std::int64_t gap) {
    if (left_out()) return;
    const CurrentCase described(text("operation ", static_cast<int>(operation), second.single ? ", single" : "",
                                     second.constant ? ", constant" : "", second.shared ? ", shared, " : ", ", pixels,
                                     " pixels, ", channels, " channels, gap ", gap));
    Random random(static_cast<std::uint64_t>(pixels * 1000 + channels));
    const std::int64_t stride = channels + gap;
    const std::int64_t b_stride = second.shared ? 0 : second.single ? 1 + gap : stride;
    const std::int64_t b_channels = second.single ? 1 : channels;
    const std::vector<float> a_values = random.values((pixels - 1) * stride + channels);
    const std::vector<float> b_values = random.values((pixels - 1) * b_stride + b_channels);
    for (const Placement placement : kPlacements) {
      const Elements a = tensor_of("a", a_values, placement);
      const Elements b = {"b", second.constant ? DataType::kF32 : tensor(), b_values, placement};
      const std::ptrdiff_t b_bytes = second.constant ? b_stride * std::ptrdiff_t{sizeof(float)} : bytes(b_stride);
      OutputElements dst = output_of((pixels - 1) * stride + channels, placement);
      const kernels::Epilogue relu = {0.0F};
      const auto result = [&](std::int64_t p, std::int64_t c) {
        return clamped(operated(operation, a[p * stride + c], b[p * b_stride + (second.single ? 0 : c)]), relu);
      };
      kernels::ElementwiseArgs args{operation,
                                    {a.data(), bytes(stride)},
                                    {b.data(), b_bytes},
                                    second.single,
                                    second.constant,
                                    {dst.data(), bytes(stride)},
                                    pixels,
                                    channels,
                                    relu};
      table().elementwise(args);
      expect_bits(dst, pixels, channels, stride, result);

      for (std::int64_t i = 0; i < pixels * channels; ++i) {
        const std::int64_t at = i / channels * stride + i % channels;
        put_element(tensor(), dst.data(), at, element_bits(tensor(), a[at]));
      }
      args.a.data = dst.data();
      table().elementwise(args);
      expect_bits(dst, pixels, channels, stride, result);
    }
  }
};

constexpr Second kSeconds[] = {{false, false, false}, {true, false, false}, {false, false, true},
                               {true, false, true},   {false, true, true},  {true, true, true}};

TEST_P(ElementwiseKernelTest, EveryOperation) {
  for (int operation = 0; operation <= static_cast<int>(Operation::kNone); ++operation) {
    for (const Second& second : kSeconds) {
      for (const std::int64_t channels : {1, 5, 16, 37}) {
        expect(static_cast<Operation>(operation), second, 7, channels, 0);
        expect(static_cast<Operation>(operation), second, 7, channels, 3);
      }
    }
  }
}

TEST_P(ElementwiseKernelTest, EveryChannelCountOfAFewVectors) {
  for (std::int64_t channels = 1; channels <= 5 * table().lanes + 1; ++channels) {
    for (const Second& second : kSeconds) {
      for (const std::int64_t pixels : {1, 2, 9}) expect(Operation::kSubtract, second, pixels, channels, 0);
    }
  }
}

// Blocks of sums, and repeated rows of b with a rest.
TEST_P(ElementwiseKernelTest, ManyPixelsAndChannels) {
  for (const Second& second : kSeconds) {
    expect(Operation::kAdd, second, 1000, 3, 0);
    expect(Operation::kAdd, second, 171, 3, 0);
    expect(Operation::kMultiply, second, 3, 2500, 0);
    expect(Operation::kMultiply, second, 2, 1024, 5);
  }
}

TEST_P(ElementwiseKernelTest, CopiesEveryLength) {
  Random random(1);
  for (std::int64_t channels = 1; channels < 70; ++channels) {
    for (const std::int64_t gap : {0, 5}) {
      const CurrentCase described(text(channels, " channels, gap ", gap));
      const std::int64_t stride = channels + gap;
      const std::vector<float> values = random.values(2 * stride + channels);
      for (const Placement placement : kPlacements) {
        const Elements src = tensor_of("src", values, placement);
        OutputElements dst = output_of(2 * (channels + 1) + channels, placement);
        table().copy_rows({{src.data(), bytes(stride)}, {dst.data(), bytes(channels + 1)}, 3, bytes(channels)});
        expect_bits(dst, 3, channels, channels + 1,
                    [&](std::int64_t r, std::int64_t c) { return src[r * stride + c]; });
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, ElementwiseKernelTest, testing::ValuesIn(tables_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
