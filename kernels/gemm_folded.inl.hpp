// The steps of a matrix product whose panel ends in a folded vector.
//
// With Fold > 1 the last vector of the panel is folded: it has at most V / Fold columns, and its lanes are these columns
// at Fold successive steps (see GemmPanel). The Fold elements of a row of A, repeated over the vector by a single load,
// meet them in one multiply-add. So a folded vector takes 1 / Fold of the multiply-adds. A tile whose only vector is
// folded has as many loads as multiply-adds, which two load ports just feed.

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

template <class K, int Rows, int Vectors, Product Kind, int Fold>
struct FoldedSegment {
  using Steps = TileSteps<K, Rows, Vectors, Kind, Fold>;
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Weight = typename K::Weight;
  static constexpr int kGroup = Steps::kGroup;
  static constexpr int kGroups = Steps::kGroups;
  static constexpr int kWhole = Steps::kWhole;

  // The k steps from `first` on. Those that fill no group of Fold steps add to their own lanes alone.
  static TANDEM_INLINE void run(const Src* row, std::ptrdiff_t stride, const GemmPanel& panel, std::int64_t first,
                                std::int64_t k, PrefetchSteps& prefetch, Reg (&acc)[Rows][Vectors]) {
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
        if constexpr (Steps::kInPlace) {
          acc[r][kWhole] = K::add_product(acc[r][kWhole], x, column);
        } else {  // through multiply_add(), g++ 12 gives the sums of AVX-512 other registers
          acc[r][kWhole] = K::madd(x, column, acc[r][kWhole]);
        }
      }
      for (int i = 0; i < kGroups; ++i) a[i] += Fold;
    }
    single_steps(a, stride, b, folded, 0, static_cast<int>(k), acc);
  }

 private:
  // The steps from I to the end of a group, of the vectors that are not folded.
  template <int I>
  static TANDEM_INLINE void whole_steps(const Src* const (&a)[kGroups], std::ptrdiff_t stride, const Weight* b,
                                        PrefetchSteps& prefetch, Reg (&acc)[Rows][Vectors]) {
    prefetch.next();
    if constexpr (kWhole > 0) {
      Steps::template step<I>(a, stride, b + I * kWhole * K::kWidth, acc);
      // Else g++ 12 moves the loads of one step into the step before and spills accumulators.
      asm volatile("" : : : "memory");
    }
    if constexpr (I + 1 < Fold) whole_steps<I + 1>(a, stride, b, prefetch, acc);
  }

  // `count` of the Fold steps that a folded vector holds, from `phase` on.
  static TANDEM_INLINE void single_steps(const Src* (&a)[kGroups], std::ptrdiff_t stride, const Weight*& b,
                                         const Weight* folded, int phase, int count, Reg (&acc)[Rows][Vectors]) {
    for (const int end = phase + count; phase != end; ++phase, b += kWhole * K::kWidth) {
      if constexpr (kWhole > 0) Steps::step(a, stride, b, acc);
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
};
