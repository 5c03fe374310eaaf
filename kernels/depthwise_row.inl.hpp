// The code that all tiles of a depthwise row share: the range of kernel rows inside the image, the cut of the channels
// into vectors, and the epilogue.

// The kernel rows inside the image: padded ones come first or last.
struct InnerRows {
  const void* const* rows;
  const void* filter;  // at the first row
  std::int64_t count;
  std::ptrdiff_t offset;  // of column 0 in each row, bytes
};

TANDEM_INLINE InnerRows inner_rows(const DepthwiseArgs& d) {
  std::int64_t begin = 0;
  std::int64_t end = d.kernel_h;
  while (begin < end && d.rows[begin] == nullptr) ++begin;
  while (begin < end && d.rows[end - 1] == nullptr) --end;
  return {d.rows + begin, at(static_cast<const char*>(d.filter), begin * d.kernel_w * d.filter_stride), end - begin, 0};
}

// Adds one input row to the sums of a register tile: add<Left, Right, First, Seen>(). `Seen` output rows from First on
// use it: the first with the kernel row at `filter`, the next with the kernel row `Stride` before. p is the input at
// tap 0 of the first output. Of the row's kInputs columns the first `Left` and the last `Right` are skipped.
template <class K, int Kw, int Stride, int Rows, int Outputs>
struct InputRow;

// True if the residual is dst itself: an output may be added to it only once.
TANDEM_INLINE bool adds_in_place(const DepthwiseArgs& d) { return d.residual != nullptr && d.residual == d.dst; }

// Where the vectors of channels begin: at multiples of the vector; the last one starts early enough to be whole. The
// channels that it shares with the vector before are computed twice, with the same result, unless the residual is dst,
// which would be added twice. In that case, and with fewer channels than a vector, a partial vector takes the rest.
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

// The end of finish_tile() if the function is a clamp.
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

// Makes the outputs from x on, for one vector of channels, from their sums.
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
