// Pools over windows: the greatest element of each window, or the mean. It goes pixel by pixel along an output row, four
// vectors of channels at a time: a tap's cache line is used whole, and four chains hide the latency of a comparison.

// The greatest element, NaN if there is one. at_least() keeps its first operand if one of the two is NaN or both are
// equal, so it is called both ways: equal results stay as they are, and a NaN in either stays a NaN. Two zeros of
// different signs make -0, and two denormals that count as zeros (flush_denormals) any denormal: adding +0 at the end
// makes +0 of both. Thus any order of the taps has the same bits.
template <class K>
struct GreatestOf {
  using Reg = typename K::Reg;
  static TANDEM_INLINE Reg start() { return K::broadcast(-__builtin_inff()); }
  static TANDEM_INLINE Reg start_row(Reg all) { return all; }
  static TANDEM_INLINE Reg add(Reg row, Reg x) { return K::or_bits(K::at_least(row, x), K::at_least(x, row)); }
  static TANDEM_INLINE Reg end_row(Reg /*all*/, Reg row) { return row; }
  static TANDEM_INLINE Reg finish(Reg all, double /*share*/) { return K::add(all, K::broadcast(0.0F)); }
};

// The mean. The share is a double, so that the mean of equal small integers is exact; a division takes ten times as long.
template <class K>
struct MeanOf {
  using Reg = typename K::Reg;
  static TANDEM_INLINE Reg start() { return K::broadcast(0.0F); }
  static TANDEM_INLINE Reg start_row(Reg /*all*/) { return K::broadcast(0.0F); }
  static TANDEM_INLINE Reg add(Reg row, Reg x) { return K::add(row, x); }
  static TANDEM_INLINE Reg end_row(Reg all, Reg row) { return K::add(all, row); }
  static TANDEM_INLINE Reg finish(Reg all, double share) { return K::narrow(wide_multiply(K::widen(all), share)); }
};

// The taps of one window that lie inside the input: the first one, and how many there are in each row.
template <class Src>
struct WindowTaps {
  const Src* first;
  std::int64_t columns;
  std::ptrdiff_t stride;  // from tap to tap along a row
  std::int64_t counted;   // by what a mean divides; 0: nothing to divide
  double share;           // of each tap in a mean
};

// Taps before position `end`, of a row of taps that begins at position 0.
TANDEM_INLINE std::int64_t taps_before(const WindowPoolArgs& p, std::int64_t end) {
  if (end <= 0) return 0;
  if (end > (p.kernel_w - 1) * p.dilation_w) return p.kernel_w;
  return (end - 1) / p.dilation_w + 1;
}

template <class Src>
TANDEM_INLINE WindowTaps<Src> window_taps(const WindowPoolArgs& p, std::int64_t output) {
  const std::int64_t begin = output * p.stride_w - p.pad_left;
  const std::int64_t skipped = taps_before(p, -begin);
  const std::int64_t columns = taps_before(p, p.in_width - begin) - skipped;
  const std::int64_t counted =
      p.counts_padding ? p.counted_rows * taps_before(p, p.counted_width - begin) : p.tap_rows * columns;
  const std::ptrdiff_t offset = columns > 0 ? (begin + skipped * p.dilation_w) * p.src.stride : 0;
  return {at(static_cast<const Src*>(p.src.data), offset), columns, p.dilation_w * p.src.stride, counted,
          counted > 0 ? 1.0 / static_cast<double>(counted) : 0.0};
}

// The windows of `Vectors` vectors whose first taps begin at `row`.
template <class K, class Pool, int Vectors, bool Partial>
TANDEM_INLINE void pool_taps(const WindowPoolArgs& p, const WindowTaps<typename K::Src>& taps,
                             const typename K::Src* row, typename K::Tail tail, typename K::Reg (&all)[Vectors]) {
  using Reg = typename K::Reg;
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) all[v] = Pool::start();
  for (std::int64_t ky = 0; ky < p.tap_rows; ++ky, row = at(row, p.tap_row_stride)) {
    Reg sum[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sum[v] = Pool::start_row(all[v]);
    const auto* tap = row;
    for (std::int64_t kx = 0; kx < taps.columns; ++kx, tap = at(tap, taps.stride)) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) {
        sum[v] = Pool::add(sum[v], Partial ? K::load_partial(tap, tail) : K::load(tap + v * K::kWidth));
      }
    }
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) all[v] = Pool::end_row(all[v], sum[v]);
  }
}

template <class K, class Pool, int Vectors, bool Partial>
TANDEM_INLINE void pool_window(const WindowPoolArgs& p, const WindowTaps<typename K::Src>& taps, std::int64_t channel,
                               typename K::Dst* dst, typename K::Tail tail) {
  using Reg = typename K::Reg;
  Reg all[Vectors];
  pool_taps<K, Pool, Vectors, Partial>(p, taps, taps.first + channel, tail, all);
  float sums[Vectors * K::kWidth];
  const bool clamps = is_clamp(p.epilogue, nullptr);
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) {
    const Reg y = Pool::finish(all[v], taps.share);
    if (!clamps) {
      K::store(sums + v * K::kWidth, y);
      continue;
    }
    const Reg clamped = K::clamp(y, K::broadcast(p.epilogue.lo), K::broadcast(p.epilogue.hi));
    if (Partial) {
      K::store_partial(dst + channel, clamped, tail);
    } else {
      K::store(dst + channel + v * K::kWidth, clamped);
    }
  }
  if (clamps) return;
  const std::int64_t lanes = Partial ? p.channels : std::int64_t{Vectors} * K::kWidth;
  finish_sums<K>({p.epilogue, sums, 0, nullptr, 0, dst + channel, 0, 1, lanes, channel});
}

// Outputs [begin, end) of those that p asks for.
template <class K, template <class> class Pool>
TANDEM_INLINE void pool_windows(const WindowPoolArgs& p, std::int64_t begin, std::int64_t end) {
  auto* dst = at(static_cast<typename K::Dst*>(p.dst.data), begin * p.dst.stride);
  for (std::int64_t i = begin; i < end; ++i, dst = at(dst, p.dst.stride)) {
    const auto taps = window_taps<typename K::Src>(p, p.first + i);
    for_channels_and_half<K, 4>(
        p.channels, [&]<class Fitting, int Vectors, bool Partial>(std::int64_t channel, typename Fitting::Tail tail) {
          pool_window<Fitting, Pool<Fitting>, Vectors, Partial>(p, taps, channel, dst, tail);
        });
  }
}
