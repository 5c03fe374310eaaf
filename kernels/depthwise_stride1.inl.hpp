// Adds an input row to the register tiles of stride 1. The taps of its row are in registers. An input vector is loaded
// once and multiplied into all sums that need it:
//
//     input     x0  x1  x2  x3  x4  x5          3x3, two rows of 4 pixels. An input row that both use is 6 + 6 loads
//     output    y0: 0 1 2                       for 24 FMAs; the first and the last input row are 6 + 3 for 12:
//               y1:    0 1 2                    42 loads, 72 FMAs (one pixel at a time: 72 loads of input alone)
//               y2:       0 1 2
//               y3:          0 1 2              8 accumulators, 6 taps, 1 input fit 16 registers

template <class K, int Kw, int Rows, int Outputs>
struct InputRow<K, Kw, 1, Rows, Outputs> {
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Weight = typename K::Weight;
  static constexpr int kInputs = Outputs + Kw - 1;

  template <int Left, int Right, int First, int Seen>
  static TANDEM_INLINE void add(const Src* p, std::ptrdiff_t stride, const Weight* filter, std::ptrdiff_t filter_stride,
                                Reg (&acc)[Rows][Outputs]) {
    if constexpr (K::kRegisters < 32) {
      by_input<Left, Right, First, Seen>(p, stride, filter, filter_stride, acc);
    } else {
      by_tap<Left, Right, First, Seen>(p, stride, filter, filter_stride, acc);
    }
  }

 private:
  // Input after input, with all taps in registers: an input needs no register once the next one comes.
  template <int Left, int Right, int First, int Seen>
  static TANDEM_INLINE void by_input(const Src* p, std::ptrdiff_t stride, const Weight* filter,
                                     std::ptrdiff_t filter_stride, Reg (&acc)[Rows][Outputs]) {
    Reg tap[Seen][Kw];
#pragma GCC unroll 2
    for (int r = 0; r < Seen; ++r) {
#pragma GCC unroll 8
      for (int kx = 0; kx < Kw; ++kx) tap[r][kx] = K::load(at(filter, (kx - r * Kw) * filter_stride));
    }
#pragma GCC unroll 16
    for (int i = 0; i < kInputs; ++i, p = at(p, stride)) {
      if (i < Left || i >= kInputs - Right) continue;
      // Hides from the compiler how p is computed. Else it keeps the address of every column, or loads all columns
      // first.
      asm("" : "+r"(p));
      const Reg in = K::load(p);
#pragma GCC unroll 8
      for (int kx = 0; kx < Kw; ++kx) {
        const int o = i - kx;
        if (o < 0 || o >= Outputs) continue;
#pragma GCC unroll 2
        for (int r = 0; r < Seen; ++r) acc[First + r][o] = K::madd(in, tap[r][kx], acc[First + r][o]);
      }
    }
  }

  // Tap after tap, with all inputs in registers: the FMAs of one accumulator are `Seen` x `Outputs` apart, far enough
  // for an in-order CPU.
  template <int Left, int Right, int First, int Seen>
  static TANDEM_INLINE void by_tap(const Src* p, std::ptrdiff_t stride, const Weight* filter,
                                   std::ptrdiff_t filter_stride, Reg (&acc)[Rows][Outputs]) {
    Reg in[kInputs];
#pragma GCC unroll 8
    for (int kx = 0; kx < Kw; ++kx, p = at(p, stride), filter = at(filter, filter_stride)) {
      Reg tap[Seen];
#pragma GCC unroll 2
      for (int r = 0; r < Seen; ++r) tap[r] = K::load(at(filter, -std::ptrdiff_t{r} * Kw * filter_stride));
#pragma GCC unroll 8
      for (int o = 0; o < Outputs; ++o) {
        const int i = o + kx;
        if (i < Left || i >= kInputs - Right) continue;
        if (kx == 0 || o == Outputs - 1) in[i] = K::load(at(p, o * stride));
#pragma GCC unroll 2
        for (int r = 0; r < Seen; ++r) acc[First + r][o] = K::madd(in[i], tap[r], acc[First + r][o]);
      }
    }
  }
};
