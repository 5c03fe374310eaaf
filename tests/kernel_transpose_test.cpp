// The transposition, bit by bit: no element is anything but moved, and nothing else is touched.
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
    std::int64_t src_gap = 0, dst_gap = 0;  // floats between rows
  };

  /// Any bits: NaNs with their payloads and signs, denormals.
  static std::vector<float> any_bits(std::int64_t count) {
    Random random(static_cast<std::uint64_t>(count));
    std::vector<float> values(static_cast<std::size_t>(count));
    for (float& v : values) v = std::bit_cast<float>(static_cast<std::uint32_t>(random.next()));
    return values;
  }

  void expect(const Case& c) const {
    const CurrentCase described(
        text(c.rows, " rows, ", c.columns, " columns, gaps of ", c.src_gap, " and ", c.dst_gap));
    const std::int64_t src_stride = c.columns + c.src_gap;
    const std::int64_t dst_stride = c.rows + c.dst_gap;
    const std::vector<float> values = any_bits((c.rows - 1) * src_stride + c.columns);
    for (const Placement placement : kPlacements) {
      const GuardedInput src("src", values, placement);
      const auto count = static_cast<std::size_t>((c.columns - 1) * dst_stride + c.rows);
      GuardedOutput dst("dst", count * sizeof(float), placement);
      table().transpose({src.floats(), dst.floats(), src_stride, dst_stride, c.rows, c.columns});
      expect_bits(dst, c.columns, c.rows, dst_stride,
                  [&](std::int64_t j, std::int64_t i) { return src.floats()[i * src_stride + j]; });
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

INSTANTIATE_TEST_SUITE_P(Isas, TransposeKernelTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
