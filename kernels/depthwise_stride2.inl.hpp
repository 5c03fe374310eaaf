// Adds an input row to the register tiles of stride 2. Each input vector is loaded once if a register is free for it,
// and multiplied into all the sums that need it:
//
//     input    x0  x1  x2  x3  x4  x5  x6 ...   3x3, 7 outputs, one row: 15 + 3 loads, 21 FMAs
//     output   y0: 0 1 2
//              y1:    .  0 1 2
//              y2:       .  .  0 1 2            7 accumulators, 8 even columns, 1 tap fit 16 registers;
//                                               14 (two rows), 7 and 2 fit 32
//
// Each tap goes through all outputs, so the FMAs of one accumulator are `Outputs` apart and not side by side. The
// columns of an even tap are kept for the next even tap, those of an odd tap for the next odd one. 16 registers have
// room only for the even ones: there the columns of odd taps are read again at each tap, folded into the FMA.

template <class K, int Kw, int Rows, int Outputs>
struct InputRow<K, Kw, 2, Rows, Outputs> {
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Weight = typename K::Weight;
  static constexpr int kInputs = (Outputs - 1) * 2 + Kw;
  static constexpr bool kFewRegisters = K::kRegisters < 32;

  template <int Left, int Right, int First, int Seen>
  static TANDEM_INLINE void add(const Src* p, std::ptrdiff_t stride, const Weight* filter, std::ptrdiff_t filter_stride,
                                Reg (&acc)[Rows][Outputs]) {
    const std::ptrdiff_t step = 2 * stride;
    Reg in[kInputs];
#pragma GCC unroll 8
    for (int kx = 0; kx < Kw; ++kx, p = at(p, stride), filter = at(filter, filter_stride)) {
      // Hides from the compiler how p is computed. Else it keeps every column in a register or on the stack, and every
      // column's address as well: 0.43 of the peak for a 5 wide row on Zen 3, not 0.81.
      asm("" : "+r"(p));
      Reg tap[Seen];
#pragma GCC unroll 2
      for (int r = 0; r < Seen; ++r) tap[r] = K::load(at(filter, -std::ptrdiff_t{r} * 2 * Kw * filter_stride));
#pragma GCC unroll 8
      for (int o = 0; o < Outputs; ++o) {
        const int i = o * 2 + kx;
        if (i < Left || i >= kInputs - Right) continue;
        const bool kept = kx >= 2 && (kx % 2 == 0 || !kFewRegisters) && o < Outputs - 1;
        if (!kept) in[i] = K::load(at(p, o * step));
#pragma GCC unroll 2
        for (int r = 0; r < Seen; ++r) acc[First + r][o] = K::madd(in[i], tap[r], acc[First + r][o]);
      }
    }
  }
};
