// The matrix product of pointwise and regular convolutions and fully connected layers: one packed panel of B against
// all rows of A.
//
//   c[r, j] = f(bias[j] + sum_k a[r, k] * b[k, j] + residual[r, j])      (k in segments, see GemmArgs)
//
// Pixels are rows, output channels are columns. A is read in place, B is packed:
//
//     b:  k = 0 | j = 0 .. Vectors*V-1 |      One step of k loads `Vectors` vectors of B and broadcasts one element
//         k = 1 | j = 0 .. Vectors*V-1 |      of each row of A: Rows x Vectors multiply-adds into as many accumulators,
//          ...                                which stay in registers over all of k.
//
// The accumulators must cover latency x ports of the FMA (4 cycles x 2 ports = 8 chains on Zen and Core), and the loads
// (Vectors + Rows a step) must not outnumber the FMAs: 6 x 2 on the 16 registers of AVX2 has 8 loads beside 12 FMAs, 14
// x 2 on the 32 of AVX-512 has 16 beside 28. NEON multiplies by a lane: one load brings 4 steps of a row of A. This
// takes Rows registers beside the accumulators, but frees the load ports; see block_steps. kernels/isa/<name>.cpp holds
// the tile sizes.

// Where the next prefetch reads, and how far it moves in a step. Weights are cold when a layer begins, and memory
// delivers less than 64 bytes a step. But a panel is read once for every tile of rows, so the next panel has all these
// tiles to arrive: every step prefetches a few bytes, one line in several steps. A prefetch cannot fault, so it may run
// past the end.
struct PrefetchSteps {
  const char* at;
  std::ptrdiff_t step;  // bytes

  TANDEM_INLINE void next() {
    __builtin_prefetch(at);
    at += step;
  }
};

// The kind of product that a tile must handle. The first two kinds start from the bias, end in c and have all columns
// of the panel; they are most of every network. A tile for these alone has a third of the instructions outside the
// loop, which count when k is 16 or 32 (0.87 of the peak, not 0.70). The loop over segments by itself costs a pointwise
// product of k = 64 one percent. Every loop over accumulators has an unroll pragma, the inner ones too: g++ 12 keeps an
// array in registers only if it sees all its indices early, else it stores each accumulator to the stack before the
// first step.
enum class Product {
  kOneSegment,  // pointwise, fully connected
  kSegments,    // regular, a segment per kernel row
  kAny,
  kAnyHalf,  // as kAny, with columns only in the low half of the panel's last vector
  kGroups,   // as kAny, with columns of several groups, see gemm_groups.inl.hpp
};

template <class K, int Rows>
struct GroupSteps;  // gemm_groups.inl.hpp

template <class K, int Rows, int Vectors, Product Kind>
struct GemmTile {
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Weight = typename K::Weight;
  using Dst = typename K::Dst;

  // Rows of A are addressed in groups of three from one pointer: p, p + stride and p + 2 * stride, which x86 encodes
  // without an instruction. So 14 rows need 5 pointers, not 14, and none spills.
  static constexpr int kGroup = 3;
  static constexpr int kGroups = (Rows + kGroup - 1) / kGroup;

  static TANDEM_INLINE void run(const GemmArgs& g, std::int64_t row, PrefetchSteps prefetch) {
    Reg acc[Rows][Vectors];
    start(g, row, acc);
    if (g.prefetch_c) {
      const Dst* c = at(static_cast<const Dst*>(g.c.data), row * g.c.stride);
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r, c = at(c, g.c.stride)) {
        for (int line = 0; line < kWidth; line += kLineElements) __builtin_prefetch(c + line, 1);
      }
    }
    const GemmSteps& steps = g.steps;
    const Src* a = at(static_cast<const Src*>(g.a.data), row * g.a.stride);
    const auto* panel = static_cast<const Weight*>(g.panel.weights);
    if constexpr (Kind == Product::kGroups) {
      GroupSteps<K, Rows>::run(g, a, prefetch, acc);
      return finish(g, row, acc);
    }
    const std::int64_t outer_segments = Kind == Product::kOneSegment ? 1 : steps.outer;
    const std::int64_t inner_segments = kPlain ? 1 : steps.inner;
    for (std::int64_t outer = 0; outer < outer_segments; ++outer) {
      for (std::int64_t inner = 0; inner < inner_segments; ++inner) {
        const Weight* b = panel + (outer * steps.b_outer_stride + inner * steps.b_inner_stride) * kWidth;
        segment(at(a, outer * steps.a_outer_stride + inner * steps.a_inner_stride), g.a.stride, b, steps.k, prefetch,
                acc);
      }
    }
    finish(g, row, acc);
  }

 private:
  static constexpr int kWidth = Vectors * K::kWidth;
  static constexpr int kLineElements = 64 / static_cast<int>(sizeof(Dst));      // of a cache line
  static constexpr std::ptrdiff_t kBlock = std::ptrdiff_t{K::kBlock} * kWidth;  // elements of B
  static constexpr bool kPlain = Kind == Product::kOneSegment || Kind == Product::kSegments;

  static TANDEM_INLINE void segment(const Src* first, std::ptrdiff_t stride, const Weight* b, std::int64_t k,
                                    PrefetchSteps& prefetch, Reg (&acc)[Rows][Vectors]) {
    const Src* a[kGroups];
    for (int i = 0; i < kGroups; ++i) a[i] = at(first, std::ptrdiff_t{i} * kGroup * stride);
    const Weight* const b_end = b + k * kWidth;
    // The single steps take the rest of k that fills no block. Every element is multiplied in the order of k either
    // way.
    if constexpr (K::kBlock > 1) {
      for (const Weight* const end = b + k / K::kBlock * kBlock; b != end; b += kBlock) {
        Reg rows[Rows];
#pragma GCC unroll 32
        for (int r = 0; r < Rows; ++r) rows[r] = K::load(at(a[r / kGroup], (r % kGroup) * stride));
        block_steps<0>(rows, b, prefetch, acc);
        for (int i = 0; i < kGroups; ++i) a[i] += K::kBlock;
      }
    } else if constexpr (K::kGroup > 1) {
      for (const Weight* const end = b + k / K::kGroup * K::kGroup * kWidth; b != end; b += K::kGroup * kWidth) {
        group_steps<0>(a, stride, b, prefetch, acc);
        for (int i = 0; i < kGroups; ++i) a[i] += K::kGroup;
      }
    }
    // Not unrolled: the counters cost 4 of some 25 instructions, for which the front end has time in 6 cycles of FMA.
    // Unrolled, g++ 12 would move the loads of one step into the step before and spill accumulators (0.67 of peak, not
    // 0.94).
    for (; b != b_end; b += kWidth) {
      prefetch.next();
      step(a, stride, b, acc);
      for (int i = 0; i < kGroups; ++i) ++a[i];
    }
  }

  // The steps from Lane to the end of a block, one step per lane of `rows`, which holds the elements of A.
  template <int Lane>
  static TANDEM_INLINE void block_steps(const Reg (&rows)[Rows], const Weight* b, PrefetchSteps& prefetch,
                                        Reg (&acc)[Rows][Vectors]) {
    prefetch.next();
    Reg column[Vectors];
    for (int v = 0; v < Vectors; ++v) column[v] = K::load(b + (Lane * Vectors + v) * K::kWidth);
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) acc[r][v] = K::template madd_lane<Lane>(rows[r], column[v], acc[r][v]);
    }
    if constexpr (Lane + 1 < K::kBlock) block_steps<Lane + 1>(rows, b, prefetch, acc);
  }

  // The steps from I to the end of a group; one load brings the elements of the whole group.
  template <int I>
  static TANDEM_INLINE void group_steps(const Src* const (&a)[kGroups], std::ptrdiff_t stride, const Weight* b,
                                        PrefetchSteps& prefetch, Reg (&acc)[Rows][Vectors]) {
    prefetch.next();
    multiply_row(a, stride, b + I * kWidth, acc, [](const Src* p) { return K::template group_broadcast<I>(p); });
    if constexpr (I + 1 < K::kGroup) group_steps<I + 1>(a, stride, b, prefetch, acc);
  }

  static TANDEM_INLINE void step(const Src* const (&a)[kGroups], std::ptrdiff_t stride, const Weight* b,
                                 Reg (&acc)[Rows][Vectors]) {
    multiply_row(a, stride, b, acc, [](const Src* p) { return K::load_broadcast(p); });
  }

  // Multiplies one row of the panel by one element of each row of A; `broadcast` brings the element into all lanes.
  template <class Broadcast>
  static TANDEM_INLINE void multiply_row(const Src* const (&a)[kGroups], std::ptrdiff_t stride, const Weight* b,
                                         Reg (&acc)[Rows][Vectors], const Broadcast& broadcast) {
    Reg column[Vectors];
    for (int v = 0; v < Vectors; ++v) column[v] = K::load(b + v * K::kWidth);
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
      const Reg x = broadcast(at(a[r / kGroup], (r % kGroup) * stride));
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) acc[r][v] = multiply_add(v, x, column[v], acc[r][v]);
    }
  }

  static TANDEM_INLINE Reg multiply_add(int v, Reg x, Reg column, Reg sum) {
    if constexpr (Kind == Product::kAnyHalf) {
      if (v + 1 == Vectors) return K::madd_half(x, column, sum);
    }
    return K::madd(x, column, sum);
  }

  static TANDEM_INLINE const float* sums_row(const GemmArgs& g, std::int64_t row) {
    return at(g.partial.rows.data, row * g.partial.rows.stride);
  }

  static TANDEM_INLINE void start(const GemmArgs& g, std::int64_t row, Reg (&acc)[Rows][Vectors]) {
    if (!kPlain && g.partial.resume) {
      const float* sums = sums_row(g, row);
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) acc[r][v] = K::load(at(sums, r * g.partial.rows.stride) + v * K::kWidth);
      }
      return;
    }
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) acc[r][v] = K::load(g.panel.bias + v * K::kWidth);
    }
  }

  static TANDEM_INLINE void finish(const GemmArgs& g, std::int64_t row, Reg (&acc)[Rows][Vectors]) {
    if (!kPlain && g.partial.suspend) return suspend(g, row, acc);
    if constexpr (K::kRegisterEpilogue) {
      if (is_clamp(g.epilogue, g.residual.data)) return finish_clamped(g, row, acc);
    }
    finish_from_memory(g, row, acc);
  }

  static TANDEM_INLINE void finish_clamped(const GemmArgs& g, std::int64_t row, Reg (&acc)[Rows][Vectors]) {
    const Reg lo = K::broadcast(g.epilogue.lo);
    const Reg hi = K::broadcast(g.epilogue.hi);
    const int last_lanes = g.panel.columns - (Vectors - 1) * K::kWidth;
    const bool partial = !kPlain && last_lanes != K::kWidth;
    const auto tail = K::tail(last_lanes);
    Dst* c = at(static_cast<Dst*>(g.c.data), row * g.c.stride);
    if (g.residual.data != nullptr) {
      const Dst* residual = residual_at<K>(g.residual, row * g.residual.stride);
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r, residual = at(residual, g.residual.stride)) {
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) {
          const Dst* p = residual + v * K::kWidth;
          acc[r][v] = K::add(acc[r][v], v + 1 == Vectors && partial ? K::load_partial(p, tail) : K::load(p));
        }
      }
    }
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r, c = at(c, g.c.stride)) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) {
        K::keep_order(acc[r][v]);  // else g++ 12 does all clamps first, then all stores
        const Reg y = K::clamp(acc[r][v], lo, hi);
        if (v + 1 == Vectors && partial) {
          K::store_partial(c + v * K::kWidth, y, tail);
        } else {
          K::store(c + v * K::kWidth, y);
        }
      }
    }
  }

  static TANDEM_INLINE void store_sums(float* sums, std::ptrdiff_t stride, const Reg (&acc)[Rows][Vectors]) {
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) K::store(at(sums, r * stride) + v * K::kWidth, acc[r][v]);
    }
  }

  static TANDEM_INLINE void suspend(const GemmArgs& g, std::int64_t row, const Reg (&acc)[Rows][Vectors]) {
    store_sums(at(g.partial.rows.data, row * g.partial.rows.stride), g.partial.rows.stride, acc);
  }

  static TANDEM_INLINE void finish_from_memory(const GemmArgs& g, std::int64_t row, const Reg (&acc)[Rows][Vectors]) {
    float sums[Rows * kWidth];
    constexpr std::ptrdiff_t kStride = kWidth * std::ptrdiff_t{sizeof(float)};
    store_sums(sums, kStride, acc);
    finish_sums<K>({g.epilogue, sums, kStride, residual_at<K>(g.residual, row * g.residual.stride), g.residual.stride,
                    at(static_cast<Dst*>(g.c.data), row * g.c.stride), g.c.stride, Rows, g.panel.columns});
  }
};

// Tiles of the same height, from row `row` to row `end`. One call makes them all: a call costs 5 cycles, and a tile of
// k = 16 multiplies for only 96.
template <class K, int Rows, int Vectors, Product Kind>
void gemm_tiles(const GemmArgs& g, std::int64_t row, std::int64_t end, PrefetchSteps prefetch, std::int64_t advance) {
  for (; row < end; row += Rows, prefetch.at += advance) GemmTile<K, Rows, Vectors, Kind>::run(g, row, prefetch);
}

// Calls the tiles of `height` rows, at most MaxRows.
template <class K, int MaxRows, int Vectors, Product Kind>
TANDEM_INLINE void gemm_dispatch(std::int64_t height, const GemmArgs& g, std::int64_t row, std::int64_t end,
                                 PrefetchSteps prefetch, std::int64_t advance) {
  if constexpr (MaxRows > 1) {
    if (height != MaxRows) {
      return gemm_dispatch<K, MaxRows - 1, Vectors, Kind>(height, g, row, end, prefetch, advance);
    }
  }
  gemm_tiles<K, MaxRows, Vectors, Kind>(g, row, end, prefetch, advance);
}

// All rows in tiles of nearly equal height. With at most 6 rows a tile, 49 rows are 4 tiles of 6 and 5 of 5. 8 tiles of
// 6 and one of 1 would be slower: the last would wait for the latency of its two chains.
template <class K, int MaxRows, int Vectors, Product Kind>
void gemm_rows(const GemmArgs& g) {
  const std::int64_t tiles = (g.rows + MaxRows - 1) / MaxRows;
  const std::int64_t height = g.rows / tiles;
  const std::int64_t taller = g.rows % tiles;  // tiles of height + 1
  // With nothing else to prefetch, the panel prefetches itself, 8 KB ahead: twice the bytes that arrive during the
  // latency of memory.
  constexpr std::int64_t kAhead = 8192;
  constexpr std::int64_t kRowBytes = Vectors * K::kWidth * std::int64_t{sizeof(typename K::Weight)};
  PrefetchSteps prefetch{static_cast<const char*>(g.panel.weights) + kAhead, kRowBytes};
  std::int64_t advance = 0;                                              // bytes from tile to tile
  const std::int64_t steps = g.steps.outer * g.steps.inner * g.steps.k;  // of a tile
  if (g.prefetch.data != nullptr && steps > 0) {
    constexpr std::int64_t kLine = 64;  // more would skip lines
    const std::int64_t step = (g.prefetch.bytes + tiles * steps - 1) / (tiles * steps);
    prefetch = {static_cast<const char*>(g.prefetch.data), step < kLine ? step : kLine};
    advance = steps * prefetch.step;
  }
  if (taller > 0) {
    gemm_dispatch<K, MaxRows, Vectors, Kind>(height + 1, g, 0, taller * (height + 1), prefetch, advance);
    prefetch.at += taller * advance;
  }
  gemm_dispatch<K, MaxRows, Vectors, Kind>(height, g, taller * (height + 1), g.rows, prefetch, advance);
}

// A panel whose last vector has columns only in its low half.
template <class K, int MaxRows, int Vectors>
void gemm_half_panel(const GemmArgs& g) noexcept {
  gemm_rows<K, MaxRows, Vectors, Product::kAnyHalf>(g);
}

// A panel of one vector with columns of several groups.
template <class K, int MaxRows>
void gemm_groups(const GemmArgs& g) noexcept {
  gemm_rows<K, MaxRows, 1, Product::kGroups>(g);
}

template <class K, int MaxRows, int Vectors>
void gemm_panel(const GemmArgs& g) noexcept {
  if (!K::kEveryTile || g.steps.inner != 1 || g.partial.resume || g.partial.suspend ||
      g.panel.columns != Vectors * K::kWidth) {
    return gemm_rows<K, MaxRows, Vectors, Product::kAny>(g);
  }
  if constexpr (K::kEveryTile) {
    return g.steps.outer == 1 ? gemm_rows<K, MaxRows, Vectors, Product::kOneSegment>(g)
                              : gemm_rows<K, MaxRows, Vectors, Product::kSegments>(g);
  }
}
