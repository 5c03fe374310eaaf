// A register tile of the matrix product: one packed panel of B against a few rows of A.
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

template <class K, int Rows>
struct GroupSteps;  // gemm_groups.inl.hpp

// What the ends of all tiles of a product have in common. The loop over tiles keeps it: the outputs of 8 bits may overlap
// whatever a pointer leads to, so a tile would read it anew. int8 has its own (requantise.inl.hpp).
template <class K>
struct TileEnd {
  static constexpr bool kPacks = false;
  static constexpr bool kPlainTiles = false;  // true: packed products of one segment have tiles of their own
  explicit TANDEM_INLINE TileEnd(const GemmArgs&) {}
};

template <class K, int Rows, int Vectors, Product Kind, int Fold = 1>
struct GemmTile {
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Weight = typename K::Weight;
  using Dst = typename K::Dst;

  using Row = decltype(K::load(static_cast<const Src*>(nullptr)));        // kBlock elements of A
  using Column = decltype(K::load(static_cast<const Weight*>(nullptr)));  // of B

  using Steps = TileSteps<K, Rows, Vectors, Kind, Fold>;
  static constexpr int kGroup = Steps::kGroup;
  static constexpr int kGroups = Steps::kGroups;

  static TANDEM_INLINE void run(const GemmArgs& g, std::int64_t row, PrefetchSteps prefetch, const TileEnd<K>& end) {
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
    if constexpr (Kind == Product::kGroups) {
      GroupSteps<K, Rows>::run(g, a, prefetch, acc);
      return finish(g, row, acc, end);
    }
    const std::int64_t outer_segments = Kind == Product::kOneSegment ? 1 : steps.outer;
    const std::int64_t inner_segments = kPlain ? 1 : steps.inner;
    for (std::int64_t outer = 0; outer < outer_segments; ++outer) {
      for (std::int64_t inner = 0; inner < inner_segments; ++inner) {
        const Src* const first_a = at(a, outer * steps.a_outer_stride + inner * steps.a_inner_stride);
        const std::int64_t first = steps.first + outer * steps.b_outer_stride + inner * steps.b_inner_stride;
        if constexpr (Fold == 1) {
          segment(first_a, g.a.stride, static_cast<const Weight*>(g.panel.weights) + first * kWidth, steps.k,
                  steps.rest, prefetch, acc);
        } else {
          FoldedSegment<K, Rows, Vectors, Kind, Fold>::run(first_a, g.a.stride, g.panel, first, steps.k, prefetch, acc);
        }
      }
    }
    finish(g, row, acc, end);
  }

 private:
  static constexpr int kWidth = Vectors * K::kWidth;
  static constexpr int kLineElements = 64 / static_cast<int>(sizeof(Dst));      // of a cache line
  static constexpr std::ptrdiff_t kBlock = std::ptrdiff_t{K::kBlock} * kWidth;  // elements of B
  static constexpr bool kPairs = Rows > 1 && requires { requires K::kPairs; };
  static constexpr bool kPlain = Kind == Product::kOneSegment || Kind == Product::kSegments;

  static TANDEM_INLINE void segment(const Src* first, std::ptrdiff_t stride, const Weight* b, std::int64_t k,
                                    [[maybe_unused]] int rest, PrefetchSteps& prefetch, Reg (&acc)[Rows][Vectors]) {
    const Src* a[kGroups];
    for (int i = 0; i < kGroups; ++i) a[i] = at(first, std::ptrdiff_t{i} * kGroup * stride);
    const Weight* const b_end = b + k * kWidth;
    if constexpr (kPairs) {
      const std::int64_t taken = PairSteps<K, Rows, Vectors>::run(a, stride, b, k, prefetch, acc);
      b += taken * kWidth;
      k -= taken;
    }
    // The single steps take the rest of k that fills no block. Every element is multiplied in the order of k either
    // way.
    if constexpr (K::kBlock > 1) {
      for (const Weight* const end = b + k / K::kBlock * kBlock; b != end; b += kBlock) {
        Row rows[Rows];
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
      Steps::step(a, stride, b, acc);
      for (int i = 0; i < kGroups; ++i) ++a[i];
    }
    if constexpr (K::kQuads) {
      if (rest == 0) return;
      Steps::multiply_row(a, stride, b, acc, [rest](const Src* p) { return K::load_broadcast_partial(p, rest); });
    }
  }

  // The steps from Lane to the end of a block, one step per lane of `rows`, which holds the elements of A.
  template <int Lane>
  static TANDEM_INLINE void block_steps(const Row (&rows)[Rows], const Weight* b, PrefetchSteps& prefetch,
                                        Reg (&acc)[Rows][Vectors]) {
    prefetch.next();
    Column column[Vectors];
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
    Steps::multiply_row(a, stride, b + I * kWidth, acc, [](const Src* p) { return K::template group_broadcast<I>(p); });
    if constexpr (I + 1 < K::kGroup) group_steps<I + 1>(a, stride, b, prefetch, acc);
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

  static TANDEM_INLINE void finish(const GemmArgs& g, std::int64_t row, Reg (&acc)[Rows][Vectors],
                                   [[maybe_unused]] const TileEnd<K>& end) {
    if (!kPlain && g.partial.suspend) return suspend(g, row, acc);
    if constexpr (Fold > 1) {
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r) acc[r][Vectors - 1] = unfolded<K, Fold>(acc[r][Vectors - 1]);
    }
    if constexpr (K::kRegisterEpilogue) {
      if (is_clamp(g.epilogue, g.residual.data)) return finish_clamped(g, row, acc);
    }
    if constexpr (TileEnd<K>::kPacks) {
      if (kPlain || end.packs) {
        Dst* const c = at(static_cast<Dst*>(g.c.data), row * g.c.stride);
        return end.template pack<kPlain>(acc, c, g.c.stride, kPlain ? kWidth : g.panel.columns);
      }
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
