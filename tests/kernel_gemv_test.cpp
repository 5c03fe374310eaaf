// The matrix product of a row with several panels, bit by bit: every number of panels around the four of a call, every
// depth.
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

constexpr kernels::Epilogue kClamp = {-0.5F, 1.0F};

class GemvKernelTest : public KernelTest {
 protected:
  void expect(std::int64_t panels, std::int64_t k, bool with_residual, Placement placement) const {
    const CurrentCase described(text(panels) + " panels, k " + text(k) + (with_residual ? ", residual" : ""));
    const std::int64_t width = std::int64_t{kernels::GemvArgs::kVectors} * table().lanes;
    const std::int64_t columns = panels * width;
    Random random(static_cast<std::uint64_t>(panels * 1000 + k));
    const GuardedInput a("a", random.values(k), placement);
    const GuardedInput b("b", random.values((k + 1) * columns), placement);  // each panel with its bias after it
    const GuardedInput residual("residual", random.values(columns), placement);
    GuardedOutput dst("c", residual.bytes(), placement);

    kernels::GemvArgs args{};
    args.a = a.floats();
    args.b = b.floats();
    args.bias = b.floats() + k * width;
    args.residual = with_residual ? residual.floats() : nullptr;
    args.c = dst.floats();
    args.panel_stride = (k + 1) * width;
    args.k = k;
    args.panels = panels;
    args.epilogue = kClamp;
    table().gemv(args);

    expect_bits(dst, 1, columns, columns, [&](std::int64_t, std::int64_t j) {
      const std::int64_t panel = j / width * args.panel_stride + j % width;
      float sum = args.bias[panel];
      for (std::int64_t i = 0; i < k; ++i) {
        sum = multiply_add(table().fused_multiply_add, args.a[i], args.b[panel + i * width], sum);
      }
      if (with_residual) sum += args.residual[j];
      return clamped(sum, kClamp);
    });
  }
};

TEST_P(GemvKernelTest, EveryNumberOfPanelsAndDepth) {
  for (std::int64_t panels = 1; panels <= 9; ++panels) {
    for (std::int64_t k = 1; k <= 20; ++k) {
      for (const Placement placement : kPlacements) expect(panels, k, k % 2 == 0, placement);
    }
  }
  expect(5, 1000, true, Placement::kEndsAtGuard);
}

// The slopes of a PReLU are those of the panel's own columns.
TEST_P(GemvKernelTest, SlopesOfEachColumn) {
  const std::int64_t width = std::int64_t{kernels::GemvArgs::kVectors} * table().lanes;
  const std::int64_t columns = 7 * width;
  Random random(1);
  const std::vector<float> b = random.values(2 * columns), slopes = random.values(columns);
  std::vector<float> dst(static_cast<std::size_t>(columns));
  const float a = 0.75F;
  kernels::GemvArgs args{};
  args.a = &a;
  args.b = b.data();
  args.bias = b.data() + width;
  args.c = dst.data();
  args.panel_stride = 2 * width;
  args.k = 1;
  args.panels = 7;
  args.epilogue.function = kernels::Function::kPrelu;
  args.epilogue.slopes = slopes.data();
  table().gemv(args);
  for (std::int64_t j = 0; j < columns; ++j) {
    const CurrentCase described("column " + text(j));
    const std::int64_t panel = j / width * args.panel_stride + j % width;
    const float sum = multiply_add(table().fused_multiply_add, a, args.b[panel], args.bias[panel]);
    const auto i = static_cast<std::size_t>(j);
    EXPECT_EQ(dst[i], sum < 0.0F ? slopes[i] * sum : sum);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, GemvKernelTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
