// The register tile for any kernel width and stride: `Outputs` pixels along the row by one vector of channels, as in
// depthwise_stride2.inl.hpp, but with a loop over the taps.
//
//     one tap:   acc[o] += load(p + o * step) * tap     o in [0, Outputs): Outputs + 1 loads, Outputs FMAs
//
// The inputs fold into the FMAs, so a tile needs only 7 accumulators and a tap in registers. At two loads a cycle, 8
// loads for 7 FMAs reach 0.88 of the peak.
//
// At a border of the row only some outputs have a column at a given tap. These outputs are consecutive, and they change
// every `stride` taps. At the left border outputs come in from tap to tap, the last output first; at the right border
// they go, the last output first:
//
//     kernel 5, stride 1, 4 outputs     left border           right border
//                                  tap: 0  1  2  3  4         0  1  2  3  4
//                            output 0:  .  .  x  x  x         x  x  x  x  x
//                            output 1:  .  x  x  x  x         x  x  x  x  x
//                            output 2:  x  x  x  x  x         x  x  x  x  .
//                            output 3:  x  x  x  x  x         x  x  x  .  .
//
// So a kernel row is a sequence of loops over taps, each for a range of outputs that is a template argument, and no tap
// is tested. An output must not go before all have come in: (Outputs - 1) * stride < in_width.

// The taps of one kernel row that the tile with first output x needs, as distances in the filter from the first of
// them.
struct TapRange {
  std::int64_t begin;        // the first tap that any output needs, counted in taps
  std::ptrdiff_t end;        // past the last tap
  std::ptrdiff_t next;       // one stride further
  std::int64_t missing;      // outputs that are not in at `begin`
  std::ptrdiff_t first_in;   // where the first of them comes in
  std::ptrdiff_t first_out;  // where the first output goes; before `begin` if it never was in
};

TANDEM_INLINE TapRange tap_range(const DepthwiseArgs& d, std::int64_t x, std::int64_t outputs) {
  const auto clamp = [](std::int64_t v, std::int64_t lo, std::int64_t hi) { return v < lo ? lo : (v > hi ? hi : v); };
  const std::int64_t first = x * d.stride_w - d.pad_left;  // the column of tap 0 of the first output
  const std::int64_t last = first + (outputs - 1) * d.stride_w;
  const std::int64_t begin = clamp(-last, 0, d.kernel_w);
  const std::int64_t end = clamp(d.in_width - first, begin, d.kernel_w);
  const std::int64_t before = -first - begin;  // taps until all are in
  const std::int64_t missing = before > 0 ? (before - 1) / d.stride_w + 1 : 0;
  return {begin,
          (end - begin) * d.filter_stride,
          d.stride_w * d.filter_stride,
          missing,
          (before - (missing - 1) * d.stride_w) * d.filter_stride,
          (d.in_width - last - begin) * d.filter_stride};
}

// Partial: the vector has fewer channels than lanes.
template <class K, int Outputs, bool Partial>
class DepthwiseAnyTile {
 public:
  using Reg = typename K::Reg;
  using Tail = typename K::Tail;
  using Src = typename K::Src;
  using Weight = typename K::Weight;

  static TANDEM_INLINE void run(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x, const TapRange& taps,
                                std::int64_t channel, Tail tail) {
    Reg acc[Outputs];
    const Reg start = K::load(d.bias + channel);
#pragma GCC unroll 8
    for (int o = 0; o < Outputs; ++o) acc[o] = start;
    const Weight* filter = at(static_cast<const Weight*>(inner.filter), taps.begin * d.filter_stride) + channel;
    const std::ptrdiff_t first = inner.offset + (x * d.stride_w - d.pad_left + taps.begin) * d.src_stride;
    for (std::int64_t y = 0; y < inner.count; ++y, filter = at(filter, d.kernel_w * d.filter_stride)) {
      KernelRow row(d, at(static_cast<const Src*>(inner.rows[y]), first) + channel, filter, tail);
      if (taps.missing > 0) come<Outputs - 1>(row, taps, taps.first_in, acc);
      row.template until<0, Outputs>(taps.first_out < taps.end ? taps.first_out : taps.end, acc);
      if (taps.first_out < taps.end) go<Outputs - 1>(row, taps, taps.first_out, acc);
    }
    finish_tile<K, Outputs, Partial>(d, x, channel, tail, acc);
  }

 private:
  // Walks from tap to tap. The loop counter is a distance in the filter, because its step is not a constant: with a
  // constant step a compiler computes where the pointers stand after the loop, which takes longer than the one or two
  // rounds of a loop at a border.
  class KernelRow {
   public:
    TANDEM_INLINE KernelRow(const DepthwiseArgs& d, const Src* p, const Weight* filter, Tail tail)
        : p_(p),
          filter_(filter),
          step_(d.stride_w * d.src_stride),
          advance_(d.src_stride),
          filter_stride_(d.filter_stride),
          tail_(tail) {}

    // All taps before `end`, for the outputs [From, To).
    template <int From, int To>
    TANDEM_INLINE void until(std::ptrdiff_t end, Reg (&acc)[Outputs]) {
      while (tap_ < end) {
        const Reg tap = K::load(at(filter_, tap_));
#pragma GCC unroll 8
        for (int o = From; o < To; ++o) acc[o] = K::madd(load(at(p_, o * step_)), tap, acc[o]);
        tap_ += filter_stride_;
        p_ = at(p_, advance_);
      }
    }

   private:
    TANDEM_INLINE Reg load(const Src* p) const { return Partial ? K::load_partial(p, tail_) : K::load(p); }

    const Src* p_;  // input of the first output at this tap
    const Weight* filter_;
    std::ptrdiff_t tap_ = 0;
    std::ptrdiff_t step_, advance_, filter_stride_;
    Tail tail_;
  };

  // The taps that some outputs do not need yet: [Missing, Outputs), then [Missing - 1, Outputs), ... [1, Outputs).
  template <int Missing>
  static TANDEM_INLINE void come(KernelRow& row, const TapRange& taps, std::ptrdiff_t end, Reg (&acc)[Outputs]) {
    if constexpr (Missing > 0) {
      if (Missing <= taps.missing) {
        row.template until<Missing, Outputs>(end < taps.end ? end : taps.end, acc);
        end += taps.next;
      }
      come<Missing - 1>(row, taps, end, acc);
    }
  }

  // The taps from `gone` on: outputs [0, Left), then [0, Left - 1), ... [0, 1).
  template <int Left>
  static TANDEM_INLINE void go(KernelRow& row, const TapRange& taps, std::ptrdiff_t gone, Reg (&acc)[Outputs]) {
    if constexpr (Left > 0) {
      gone += taps.next;
      row.template until<0, Left>(gone < taps.end ? gone : taps.end, acc);
      if (gone < taps.end) go<Left - 1>(row, taps, gone, acc);
    }
  }
};

template <class K, int Outputs>
void depthwise_any_tile(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x) {
  const TapRange taps = tap_range(d, x, Outputs);
  const auto vectors = ChannelVectors<K>::of(d);
  for (std::int64_t i = 0; i < vectors.whole; ++i) {
    DepthwiseAnyTile<K, Outputs, false>::run(d, inner, x, taps, vectors.channel(i), K::tail(K::kWidth));
  }
  if (vectors.partial == d.channels) return;
  const auto tail = K::tail(static_cast<int>(d.channels - vectors.partial));
  DepthwiseAnyTile<K, Outputs, true>::run(d, inner, x, taps, vectors.partial, tail);
}

template <class K, int MaxOutputs>
TANDEM_INLINE void depthwise_any_dispatch(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x,
                                          std::int64_t outputs) {
  if constexpr (MaxOutputs > 1) {
    if (outputs != MaxOutputs) return depthwise_any_dispatch<K, MaxOutputs - 1>(d, inner, x, outputs);
  }
  depthwise_any_tile<K, MaxOutputs>(d, inner, x);
}

// Outputs [begin, end) in tiles of nearly equal width: 8 outputs are two tiles of 4, because a tile of 1 waits for its
// one chain.
template <class K>
void depthwise_any(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t begin, std::int64_t end) {
  constexpr std::int64_t kWidest = 7;
  const std::int64_t fits = d.in_width > 0 ? (d.in_width - 1) / d.stride_w + 1 : 1;
  const std::int64_t widest = fits < kWidest ? fits : kWidest;
  for (std::int64_t tiles = (end - begin + widest - 1) / widest; tiles > 0; --tiles) {
    const std::int64_t outputs = (end - begin) / tiles;
    depthwise_any_dispatch<K, kWidest>(d, inner, begin, outputs);
    begin += outputs;
  }
}
