// What all tiles of a depthwise row have in common: which kernel rows count, how the channels fall into vectors, and
// the epilogue.

// The kernel rows that lie inside the image: padded ones come first or last.
struct InnerRows {
  const float* const* rows;
  const float* filter;  // of the first one
  std::int64_t count;
  std::ptrdiff_t offset;  // of column 0 in each of them
};

TANDEM_INLINE InnerRows inner_rows(const DepthwiseArgs& d) {
  std::int64_t begin = 0;
  std::int64_t end = d.kernel_h;
  while (begin < end && d.rows[begin] == nullptr) ++begin;
  while (begin < end && d.rows[end - 1] == nullptr) --end;
  return {d.rows + begin, d.filter + begin * d.kernel_w * d.filter_stride, end - begin, 0};
}

// How one input row of a register tile goes into its sums: add<Left, Right, First, Seen>(), for the `Seen` output rows from
// First on that see it, the first of them by the kernel row at `filter`, the next by the one `Stride` before. p is the
// column of tap 0 of the first output; the first `Left` of the row's kInputs columns are skipped, and the last `Right`.
template <class S, int Kw, int Stride, int Rows, int Outputs>
struct InputRow;

// dst is the residual as well: an output may be added to it once only.
TANDEM_INLINE bool adds_in_place(const DepthwiseArgs& d) { return d.residual != nullptr && d.residual == d.dst; }

// Where the vectors of channels begin: at multiples of the vector, and the last one so early that it is whole, too. The
// channels that it shares with the one before come out the same twice; unless dst is also the residual, to which they
// would be added twice. Then, and with fewer channels than a vector, some are left for a partial vector.
template <class S>
struct ChannelVectors {
  std::int64_t whole;    // vectors
  std::int64_t last;     // channel at which the last one begins
  std::int64_t partial;  // channel at which the partial one begins, `channels` if there is none

  static TANDEM_INLINE ChannelVectors of(const DepthwiseArgs& d) {
    const std::int64_t full = d.channels / S::kWidth;
    if (full * S::kWidth == d.channels) return {full, (full - 1) * S::kWidth, d.channels};
    if (full == 0 || adds_in_place(d)) return {full, (full - 1) * S::kWidth, full * S::kWidth};
    return {full + 1, d.channels - S::kWidth, d.channels};
  }
  TANDEM_INLINE std::int64_t channel(std::int64_t i) const { return i + 1 == whole ? last : i * S::kWidth; }
};

// The end of finish_tile() where the function is a clamp.
template <class S, int Outputs, bool Partial>
TANDEM_INLINE void store_clamped(const Epilogue& epilogue, const typename S::Reg (&acc)[Outputs], float* dst,
                                 std::ptrdiff_t stride, typename S::Tail tail) {
  const auto lo = S::broadcast(epilogue.lo);
  const auto hi = S::broadcast(epilogue.hi);
#pragma GCC unroll 8
  for (int o = 0; o < Outputs; ++o, dst += stride) {
    const auto y = S::clamp(acc[o], lo, hi);
    if (Partial) {
      S::store_partial(dst, y, tail);
    } else {
      S::store(dst, y);
    }
  }
}

// The outputs from x on, of one vector of channels, from their sums.
template <class S, int Outputs, bool Partial>
TANDEM_INLINE void finish_tile(const DepthwiseArgs& d, std::int64_t x, std::int64_t channel, typename S::Tail tail,
                               typename S::Reg (&acc)[Outputs]) {
  const float* residual = d.residual == nullptr ? nullptr : d.residual + x * d.residual_stride + channel;
  float* dst = d.dst + x * d.dst_stride + channel;
  if (!is_clamp(d.epilogue, d.residual)) {
    float sums[Outputs * S::kWidth];
#pragma GCC unroll 8
    for (int o = 0; o < Outputs; ++o) S::store(sums + o * S::kWidth, acc[o]);
    return finish_sums<S>({d.epilogue, sums, S::kWidth, residual, d.residual_stride, dst, d.dst_stride, Outputs,
                           Partial ? d.channels - channel : S::kWidth, channel});
  }
  if (residual != nullptr) {
#pragma GCC unroll 8
    for (int o = 0; o < Outputs; ++o, residual += d.residual_stride) {
      acc[o] = S::add(acc[o], Partial ? S::load_partial(residual, tail) : S::load(residual));
    }
  }
  store_clamped<S, Outputs, Partial>(d.epilogue, acc, dst, d.dst_stride, tail);
}
