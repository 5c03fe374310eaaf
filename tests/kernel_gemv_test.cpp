// The matrix product of a row with several panels, bit by bit: every number of panels around the four of a call, every
// depth.
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

constexpr kernels::Epilogue kClamp = {-0.5F, 1.0F};

/// Panels as src/weights/pack.hpp packs them: the weights of a panel, then its bias in fp32.
struct PackedPanels {
  PackedPanels(const kernels::KernelTable& table, std::int32_t vectors, std::int64_t panels, std::int64_t k,
               Random& random)
      : type(table.types.weight),
        width(std::int64_t{vectors} * table.lanes),
        bias_offset((k * width * table.weight_bytes() + 3) / 4 * 4),
        stride(bias_offset + width * 4),
        memory(static_cast<std::size_t>(panels * stride)) {
    for (std::int64_t p = 0; p < panels; ++p) {
      for (std::int64_t i = 0; i < k * width; ++i) {
        put_element(type, memory.data() + p * stride, i, element_bits(type, random.value()));
      }
      for (std::int64_t j = 0; j < width; ++j) {
        put_element(DataType::kF32, memory.data() + p * stride + bias_offset, j,
                    element_bits(DataType::kF32, random.value()));
      }
    }
  }
  [[nodiscard]] float weight(std::int64_t column, std::int64_t step) const {
    return element_value(type,
                         element_at(type, memory.data() + column / width * stride, step * width + column % width));
  }
  [[nodiscard]] float bias(std::int64_t column) const {
    const std::byte* at = memory.data() + column / width * stride + bias_offset;
    return element_value(DataType::kF32, element_at(DataType::kF32, at, column % width));
  }

  DataType type;
  std::int64_t width;
  std::ptrdiff_t bias_offset;
  std::ptrdiff_t stride;
  std::vector<std::byte> memory;
};

class GemvKernelTest : public KernelTest {
 protected:
  void expect(std::int32_t vectors, std::int64_t panels, std::int64_t k, bool with_residual,
              Placement placement) const {
    const CurrentCase described(text(panels, " panels of ", vectors, " vectors, k ", k) +
                                (with_residual ? ", residual" : ""));
    const std::int64_t columns = panels * vectors * table().lanes;
    Random random(static_cast<std::uint64_t>(panels * 1000 + k));
    const Elements a = tensor_of("a", random.values(k), placement);
    const PackedPanels b(table(), vectors, panels, k, random);
    const GuardedInput guarded_b("b", b.memory, placement, alignof(float));
    const Elements residual = tensor_of("residual", random.values(columns), placement);
    OutputElements dst = output_of(columns, placement);

    kernels::GemvArgs args{};
    args.vectors = vectors;
    args.a = a.data();
    args.b = guarded_b.data();
    args.bias = reinterpret_cast<const float*>(static_cast<const std::byte*>(guarded_b.data()) + b.bias_offset);
    args.residual = with_residual ? residual.data() : nullptr;
    args.c = dst.data();
    args.panel_stride = b.stride;
    args.k = k;
    args.panels = panels;
    args.epilogue = kClamp;
    table().gemv(args);

    expect_bits(dst, 1, columns, columns, [&](std::int64_t, std::int64_t j) {
      float total = -0.0F;
      float sum = b.bias(j);
      for (std::int64_t i = 0; i < k; ++i) {
        if (i != 0 && i % kernels::kSumBlock == 0) {
          total += sum;
          sum = -0.0F;
        }
        sum = multiply_add(table().fused_multiply_add, a[i], b.weight(j, i), sum);
      }
      total += sum;
      if (with_residual) total += residual[j];
      return clamped(total, kClamp);
    });
  }
};

TEST_P(GemvKernelTest, EveryNumberOfPanelsAndDepth) {
  for (const std::int32_t vectors : {2, 3}) {
    for (std::int64_t panels = 1; panels <= 9; ++panels) {
      for (std::int64_t k = 1; k <= 20; ++k) {
        for (const Placement placement : kPlacements) expect(vectors, panels, k, k % 2 == 0, placement);
      }
    }
    expect(vectors, 5, 1000, true, Placement::kEndsAtGuard);
  }
}

TEST_P(GemvKernelTest, SumsInBlocks) {
  constexpr std::int64_t kBlock = kernels::kSumBlock;
  for (const std::int64_t k : {kBlock - 1, kBlock, kBlock + 1, 2 * kBlock, 2 * kBlock + 3}) {
    for (const std::int64_t panels : {1, 2, 3, 4}) expect(2, panels, k, true, Placement::kEndsAtGuard);
  }
}

// The slopes of a PReLU are those of the panel's own columns.
TEST_P(GemvKernelTest, SlopesOfEachColumn) {
  constexpr std::int32_t kVectors = 3;
  const std::int64_t columns = std::int64_t{7} * kVectors * table().lanes;
  Random random(1);
  const PackedPanels b(table(), kVectors, 7, 1, random);
  const std::vector<float> slopes = random.values(columns);
  const Elements a = tensor_of("a", {0.75F}, Placement::kEndsAtGuard);
  OutputElements dst = output_of(columns, Placement::kEndsAtGuard);
  kernels::GemvArgs args{};
  args.vectors = kVectors;
  args.a = a.data();
  args.b = b.memory.data();
  args.bias = reinterpret_cast<const float*>(b.memory.data() + b.bias_offset);
  args.c = dst.data();
  args.panel_stride = b.stride;
  args.k = 1;
  args.panels = 7;
  args.epilogue.function = kernels::Function::kPrelu;
  args.epilogue.slopes = slopes.data();
  table().gemv(args);
  expect_bits(dst, 1, columns, columns, [&](std::int64_t, std::int64_t j) {
    const float sum = multiply_add(table().fused_multiply_add, a[0], b.weight(j, 0), b.bias(j));
    return sum < 0.0F ? slopes[static_cast<std::size_t>(j)] * sum : sum;
  });
}

INSTANTIATE_TEST_SUITE_P(Tables, GemvKernelTest, testing::ValuesIn(tables_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
