// The register tile of stride 2: `Outputs` pixels along the row by one vector of channels. Each input vector is loaded
// once a row, if it finds a register, and goes into all the outputs that see it:
//
//     input    x0  x1  x2  x3  x4  x5  x6 ...   3x3, 7 outputs, one row: 15 + 3 loads, 21 FMAs
//     output   y0: 0 1 2
//              y1:    .  0 1 2
//              y2:       .  .  0 1 2            7 accumulators + 8 even columns + 1 tap fit 16 registers
//
// Tap after tap goes through all outputs, so that the FMAs of one accumulator stand `Outputs` apart and not side by side.
// The columns of the even taps are kept for the next even tap, those of the odd taps for the next odd one. With 16
// registers only the even ones find room: each of the others is read again at every tap, folded into its FMA.

template <class S, int Kw, int Outputs>
struct Stride2Tile {
  using Reg = typename S::Reg;
  static constexpr int kInputs = (Outputs - 1) * 2 + Kw;
  static constexpr bool kFewRegisters = S::kRegisters < 32;

  // The tile whose first output is x. `Left` columns before the row are skipped and `Right` after it.
  template <int Left, int Right>
  static TANDEM_INLINE void run(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x) {
    const std::ptrdiff_t offset = inner.offset + (x * 2 - d.pad_left) * d.src_stride;
    for (std::int64_t channel = 0; channel < d.channels; channel += S::kWidth) {
      if (channel + S::kWidth > d.channels) channel = d.channels - S::kWidth;  // see ChannelVectors
      Reg acc[Outputs];
      const Reg start = S::load(d.bias + channel);
#pragma GCC unroll 8
      for (int o = 0; o < Outputs; ++o) acc[o] = start;
      const float* filter = inner.filter + channel;
      for (std::int64_t y = 0; y < inner.count; ++y, filter += Kw * d.filter_stride) {
        row<Left, Right>(inner.rows[y] + offset + channel, d.src_stride, filter, d.filter_stride, acc);
      }
      finish_tile<S, Outputs, false>(d, x, channel, S::tail(S::kWidth), acc);
    }
  }

 private:
  // One kernel row. p is the column of tap 0 of the first output, which may be one that is skipped.
  template <int Left, int Right>
  static TANDEM_INLINE void row(const float* p, std::ptrdiff_t stride, const float* filter,
                                std::ptrdiff_t filter_stride, Reg (&acc)[Outputs]) {
    const std::ptrdiff_t step = 2 * stride;
    Reg in[kInputs];
#pragma GCC unroll 8
    for (int kx = 0; kx < Kw; ++kx, p += stride, filter += filter_stride) {
      // A new pointer as far as the compiler knows, lest it keep every column in a register, or on the stack, and every
      // column's address as well: with it, 0.81 of the peak instead of 0.43 in a 5 wide row on Zen 3.
      asm("" : "+r"(p));
      const Reg tap = S::load(filter);
#pragma GCC unroll 8
      for (int o = 0; o < Outputs; ++o) {
        const int i = o * 2 + kx;
        if (i < Left || i >= kInputs - Right) continue;
        const bool kept = kx >= 2 && (kx % 2 == 0 || !kFewRegisters) && o < Outputs - 1;
        if (!kept) in[i] = S::load(p + o * step);
        acc[o] = S::madd(in[i], tap, acc[o]);
      }
    }
  }
};
