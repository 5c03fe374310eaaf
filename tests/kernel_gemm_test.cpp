// The matrix product of one panel, bit by bit: every height around three tiles, every width of the last vector.
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
  bool accumulate = false;
  std::int64_t next_floats = 0;  // to be fetched; 0: none
};

constexpr kernels::Epilogue kClamp = {-0.5F, 1.0F};

std::ostream& operator<<(std::ostream& out, const GemmCase& c) {
  return out << c.rows << " rows, k " << c.k << ", " << c.vectors << " vectors, " << c.columns << " columns, gap "
             << c.gap << ", segments " << c.outer << 'x' << c.inner << (c.residual ? ", residual" : "")
             << (c.accumulate ? ", accumulated" : "") << ", fetches " << c.next_floats;
}

class GemmKernelTest : public KernelTest {
 protected:
  void expect(const GemmCase& c) const {
    const CurrentCase described(text(c));
    for (const Placement placement : kPlacements) run(c, placement);
  }

 private:
  void run(const GemmCase& c, Placement placement) const {
    Random random(static_cast<std::uint64_t>(c.rows * 1000 + c.columns));
    const std::int64_t width = static_cast<std::int64_t>(c.vectors) * table().lanes;
    // With one segment a row of A is its k elements; with more they lie apart by one and, outside, two elements, and
    // the segments of B by one row.
    kernels::GemmArgs args{};
    args.rows = c.rows;
    args.k = c.k;
    args.outer = c.outer;
    args.inner = c.inner;
    args.a_inner_stride = c.k + 1;
    args.a_outer_stride = c.inner * args.a_inner_stride + 2;
    args.b_inner_stride = c.k + 1;
    args.b_outer_stride = c.inner * args.b_inner_stride;
    const std::int64_t segments = c.outer * c.inner;
    const std::int64_t a_span =
        segments == 0 ? 1 : (c.outer - 1) * args.a_outer_stride + (c.inner - 1) * args.a_inner_stride + c.k;
    const std::int64_t b_rows =
        segments == 0 ? 1 : (c.outer - 1) * args.b_outer_stride + (c.inner - 1) * args.b_inner_stride + c.k;

    // Past `columns` the panel is zero, as packing leaves it.
    std::vector<float> panel(static_cast<std::size_t>(b_rows * width));
    std::vector<float> bias(static_cast<std::size_t>(width));
    for (std::int64_t j = 0; j < c.columns; ++j) {
      bias[static_cast<std::size_t>(j)] = random.value();
      for (std::int64_t k = 0; k < b_rows; ++k) panel[static_cast<std::size_t>(k * width + j)] = random.value();
    }
    const GuardedInput a("a", strided(c.rows, a_span, c.gap, random), placement);
    const GuardedInput b("b", panel, placement);
    const GuardedInput guarded_bias("bias", bias, placement);
    const GuardedInput residual("residual", strided(c.rows, c.columns, c.gap, random), placement);
    const std::int64_t stride = c.columns + c.gap;
    GuardedOutput dst("c", residual.bytes(), placement);

    args.a = a.floats();
    args.b = b.floats();
    args.bias = guarded_bias.floats();
    args.residual = c.residual ? residual.floats() : nullptr;
    args.c = dst.floats();
    args.a_stride = a_span + c.gap;
    args.residual_stride = stride;
    args.c_stride = stride;
    args.vectors = c.vectors;
    args.columns = c.columns;
    args.epilogue = kClamp;
    args.accumulate = c.accumulate;
    // A prefetch may not read: there is nothing to read.
    const GuardedInput nothing("nothing", {}, Placement::kEndsAtGuard);
    args.next = c.next_floats > 0 ? nothing.floats() : nullptr;
    args.next_floats = c.next_floats;
    const std::vector<float> before = random.values(c.rows * c.columns);
    for (std::int64_t i = 0; c.accumulate && i < c.rows * c.columns; ++i) {
      args.c[i / c.columns * stride + i % c.columns] = before[static_cast<std::size_t>(i)];
    }
    table().gemm(args);

    expect_bits(dst, c.rows, c.columns, stride, [&](std::int64_t r, std::int64_t j) {
      float sum =
          c.accumulate ? before[static_cast<std::size_t>(r * c.columns + j)] : bias[static_cast<std::size_t>(j)];
      for (std::int64_t s = 0; s < c.outer; ++s) {
        for (std::int64_t t = 0; t < c.inner; ++t) {
          for (std::int64_t i = 0; i < c.k; ++i) {
            const float x = args.a[r * args.a_stride + s * args.a_outer_stride + t * args.a_inner_stride + i];
            const float y = args.b[(s * args.b_outer_stride + t * args.b_inner_stride + i) * width + j];
            sum = multiply_add(table().fused_multiply_add, x, y, sum);
          }
        }
      }
      if (c.residual) sum += args.residual[r * stride + j];
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
          expect({tile + 2, k, vectors, half, k % 2 == 1, 3, outer, inner, k % 3 == 0});
        }
      }
    }
  }
}

// Few columns: vectors along the rows, with rows left over, steps left over, dense or with gaps.
TEST_P(GemmKernelTest, NarrowPanels) {
  const std::int32_t v = table().lanes;
  for (std::int32_t columns = 1; columns <= v / 2 + 1; ++columns) {
    for (const std::int64_t rows : {v - 1, v, v + 1, 2 * v, 2 * v + 1, 3 * v, 5 * v + 2}) {
      if (rows < 1) continue;
      for (std::int64_t k = 1; k <= 13; ++k) {
        expect({rows, k, 1, columns, k % 2 == 0, 0});
        expect({rows, k, 1, columns, k % 2 == 1, 2, 1 + k % 2, 1 + k % 3});
      }
      expect({rows, 7, 1, columns, true, 0, 2, 2, true});
      expect({rows, 4, 1, columns, false, 3, 1, 1, true});
    }
  }
}

TEST_P(GemmKernelTest, EveryHeightWhileItFetches) {
  const std::int32_t v = table().lanes;
  for (std::int32_t vectors = 1; vectors <= kernels::kMaxPanelVectors; ++vectors) {
    const std::int32_t tile = table().gemm_tile(vectors).tile_rows;
    for (std::int64_t rows = 1; rows <= 5 * tile + 1 && tile != 0; ++rows) {
      GemmCase c{rows, 5, vectors, vectors * v};
      for (const std::int64_t next : {1, 100, 10000}) {
        c.next_floats = next;
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
    const GuardedInput a("a", random.values((rows - 1) * stride + k), Placement::kEndsAtGuard);
    const GuardedInput b("b", random.values(k * v), Placement::kEndsAtGuard);
    const GuardedInput bias("bias", random.values(v), Placement::kEndsAtGuard);
    GuardedOutput dst("c", static_cast<std::size_t>(rows * v) * sizeof(float), Placement::kEndsAtGuard);
    kernels::GemmArgs args{};
    args.a = a.floats();
    args.b = b.floats();
    args.bias = bias.floats();
    args.c = dst.floats();
    args.a_stride = stride;
    args.c_stride = v;
    args.rows = rows;
    args.k = k;
    args.vectors = 1;
    args.columns = v;
    args.epilogue = kClamp;
    table().gemm(args);
    expect_bits(dst, rows, v, v, [&](std::int64_t r, std::int64_t j) {
      float sum = args.bias[j];
      for (std::int64_t i = 0; i < k; ++i) {
        sum = multiply_add(table().fused_multiply_add, args.a[r * stride + i], args.b[i * v + j], sum);
      }
      return clamped(sum, kClamp);
    });
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, GemmKernelTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
