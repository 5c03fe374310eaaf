// The steps of a matrix product whose panel holds several groups of a convolution. A vector of outputs has as many whole
// groups as fit, and a step permutes the inputs so that each lane meets the inputs of its own group.
//
//   3 groups of 2 inputs and 2 outputs         columns  0  1  2  3  4  5
//                                              step 0   a0 a0 a2 a2 a4 a4      one load, one permutation and one
//                                              step 1   a1 a1 a3 a3 a5 a5      multiply-add for each row
//
// A product for each group would fill only 2 lanes. A CPU with AVX-512 or AVX2 permutes on a port that it takes from the
// multiply-adds, or on a single port of its own. Either way it does about one multiply-add a cycle.

template <class K, int Rows>
struct GroupSteps {
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Weight = typename K::Weight;

  static TANDEM_INLINE void run(const GemmArgs& g, const Src* a, PrefetchSteps& prefetch, Reg (&acc)[Rows][1]) {
    if (g.panel.groups.readable >= K::kWidth) {
      segments<true>(g, a, prefetch, acc);
    } else {
      segments<false>(g, a, prefetch, acc);
    }
  }

 private:
  template <bool Whole>
  static TANDEM_INLINE void segments(const GemmArgs& g, const Src* first, PrefetchSteps& prefetch,
                                     Reg (&acc)[Rows][1]) {
    const GemmSteps& s = g.steps;
    const GemmGroups& groups = g.panel.groups;
    const std::ptrdiff_t lanes_a_step = groups.planes == 0 ? K::kWidth : 0;
    const auto* panel = static_cast<const Weight*>(g.panel.weights);
    const auto readable = K::tail(groups.readable);
    for (std::int64_t outer = 0; outer < s.outer; ++outer) {
      for (std::int64_t inner = 0; inner < s.inner; ++inner) {
        const Src* a = at(first, outer * s.a_outer_stride + inner * s.a_inner_stride);
        const Weight* b = panel + (s.first + outer * s.b_outer_stride + inner * s.b_inner_stride) * K::kWidth;
        const std::int32_t* lanes = groups.lanes + (groups.planes == 0 ? 0 : inner * K::kWidth);
        for (const Weight* const end = b + s.k * K::kWidth; b != end; b += K::kWidth) {
          prefetch.next();
          step<Whole>(a, g.a.stride, K::load(b), K::permutation(lanes), readable, acc);
          a = at(a, groups.planes);
          lanes += lanes_a_step;
        }
      }
    }
  }

  // Rows are addressed in groups of three, as in GemmTile.
  template <bool Whole>
  static TANDEM_INLINE void step(const Src* a, std::ptrdiff_t stride, Reg weights, typename K::Permutation permutation,
                                 typename K::Tail readable, Reg (&acc)[Rows][1]) {
    constexpr int kGroup = 3;
#pragma GCC unroll 32
    for (int r = 0; r < Rows; ++r) {
      if (r > 0 && r % kGroup == 0) a = at(a, kGroup * stride);
      const Src* const p = at(a, (r % kGroup) * stride);
      const Reg x = Whole ? K::load(p) : K::load_partial(p, readable);
      acc[r][0] = K::madd(K::permute(x, permutation), weights, acc[r][0]);
    }
  }
};
