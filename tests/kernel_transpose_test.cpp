// The transposition and the spreading of groups, bit by bit: no element is anything but moved, and nothing else is
// touched.
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

class TransposeKernelTest : public KernelTest {
 protected:
  struct Case {
    std::int64_t rows, columns;
    std::int64_t src_gap = 0, dst_gap = 0;  // elements between rows
  };

  void expect(const Case& c) const {
    const CurrentCase described(
        text(c.rows, " rows, ", c.columns, " columns, gaps of ", c.src_gap, " and ", c.dst_gap));
    const std::int64_t src_stride = c.columns + c.src_gap;
    const std::int64_t dst_stride = c.rows + c.dst_gap;
    // Any bits: NaNs with their payloads and signs, denormals.
    const std::int64_t elements = (c.rows - 1) * src_stride + c.columns;
    Random random(static_cast<std::uint64_t>(elements));
    std::vector<std::byte> values(static_cast<std::size_t>(bytes(elements)));
    for (std::byte& b : values) b = static_cast<std::byte>(random.next());
    for (const Placement placement : kPlacements) {
      const GuardedInput src("src", values, placement, element_bytes(tensor()));
      OutputElements dst = output_of((c.columns - 1) * dst_stride + c.rows, placement);
      table().transpose({{src.data(), bytes(src_stride)}, {dst.data(), bytes(dst_stride)}, c.rows, c.columns});
      expect_element_bits(dst, c.columns, c.rows, dst_stride, [&](std::int64_t j, std::int64_t i) {
        return element_at(tensor(), src.data(), i * src_stride + j);
      });
    }
  }
};

TEST_P(TransposeKernelTest, EverySizeOfAFewTiles) {
  const std::int64_t most = 2 * table().lanes + 5;
  for (std::int64_t rows = 1; rows <= most; ++rows) {
    for (std::int64_t columns = 1; columns <= most; ++columns) expect({rows, columns});
  }
}

TEST_P(TransposeKernelTest, RowsApart) {
  const std::int64_t v = table().lanes;
  for (const std::int64_t rows : {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, std::int64_t{5}, v, 2 * v + 3}) {
    for (const std::int64_t columns :
         {std::int64_t{1}, std::int64_t{2}, std::int64_t{3}, std::int64_t{4}, v + 1, 3 * v + 2}) {
      for (const std::int64_t gap : {1, 2, 7}) {
        expect({rows, columns, gap, 0});
        expect({rows, columns, 0, gap});
        expect({rows, columns, gap, gap + 1});
      }
    }
  }
}

// Columns are taken some at a time; the last ones are a chunk of their own, or too few for one.
TEST_P(TransposeKernelTest, EndsOfChunks) {
  for (std::int64_t columns = 30; columns <= 105; ++columns) expect({table().lanes + 19, columns});
}

class SpreadKernelTest : public KernelTest {};

TEST_P(SpreadKernelTest, MovesAnyBits) {
  const std::int64_t most = 3 * table().lanes + 2;
  for (const std::int32_t inputs : {1, 2, 3, 4, 8}) {
    for (const std::int32_t outputs : {1, 2, 3, 4, 8}) {
      for (const std::int64_t channels : {std::int64_t{1}, std::int64_t{2}, most / 2, most}) {
        for (const std::int64_t first : {0, 1, 5}) {
          const std::int64_t pixels = 3;
          const std::int64_t stride = ((first + channels - 1) / outputs + 1) * inputs;
          Random random(static_cast<std::uint64_t>(stride));
          std::vector<std::byte> values(static_cast<std::size_t>(bytes(pixels * stride)));
          for (std::byte& b : values) b = static_cast<std::byte>(random.next());
          const std::int32_t member = inputs - 1;
          const CurrentCase described(text(inputs, " to ", outputs, ", ", channels, " channels from ", first));
          for (const Placement placement : kPlacements) {
            const GuardedInput src("src", values, placement, element_bytes(tensor()));
            OutputElements dst = output_of((pixels - 1) * (channels + 1) + channels, placement);
            table().spread({{src.data(), bytes(stride)},
                            {dst.data(), bytes(channels + 1)},
                            pixels,
                            first,
                            channels,
                            inputs,
                            outputs,
                            member});
            expect_element_bits(dst, pixels, channels, channels + 1, [&](std::int64_t x, std::int64_t o) {
              return element_at(tensor(), src.data(), x * stride + (first + o) / outputs * inputs + member);
            });
          }
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, SpreadKernelTest, testing::ValuesIn(tables_under_test()), isa_test_name);
INSTANTIATE_TEST_SUITE_P(Tables, TransposeKernelTest, testing::ValuesIn(tables_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
