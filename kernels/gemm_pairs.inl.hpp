// The steps of a matrix product of 8 bits by an instruction that multiplies two rows of A by two columns of B, over eight
// elements of k: twice the products of a dot product.
//
//     a | row r:  a0 .. a7    | row r+1:    a0 .. a7 |      sum | r, j | r, j+1 | r+1, j | r+1, j+1 |
//     b | column j: b0 .. b7  | column j+1: b0 .. b7 |
//
// Two steps of a panel of quads, zipped, are b. The sums of two rows by four columns change halves to become such sums,
// and once more to become rows again:
//
//     row r     | j | j+1 | j+2 | j+3 |   <->   r, j   | r, j+1 | r+1, j   | r+1, j+1
//     row r+1   | j | j+1 | j+2 | j+3 |         r, j+2 | r, j+3 | r+1, j+2 | r+1, j+3
//
// So panels are those of dot products, and a lone last row takes dot products by a lane. A tile of 10 x 2 has 20 products,
// 4 zips of columns and 5 of rows for two steps, which take 40 dot products. Its halves change in 40 instructions.

template <class K, int Rows, int Vectors>
struct PairSteps {
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Weight = typename K::Weight;
  using Products = typename K::Products;
  static constexpr int kGroup = 3;  // see TileSteps
  static constexpr int kGroups = (Rows + kGroup - 1) / kGroup;
  static constexpr int kPairs = Rows / 2;
  static constexpr bool kLone = Rows % 2 == 1;
  static constexpr std::ptrdiff_t kStep = Vectors * K::kWidth;  // elements of B
  static constexpr std::int64_t kLeast = 8;                     // steps that pay for the halves

  // Takes the first k steps, less one if they are odd, and returns how many those are.
  static TANDEM_INLINE std::int64_t run(const Src* (&a)[kGroups], std::ptrdiff_t stride, const Weight* b,
                                        std::int64_t k, PrefetchSteps& prefetch, Reg (&acc)[Rows][Vectors]) {
    if (k < kLeast) return 0;
    const std::int64_t taken = k / 2 * 2;
    change_halves(acc);
    for (const Weight* const end = b + taken * kStep; b != end; b += 2 * kStep) {
      prefetch.next();
      prefetch.next();
      two_steps(a, stride, b, acc);
      for (int i = 0; i < kGroups; ++i) a[i] += 2;
    }
    change_halves(acc);
    return taken;
  }

 private:
  static TANDEM_INLINE const Src* row(const Src* const (&a)[kGroups], std::ptrdiff_t stride, int r) {
    return at(a[r / kGroup], (r % kGroup) * stride);
  }

  static TANDEM_INLINE auto pair(const Src* p, const Src* q) { return Products::template load_pair<K::kSigned>(p, q); }
  using Pair = decltype(Products::template load_pair<K::kSigned>(nullptr, nullptr));

  // Every index of the sums is a constant of a template or of an innermost loop: g++ 12 would keep them in memory otherwise.
  static TANDEM_INLINE void two_steps(const Src* const (&a)[kGroups], std::ptrdiff_t stride, const Weight* b,
                                      Reg (&acc)[Rows][Vectors]) {
    Pair rows[kPairs + (kLone ? 1 : 0)];
#pragma GCC unroll 32
    for (int p = 0; p < kPairs; ++p) rows[p] = pair(row(a, stride, 2 * p), row(a, stride, 2 * p + 1));
    if constexpr (kLone) rows[kPairs] = pair(row(a, stride, Rows - 1), row(a, stride, Rows - 1));
    columns<0>(rows, b, acc);
  }

  template <int V>
  static TANDEM_INLINE void columns(const Pair (&rows)[kPairs + (kLone ? 1 : 0)], const Weight* b,
                                    Reg (&acc)[Rows][Vectors]) {
    const auto first = K::load(b + V * K::kWidth);
    const auto second = K::load(b + kStep + V * K::kWidth);
    if constexpr (kLone) {
      const Reg sum = K::template madd_lane<0>(rows[kPairs], first, acc[Rows - 1][V]);
      acc[Rows - 1][V] = K::template madd_lane<1>(rows[kPairs], second, sum);
    }
    const auto low = Products::low_columns(first, second);
    const auto high = Products::high_columns(first, second);
#pragma GCC unroll 32
    for (int p = 0; p < kPairs; ++p) {
      acc[2 * p][V] = Products::dot_pairs(rows[p], low, acc[2 * p][V]);
      acc[2 * p + 1][V] = Products::dot_pairs(rows[p], high, acc[2 * p + 1][V]);
    }
    if constexpr (V + 1 < Vectors) columns<V + 1>(rows, b, acc);
  }

  template <int V = 0>
  static TANDEM_INLINE void change_halves(Reg (&acc)[Rows][Vectors]) {
#pragma GCC unroll 32
    for (int p = 0; p < kPairs; ++p) {
      const Reg low = Products::low_halves(acc[2 * p][V], acc[2 * p + 1][V]);
      acc[2 * p + 1][V] = Products::high_halves(acc[2 * p][V], acc[2 * p + 1][V]);
      acc[2 * p][V] = low;
    }
    if constexpr (V + 1 < Vectors) change_halves<V + 1>(acc);
  }
};
