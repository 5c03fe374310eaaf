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
//
// A tile that touches the border of the row skips the columns that lie outside, so padding is never multiplied and no
// byte outside the row is read. How many it skips on the left and on the right is known at compile time for the tiles of
// a SAME row (none, or half the kernel), and tested column by column for all others.

// The kernel rows that lie inside the image: padded ones come first or last.
struct InnerRows {
  const float* const* rows;
  const float* filter;  // of the first one
  std::int64_t count;
};

TANDEM_INLINE InnerRows inner_rows(const DepthwiseArgs& d) {
  std::int64_t begin = 0;
  std::int64_t end = d.kernel_h;
  while (begin < end && d.rows[begin] == nullptr) ++begin;
  while (begin < end && d.rows[end - 1] == nullptr) --end;
  return {d.rows + begin, d.filter + begin * d.kernel_w * d.filter_stride, end - begin};
}

// Outputs [x, x + pixels) of channels [channel, channel + lanes) from their sums.
template <class S>
TANDEM_INLINE void finish_pixels(const DepthwiseArgs& d, std::int64_t x, std::int64_t channel, const float* sums,
                                 std::ptrdiff_t sums_stride, std::int64_t pixels, std::int64_t lanes) {
  const float* residual = d.residual == nullptr ? nullptr : d.residual + x * d.residual_stride + channel;
  finish_sums<S>({d.epilogue, sums, sums_stride, residual, d.residual_stride, d.dst + x * d.dst_stride + channel,
                  d.dst_stride, pixels, lanes, channel});
}

template <class S, int Kw, int Stride, int Outputs>
struct DepthwiseTile {
  using Reg = typename S::Reg;
  static constexpr int kInputs = (Outputs - 1) * Stride + Kw;

  // All whole vectors of channels of the tile whose first output is x: both halves of a cache line are used while it is
  // there, even when the pixel stride leaves L1 few sets to hold the tile. `Left` columns before the row are skipped and
  // `Right` after it.
  template <int Left, int Right>
  static TANDEM_INLINE void run(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x) {
    const std::ptrdiff_t offset = (x * Stride - d.pad_left + Left) * d.src_stride;
    for (std::int64_t channel = 0; channel + S::kWidth <= d.channels; channel += S::kWidth) {
      Reg acc[Outputs];
      const Reg start = S::load(d.bias + channel);
#pragma GCC unroll 8
      for (int o = 0; o < Outputs; ++o) acc[o] = start;
      const float* filter = inner.filter + channel;
      for (std::int64_t y = 0; y < inner.count; ++y, filter += Kw * d.filter_stride) {
        row<Left, Right>(inner.rows[y] + offset + channel, d.src_stride, filter, d.filter_stride, acc);
      }
      if (!is_clamp(d.epilogue, d.residual)) {
        finish_from_memory(d, x, channel, acc, Outputs, S::kWidth);
        continue;
      }
      const Reg lo = S::broadcast(d.epilogue.lo);
      const Reg hi = S::broadcast(d.epilogue.hi);
      if (d.residual != nullptr) {
        const float* addend = d.residual + x * d.residual_stride + channel;
#pragma GCC unroll 8
        for (int o = 0; o < Outputs; ++o, addend += d.residual_stride) acc[o] = S::add(acc[o], S::load(addend));
      }
      float* out = d.dst + x * d.dst_stride + channel;
#pragma GCC unroll 8
      for (int o = 0; o < Outputs; ++o, out += d.dst_stride) S::store(out, S::clamp(acc[o], lo, hi));
    }
  }

  // One vector of channels of a tile that may reach over either end of the row, by any number of inputs and outputs.
  template <bool Partial>
  static TANDEM_INLINE void run_any(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x,
                                    std::int64_t channel, typename S::Tail tail) {
    const std::int64_t first = x * Stride - d.pad_left;  // column of the tile's first input
    Reg acc[Outputs];
    for (int o = 0; o < Outputs; ++o) acc[o] = S::load(d.bias + channel);
    const float* filter = inner.filter + channel;
    for (std::int64_t y = 0; y < inner.count; ++y, filter += Kw * d.filter_stride) {
      Reg tap[Kw];
      for (int kx = 0; kx < Kw; ++kx) tap[kx] = S::load(filter + kx * d.filter_stride);
      const float* p = inner.rows[y] + first * d.src_stride + channel;
#pragma GCC unroll 32
      for (int i = 0; i < kInputs; ++i, p += d.src_stride) {
        if (static_cast<std::uint64_t>(first + i) >= static_cast<std::uint64_t>(d.in_width)) continue;
        const Reg v = Partial ? S::load_partial(p, tail) : S::load(p);
#pragma GCC unroll 8
        for (int kx = 0; kx < Kw; ++kx) {
          if ((i - kx) % Stride == 0 && i >= kx && (i - kx) / Stride < Outputs) {
            acc[(i - kx) / Stride] = S::madd(v, tap[kx], acc[(i - kx) / Stride]);
          }
        }
      }
    }

    if (!is_clamp(d.epilogue, d.residual)) {
      const std::int64_t left = d.out_width - x;
      const std::int64_t lanes = Partial ? d.channels - channel : S::kWidth;
      return finish_from_memory(d, x, channel, acc, left < Outputs ? left : Outputs, lanes);
    }
    const Reg lo = S::broadcast(d.epilogue.lo);
    const Reg hi = S::broadcast(d.epilogue.hi);
    float* dst = d.dst + x * d.dst_stride + channel;
    const float* residual = d.residual == nullptr ? nullptr : d.residual + x * d.residual_stride + channel;
#pragma GCC unroll 32
    for (int o = 0; o < Outputs; ++o, dst += d.dst_stride) {
      if (x + o >= d.out_width) break;
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

 private:
  static TANDEM_INLINE void finish_from_memory(const DepthwiseArgs& d, std::int64_t x, std::int64_t channel,
                                               const Reg (&acc)[Outputs], std::int64_t outputs, std::int64_t lanes) {
    float sums[Outputs * S::kWidth];
#pragma GCC unroll 8
    for (int o = 0; o < Outputs; ++o) S::store(sums + o * S::kWidth, acc[o]);
    finish_pixels<S>(d, x, channel, sums, S::kWidth, outputs, lanes);
  }

  // One kernel row. p is the first input that is not skipped.
  template <int Left, int Right>
  static TANDEM_INLINE void row(const float* p, std::ptrdiff_t stride, const float* filter,
                                std::ptrdiff_t filter_stride, Reg (&acc)[Outputs]) {
    // Inputs are addressed in groups of three from one pointer, as the rows of a GEMM tile are.
    constexpr int kGroup = 3;
    constexpr int kGroups = (kInputs - Left - Right + kGroup - 1) / kGroup;
    const float* group[kGroups];
#pragma GCC unroll 8
    for (int g = 0; g < kGroups; ++g) group[g] = p + std::ptrdiff_t{g} * kGroup * stride;
    Reg in[kInputs];
#pragma GCC unroll 8
    for (int kx = 0; kx < Kw; ++kx) {
      const Reg tap = S::load(filter + kx * filter_stride);
#pragma GCC unroll 8
      for (int o = 0; o < Outputs; ++o) {
        const int i = o * Stride + kx;
        if (i < Left || i >= kInputs - Right) continue;
        const bool first_use = kx < Stride || o == Outputs - 1;
        if (first_use) in[i] = S::load(group[(i - Left) / kGroup] + (i - Left) % kGroup * stride);
        acc[o] = S::madd(in[i], tap, acc[o]);
      }
    }
  }
};

template <class S, int Kw, int Stride, int Outputs>
void depthwise_tiled(const DepthwiseArgs& d) {
  using Tile = DepthwiseTile<S, Kw, Stride, Outputs>;
  constexpr int kHalf = Kw / 2;
  const InnerRows inner = inner_rows(d);
  const std::int64_t whole_channels = d.channels / S::kWidth * S::kWidth;
  const typename S::Tail tail = S::tail(static_cast<int>(d.channels - whole_channels));
  for (std::int64_t x = 0; x < d.out_width; x += Outputs) {
    const std::int64_t first = x * Stride - d.pad_left;
    const std::int64_t left = first < 0 ? -first : 0;
    const std::int64_t past = first + Tile::kInputs - d.in_width;
    const std::int64_t right = past > 0 ? past : 0;
    const bool whole = x + Outputs <= d.out_width;
    if (whole && left == 0 && right == 0) {
      Tile::template run<0, 0>(d, inner, x);
    } else if (whole && left == kHalf && right == 0) {
      Tile::template run<kHalf, 0>(d, inner, x);
    } else if (whole && left == 0 && right == kHalf) {
      Tile::template run<0, kHalf>(d, inner, x);
    } else if (whole && left == kHalf && right == kHalf) {
      Tile::template run<kHalf, kHalf>(d, inner, x);
    } else {
      for (std::int64_t c = 0; c < whole_channels; c += S::kWidth) Tile::template run_any<false>(d, inner, x, c, tail);
    }
    if (whole_channels < d.channels) Tile::template run_any<true>(d, inner, x, whole_channels, tail);
  }
}

// Any kernel, stride and dilation: one output pixel by up to four vectors of channels, four chains to cover latency.
template <class S, int Vectors, bool Partial>
TANDEM_INLINE void depthwise_any_pixel(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x,
                                       std::int64_t channel, typename S::Tail tail) {
  using Reg = typename S::Reg;
  Reg acc[Vectors];
  for (int v = 0; v < Vectors; ++v) acc[v] = S::load(d.bias + channel + v * S::kWidth);
  const float* filter = inner.filter + channel;
  for (std::int64_t y = 0; y < inner.count; ++y) {
    for (int kx = 0; kx < d.kernel_w; ++kx, filter += d.filter_stride) {
      const std::int64_t column = x * d.stride_w - d.pad_left + static_cast<std::int64_t>(kx) * d.dilation_w;
      if (column < 0 || column >= d.in_width) continue;
      const float* p = inner.rows[y] + column * d.src_stride + channel;
      for (int v = 0; v < Vectors; ++v) {
        const Reg in = Partial ? S::load_partial(p, tail) : S::load(p + v * S::kWidth);
        acc[v] = S::madd(in, S::load(filter + v * S::kWidth), acc[v]);
      }
    }
  }
  if (!is_clamp(d.epilogue, d.residual)) {
    float sums[Vectors * S::kWidth];
    for (int v = 0; v < Vectors; ++v) S::store(sums + v * S::kWidth, acc[v]);
    const std::int64_t lanes = Partial ? d.channels - channel : std::int64_t{Vectors} * S::kWidth;
    return finish_pixels<S>(d, x, channel, sums, Vectors * S::kWidth, 1, lanes);
  }
  const Reg lo = S::broadcast(d.epilogue.lo);
  const Reg hi = S::broadcast(d.epilogue.hi);
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
  const InnerRows inner = inner_rows(d);
  for (std::int64_t x = 0; x < d.out_width; ++x) {
    std::int64_t c = 0;
    for (; c + 4 * S::kWidth <= d.channels; c += 4 * S::kWidth)
      depthwise_any_pixel<S, 4, false>(d, inner, x, c, S::tail(0));
    for (; c + S::kWidth <= d.channels; c += S::kWidth) depthwise_any_pixel<S, 1, false>(d, inner, x, c, S::tail(0));
    if (c < d.channels) depthwise_any_pixel<S, 1, true>(d, inner, x, c, S::tail(static_cast<int>(d.channels - c)));
  }
}

// The width of the tiles: 7 outputs divide the maps of the ImageNet networks (7, 14, 28, 56, 112), and as many chains
// nearly cover latency x ports of the FMA.
template <class S>
void depthwise(const DepthwiseArgs& d) noexcept {
  if (d.dilation_w == 1 && d.stride_w == 1) {
    if (d.kernel_w == 3) return depthwise_tiled<S, 3, 1, 7>(d);
    if (d.kernel_w == 5) return depthwise_tiled<S, 5, 1, 7>(d);
    if (d.kernel_w == 7) return depthwise_tiled<S, 7, 1, 7>(d);
  }
  if (d.dilation_w == 1 && d.stride_w == 2) {
    if (d.kernel_w == 3) return depthwise_tiled<S, 3, 2, 7>(d);
    if (d.kernel_w == 5) return depthwise_tiled<S, 5, 2, 7>(d);
    if (d.kernel_w == 7) return depthwise_tiled<S, 7, 2, 7>(d);
  }
  depthwise_any<S>(d);
}
