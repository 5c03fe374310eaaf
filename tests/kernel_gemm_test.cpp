// The matrix product of one panel, bit by bit: every height around three tiles, every width of the last vector, folded
// and not.
#include <algorithm>
#include <set>
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "random.hpp"

namespace tandem::test {
namespace {

struct GemmCase {
  std::int64_t rows;
  std::int64_t k;
  std::int32_t vectors;
  std::int32_t columns;
  bool residual = false;
  std::int64_t gap = 0;  // elements between the rows of a, c and residual
  std::int64_t outer = 1;
  std::int64_t inner = 1;
  std::int64_t pieces = 1;      // calls, which pass on their sums
  std::int64_t next_bytes = 0;  // to be prefetched; 0: none
};

constexpr kernels::Epilogue kClamp = {-0.5F, 1.0F};

std::ostream& operator<<(std::ostream& out, const GemmCase& c) {
  return out << c.rows << " rows, k " << c.k << ", " << c.vectors << " vectors, " << c.columns << " columns, gap "
             << c.gap << ", segments " << c.outer << 'x' << c.inner << (c.residual ? ", residual" : "") << ", "
             << c.pieces << " pieces, prefetches " << c.next_bytes;
}

class GemmKernelTest : public KernelTest {
 protected:
  /// By every kernel that takes the panel.
  void expect(const GemmCase& c) {
    if (left_out()) return;
    for (const kernels::GemmKernel& kernel : table().gemm) {
      if (!kernel.takes({nullptr, nullptr, c.vectors, c.columns, kernel.fold})) continue;
      const CurrentCase described(text(kernel.name, ": ", c));
      for (const Placement placement : kPlacements) run(c, kernel, placement);
    }
  }

 private:
  void run(const GemmCase& c, const kernels::GemmKernel& kernel, Placement placement) const {
    Random random(static_cast<std::uint64_t>(c.rows * 1000 + c.columns));
    const std::int64_t width = static_cast<std::int64_t>(c.vectors) * table().lanes;
    // With one segment a row of A is its k elements; with more they lie apart by one and, outside, two elements, and
    // the segments of B by one row.
    const std::int64_t a_inner = c.k + 1;
    const std::int64_t a_outer = c.inner * a_inner + 2;
    const std::int64_t b_inner = c.k + 1;
    const std::int64_t b_outer = c.inner * b_inner;
    const bool none = c.outer * c.inner == 0;
    const std::int64_t a_span = none ? 1 : (c.outer - 1) * a_outer + (c.inner - 1) * a_inner + c.k;
    const std::int64_t b_rows = none ? 1 : (c.outer - 1) * b_outer + (c.inner - 1) * b_inner + c.k;

    // As packing leaves the panel: zero past `columns`, a folded vector behind the others.
    const std::int64_t fold = kernel.fold;
    const std::int64_t v = table().lanes;
    const std::int64_t whole = fold == 1 ? width : width - v;
    const auto place = [&](std::int64_t k, std::int64_t j) {
      return static_cast<std::size_t>(j < whole ? k * whole + j
                                                : b_rows * whole + k / fold * v + (j - whole) * fold + k % fold);
    };
    std::vector<float> panel(
        static_cast<std::size_t>(b_rows * whole + (fold == 1 ? 0 : (b_rows + fold - 1) / fold * v)));
    std::vector<float> biases(static_cast<std::size_t>(width), fold == 1 ? 0.0F : -0.0F);
    std::vector<float> bias_of(static_cast<std::size_t>(c.columns));
    for (std::int64_t j = 0; j < c.columns; ++j) {
      const float value = random.value();
      bias_of[static_cast<std::size_t>(j)] = value;
      biases[static_cast<std::size_t>(j < whole ? j : whole + (j - whole) * fold)] = value;
      for (std::int64_t k = 0; k < b_rows; ++k) panel[place(k, j)] = random.value();
    }
    const Elements a = tensor_of("a", strided(c.rows, a_span, c.gap, random), placement);
    const Elements b("b", weight(), panel, placement);
    const GuardedInput bias("bias", biases, placement);
    const Elements residual = tensor_of("residual", strided(c.rows, c.columns, c.gap, random), placement);
    const std::int64_t stride = c.columns + c.gap;
    OutputElements dst = output_of((c.rows - 1) * stride + c.columns, placement);
    GuardedOutput sums("sums", static_cast<std::size_t>(c.rows * width) * sizeof(float), placement);

    kernels::GemmArgs args{};
    args.rows = c.rows;
    args.a = {a.data(), bytes(a_span + c.gap)};
    args.panel = {b.data(), bias.floats(), c.vectors, c.columns, kernel.fold};
    if (fold > 1) args.panel.folded = static_cast<const std::byte*>(b.data()) + b_rows * whole * table().weight_bytes();
    args.steps = {0, c.k, c.outer, c.inner, bytes(a_outer), bytes(a_inner), b_outer, b_inner};
    args.c = {dst.data(), bytes(stride)};
    if (c.residual) args.residual = {residual.data(), bytes(stride)};
    args.partial.rows = {sums.floats(), width * static_cast<std::ptrdiff_t>(sizeof(float))};
    args.epilogue = kClamp;
    // A prefetch may not read: there is nothing to read.
    const GuardedInput nothing("nothing", {}, Placement::kEndsAtGuard);
    if (c.next_bytes > 0) args.prefetch = {nothing.floats(), c.next_bytes};
    args.prefetch_c = c.next_bytes % 2 != 0;
    for (std::int64_t piece = 0; piece < c.pieces; ++piece) {
      const std::int64_t first = piece * c.k / c.pieces;
      args.a.data = static_cast<const std::byte*>(a.data()) + bytes(first);
      args.steps.first = first;
      args.steps.k = (piece + 1) * c.k / c.pieces - first;
      args.partial.resume = piece > 0;
      args.partial.suspend = piece + 1 < c.pieces;
      kernel.function(args);
    }

    EXPECT_TRUE(sums.intact()) << "written around the partial sums";
    expect_bits(dst, c.rows, c.columns, stride, [&](std::int64_t r, std::int64_t j) {
      std::vector<float> parts(static_cast<std::size_t>(j < whole ? 1 : fold), -0.0F);
      parts.front() = bias_of[static_cast<std::size_t>(j)];
      for (std::int64_t s = 0; s < c.outer; ++s) {
        for (std::int64_t t = 0; t < c.inner; ++t) {
          for (std::int64_t i = 0; i < c.k; ++i) {
            const std::int64_t k = s * b_outer + t * b_inner + i;
            float& part = parts[static_cast<std::size_t>(k) % parts.size()];
            const float x = a[r * (a_span + c.gap) + s * a_outer + t * a_inner + i];
            part = multiply_add(table().fused_multiply_add, x, b[static_cast<std::int64_t>(place(k, j))], part);
          }
        }
      }
      for (std::size_t n = parts.size(); n > 1; n /= 2) {
        for (std::size_t i = 0; i < n / 2; ++i) parts[i] = parts[2 * i] + parts[2 * i + 1];
      }
      float sum = parts.front();
      if (c.residual) sum += residual[r * stride + j];
      return clamped(sum, kClamp);
    });
  }
};

TEST_P(GemmKernelTest, EveryHeightAndEveryTail) {
  const std::int32_t v = table().lanes;
  for (std::int32_t vectors = 1; vectors <= kernels::kMaxPanelVectors; ++vectors) {
    const std::int32_t tile = table().gemm_tile(vectors).tile_rows;
    for (std::int64_t rows = 1; rows <= 3 * tile + 1 && tile != 0; ++rows) {
      for (std::int32_t columns = (vectors - 1) * v + 1; columns <= vectors * v; ++columns) {
        expect({rows, 5, vectors, columns, columns % 2 == 0, rows % 3});
      }
    }
  }
}

TEST_P(GemmKernelTest, EveryDepth) {
  const std::int32_t v = table().lanes;
  for (std::int32_t vectors = 1; vectors <= kernels::kMaxPanelVectors; ++vectors) {
    const std::int32_t tile = table().gemm_tile(vectors).tile_rows;
    if (tile == 0) continue;
    for (std::int64_t k = 1; k <= 40; ++k) {
      for (const bool residual : {false, true}) expect({tile + 1, k, vectors, vectors * v, residual});
    }
    expect({tile, 1000, vectors, (vectors - 1) * v + 1});
  }
}

TEST_P(GemmKernelTest, Segments) {
  const std::int32_t v = table().lanes;
  for (std::int32_t vectors = 1; vectors <= kernels::kMaxPanelVectors; ++vectors) {
    const std::int32_t tile = table().gemm_tile(vectors).tile_rows;
    if (tile == 0) continue;
    for (std::int64_t outer = 0; outer <= 3; ++outer) {
      for (std::int64_t inner = 0; inner <= 3; ++inner) {
        for (std::int64_t k = 1; k <= 9; ++k) {
          expect({tile + 2, k, vectors, vectors * v, k % 2 == 0, 3, outer, inner});
          // A last vector of up to half its columns has multiply-adds of its own on some ISAs.
          const std::int32_t half = (vectors - 1) * v + (v + 1) / 2;
          expect({tile + 2, k, vectors, half, k % 2 == 1, 3, outer, inner});
        }
      }
    }
  }
}

// Steps that fill no group of a fold, at the begin and at the end of a segment, and calls that end within a group.
TEST_P(GemmKernelTest, PartsOfAFold) {
  const std::int32_t v = table().lanes;
  if (table().folds == kernels::Folds::kNothing) GTEST_SKIP() << "this table folds nothing";
  for (std::int32_t vectors = 1; vectors <= kernels::kMaxPanelVectors; ++vectors) {
    const std::int32_t tile = table().gemm_tile(vectors).tile_rows;
    for (const std::int32_t last : std::set<std::int32_t>{1, 2, v / 4, v / 4 + 1, v / 2}) {
      for (const std::int64_t k : {1, 2, 3, 4, 5, 7, 8, 15, 16, 17, 31, 33}) {
        const std::int32_t columns = (vectors - 1) * v + last;
        expect({tile + k % 3, k, vectors, columns, k % 2 == 0, k % 2});
        expect({tile, k, vectors, columns, false, 2, 1 + k % 2, 1 + k % 3});
        expect({2, k, vectors, columns, true, 0, 1, 1, 1 + k % 4});
      }
    }
  }
}

TEST_P(GemmKernelTest, EveryHeightWhileItFetches) {
  const std::int32_t v = table().lanes;
  for (std::int32_t vectors = 1; vectors <= kernels::kMaxPanelVectors; ++vectors) {
    const std::int32_t tile = table().gemm_tile(vectors).tile_rows;
    for (std::int64_t rows = 1; rows <= 5 * tile + 1 && tile != 0; ++rows) {
      GemmCase c{rows, 5, vectors, vectors * v};
      for (const std::int64_t next : {1, 400, 40001}) {
        c.next_bytes = next;
        expect(c);
      }
    }
  }
}

// A convolution's rows overlap: pixel after pixel, a stride smaller than what one of them reads.
TEST_P(GemmKernelTest, OverlappingRows) {
  const std::int32_t v = table().lanes;
  Random random(1);
  for (std::int64_t rows = 1; rows <= 20; ++rows) {
    const std::int64_t k = 9;
    const std::int64_t stride = 3;
    const Elements a = tensor_of("a", random.values((rows - 1) * stride + k), Placement::kEndsAtGuard);
    const Elements b("b", weight(), random.values(k * v), Placement::kEndsAtGuard);
    const GuardedInput bias("bias", random.values(v), Placement::kEndsAtGuard);
    OutputElements dst = output_of(rows * v, Placement::kEndsAtGuard);
    kernels::GemmArgs args{};
    args.rows = rows;
    args.a = {a.data(), bytes(stride)};
    args.panel = {b.data(), bias.floats(), 1, v};
    args.steps.k = k;
    args.c = {dst.data(), bytes(v)};
    args.epilogue = kClamp;
    table().gemm_kernel(args.panel).function(args);
    expect_bits(dst, rows, v, v, [&](std::int64_t r, std::int64_t j) {
      float sum = bias.floats()[j];
      for (std::int64_t i = 0; i < k; ++i) {
        sum = multiply_add(table().fused_multiply_add, a[r * stride + i], b[i * v + j], sum);
      }
      return clamped(sum, kClamp);
    });
  }
}

// Two and three calls have the bits of one.
TEST_P(GemmKernelTest, PartialSums) {
  const std::int32_t v = table().lanes;
  for (std::int32_t vectors = 1; vectors <= kernels::kMaxPanelVectors; ++vectors) {
    const std::int32_t tile = table().gemm_tile(vectors).tile_rows;
    for (const std::int32_t columns : {(vectors - 1) * v + 1, (vectors - 1) * v + (v + 1) / 2, vectors * v}) {
      for (const std::int64_t rows : {1, tile, tile + 1, 2 * tile + 3}) {
        for (const std::int64_t pieces : {2, 3}) {
          for (const std::int64_t k : {3, 8, 13, 29}) {
            expect({rows, k, vectors, columns, k % 2 == 0, rows % 3, 1, 1, pieces});
          }
        }
      }
    }
  }
}

// gemm_kernel() finds the first row that takes a panel, and every row is found by some panel.
TEST_P(GemmKernelTest, FirstRowThatTakesAPanel) {
  Random random(1);
  std::set<const kernels::GemmKernel*> found;
  for (int i = 0; i < 2000; ++i) {
    const std::int32_t vectors = random.size(1, kernels::kMaxPanelVectors);
    const std::int32_t columns = random.size((vectors - 1) * table().lanes + 1, vectors * table().lanes);
    std::int32_t fold = kernels::fold_of(table().folds, random.integer(1, 99), columns, table().lanes);
    const std::int32_t lane = 0;
    const bool groups = vectors == 1 && table().lanes > 1 && random.coin();
    if (groups) fold = 1;
    kernels::GemmPanel panel{nullptr, nullptr, vectors, columns, fold};
    if (groups) panel.groups = {&lane, 1};
    const auto takes = [&](const kernels::GemmKernel& row) { return row.takes(panel); };
    const auto* first = std::find_if(table().gemm.begin(), table().gemm.end(), takes);
    ASSERT_NE(first, table().gemm.end());
    ASSERT_EQ(first, &table().gemm_kernel(panel));
    found.insert(first);
  }
  EXPECT_EQ(found.size(), static_cast<std::size_t>(table().gemm.count));
}

INSTANTIATE_TEST_SUITE_P(Tables, GemmKernelTest, testing::ValuesIn(tables_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
