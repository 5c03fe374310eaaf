// Depthwise convolution of an output row, or of two:
//
//   dst[x, c] = f(bias[c] + sum_{ky,kx} rows[ky][x*stride - pad + kx*dilation, c] * filter[ky, kx, c] + residual)
//
// Pixels along the row by one vector of channels make a register tile, whose sums stay in registers over all kernel
// rows: depthwise_tile.inl.hpp. A tile does all whole vectors of channels before the next one begins: both halves of a
// cache line are used while it is there, even when the pixel stride leaves L1 few sets to hold the tile.
//
// A tile that touches the border of the row skips the columns that lie outside, so padding is never multiplied and no
// byte outside the row is read. How many it skips on the left and on the right, up to half the kernel, is known at
// compile time; a tile with more, or narrower than the register tile, is one of depthwise_any.inl.hpp.

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
  using Tile = DepthwiseTile<S, Kw, Stride, 1, Outputs>;
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

// Two rows of a 3x3 convolution, at least `Outputs` pixels wide, with a border of a column.
template <class S, int Stride, int Outputs>
void depthwise_pairs(const DepthwiseArgs& d, bool border_right) {
  using Tile = DepthwiseTile<S, 3, Stride, 2, Outputs>;
  for (std::int64_t x = 0; x < d.out_width; x += Outputs) {
    if (x + Outputs > d.out_width) x = d.out_width - Outputs;  // so early that it is whole
    const std::int64_t left = x == 0 ? d.pad_left : 0;
    const std::int64_t right = border_right && x + Outputs == d.out_width ? 1 : 0;
    depthwise_border<Tile, 1, 1>(d, {nullptr, nullptr, 0, 0}, x, left, right);
  }
}

// False: two rows have to be done one by one. Tiles of so few FMAs an output row have no time for all that finish_tile()
// can do: there is no residual, and the function is a clamp.
template <class S, int Stride>
bool depthwise_two_rows(const DepthwiseArgs& d) {
  constexpr int kOutputs = kPairOutputs<S, Stride>;
  if constexpr (kOutputs > 0) {
    // Columns outside the row that the last output sees.
    const std::int64_t past = (d.out_width - 1) * Stride - d.pad_left + 3 - d.in_width;
    if (d.kernel_h == 3 && d.kernel_w == 3 && d.stride_h == Stride && d.stride_w == Stride && d.dilation_w == 1 &&
        d.out_width >= kOutputs && d.pad_left <= 1 && past <= 1 && d.rows[0] != nullptr &&
        d.rows[2 + Stride] != nullptr && d.residual == nullptr && is_clamp(d.epilogue, nullptr) &&
        ChannelVectors<S>::of(d).partial == d.channels) {
      depthwise_pairs<S, Stride, kOutputs>(d, past == 1);
      return true;
    }
  }
  return false;
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
void depthwise_row(const DepthwiseArgs& d) {
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

template <class S>
void depthwise(const DepthwiseArgs& d) noexcept {
  if (d.out_rows == 1) return depthwise_row<S>(d);
  if (depthwise_two_rows<S, 1>(d) || depthwise_two_rows<S, 2>(d)) return;
  DepthwiseArgs row = d;
  row.out_rows = 1;
  depthwise_row<S>(row);
  row.rows += d.stride_h;
  row.dst += d.dst_row_stride;
  if (row.residual != nullptr) row.residual += d.residual_row_stride;
  depthwise_row<S>(row);
}
