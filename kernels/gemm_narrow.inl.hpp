// The matrix product for a panel of few columns. Vectors along the columns would be mostly empty, so here they run
// along the rows of A.
//
//   sums[j] += a[r .. r+V, k] * b[k, j]          V rows, one multiply-add per column and step of k
//
// The elements of V rows at one k lie a row apart. Those of four steps are loaded as quads, V/4 quads in a vector, and
// transposed (a tall tile of transpose.inl.hpp). That takes V loads and 8 shuffles for 4 * V elements, where the tiles
// of gemm.inl.hpp take 4 * V broadcasts and as many multiply-adds. Each output is summed in the order of k, as there,
// and has the same bits.

template <class K, int Columns>
struct NarrowTile {
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Weight = typename K::Weight;
  using Dst = typename K::Dst;
  static constexpr int kWidth = K::kWidth;
  static constexpr int kGroups = 2;  // of V rows; one group has one chain per column, too few for the latency

  template <int Groups>
  static TANDEM_INLINE void run(const GemmArgs& g, std::int64_t row) {
    Reg acc[Groups][Columns];
    start<Groups>(g, row, acc);
    const GemmSteps& steps = g.steps;
    const Src* a = at(static_cast<const Src*>(g.a.data), row * g.a.stride);
    const auto* panel = static_cast<const Weight*>(g.panel.weights);
    for (std::int64_t outer = 0; outer < steps.outer; ++outer) {
      for (std::int64_t inner = 0; inner < steps.inner; ++inner) {
        const Weight* b = panel + (outer * steps.b_outer_stride + inner * steps.b_inner_stride) * kWidth;
        segment<Groups>(at(a, outer * steps.a_outer_stride + inner * steps.a_inner_stride), g.a.stride, b, steps.k,
                        acc);
      }
    }
    finish<Groups>(g, row, acc);
  }

 private:
  template <int Groups>
  static TANDEM_INLINE void segment(const Src* a, std::ptrdiff_t stride, const Weight* b, std::int64_t k,
                                    Reg (&acc)[Groups][Columns]) {
    std::int64_t done = 0;
    for (; done + 4 <= k; done += 4) block<Groups, 0>(a + done, stride, b + done * kWidth, acc);
    // The remaining steps are the end of the last quad; its first steps are done already.
    a += k - 4;
    b += (k - 4) * kWidth;
    if (k - done == 1) block<Groups, 3>(a, stride, b, acc);
    if (k - done == 2) block<Groups, 2>(a, stride, b, acc);
    if (k - done == 3) block<Groups, 1>(a, stride, b, acc);
  }

  // The steps from First on, of four.
  template <int Groups, int First>
  static TANDEM_INLINE void block(const Src* a, std::ptrdiff_t stride, const Weight* b, Reg (&acc)[Groups][Columns]) {
#pragma GCC unroll 2
    for (int i = 0; i < Groups; ++i, a = at(a, kWidth * stride)) {
      Reg r[4];
#pragma GCC unroll 4
      for (int q = 0; q < 4; ++q) r[q] = K::load_quads(at(a, q * stride), 4 * stride);
      K::transpose_quads(r[0], r[1], r[2], r[3]);
#pragma GCC unroll 4
      for (int k = First; k < 4; ++k) {
#pragma GCC unroll 8
        for (int j = 0; j < Columns; ++j)
          acc[i][j] = K::madd(r[k], K::load_broadcast(b + std::ptrdiff_t{k} * kWidth + j), acc[i][j]);
      }
    }
  }

  template <int Groups>
  static TANDEM_INLINE void start(const GemmArgs& g, std::int64_t row, Reg (&acc)[Groups][Columns]) {
    const SumRows& sums = g.partial.rows;
#pragma GCC unroll 2
    for (int i = 0; i < Groups; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < Columns; ++j) {
        acc[i][j] = K::broadcast(g.panel.bias[j]);
        if (!g.partial.resume) continue;
        float lanes[kWidth];
        const float* first = at(sums.data, (row + std::int64_t{i} * kWidth) * sums.stride) + j;
        for (int lane = 0; lane < kWidth; ++lane) lanes[lane] = *at(first, lane * sums.stride);
        acc[i][j] = K::load(lanes);
      }
    }
  }

  // Writes the sums row after row without gaps, so that a dense c is one row of whole vectors.
  template <int Groups>
  static TANDEM_INLINE void finish(const GemmArgs& g, std::int64_t row, const Reg (&acc)[Groups][Columns]) {
    constexpr int kRows = Groups * kWidth;
    float sums[kRows * Columns + kWidth] = {};
#pragma GCC unroll 2
    for (int i = 0; i < Groups; ++i) {
#pragma GCC unroll 8
      for (int j = 0; j < Columns; ++j) {
        float lanes[kWidth];
        K::store(lanes, acc[i][j]);
        for (int lane = 0; lane < kWidth; ++lane) sums[(i * kWidth + lane) * Columns + j] = lanes[lane];
      }
    }
    if (g.partial.suspend) {
      for (int r = 0; r < kRows; ++r) {
        float* to = at(g.partial.rows.data, (row + r) * g.partial.rows.stride);
        for (int j = 0; j < Columns; ++j) to[j] = sums[r * Columns + j];
      }
      return;
    }
    constexpr std::ptrdiff_t kRowBytes = Columns * std::ptrdiff_t{sizeof(Dst)};
    const Dst* residual = residual_at<K>(g.residual, row * g.residual.stride);
    Dst* c = at(static_cast<Dst*>(g.c.data), row * g.c.stride);
    const bool dense = g.c.stride == kRowBytes && (residual == nullptr || g.residual.stride == kRowBytes);
    if (dense && g.epilogue.function != Function::kPrelu) {
      finish_sums<K>({g.epilogue, sums, 0, residual, 0, c, 0, 1, kRows * Columns});
    } else {
      constexpr std::ptrdiff_t kSums = Columns * std::ptrdiff_t{sizeof(float)};
      finish_sums<K>({g.epilogue, sums, kSums, residual, g.residual.stride, c, g.c.stride, kRows, Columns});
    }
  }
};

// All rows that fill whole vectors. The last vector starts early enough to be whole, unless it would change its own
// input. Returns the number of rows done.
template <class K, int Columns>
std::int64_t gemm_narrow_rows(const GemmArgs& g) {
  using Tile = NarrowTile<K, Columns>;
  std::int64_t row = 0;
  for (; row + Tile::kGroups * K::kWidth <= g.rows; row += Tile::kGroups * K::kWidth) {
    Tile::template run<Tile::kGroups>(g, row);
  }
  for (; row + K::kWidth <= g.rows; row += K::kWidth) Tile::template run<1>(g, row);
  const bool onto_residual = g.residual.data != nullptr && g.residual.data == g.c.data;
  const bool in_place = onto_residual || (g.partial.resume && g.partial.suspend);
  if (row == g.rows || row == 0 || in_place) return row;
  Tile::template run<1>(g, g.rows - K::kWidth);
  return g.rows;
}

template <class K, int MaxColumns>
TANDEM_INLINE std::int64_t gemm_narrow_dispatch(const GemmArgs& g) {
  if constexpr (MaxColumns > 1) {
    if (g.panel.columns != MaxColumns) return gemm_narrow_dispatch<K, MaxColumns - 1>(g);
  }
  return gemm_narrow_rows<K, MaxColumns>(g);
}

// The most columns of a narrow panel; 0: this table has no narrow tiles.
template <class K>
inline constexpr int kNarrowColumns = K::kEveryTile && K::kWidth >= 4 ? K::kWidth / 2 : 0;

// The tile for one vector, of MaxRows rows, takes the rows that fill no whole vector.
template <class K, int MaxRows>
void gemm_narrow(const GemmArgs& g) noexcept {
  const std::int64_t done = gemm_narrow_dispatch<K, kNarrowColumns<K>>(g);
  if (done == g.rows) return;
  GemmArgs rest = g;
  rest.a.data = at(static_cast<const char*>(g.a.data), done * g.a.stride);
  rest.c.data = at(static_cast<char*>(g.c.data), done * g.c.stride);
  if (g.residual.data != nullptr)
    rest.residual.data = at(static_cast<const char*>(g.residual.data), done * g.residual.stride);
  if (g.partial.rows.data != nullptr) rest.partial.rows.data = at(g.partial.rows.data, done * g.partial.rows.stride);
  rest.rows -= done;
  gemm_panel<K, MaxRows, 1>(rest);
}
