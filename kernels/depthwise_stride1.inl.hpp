// The register tiles of stride 1: pixels along the row, of one output row or of two, by one vector of channels. An input
// vector goes into all the sums that see it while it is in a register; the taps of its row are in others.
//
//     input     x0  x1  x2  x3  x4  x5          3x3, two rows of 4 pixels: an input row that both of them see is
//     output    y0: 0 1 2                       6 + 6 loads for 24 FMAs, the first and the last one 6 + 3 for 12:
//               y1:    0 1 2                    42 loads, 72 FMAs (one pixel at a time: 72 loads of input alone)
//               y2:       0 1 2
//               y3:          0 1 2              8 accumulators + 6 taps + 1 input fit 16 registers
//
// Two rows are for blocks, whose depthwise stage reads from L2, at some 20 bytes a cycle on Zen 3: the FMAs of an output
// vector take 4.5 cycles, for 90 bytes. Row by row, that is 3 vectors of 32 bytes read and one written, two rows
// together read 2. Vectors of 16 bytes leave L2 time enough.

// Pixels of a row of the tile for two; 0: there is none.
template <class S>
inline constexpr int kPairOutputs = S::kWidth < 8        ? 0
                                    : S::kRegisters < 32 ? 4
                                                         : kDepthwiseOutputs;

template <class S, int Kw, int Rows, int Outputs>
struct Stride1Tile {
  using Reg = typename S::Reg;
  static constexpr int kInputs = Outputs + Kw - 1;

  // The tile whose first output is x. `Left` columns before the row are skipped and `Right` after it.
  template <int Left, int Right>
  static TANDEM_INLINE void run(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x) {
    const std::ptrdiff_t offset = inner.offset + (x - d.pad_left) * d.src_stride;
    for (std::int64_t channel = 0; channel < d.channels; channel += S::kWidth) {
      if (channel + S::kWidth > d.channels) channel = d.channels - S::kWidth;  // see ChannelVectors
      Reg acc[Rows][Outputs];
      const Reg start = S::load(d.bias + channel);
#pragma GCC unroll 2
      for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
        for (int o = 0; o < Outputs; ++o) acc[r][o] = start;
      }
      if constexpr (Rows == 1) {
        const float* filter = inner.filter + channel;
        for (std::int64_t y = 0; y < inner.count; ++y, filter += Kw * d.filter_stride) {
          row<Left, Right, 0, 1>(inner.rows[y] + offset + channel, d.src_stride, filter, d.filter_stride, acc);
        }
        finish_tile<S, Outputs, false>(d, x, channel, S::tail(S::kWidth), acc[0]);
      } else {
        two_rows<Left, Right>(d, offset + channel, d.filter + channel, acc);
        float* dst = d.dst + x * d.dst_stride + channel;
        store_clamped<S, Outputs, false>(d.epilogue, acc[0], dst, d.dst_stride, S::tail(S::kWidth));
        dst += d.dst_row_stride;
        store_clamped<S, Outputs, false>(d.epilogue, acc[1], dst, d.dst_stride, S::tail(S::kWidth));
      }
    }
  }

 private:
  // The sums of two rows, of a kernel as high as wide. No input row is padding: with a test for each, Clang defers the
  // multiply-adds before it and keeps their operands on the stack.
  template <int Left, int Right>
  static TANDEM_INLINE void two_rows(const DepthwiseArgs& d, std::ptrdiff_t offset, const float* filter,
                                     Reg (&acc)[Rows][Outputs]) {
    const std::ptrdiff_t stride = d.src_stride;
    const std::ptrdiff_t filter_stride = d.filter_stride;
    row<Left, Right, 0, 1>(d.rows[0] + offset, stride, filter, filter_stride, acc);
#pragma GCC unroll 2
    for (int ky = 1; ky < Kw; ++ky) {
      filter += Kw * filter_stride;
      row<Left, Right, 0, 2>(d.rows[ky] + offset, stride, filter, filter_stride, acc);
    }
    row<Left, Right, 1, 1>(d.rows[Kw] + offset, stride, filter, filter_stride, acc);
  }

  // One input row, which the `Seen` output rows from First on see, the first of them by the kernel row at `filter`, the
  // next by the one before. p is the column of tap 0 of the first output, which may be one that is skipped.
  template <int Left, int Right, int First, int Seen>
  static TANDEM_INLINE void row(const float* p, std::ptrdiff_t stride, const float* filter,
                                std::ptrdiff_t filter_stride, Reg (&acc)[Rows][Outputs]) {
    if constexpr (S::kRegisters < 32) {
      by_input<Left, Right, First, Seen>(p, stride, filter, filter_stride, acc);
    } else {
      by_tap<Left, Right, First, Seen>(p, stride, filter, filter_stride, acc);
    }
  }

  // Input after input, all taps in registers: an input needs no register when the next one comes.
  template <int Left, int Right, int First, int Seen>
  static TANDEM_INLINE void by_input(const float* p, std::ptrdiff_t stride, const float* filter,
                                     std::ptrdiff_t filter_stride, Reg (&acc)[Rows][Outputs]) {
    Reg tap[Seen][Kw];
#pragma GCC unroll 2
    for (int r = 0; r < Seen; ++r) {
#pragma GCC unroll 8
      for (int kx = 0; kx < Kw; ++kx) tap[r][kx] = S::load(filter + (kx - r * Kw) * filter_stride);
    }
#pragma GCC unroll 16
    for (int i = 0; i < kInputs; ++i, p += stride) {
      if (i < Left || i >= kInputs - Right) continue;
      // A new pointer as far as the compiler knows, lest it keep every column's address, or load all of them first.
      asm("" : "+r"(p));
      const Reg in = S::load(p);
#pragma GCC unroll 8
      for (int kx = 0; kx < Kw; ++kx) {
        const int o = i - kx;
        if (o < 0 || o >= Outputs) continue;
#pragma GCC unroll 2
        for (int r = 0; r < Seen; ++r) acc[First + r][o] = S::madd(in, tap[r][kx], acc[First + r][o]);
      }
    }
  }

  // Tap after tap, all inputs in registers: the FMAs of one accumulator stand `Seen` x `Outputs` apart, far enough for a
  // CPU that takes them in order.
  template <int Left, int Right, int First, int Seen>
  static TANDEM_INLINE void by_tap(const float* p, std::ptrdiff_t stride, const float* filter,
                                   std::ptrdiff_t filter_stride, Reg (&acc)[Rows][Outputs]) {
    Reg in[kInputs];
#pragma GCC unroll 8
    for (int kx = 0; kx < Kw; ++kx, p += stride, filter += filter_stride) {
      Reg tap[Seen];
#pragma GCC unroll 2
      for (int r = 0; r < Seen; ++r) tap[r] = S::load(filter - std::ptrdiff_t{r} * Kw * filter_stride);
#pragma GCC unroll 8
      for (int o = 0; o < Outputs; ++o) {
        const int i = o + kx;
        if (i < Left || i >= kInputs - Right) continue;
        if (kx == 0 || o == Outputs - 1) in[i] = S::load(p + o * stride);
#pragma GCC unroll 2
        for (int r = 0; r < Seen; ++r) acc[First + r][o] = S::madd(in[i], tap[r], acc[First + r][o]);
      }
    }
  }
};
