// What all tiles of a depthwise row have in common: which kernel rows count, how the channels fall into vectors, and
// the epilogue.

// The kernel rows that lie inside the image: padded ones come first or last.
struct InnerRows {
  const void* const* rows;
  const void* filter;  // of the first one
  std::int64_t count;
  std::ptrdiff_t offset;  // of column 0 in each of them, bytes
};

TANDEM_INLINE InnerRows inner_rows(const DepthwiseArgs& d) {
  std::int64_t begin = 0;
  std::int64_t end = d.kernel_h;
  while (begin < end && d.rows[begin] == nullptr) ++begin;
  while (begin < end && d.rows[end - 1] == nullptr) --end;
  return {d.rows + begin, at(static_cast<const char*>(d.filter), begin * d.kernel_w * d.filter_stride), end - begin, 0};
}

// How one input row of a register tile goes into its sums: add<Left, Right, First, Seen>(), for the `Seen` output rows from
// First on that see it, the first of them by the kernel row at `filter`, the next by the one `Stride` before. p is the
// column of tap 0 of the first output; the first `Left` of the row's kInputs columns are skipped, and the last `Right`.
template <class K, int Kw, int Stride, int Rows, int Outputs>
struct InputRow;

// dst is the residual as well: an output may be added to it once only.
TANDEM_INLINE bool adds_in_place(const DepthwiseArgs& d) { return d.residual != nullptr && d.residual == d.dst; }

// Where the vectors of channels begin: at multiples of the vector, and the last one so early that it is whole, too. The
// channels that it shares with the one before come out the same twice; unless dst is also the residual, to which they
// would be added twice. Then, and with fewer channels than a vector, some are left for a partial vector.
template <class K>
struct ChannelVectors {
  std::int64_t whole;    // vectors
  std::int64_t last;     // channel at which the last one begins
  std::int64_t partial;  // channel at which the partial one begins, `channels` if there is none

  static TANDEM_INLINE ChannelVectors of(const DepthwiseArgs& d) {
    const std::int64_t full = d.channels / K::kWidth;
    if (full * K::kWidth == d.channels) return {full, (full - 1) * K::kWidth, d.channels};
    if (full == 0 || adds_in_place(d)) return {full, (full - 1) * K::kWidth, full * K::kWidth};
    return {full + 1, d.channels - K::kWidth, d.channels};
  }
  TANDEM_INLINE std::int64_t channel(std::int64_t i) const { return i + 1 == whole ? last : i * K::kWidth; }
};

// The end of finish_tile() where the function is a clamp.
template <class K, int Outputs, bool Partial>
TANDEM_INLINE void store_clamped(const Epilogue& epilogue, const typename K::Reg (&acc)[Outputs], typename K::Dst* dst,
                                 std::ptrdiff_t stride, typename K::Tail tail) {
  const auto lo = K::broadcast(epilogue.lo);
  const auto hi = K::broadcast(epilogue.hi);
#pragma GCC unroll 8
  for (int o = 0; o < Outputs; ++o, dst = at(dst, stride)) {
    const auto y = K::clamp(acc[o], lo, hi);
    if (Partial) {
      K::store_partial(dst, y, tail);
    } else {
      K::store(dst, y);
    }
  }
}

// The outputs from x on, of one vector of channels, from their sums.
template <class K, int Outputs, bool Partial>
TANDEM_INLINE void finish_tile(const DepthwiseArgs& d, std::int64_t x, std::int64_t channel, typename K::Tail tail,
                               typename K::Reg (&acc)[Outputs]) {
  using Dst = typename K::Dst;
  const Dst* residual = residual_at<K>({d.residual, d.residual_stride}, x * d.residual_stride);
  if (residual != nullptr) residual += channel;
  Dst* dst = at(static_cast<Dst*>(d.dst), x * d.dst_stride) + channel;
  if constexpr (K::kRegisterEpilogue) {
    if (is_clamp(d.epilogue, d.residual)) {
      if (residual != nullptr) {
#pragma GCC unroll 8
        for (int o = 0; o < Outputs; ++o, residual = at(residual, d.residual_stride)) {
          acc[o] = K::add(acc[o], Partial ? K::load_partial(residual, tail) : K::load(residual));
        }
      }
      return store_clamped<K, Outputs, Partial>(d.epilogue, acc, dst, d.dst_stride, tail);
    }
  }
  constexpr std::ptrdiff_t kSums = K::kWidth * std::ptrdiff_t{sizeof(float)};
  float sums[Outputs * K::kWidth];
#pragma GCC unroll 8
  for (int o = 0; o < Outputs; ++o) K::store(sums + o * K::kWidth, acc[o]);
  finish_sums<K>({d.epilogue, sums, kSums, residual, d.residual_stride, dst, d.dst_stride, Outputs,
                  Partial ? d.channels - channel : K::kWidth, channel});
}
