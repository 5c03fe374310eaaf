// Weaving: a strip of an input row of 8 bits becomes entries of pixels, see woven.hpp.
//
// Bytes are interleaved within 128 bits, because all ISAs do that at one instruction a vector, and four instructions make
// four vectors of entries. The vectors of an entry therefore hold every fourth group of four channels:
//
//     pixel u         | 0 1 2 3   4 5 6 7   8 ..   |              channels
//     entry, vector 0 | 0 1 2 3 | 16 17 18 19 | 32 ..    (V = 16)
//            vector 1 | 4 5 6 7 | 20 ..
//
// Packing four vectors of sums to bytes undoes it. So nothing ever crosses 128 bits, and bytes leave in the order of memory.

// 128 bits of a vector, or a whole vector of less: a group of channels at some output.
struct WovenLane {
  const std::uint8_t*
      src;  // of the image, at the lane's channel and at tap 0 of the first output, which may lie in the padding
  std::uint8_t* dst;        // of the image, at the first output and the lane's channel
  std::int64_t channel;     // the first
  std::int64_t first, end;  // pixels [first, end) of the entries lie inside the image, counted from tap 0
};

template <class K>
inline constexpr int kWovenLanes = static_cast<int>(WovenChannels(0, K::kWidth).lanes);

// The lanes of a block, at one strip of outputs. Whole: the lanes are neighbours in memory.
template <class K, bool Whole>
struct WovenStrip {
  static constexpr int kLanes = kWovenLanes<K>;

  WovenLane lanes[kLanes];
  std::ptrdiff_t step;      // bytes from a pixel of an entry to the next
  std::int64_t first, end;  // where all lanes are inside

  // Places a lane at pixel `pixel` of the image, whose first pixel is at `image`.
  TANDEM_INLINE void place(int i, const std::uint8_t* image, std::int64_t pixel, std::ptrdiff_t stride,
                           const WovenAxis& x) {
    WovenLane& lane = lanes[i];
    lane.src = image + pixel * stride;
    lane.first = pixel < 0 ? (-pixel + x.dilation - 1) / x.dilation : 0;
    lane.end = pixel < x.in ? (x.in - pixel - 1) / x.dilation + 1 : 0;
    if (i == 0 || lane.first > first) first = lane.first;
    if (i == 0 || lane.end < end) end = lane.end;
  }
};

// A row of a strip, in registers: the compiler must assume that entries overlap all other memory.
template <class K, bool Whole>
struct WovenRow {
  using Reg = typename K::Reg;
  static constexpr int kLanes = Whole ? 1 : kWovenLanes<K>;

  const WovenStrip<K, Whole>& strip;
  const std::uint8_t* padding;  // as many bytes as a vector
  const std::uint8_t* lanes[kLanes];
  std::ptrdiff_t step;
  std::int64_t first, end;

  // `row` bytes into the image.
  TANDEM_INLINE WovenRow(const WovenStrip<K, Whole>& all, std::ptrdiff_t row, const std::uint8_t* pad)
      : strip(all), padding(pad), step(all.step), first(all.first), end(all.end) {
    for (int i = 0; i < kLanes; ++i) lanes[i] = all.lanes[i].src + row;
  }

  // Pixel u. Inside: in every lane.
  template <bool Inside>
  TANDEM_INLINE Reg load(std::int64_t u) const {
    if constexpr (Whole) {
      return K::load_byte_block(Inside || (first <= u && u < end) ? lanes[0] + u * step : padding);
    } else {
      const std::uint8_t* p[kLanes];
      for (int i = 0; i < kLanes; ++i) {
        const WovenLane& lane = strip.lanes[i];
        p[i] = Inside || (lane.first <= u && u < lane.end) ? lanes[i] + u * step : padding;
      }
      return K::load_byte_lanes(p);
    }
  }
};

// Two pixels side by side.
template <class K>
struct WovenPair {
  using Reg = typename K::Reg;
  Reg low, high;

  static TANDEM_INLINE WovenPair of(Reg a, Reg b) {
    const Reg x = K::entry_sample(a);
    const Reg y = K::entry_sample(b);
    return {K::low_bytes(x, y), K::high_bytes(x, y)};
  }
  // The entry that begins with the pair a; b is the next pair.
  static TANDEM_INLINE void store_entry(float* to, const WovenPair& a, const WovenPair& b) {
    K::store(to, K::entry_low(a.low, b.low));
    K::store(to + K::kWidth, K::entry_high(a.low, b.low));
    K::store(to + 2 * K::kWidth, K::entry_low(a.high, b.high));
    K::store(to + 3 * K::kWidth, K::entry_high(a.high, b.high));
  }
};

// Pixels u and u + 1.
template <class K, bool Whole>
TANDEM_INLINE WovenPair<K> woven_pair(const WovenRow<K, Whole>& row, std::int64_t u) {
  if (u >= row.first && u + 1 < row.end) {
    return WovenPair<K>::of(row.template load<true>(u), row.template load<true>(u + 1));
  }
  return WovenPair<K>::of(row.template load<false>(u), row.template load<false>(u + 1));
}

// Entries [first, end) that begin at every second pixel.
template <class K, bool Whole>
TANDEM_INLINE void weave_pairs(const WovenRow<K, Whole>& row, std::int64_t first, std::int64_t end, float* entries) {
  WovenPair<K> pair = woven_pair<K>(row, 2 * first);
  for (std::int64_t i = first; i < end; ++i) {
    const WovenPair<K> next = woven_pair<K>(row, 2 * i + 2);
    WovenPair<K>::store_entry(entries + i * 4 * K::kWidth, pair, next);
    pair = next;
  }
}

// The entries of outputs [first, end), `steps` each; or, one each and `stride` pixels apart, entries that are to be joined.
template <class K, bool Whole>
TANDEM_INLINE void weave_outputs(const WovenRow<K, Whole>& row, std::int64_t first, std::int64_t end,
                                 std::int64_t stride, std::int64_t steps, float* entries) {
  for (std::int64_t i = first; i < end; ++i) {
    for (std::int64_t m = 0; m < steps; ++m) {
      const std::int64_t u = i * stride + m * K::kEntryTaps;
      WovenPair<K>::store_entry(entries + (i * steps + m) * 4 * K::kWidth, woven_pair<K>(row, u),
                                woven_pair<K>(row, u + 2));
    }
  }
}
