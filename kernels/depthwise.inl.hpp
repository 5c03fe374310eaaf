// Depthwise convolution of one output row, or of two:
//
//   dst[x, c] = f(bias[c] + sum_{ky,kx} rows[ky][x*stride - pad + kx*dilation, c] * filter[ky, kx, c] + residual)
//
// A register tile is some pixels along the row by one vector of channels; its sums stay in registers over all kernel
// rows (depthwise_tile.inl.hpp). The tiles of all whole vectors of channels at one place come before the next place: so
// both halves of a cache line are used while it is in L1, even if the pixel stride leaves the tile only a few sets of
// L1.
//
// A tile at the border of the row skips the columns outside, so padding is never multiplied and no byte outside the row
// is read. The numbers of columns that it skips on the left and on the right, up to half the kernel, are template
// arguments. A tile that skips more, or is narrower than the register tile, goes to depthwise_any.inl.hpp.

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

// The tile of so many outputs that begins at output x. One row: depthwise_any takes a tile that skips more than half a
// kernel of columns on a side.
template <class K, int Kw, int Stride, int Rows, int Outputs, int Narrow>
TANDEM_INLINE void depthwise_at(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x, std::int64_t outputs) {
  using Tile = DepthwiseTile<K, Kw, Stride, Rows, Outputs>;
  constexpr int kHalf = Kw / 2;
  if constexpr (Narrow < Outputs) {
    if (outputs == Narrow) return depthwise_at<K, Kw, Stride, Rows, Narrow, Narrow>(d, inner, x, outputs);
  }
  const std::int64_t first = x * Stride - d.pad_left;
  const std::int64_t left = first < 0 ? -first : 0;
  const std::int64_t past = first + Tile::kInputs - d.in_width;
  const std::int64_t right = past > 0 ? past : 0;
  if constexpr (Rows == 1) {
    if (left > kHalf || right > kHalf) return depthwise_any<K>(d, inner, x, x + Outputs);
  }
  depthwise_border<Tile, kHalf, kHalf>(d, inner, x, left, right);
}

// A row without dilation, of a kernel Kw wide. depthwise_any takes a range of channels below one vector, and one whose
// last vector would be added to the residual twice.
template <class K, int Kw, int Stride>
void depthwise_tiled(const DepthwiseArgs& d, const InnerRows& inner) {
  if (ChannelVectors<K>::of(d).partial != d.channels) return depthwise_any<K>(d, inner, 0, d.out_width);
  for (std::int64_t x = 0; x < d.out_width;) {
    const std::int64_t outputs = next_outputs(d.out_width - x, kDepthwiseOutputs, kNarrowOutputs<K>);
    if (x + outputs > d.out_width) {
      // The last tile starts early enough to be whole, unless it would then add the residual to an output twice.
      if (d.out_width < kDepthwiseOutputs || adds_in_place(d)) return depthwise_any<K>(d, inner, x, d.out_width);
      x = d.out_width - outputs;
    }
    depthwise_at<K, Kw, Stride, 1, kDepthwiseOutputs, kNarrowOutputs<K>>(d, inner, x, outputs);
    x += outputs;
  }
}

// Two rows of a Kw x Kw convolution. No input row is padding; at most half a kernel of columns on each side is.
template <class K, int Kw, int Stride>
void depthwise_pair(const DepthwiseArgs& d) noexcept {
  constexpr int kOutputs = kPairOutputs<K, Kw, Stride>;
  constexpr int kNarrow = kPairNarrow<K, Kw, Stride>;
  for (std::int64_t x = 0; x < d.out_width;) {
    const std::int64_t outputs = next_outputs(d.out_width - x, kOutputs, kNarrow);
    if (x + outputs > d.out_width) x = d.out_width - outputs;  // early enough to be whole
    depthwise_at<K, Kw, Stride, 2, kOutputs, kNarrow>(d, {nullptr, nullptr, 0, 0}, x, outputs);
    x += outputs;
  }
}

template <class K>
void depthwise_looped(const DepthwiseArgs& d, const InnerRows& inner) {
  depthwise_any<K>(d, inner, 0, d.out_width);
}

// With dilation D, stride s and g = gcd(D, s), the outputs x, x + D / g, x + 2 D / g ... all read columns of one class:
// every D-th column. On that class this is a convolution without dilation, of stride s / g.
//
//     D = 2, s = 1     input    0  1  2  3  4  5  6          y2 = x1 x3 x5, y4 = x3 x5 x7 ...
//                      output      1  2  3  4  5             y1 = x0 x2 x4, y3 = x2 x4 x6 ...
template <class K, void (*Dense)(const DepthwiseArgs& d, const InnerRows& inner)>
void depthwise_row(const DepthwiseArgs& d) noexcept {
  InnerRows inner = inner_rows(d);
  if (d.dilation_w == 1) return Dense(d, inner);
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
    part.dst = at(static_cast<char*>(d.dst), x * d.dst_stride);
    part.dst_stride = classes * d.dst_stride;
    if (d.residual != nullptr) part.residual = at(static_cast<const char*>(d.residual), x * d.residual_stride);
    part.residual_stride = classes * d.residual_stride;
    Dense(part, inner);
  }
}
