// The matrix product for a panel of so few columns that vectors along them would be mostly empty: here they run along
// the rows of A.
//
//   sums[j] += a[r .. r+V, k] * b[k, j]          V rows, one multiply-add a column and step of k
//
// The elements of V rows at one k lie a row apart. Those of four steps are loaded as quads, V/4 to a vector, and
// transposed (a tall tile of transpose.inl.hpp): V loads and 8 shuffles for 4 * V elements, where the tiles of
// gemm.inl.hpp take 4 * V broadcasts and as many multiply-adds. Each output is summed in the order of k as there, to the
// same bits.

template <class S, int Columns>
struct NarrowTile {
  using Reg = typename S::Reg;
  static constexpr int kWidth = S::kWidth;
  static constexpr int kGroups = 2;  // of V rows: one has a chain a column, which would wait for the latency of the FMA

  template <int Groups>
  static TANDEM_INLINE void run(const GemmArgs& g, std::int64_t row) {
    Reg acc[Groups][Columns];
    start<Groups>(g, row, acc);
    const float* a = g.a + row * g.a_stride;
    for (std::int64_t outer = 0; outer < g.outer; ++outer) {
      for (std::int64_t inner = 0; inner < g.inner; ++inner) {
        const float* b = g.b + (outer * g.b_outer_stride + inner * g.b_inner_stride) * kWidth;
        segment<Groups>(a + outer * g.a_outer_stride + inner * g.a_inner_stride, g.a_stride, b, g.k, acc);
      }
    }
    finish<Groups>(g, row, acc);
  }

 private:
  template <int Groups>
  static TANDEM_INLINE void segment(const float* a, std::ptrdiff_t stride, const float* b, std::int64_t k,
                                    Reg (&acc)[Groups][Columns]) {
    std::int64_t done = 0;
    for (; done + 4 <= k; done += 4) block<Groups, 0>(a + done, stride, b + done * kWidth, acc);
    // The last steps lie in the last quad, whose first ones have been made already.
    a += k - 4;
    b += (k - 4) * kWidth;
    if (k - done == 1) block<Groups, 3>(a, stride, b, acc);
    if (k - done == 2) block<Groups, 2>(a, stride, b, acc);
    if (k - done == 3) block<Groups, 1>(a, stride, b, acc);
  }

  // Of four steps those from First on.
  template <int Groups, int First>
  static TANDEM_INLINE void block(const float* a, std::ptrdiff_t stride, const float* b, Reg (&acc)[Groups][Columns]) {
#pragma GCC unroll 2
    for (int i = 0; i < Groups; ++i, a += kWidth * stride) {
      Reg r[4];
#pragma GCC unroll 4
      for (int q = 0; q < 4; ++q) r[q] = S::load_quads(a + q * stride, 4 * stride);
      S::transpose_quads(r[0], r[1], r[2], r[3]);
#pragma GCC unroll 4
      for (int k = First; k < 4; ++k) {
#pragma GCC unroll 8
        for (int j = 0; j < Columns; ++j)
          acc[i][j] = S::madd(r[k], S::load_broadcast(b + std::ptrdiff_t{k} * kWidth + j), acc[i][j]);
      }
    }
  }

  template <int Groups>
  static TANDEM_INLINE void start(const GemmArgs& g, std::int64_t row, Reg (&acc)[Groups][Columns]) {
#pragma GCC unroll 2
    for (int i = 0; i < Groups; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < Columns; ++j) {
        acc[i][j] = S::broadcast(g.bias[j]);
        if (!g.accumulate) continue;
        float lanes[kWidth];
        const float* c = g.c + (row + std::int64_t{i} * kWidth) * g.c_stride + j;
        for (int lane = 0; lane < kWidth; ++lane) lanes[lane] = c[lane * g.c_stride];
        acc[i][j] = S::load(lanes);
      }
    }
  }

  // The sums row after row without a gap, so that a dense c is one row of whole vectors.
  template <int Groups>
  static TANDEM_INLINE void finish(const GemmArgs& g, std::int64_t row, const Reg (&acc)[Groups][Columns]) {
    constexpr int kRows = Groups * kWidth;
    float sums[kRows * Columns + kWidth] = {};
#pragma GCC unroll 2
    for (int i = 0; i < Groups; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < Columns; ++j) {
        float lanes[kWidth];
        S::store(lanes, acc[i][j]);
        for (int lane = 0; lane < kWidth; ++lane) sums[(i * kWidth + lane) * Columns + j] = lanes[lane];
      }
    }
    const float* residual = g.residual == nullptr ? nullptr : g.residual + row * g.residual_stride;
    float* c = g.c + row * g.c_stride;
    const bool dense = g.c_stride == Columns && (residual == nullptr || g.residual_stride == Columns);
    if (dense && g.epilogue.function != Function::kPrelu) {
      finish_sums<S>({g.epilogue, sums, 0, residual, 0, c, 0, 1, kRows * Columns});
    } else {
      finish_sums<S>({g.epilogue, sums, Columns, residual, g.residual_stride, c, g.c_stride, kRows, Columns});
    }
  }
};

// As many rows as make whole vectors; the last one begins so early that it is whole, unless sums would be added twice to
// what c holds. Returns how many rows that was.
template <class S, int Columns>
std::int64_t gemm_narrow_rows(const GemmArgs& g) {
  using Tile = NarrowTile<S, Columns>;
  std::int64_t row = 0;
  for (; row + Tile::kGroups * S::kWidth <= g.rows; row += Tile::kGroups * S::kWidth) {
    Tile::template run<Tile::kGroups>(g, row);
  }
  for (; row + S::kWidth <= g.rows; row += S::kWidth) Tile::template run<1>(g, row);
  if (row == g.rows || row == 0 || g.accumulate || g.residual == g.c) return row;
  Tile::template run<1>(g, g.rows - S::kWidth);
  return g.rows;
}

template <class S, int MaxColumns>
TANDEM_INLINE std::int64_t gemm_narrow_dispatch(const GemmArgs& g) {
  if constexpr (MaxColumns > 1) {
    if (g.columns != MaxColumns) return gemm_narrow_dispatch<S, MaxColumns - 1>(g);
  }
  return gemm_narrow_rows<S, MaxColumns>(g);
}

// The rows of a panel that are worth it, from the first on; returns how many, perhaps none.
template <class S>
TANDEM_INLINE std::int64_t gemm_narrow(const GemmArgs& g) {
  if constexpr (S::kWidth >= 4) {
    constexpr int kFewColumns = S::kWidth / 2;
    if (g.columns <= kFewColumns && g.k >= 4) return gemm_narrow_dispatch<S, kFewColumns>(g);
  }
  return 0;
}
