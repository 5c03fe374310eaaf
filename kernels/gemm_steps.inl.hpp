// The single step of a matrix product, which the tiles of gemm_tile.inl.hpp and gemm_folded.inl.hpp share.

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

template <class K, int Rows, int Vectors, Product Kind, int Fold>
struct TileSteps {
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Weight = typename K::Weight;

  // Rows of A are addressed in groups of three from one pointer: p, p + stride and p + 2 * stride, which x86 encodes
  // without an instruction. So 14 rows need 5 pointers, not 14, and none spills.
  static constexpr int kGroup = 3;
  static constexpr int kGroups = (Rows + kGroup - 1) / kGroup;
  static constexpr int kWhole = Fold == 1 ? Vectors : Vectors - 1;  // vectors that are not folded
  static constexpr bool kInPlace = Fold > 1 && requires(Reg r) { K::add_product(r, r, r); };

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

  template <class Element, class Column>
  static TANDEM_INLINE Reg multiply_add(int v, const Element& x, const Column& column, Reg sum) {
    if constexpr (Kind == Product::kAnyHalf) {
      if (v + 1 == Vectors) return K::madd_half(x, column, sum);
    }
    if constexpr (kInPlace) return K::add_product(sum, x, column);
    return K::madd(x, column, sum);
  }
};
