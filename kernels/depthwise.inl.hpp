// Depthwise convolution of one output row:
//
//   dst[x, c] = clamp(bias[c] + sum_{ky,kx} rows[ky][x*stride - pad + kx*dilation, c] * filter[ky, kx, c] + residual)
//
// The register tile is `Outputs` pixels along the row by one vector of channels. For each input row it holds that row's
// Kw filter taps, and each input vector, loaded once, goes into all the outputs that see it:
//
//     input    x0  x1  x2  x3  x4  x5  x6  x7  x8       3x3, stride 1, 7 outputs, one row: 9 + 3 loads, 21 FMAs
//     output   y0: 0 1 2                                (one pixel at a time: 27 loads of input alone)
//              y1:    0 1 2
//              y2:       0 1 2   ...                    7 accumulators + 3 taps + 1 input fit 16 registers
//
// A tile that touches the border of the row skips the columns that lie outside, so padding is never multiplied and no
// byte outside the row is read. How many it skips on the left and on the right is known at compile time for the tiles of
// a SAME row (none, or half the kernel), and tested column by column (kAnyBorder) for all others.

inline constexpr int kAnyBorder = -1;

template <class S, int Kw, int Stride, int Outputs>
struct DepthwiseTile {
  using Reg = typename S::Reg;
  static constexpr int kInputs = (Outputs - 1) * Stride + Kw;

  // Skips `Left` columns before and `Right` columns after; kAnyBorder: what lies outside the row, and outputs past it.
  template <int Left, int Right, bool Partial>
  static TANDEM_INLINE void run(const DepthwiseArgs& d, std::int64_t x, std::int64_t channel, typename S::Tail tail) {
    constexpr bool kAny = Left == kAnyBorder;
    constexpr int kBegin = kAny ? 0 : Left;
    constexpr int kEnd = kAny ? kInputs : kInputs - Right;
    const std::int64_t first = x * Stride - d.pad_left;  // column of the tile's first input
    const std::ptrdiff_t offset = (first + kBegin) * d.src_stride + channel;
    const Reg bias = S::load(d.bias + channel);
    Reg acc[Outputs];
    for (int o = 0; o < Outputs; ++o) acc[o] = bias;

    const float* filter = d.filter + channel;
    for (int ky = 0; ky < d.kernel_h; ++ky, filter += Kw * d.filter_stride) {
      if (d.rows[ky] == nullptr) continue;
      Reg tap[Kw];
      for (int kx = 0; kx < Kw; ++kx) tap[kx] = S::load(filter + kx * d.filter_stride);
      const float* p = d.rows[ky] + offset;
#pragma GCC unroll 32
      for (int i = kBegin; i < kEnd; ++i, p += d.src_stride) {
        if (kAny && static_cast<std::uint64_t>(first + i) >= static_cast<std::uint64_t>(d.in_width)) continue;
        const Reg v = Partial ? S::load_partial(p, tail) : S::load(p);
#pragma GCC unroll 8
        for (int kx = 0; kx < Kw; ++kx) {
          if ((i - kx) % Stride == 0 && i >= kx && (i - kx) / Stride < Outputs) {
            acc[(i - kx) / Stride] = S::madd(v, tap[kx], acc[(i - kx) / Stride]);
          }
        }
      }
    }

    const Reg lo = S::broadcast(d.clamp.lo);
    const Reg hi = S::broadcast(d.clamp.hi);
    float* dst = d.dst + x * d.dst_stride + channel;
    const float* residual = d.residual == nullptr ? nullptr : d.residual + x * d.residual_stride + channel;
#pragma GCC unroll 32
    for (int o = 0; o < Outputs; ++o, dst += d.dst_stride) {
      if (kAny && x + o >= d.out_width) break;
      if (residual != nullptr) {
        acc[o] = S::add(acc[o], Partial ? S::load_partial(residual, tail) : S::load(residual));
        residual += d.residual_stride;
      }
      const Reg y = S::clamp(acc[o], lo, hi);
      if (Partial) {
        S::store_partial(dst, y, tail);
      } else {
        S::store(dst, y);
      }
    }
  }
};

// All channels of one tile of pixels: both halves of a cache line are used while it is there, even when the pixel stride
// leaves L1 few sets to hold the tile.
template <class S, class Tile, int Left, int Right>
TANDEM_INLINE void depthwise_tile_channels(const DepthwiseArgs& d, std::int64_t x) {
  std::int64_t channel = 0;
  for (; channel + S::kWidth <= d.channels; channel += S::kWidth) {
    Tile::template run<Left, Right, false>(d, x, channel, S::tail(0));
  }
  if (channel < d.channels) {
    Tile::template run<kAnyBorder, kAnyBorder, true>(d, x, channel, S::tail(static_cast<int>(d.channels - channel)));
  }
}

template <class S, int Kw, int Stride, int Outputs>
void depthwise_tiled(const DepthwiseArgs& d) {
  using Tile = DepthwiseTile<S, Kw, Stride, Outputs>;
  constexpr int kHalf = Kw / 2;
  for (std::int64_t x = 0; x < d.out_width; x += Outputs) {
    const std::int64_t first = x * Stride - d.pad_left;
    const std::int64_t left = first < 0 ? -first : 0;
    const std::int64_t past = first + Tile::kInputs - d.in_width;
    const std::int64_t right = past > 0 ? past : 0;
    const bool whole = x + Outputs <= d.out_width;
    if (whole && left == 0 && right == 0) {
      depthwise_tile_channels<S, Tile, 0, 0>(d, x);
    } else if (whole && left == kHalf && right == 0) {
      depthwise_tile_channels<S, Tile, kHalf, 0>(d, x);
    } else if (whole && left == 0 && right == kHalf) {
      depthwise_tile_channels<S, Tile, 0, kHalf>(d, x);
    } else if (whole && left == kHalf && right == kHalf) {
      depthwise_tile_channels<S, Tile, kHalf, kHalf>(d, x);
    } else {
      depthwise_tile_channels<S, Tile, kAnyBorder, kAnyBorder>(d, x);
    }
  }
}

// Any kernel, stride and dilation: one output pixel by up to four vectors of channels, four chains to cover latency.
template <class S, int Vectors, bool Partial>
TANDEM_INLINE void depthwise_any_pixel(const DepthwiseArgs& d, std::int64_t x, std::int64_t channel,
                                       typename S::Tail tail) {
  using Reg = typename S::Reg;
  Reg acc[Vectors];
  for (int v = 0; v < Vectors; ++v) acc[v] = S::load(d.bias + channel + v * S::kWidth);
  const float* filter = d.filter + channel;
  for (int ky = 0; ky < d.kernel_h; ++ky) {
    for (int kx = 0; kx < d.kernel_w; ++kx, filter += d.filter_stride) {
      const std::int64_t column = x * d.stride_w - d.pad_left + static_cast<std::int64_t>(kx) * d.dilation_w;
      if (d.rows[ky] == nullptr || column < 0 || column >= d.in_width) continue;
      const float* p = d.rows[ky] + column * d.src_stride + channel;
      for (int v = 0; v < Vectors; ++v) {
        const Reg in = Partial ? S::load_partial(p, tail) : S::load(p + v * S::kWidth);
        acc[v] = S::madd(in, S::load(filter + v * S::kWidth), acc[v]);
      }
    }
  }
  const Reg lo = S::broadcast(d.clamp.lo);
  const Reg hi = S::broadcast(d.clamp.hi);
  for (int v = 0; v < Vectors; ++v) {
    const std::int64_t c = channel + v * S::kWidth;
    if (d.residual != nullptr) {
      const float* r = d.residual + x * d.residual_stride + c;
      acc[v] = S::add(acc[v], Partial ? S::load_partial(r, tail) : S::load(r));
    }
    float* dst = d.dst + x * d.dst_stride + c;
    if (Partial) {
      S::store_partial(dst, S::clamp(acc[v], lo, hi), tail);
    } else {
      S::store(dst, S::clamp(acc[v], lo, hi));
    }
  }
}

template <class S>
void depthwise_any(const DepthwiseArgs& d) {
  for (std::int64_t x = 0; x < d.out_width; ++x) {
    std::int64_t c = 0;
    for (; c + 4 * S::kWidth <= d.channels; c += 4 * S::kWidth) depthwise_any_pixel<S, 4, false>(d, x, c, S::tail(0));
    for (; c + S::kWidth <= d.channels; c += S::kWidth) depthwise_any_pixel<S, 1, false>(d, x, c, S::tail(0));
    if (c < d.channels) depthwise_any_pixel<S, 1, true>(d, x, c, S::tail(static_cast<int>(d.channels - c)));
  }
}

// The widths of the tiles: 7 outputs divide the maps of the ImageNet networks (7, 14, 28, 56, 112) at stride 1; at
// stride 2 an input vector serves half as many outputs, and 4 keep the inputs of a tile (9) as few as at stride 1.
template <class S>
void depthwise(const DepthwiseArgs& d) noexcept {
  if (d.dilation_w == 1 && d.stride_w == 1) {
    if (d.kernel_w == 3) return depthwise_tiled<S, 3, 1, 7>(d);
    if (d.kernel_w == 5) return depthwise_tiled<S, 5, 1, 7>(d);
    if (d.kernel_w == 7) return depthwise_tiled<S, 7, 1, 7>(d);
  }
  if (d.dilation_w == 1 && d.stride_w == 2) {
    if (d.kernel_w == 3) return depthwise_tiled<S, 3, 2, 4>(d);
    if (d.kernel_w == 5) return depthwise_tiled<S, 5, 2, 4>(d);
    if (d.kernel_w == 7) return depthwise_tiled<S, 7, 2, 4>(d);
  }
  depthwise_any<S>(d);
}
