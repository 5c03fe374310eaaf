// Depthwise convolution of one output row:
//
//   dst[x, c] = f(bias[c] + sum_{ky,kx} rows[ky][x*stride - pad + kx*dilation, c] * filter[ky, kx, c] + residual)
//
// The register tile is `Outputs` pixels along the row by one vector of channels. Each input vector, loaded once a row,
// goes into all the outputs that see it:
//
//     input    x0  x1  x2  x3  x4  x5  x6  x7  x8       3x3, stride 1, 7 outputs, one row: 9 + 3 loads, 21 FMAs
//     output   y0: 0 1 2                                (one pixel at a time: 27 loads of input alone)
//              y1:    0 1 2
//              y2:       0 1 2   ...                    7 accumulators + 7 live inputs + 1 tap fit 16 registers
//
// Tap after tap goes through all outputs, so that the FMAs of one accumulator stand `Outputs` apart and not side by side.
// At stride 2 the columns of the even taps are kept for the next even tap, those of the odd taps for the next odd one. With
// 16 registers only the even ones find room: each of the others is read again at every tap, folded into its FMA.
//
// A tile that touches the border of the row skips the columns that lie outside, so padding is never multiplied and no
// byte outside the row is read. How many it skips on the left and on the right, up to half the kernel, is known at
// compile time; a tile with more, or narrower than `Outputs`, is one of depthwise_any.inl.hpp.

template <class S, int Kw, int Stride, int Outputs>
struct DepthwiseTile {
  using Reg = typename S::Reg;
  static constexpr int kInputs = (Outputs - 1) * Stride + Kw;
  static constexpr bool kFewRegisters = S::kRegisters < 32;

  // All whole vectors of channels of the tile whose first output is x: both halves of a cache line are used while it is
  // there, even when the pixel stride leaves L1 few sets to hold the tile. `Left` columns before the row are skipped and
  // `Right` after it.
  template <int Left, int Right>
  static TANDEM_INLINE void run(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x) {
    const std::ptrdiff_t offset = inner.offset + (x * Stride - d.pad_left) * d.src_stride;
    const auto vectors = ChannelVectors<S>::of(d);
    for (std::int64_t i = 0; i < vectors.whole; ++i) {
      const std::int64_t channel = vectors.channel(i);
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
    const std::ptrdiff_t step = Stride * stride;
    Reg in[kInputs];
#pragma GCC unroll 8
    for (int kx = 0; kx < Kw; ++kx, p += stride, filter += filter_stride) {
      // A new pointer as far as the compiler knows, lest it keep every column in a register, or on the stack, and every
      // column's address as well: with it, 0.81 of the peak instead of 0.43 in a 5 wide row of stride 2 on Zen 3. Where
      // the addresses of stride 1 have registers, too, it would cost an instruction a tap.
      if constexpr (kFewRegisters || Stride > 1) asm("" : "+r"(p));
      const Reg tap = S::load(filter);
#pragma GCC unroll 8
      for (int o = 0; o < Outputs; ++o) {
        const int i = o * Stride + kx;
        if (i < Left || i >= kInputs - Right) continue;
        const bool kept = kx >= Stride && (kx % Stride == 0 || !kFewRegisters) && o < Outputs - 1;
        if (!kept) in[i] = S::load(p + o * step);
        acc[o] = S::madd(in[i], tap, acc[o]);
      }
    }
  }
};

// Calls the tile that skips `left` and `right` columns, at most MaxLeft and MaxRight.
template <class Tile, int MaxLeft, int MaxRight>
TANDEM_INLINE void depthwise_border(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x, std::int64_t left,
                                    std::int64_t right) {
  if constexpr (MaxLeft > 0) {
    if (left != MaxLeft) return depthwise_border<Tile, MaxLeft - 1, MaxRight>(d, inner, x, left, right);
  }
  if constexpr (MaxRight > 0) {
    if (right != MaxRight) return depthwise_border<Tile, MaxLeft, MaxRight - 1>(d, inner, x, left, right);
  }
  Tile::template run<MaxLeft, MaxRight>(d, inner, x);
}

template <class S, int Kw, int Stride, int Outputs>
void depthwise_tiled(const DepthwiseArgs& d, const InnerRows& inner) {
  using Tile = DepthwiseTile<S, Kw, Stride, Outputs>;
  constexpr int kHalf = Kw / 2;
  for (std::int64_t x = 0; x < d.out_width; x += Outputs) {
    if (x + Outputs > d.out_width) {
      // The last tile begins so early that it is whole, unless what it does again would be added to the residual twice.
      if (d.out_width < Outputs || adds_in_place(d)) return depthwise_any<S>(d, inner, x, d.out_width);
      x = d.out_width - Outputs;
    }
    const std::int64_t first = x * Stride - d.pad_left;
    const std::int64_t left = first < 0 ? -first : 0;
    const std::int64_t past = first + Tile::kInputs - d.in_width;
    const std::int64_t right = past > 0 ? past : 0;
    if (left <= kHalf && right <= kHalf) {
      depthwise_border<Tile, kHalf, kHalf>(d, inner, x, left, right);
    } else {
      depthwise_any<S>(d, inner, x, x + Outputs);
    }
  }
}

// A row without dilation. The width of the tiles: 7 outputs divide the maps of the ImageNet networks (7, 14, 28, 56,
// 112), and as many chains nearly cover latency x ports of the FMA.
template <class S>
void depthwise_dense(const DepthwiseArgs& d, const InnerRows& inner) {
  if (ChannelVectors<S>::of(d).partial == d.channels) {
#define TANDEM_TRY_TILE(width, stride)                 \
  if (d.kernel_w == (width) && d.stride_w == (stride)) \
    return depthwise_tiled<S, width, stride, kDepthwiseOutputs>(d, inner);
    TANDEM_FOR_EACH_DEPTHWISE_TILE(TANDEM_TRY_TILE)
#undef TANDEM_TRY_TILE
  }
  if (depthwise_few<S>(d, inner)) return;
  depthwise_any<S>(d, inner, 0, d.out_width);
}

// With dilation D and stride s, outputs x, x + D / g, x + 2 D / g ... (g = gcd(D, s)) read every D-th column, all of them
// the same ones: among those it is a convolution without dilation, of stride s / g.
//
//     D = 2, s = 1     input    0  1  2  3  4  5  6          y2 = x1 x3 x5, y4 = x3 x5 x7 ...
//                      output      1  2  3  4  5             y1 = x0 x2 x4, y3 = x2 x4 x6 ...
template <class S>
void depthwise(const DepthwiseArgs& d) noexcept {
  InnerRows inner = inner_rows(d);
  if (d.dilation_w == 1) return depthwise_dense<S>(d, inner);
  std::int32_t g = d.dilation_w;
  for (std::int32_t rest = d.stride_w; rest != 0;) {
    const std::int32_t next = g % rest;
    g = rest;
    rest = next;
  }
  const std::int64_t classes = d.dilation_w / g;
  for (std::int64_t x = 0; x < classes && x < d.out_width; ++x) {
    const std::int64_t first = x * d.stride_w - d.pad_left;  // the column of tap 0
    const std::int64_t residue = (first % d.dilation_w + d.dilation_w) % d.dilation_w;
    DepthwiseArgs part = d;
    inner.offset = residue * d.src_stride;
    part.src_stride = d.dilation_w * d.src_stride;
    part.in_width = residue < d.in_width ? (d.in_width - residue - 1) / d.dilation_w + 1 : 0;
    part.pad_left = (residue - first) / d.dilation_w;
    part.stride_w = d.stride_w / g;
    part.dilation_w = 1;
    part.out_width = (d.out_width - x - 1) / classes + 1;
    part.dst = d.dst + x * d.dst_stride;
    part.dst_stride = classes * d.dst_stride;
    part.residual = d.residual == nullptr ? nullptr : d.residual + x * d.residual_stride;
    part.residual_stride = classes * d.residual_stride;
    depthwise_dense<S>(part, inner);
  }
}
