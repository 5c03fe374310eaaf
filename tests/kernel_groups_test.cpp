// The matrix product of a panel with several groups, bit by bit: every width of a group that lets two of them share a
// vector, and every height around two tiles.
#include <algorithm>
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

struct GroupsCase {
  std::int64_t rows;
  std::int32_t count;    // groups of the panel
  std::int32_t inputs;   // of a group
  std::int32_t outputs;  // of a group
  std::int32_t before;   // elements of a row of A before the first group's
  std::int32_t after;    // and behind the last one's
  std::int64_t outer = 1;
  std::int64_t inner = 1;
  bool residual = false;
  std::int64_t pieces = 1;  // calls, which pass on their sums
  bool planes = false;      // the steps of a segment are the `inner` pixels, those of inner segments the inputs
};

constexpr kernels::Epilogue kClamp = {-0.5F, 1.0F};

std::ostream& operator<<(std::ostream& out, const GroupsCase& c) {
  return out << c.rows << " rows, " << c.count << " groups of " << c.inputs << " to " << c.outputs << ", " << c.before
             << " elements before and " << c.after << " after, segments " << c.outer << 'x' << c.inner
             << (c.residual ? ", residual, " : ", ") << c.pieces << (c.planes ? " pieces, by planes" : " pieces");
}

class GroupsKernelTest : public KernelTest {
 protected:
  void expect(const GroupsCase& c) const {
    const CurrentCase described(text(c));
    for (const Placement placement : kPlacements) run(c, placement);
  }

 private:
  void run(const GroupsCase& c, Placement placement) const {
    Random random(static_cast<std::uint64_t>(c.rows * 1000 + c.inputs * 16 + c.outputs));
    const std::int64_t v = table().lanes;
    const std::int64_t columns = std::int64_t{c.count} * c.outputs;
    const std::int64_t pixel = c.before + std::int64_t{c.count} * c.inputs + c.after;
    const std::int64_t a_outer = c.inner * pixel + 1;
    const std::int64_t a_span = (c.outer - 1) * a_outer + c.inner * pixel;
    const std::int64_t b_outer = c.inner * c.inputs;
    const std::int64_t b_rows = c.outer * b_outer;

    std::vector<float> panel(static_cast<std::size_t>(b_rows * v));
    std::vector<float> biases(static_cast<std::size_t>(v));
    for (std::int64_t j = 0; j < columns; ++j) {
      biases[static_cast<std::size_t>(j)] = random.value();
      for (std::int64_t k = 0; k < b_rows; ++k) panel[static_cast<std::size_t>(k * v + j)] = random.value();
    }
    std::vector<std::int32_t> lanes(static_cast<std::size_t>(c.inputs * v));
    for (std::int32_t i = 0; i < c.inputs; ++i) {
      for (std::int64_t j = 0; j < columns; ++j) {
        lanes[static_cast<std::size_t>(i * v + j)] = static_cast<std::int32_t>(c.before + j / c.outputs * c.inputs + i);
      }
    }
    const Elements a = tensor_of("a", random.values(c.rows * a_span), placement);
    const Elements b("b", weight(), panel, placement);
    const GuardedInput bias("bias", biases, placement);
    const Elements residual = tensor_of("residual", random.values(c.rows * columns), placement);
    OutputElements dst = output_of(c.rows * columns, placement);
    GuardedOutput sums("sums", static_cast<std::size_t>(c.rows * v) * sizeof(float), placement);

    kernels::GemmArgs args{};
    args.rows = c.rows;
    args.a = {a.data(), bytes(a_span)};
    args.panel = {b.data(),
                  bias.floats(),
                  1,
                  static_cast<std::int32_t>(columns),
                  1,
                  nullptr,
                  {lanes.data(), static_cast<std::int32_t>(std::min(pixel, v))}};
    args.steps = {0, c.inputs, c.outer, c.inner, bytes(a_outer), bytes(pixel), b_outer, c.inputs};
    if (c.planes) {
      args.steps = {0, c.inner, c.outer, c.inputs, bytes(a_outer), 0, b_outer, c.inner};
      args.panel.groups.planes = bytes(pixel);
    }
    args.c = {dst.data(), bytes(columns)};
    if (c.residual) args.residual = {residual.data(), bytes(columns)};
    args.partial.rows = {sums.floats(), v * static_cast<std::ptrdiff_t>(sizeof(float))};
    args.epilogue = kClamp;
    const kernels::GemmKernel& kernel = table().gemm_kernel(args.panel);
    ASSERT_TRUE(kernel.groups) << kernel.name;
    for (std::int64_t piece = 0; piece < c.pieces; ++piece) {
      const std::int64_t first = piece * c.inputs / c.pieces;
      if (c.pieces > 1) {
        args.panel.groups.lanes = lanes.data() + first * v;
        args.steps.first = first;
        args.steps.k = (piece + 1) * c.inputs / c.pieces - first;
      }
      args.partial.resume = piece > 0;
      args.partial.suspend = piece + 1 < c.pieces;
      kernel.function(args);
    }

    EXPECT_TRUE(sums.intact()) << "written around the partial sums";
    expect_bits(dst, c.rows, columns, columns, [&](std::int64_t r, std::int64_t j) {
      float sum = biases[static_cast<std::size_t>(j)];
      const std::int64_t first = r * a_span + c.before + j / c.outputs * c.inputs;
      for (std::int64_t step = 0; step < b_rows; ++step) {
        const std::int64_t s = step / b_outer;
        const std::int64_t rest = step % b_outer;
        const std::int64_t t = c.planes ? rest % c.inner : rest / c.inputs;
        const std::int64_t i = c.planes ? rest / c.inner : rest % c.inputs;
        sum = multiply_add(table().fused_multiply_add, a[first + s * a_outer + t * pixel + i], b[step * v + j], sum);
      }
      if (c.residual) sum += residual[r * columns + j];
      return clamped(sum, kClamp);
    });
  }
};

TEST_P(GroupsKernelTest, EveryWidth) {
  const std::int32_t v = table().lanes;
  const std::int32_t tile = table().gemm_tile(1).tile_rows;
  for (std::int32_t inputs = 1; inputs <= v; ++inputs) {
    for (std::int32_t outputs = 1; outputs <= v; ++outputs) {
      const std::int32_t most = v / std::max(inputs, outputs);
      for (const std::int32_t count : {1, most}) {
        const std::int32_t room = v - count * inputs;  // of a vector beside the groups
        expect({tile + 1, count, inputs, outputs, 0, v, 1, 1, outputs % 2 == 0});
        expect({3, count, inputs, outputs, room, 0, 2, 3, outputs % 2 == 1});
        expect({2, count, inputs, outputs, 0, 0, 2, 2});
        expect({4, count, inputs, outputs, room, 1, 2, 3, outputs % 2 == 0, 1, true});
        if (inputs > 1) expect({2, count, inputs, outputs, room / 2, 1, 1, 1, true, 2});
      }
    }
  }
}

TEST_P(GroupsKernelTest, EveryHeight) {
  const std::int32_t v = table().lanes;
  if (v < 4) return;
  for (std::int64_t rows = 1; rows <= 2 * table().gemm_tile(1).tile_rows + 1; ++rows) {
    expect({rows, v / 2, 2, 2, 0, 0, 2, 3});
    expect({rows, v / 4, 3, 2, 0, 1, 1, 1, true});
    expect({rows, v / 4, 3, 2, 1, 0, 2, 3, false, 1, true});
  }
}

// The scalar ISA has no such kernel: nothing fits beside a group into a vector of one lane.
std::vector<std::string> vector_tables() {
  std::vector<std::string> names;
  for (const std::string& name : tables_under_test()) {
    if (kernel_table(name).lanes > 1) names.push_back(name);
  }
  return names;
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GroupsKernelTest);
INSTANTIATE_TEST_SUITE_P(Tables, GroupsKernelTest, testing::ValuesIn(vector_tables()), isa_test_name);

}  // namespace
}  // namespace tandem::test
