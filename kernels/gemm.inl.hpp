// The matrix product behind pointwise, regular and fully connected: one packed panel of B against all rows of A.
//
//   c[r, j] = f(bias[j] + sum_k a[r, k] * b[k, j] + residual[r, j])      (k in segments, see GemmArgs)
//
// Pixels are rows, output channels are columns; A is read where it lies, B is packed:
//
//     b:  k = 0 | j = 0 .. Vectors*V-1 |      One step of k loads `Vectors` vectors of B and broadcasts one element
//         k = 1 | j = 0 .. Vectors*V-1 |      of each row of A: Rows x Vectors multiply-adds into as many accumulators,
//          ...                                which stay in registers over all of k.
//
// The accumulators must cover latency x ports of the FMA (4 cycles x 2 ports = 8 chains on Zen and Core), and the loads
// (Vectors + Rows a step) must not outnumber the FMAs: 6 x 2 on the 16 registers of AVX2 leaves 8 loads beside 12 FMAs,
// 14 x 2 on the 32 of AVX-512 has 16 beside 28. NEON multiplies by a lane: one load brings 4 steps of a
// row of A, which keeps Rows registers beside the accumulators and frees its load ports; see block_steps.
// The tile sizes stand in kernels/isa/<name>.cpp.

// Where what comes next is fetched from while this panel computes, mostly the next one. Weights are cold when a layer
// begins, and 64 bytes a step are more than memory delivers; but a panel is read once for every tile of rows, so that the
// next one has that much longer to arrive: every step fetches its few bytes, one line in several steps. A prefetch cannot
// fault, past the end it is harmless.
struct Fetch {
  const char* at;
  std::ptrdiff_t step;  // bytes
};

// What a tile has to reckon with. The first two start from the bias and have all columns of the panel, which is most of
// every network: without the other cases a tile has a third of their instructions outside the loop, which weigh when k
// is 16 or 32 (0.70 of peak, not 0.87). The loop over segments alone costs a pointwise product of k = 64 a hundredth.
// Every loop over accumulators is unrolled by name, the inner ones too: g++ 12 keeps an array in registers only if it
// sees all its indices early, else it stores each accumulator to the stack before the first step.
enum class Product {
  kOneSegment,  // pointwise, fully connected
  kSegments,    // regular, a segment a kernel row
  kAny,
  kAnyHalf,  // as kAny, and the panel's last vector has columns in its low half alone
};

template <class S, int Rows, int Vectors, Product Kind>
struct GemmTile {
  using Reg = typename S::Reg;

  // Rows of A are addressed in groups of three from one pointer, p, p + stride and p + 2 * stride, which x86 encodes
  // without an instruction: 14 rows cost 5 pointers, not 14, and none spills.
  static constexpr int kGroup = 3;
  static constexpr int kGroups = (Rows + kGroup - 1) / kGroup;

  static TANDEM_INLINE void run(const GemmArgs& g, std::int64_t row, Fetch fetch) {
    Reg acc[Rows][Vectors];
    start(g, row, acc);
    if (g.fetch_c) {
      const float* c = g.c + row * g.c_stride;
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r, c += g.c_stride) {
        for (int line = 0; line < kWidth; line += kLineFloats) __builtin_prefetch(c + line, 1);
      }
    }
    const float* a = g.a + row * g.a_stride;
    const std::int64_t outer_segments = Kind == Product::kOneSegment ? 1 : g.outer;
    const std::int64_t inner_segments = kPlain ? 1 : g.inner;
    for (std::int64_t outer = 0; outer < outer_segments; ++outer) {
      for (std::int64_t inner = 0; inner < inner_segments; ++inner) {
        const float* b = g.b + (outer * g.b_outer_stride + inner * g.b_inner_stride) * kWidth;
        segment(a + outer * g.a_outer_stride + inner * g.a_inner_stride, g.a_stride, b, g.k, fetch, acc);
      }
    }
    finish(g, row, acc);
  }

 private:
  static constexpr int kWidth = Vectors * S::kWidth;
  static constexpr int kLineFloats = 16;                                              // of a cache line
  static constexpr std::ptrdiff_t kBlockFloats = std::ptrdiff_t{S::kBlock} * kWidth;  // of B
  static constexpr bool kPlain = Kind == Product::kOneSegment || Kind == Product::kSegments;

  static TANDEM_INLINE void segment(const float* first, std::ptrdiff_t stride, const float* b, std::int64_t k,
                                    Fetch& fetch, Reg (&acc)[Rows][Vectors]) {
    const float* a[kGroups];
    for (int i = 0; i < kGroups; ++i) a[i] = first + std::ptrdiff_t{i} * kGroup * stride;
    const float* const b_end = b + k * kWidth;
    // What k leaves over of the blocks takes the single steps: every element is multiplied in the order of k either way.
    if constexpr (S::kBlock > 1) {
      for (const float* const end = b + k / S::kBlock * kBlockFloats; b != end; b += kBlockFloats) {
        Reg rows[Rows];
#pragma GCC unroll 32
        for (int r = 0; r < Rows; ++r) rows[r] = S::load(a[r / kGroup] + (r % kGroup) * stride);
        block_steps<0>(rows, b, fetch, acc);
        for (int i = 0; i < kGroups; ++i) a[i] += S::kBlock;
      }
    }
    // Not unrolled: the counters cost 4 of some 25 instructions, which the front end has room for in 6 cycles of FMA,
    // and g++ 12 would carry the loads of one step into the next and spill accumulators (0.67 of peak, not 0.94).
    for (; b != b_end; b += kWidth) {
      __builtin_prefetch(fetch.at);
      fetch.at += fetch.step;
      step(a, stride, b, acc);
      for (int i = 0; i < kGroups; ++i) ++a[i];
    }
  }

  // The steps from Lane to the end of a block, whose elements of A are in `rows`, a step a lane.
  template <int Lane>
  static TANDEM_INLINE void block_steps(const Reg (&rows)[Rows], const float* b, Fetch& fetch,
                                        Reg (&acc)[Rows][Vectors]) {
    __builtin_prefetch(fetch.at);
    fetch.at += fetch.step;
    Reg column[Vectors];
    for (int v = 0; v < Vectors; ++v) column[v] = S::load(b + (Lane * Vectors + v) * S::kWidth);
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) acc[r][v] = S::template madd_lane<Lane>(rows[r], column[v], acc[r][v]);
    }
    if constexpr (Lane + 1 < S::kBlock) block_steps<Lane + 1>(rows, b, fetch, acc);
  }

  static TANDEM_INLINE void step(const float* const (&a)[kGroups], std::ptrdiff_t stride, const float* b,
                                 Reg (&acc)[Rows][Vectors]) {
    Reg column[Vectors];
    for (int v = 0; v < Vectors; ++v) column[v] = S::load(b + v * S::kWidth);
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
      const Reg x = S::load_broadcast(a[r / kGroup] + (r % kGroup) * stride);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) acc[r][v] = multiply_add(v, x, column[v], acc[r][v]);
    }
  }

  static TANDEM_INLINE Reg multiply_add(int v, Reg x, Reg column, Reg sum) {
    if constexpr (Kind == Product::kAnyHalf) {
      if (v + 1 == Vectors) return S::madd_half(x, column, sum);
    }
    return S::madd(x, column, sum);
  }

  // The vector of a row of c or of the residual that starts at p; the last one of a panel may be partial.
  static TANDEM_INLINE Reg load_row(const GemmArgs& g, const float* p, int v) {
    const int last_lanes = g.columns - (Vectors - 1) * S::kWidth;
    if (!kPlain && v + 1 == Vectors && last_lanes != S::kWidth) return S::load_partial(p, S::tail(last_lanes));
    return S::load(p);
  }

  static TANDEM_INLINE void start(const GemmArgs& g, std::int64_t row, Reg (&acc)[Rows][Vectors]) {
    const float* c = g.c + row * g.c_stride;
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) {
        acc[r][v] = !kPlain && g.accumulate ? load_row(g, c + r * g.c_stride + v * S::kWidth, v)
                                            : S::load(g.bias + v * S::kWidth);
      }
    }
  }

  static TANDEM_INLINE void finish(const GemmArgs& g, std::int64_t row, Reg (&acc)[Rows][Vectors]) {
    if (!is_clamp(g.epilogue, g.residual)) return finish_from_memory(g, row, acc);
    const Reg lo = S::broadcast(g.epilogue.lo);
    const Reg hi = S::broadcast(g.epilogue.hi);
    const int last_lanes = g.columns - (Vectors - 1) * S::kWidth;
    const bool partial = !kPlain && last_lanes != S::kWidth;
    const auto tail = S::tail(last_lanes);
    float* c = g.c + row * g.c_stride;
    if (g.residual != nullptr) {
      const float* residual = g.residual + row * g.residual_stride;
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r, residual += g.residual_stride) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) {
          acc[r][v] = S::add(acc[r][v], load_row(g, residual + v * S::kWidth, v));
        }
      }
    }
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r, c += g.c_stride) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) {
        S::keep_order(acc[r][v]);  // else g++ 12 sorts them: all clamps, then all stores
        const Reg y = S::clamp(acc[r][v], lo, hi);
        if (v + 1 == Vectors && partial) {
          S::store_partial(c + v * S::kWidth, y, tail);
        } else {
          S::store(c + v * S::kWidth, y);
        }
      }
    }
  }

  static TANDEM_INLINE void finish_from_memory(const GemmArgs& g, std::int64_t row, Reg (&acc)[Rows][Vectors]) {
    float sums[Rows * kWidth];
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) S::store(sums + r * kWidth + v * S::kWidth, acc[r][v]);
    }
    const float* residual = g.residual == nullptr ? nullptr : g.residual + row * g.residual_stride;
    finish_sums<S>(
        {g.epilogue, sums, kWidth, residual, g.residual_stride, g.c + row * g.c_stride, g.c_stride, Rows, g.columns});
  }
};

// Tiles of the same height, the rows from `row` to `end`. One call for all of them: a call each would cost 5 cycles, of
// the 96 that a tile of k = 16 multiplies.
template <class S, int Rows, int Vectors, Product Kind>
void gemm_tiles(const GemmArgs& g, std::int64_t row, std::int64_t end, Fetch fetch, std::int64_t advance) {
  for (; row < end; row += Rows, fetch.at += advance) GemmTile<S, Rows, Vectors, Kind>::run(g, row, fetch);
}

// Calls the tiles of `height` rows, at most MaxRows.
template <class S, int MaxRows, int Vectors, Product Kind>
TANDEM_INLINE void gemm_dispatch(std::int64_t height, const GemmArgs& g, std::int64_t row, std::int64_t end,
                                 Fetch fetch, std::int64_t advance) {
  if constexpr (MaxRows > 1) {
    if (height != MaxRows) {
      return gemm_dispatch<S, MaxRows - 1, Vectors, Kind>(height, g, row, end, fetch, advance);
    }
  }
  gemm_tiles<S, MaxRows, Vectors, Kind>(g, row, end, fetch, advance);
}

// All rows in tiles of nearly equal height: 49 rows in tiles of at most 6 are 4 of 6 and 5 of 5, where 8 of 6 and one
// of 1 would leave that last one waiting for the latency of its two chains.
template <class S, int MaxRows, int Vectors, Product Kind>
void gemm_panel(const GemmArgs& g) {
  const std::int64_t tiles = (g.rows + MaxRows - 1) / MaxRows;
  const std::int64_t height = g.rows / tiles;
  const std::int64_t taller = g.rows % tiles;  // tiles of height + 1
  // Else the panel fetches itself, 8 KB ahead, twice what arrives during the latency of memory.
  constexpr std::int64_t kAhead = 8192;
  constexpr auto kFloat = static_cast<std::int64_t>(sizeof(float));
  const std::int64_t steps = g.outer * g.inner * g.k;  // of a tile
  Fetch fetch{reinterpret_cast<const char*>(g.b) + kAhead, Vectors * S::kWidth * kFloat};
  std::int64_t advance = 0;  // from tile to tile
  if (g.next != nullptr && steps > 0) {
    constexpr std::int64_t kLine = 64;  // more would skip lines
    const std::int64_t step = (g.next_floats * kFloat + tiles * steps - 1) / (tiles * steps);
    fetch = {reinterpret_cast<const char*>(g.next), step < kLine ? step : kLine};
    advance = steps * fetch.step;
  }
  if (taller > 0) {
    gemm_dispatch<S, MaxRows, Vectors, Kind>(height + 1, g, 0, taller * (height + 1), fetch, advance);
    fetch.at += taller * advance;
  }
  gemm_dispatch<S, MaxRows, Vectors, Kind>(height, g, taller * (height + 1), g.rows, fetch, advance);
}

template <class S, int MaxRows, int Vectors>
TANDEM_INLINE void gemm_panel(const GemmArgs& g) {
  if constexpr (S::kHalves && Vectors > 1) {
    if (2 * g.columns <= (2 * Vectors - 1) * S::kWidth) return gemm_panel<S, MaxRows, Vectors, Product::kAnyHalf>(g);
  }
  if (g.inner != 1 || g.accumulate || g.columns != Vectors * S::kWidth) {
    return gemm_panel<S, MaxRows, Vectors, Product::kAny>(g);
  }
  return g.outer == 1 ? gemm_panel<S, MaxRows, Vectors, Product::kOneSegment>(g)
                      : gemm_panel<S, MaxRows, Vectors, Product::kSegments>(g);
}

// A panel of one vector: what the narrow tiles leave over, which may be all of it.
template <class S, int MaxRows>
void gemm_one_vector(const GemmArgs& g) {
  const std::int64_t done = gemm_narrow<S>(g);
  if (done == 0) return gemm_panel<S, MaxRows, 1>(g);
  if (done == g.rows) return;
  GemmArgs rest = g;
  rest.a += done * g.a_stride;
  rest.c += done * g.c_stride;
  if (g.residual != nullptr) rest.residual += done * g.residual_stride;
  rest.rows -= done;
  gemm_panel<S, MaxRows, 1>(rest);
}

template <class S, int Rows1, int Rows2, int Rows3>
void gemm(const GemmArgs& g) noexcept {
  switch (g.vectors) {
    case 1:
      return gemm_one_vector<S, Rows1>(g);
    case 2:
      return gemm_panel<S, Rows2, 2>(g);
    default:
      return gemm_panel<S, Rows3, 3>(g);
  }
}
