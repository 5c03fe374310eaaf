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
//
// With Fold > 1 the last vector of the panel is folded: it has at most V / Fold columns, and its lanes are these columns
// at Fold successive steps (see GemmPanel). The Fold elements of a row of A, repeated over the vector by a single load,
// meet them in one multiply-add. So a folded vector takes 1 / Fold of the multiply-adds. A tile whose only vector is
// folded has as many loads as multiply-adds, which two load ports just feed.
enum class Product {
  kOneSegment,  // pointwise, fully connected
  kSegments,    // regular, a segment per kernel row
  kAny,
  kAnyHalf,  // as kAny, with columns only in the low half of the panel's last vector
  kGroups,   // as kAny, with columns of several groups, see gemm_groups.inl.hpp
};

template <class K, int Rows>
struct GroupSteps;  // gemm_groups.inl.hpp

// The sums of Fold neighbouring lanes each, in the first V / Fold lanes: neighbours in pairs, then pairs of pairs. The
// other lanes are unspecified.
template <class K, int Fold>
TANDEM_INLINE typename K::Reg unfolded(typename K::Reg v) {
  if constexpr (Fold == 1) {
    return v;
  } else {
    std::int32_t even[K::kWidth];
    std::int32_t odd[K::kWidth];
    for (int l = 0; l < K::kWidth; ++l) {
      even[l] = 2 * l % K::kWidth;
      odd[l] = even[l] + 1;
    }
    return unfolded<K, Fold / 2>(K::add(K::permute(v, K::permutation(even)), K::permute(v, K::permutation(odd))));
  }
}

template <class K, int Rows, int Vectors, Product Kind, int Fold = 1>
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
    if constexpr (Kind == Product::kGroups) {
      GroupSteps<K, Rows>::run(g, a, prefetch, acc);
      return finish(g, row, acc);
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
          folded_segment(first_a, g.a.stride, g.panel, first, steps.k, prefetch, acc);
        }
      }
    }
    finish(g, row, acc);
  }

 private:
  static constexpr int kWidth = Vectors * K::kWidth;
  static constexpr int kWhole = Fold == 1 ? Vectors : Vectors - 1;              // vectors that are not folded
  static constexpr int kLineElements = 64 / static_cast<int>(sizeof(Dst));      // of a cache line
  static constexpr std::ptrdiff_t kBlock = std::ptrdiff_t{K::kBlock} * kWidth;  // elements of B
  static constexpr bool kPlain = Kind == Product::kOneSegment || Kind == Product::kSegments;

  static TANDEM_INLINE void segment(const Src* first, std::ptrdiff_t stride, const Weight* b, std::int64_t k,
                                    [[maybe_unused]] int rest, PrefetchSteps& prefetch, Reg (&acc)[Rows][Vectors]) {
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
    if constexpr (K::kQuads) {
      if (rest == 0) return;
      multiply_row(a, stride, b, acc, [rest](const Src* p) { return K::load_broadcast_partial(p, rest); });
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

  // The step whose elements of A are the I-th from here. An element that meets a single vector may be its
  // multiply-add's operand in memory. This saves 14 of 38 instructions, for which a CPU that issues 4 a cycle has no
  // time beside the multiply-adds.
  template <int I = 0>
  static TANDEM_INLINE void step(const Src* const (&a)[kGroups], std::ptrdiff_t stride, const Weight* b,
                                 Reg (&acc)[Rows][Vectors]) {
    if constexpr (kWhole == 1 && requires(const Src* p, Reg r) { K::madd_broadcast(p, r, r); }) {
      const Reg column = K::load(b);
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r) {
        acc[r][0] = K::madd_broadcast(at(a[r / kGroup], (r % kGroup) * stride) + I, column, acc[r][0]);
      }
    } else {
      multiply_row(a, stride, b, acc, [](const Src* p) { return K::load_broadcast(p + I); });
    }
  }

  // Multiplies one row of the panel by one element of each row of A; `broadcast` brings the element into all lanes.
  template <class Broadcast>
  static TANDEM_INLINE void multiply_row(const Src* const (&a)[kGroups], std::ptrdiff_t stride, const Weight* b,
                                         Reg (&acc)[Rows][Vectors], const Broadcast& broadcast) {
    decltype(K::load(b)) column[kWhole];
    for (int v = 0; v < kWhole; ++v) column[v] = K::load(b + v * K::kWidth);
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
      const auto x = broadcast(at(a[r / kGroup], (r % kGroup) * stride));
#pragma GCC unroll 4
      for (int v = 0; v < kWhole; ++v) acc[r][v] = multiply_add(v, x, column[v], acc[r][v]);
    }
  }

  // The k steps from `first` on. Those that fill no group of Fold steps add to their own lanes alone.
  static TANDEM_INLINE void folded_segment(const Src* row, std::ptrdiff_t stride, const GemmPanel& panel,
                                           std::int64_t first, std::int64_t k, PrefetchSteps& prefetch,
                                           Reg (&acc)[Rows][Vectors]) {
    const Src* a[kGroups];
    for (int i = 0; i < kGroups; ++i) a[i] = at(row, std::ptrdiff_t{i} * kGroup * stride);
    const Weight* b = static_cast<const Weight*>(panel.weights) + first * kWhole * K::kWidth;
    const Weight* folded = static_cast<const Weight*>(panel.folded) + first / Fold * K::kWidth;
    if (const auto phase = static_cast<int>(first % Fold); phase != 0) {
      const int count = k < Fold - phase ? static_cast<int>(k) : Fold - phase;
      single_steps(a, stride, b, folded, phase, count, acc);
      k -= count;
      folded += K::kWidth;
    }
    for (; k >= Fold; k -= Fold, b += Fold * kWhole * K::kWidth, folded += K::kWidth) {
      whole_steps<0>(a, stride, b, prefetch, acc);
      const Reg column = K::load(folded);
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r) {
        const Reg x = K::template load_repeated<Fold>(at(a[r / kGroup], (r % kGroup) * stride));
        acc[r][kWhole] = K::madd(x, column, acc[r][kWhole]);
      }
      for (int i = 0; i < kGroups; ++i) a[i] += Fold;
    }
    single_steps(a, stride, b, folded, 0, static_cast<int>(k), acc);
  }

  // The steps from I to the end of a group, of the vectors that are not folded.
  template <int I>
  static TANDEM_INLINE void whole_steps(const Src* const (&a)[kGroups], std::ptrdiff_t stride, const Weight* b,
                                        PrefetchSteps& prefetch, Reg (&acc)[Rows][Vectors]) {
    prefetch.next();
    if constexpr (kWhole > 0) {
      step<I>(a, stride, b + I * kWhole * K::kWidth, acc);
      // Else g++ 12 moves the loads of one step into the step before and spills accumulators.
      asm volatile("" : : : "memory");
    }
    if constexpr (I + 1 < Fold) whole_steps<I + 1>(a, stride, b, prefetch, acc);
  }

  // `count` of the Fold steps that a folded vector holds, from `phase` on.
  static TANDEM_INLINE void single_steps(const Src* (&a)[kGroups], std::ptrdiff_t stride, const Weight*& b,
                                         const Weight* folded, int phase, int count, Reg (&acc)[Rows][Vectors]) {
    for (const int end = phase + count; phase != end; ++phase, b += kWhole * K::kWidth) {
      if constexpr (kWhole > 0) step(a, stride, b, acc);
      const Reg column = K::load(folded);
      const auto own = K::template every<Fold>(phase);
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r) {
        const Reg x = K::load_broadcast(at(a[r / kGroup], (r % kGroup) * stride));
        acc[r][kWhole] = K::madd_where(own, x, column, acc[r][kWhole]);
      }
      for (int i = 0; i < kGroups; ++i) ++a[i];
    }
  }

  template <class Element, class Column>
  static TANDEM_INLINE Reg multiply_add(int v, const Element& x, const Column& column, Reg sum) {
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
    if constexpr (Fold > 1) {
#pragma GCC unroll 32
      for (int r = 0; r < Rows; ++r) acc[r][kWhole] = unfolded<K, Fold>(acc[r][kWhole]);
    }
    if constexpr (K::kRegisterEpilogue) {
      if (is_clamp(g.epilogue, g.residual.data)) return finish_clamped(g, row, acc);
    }
    if constexpr (K::kQuads) {
      const Requantisation& q = g.epilogue.requantisation;
      Dst* const c = at(static_cast<Dst*>(g.c.data), row * g.c.stride);
      if (Requantiser<K>::finish_registers(q, q.multipliers, acc, c, g.c.stride, g.panel.columns)) return;
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
