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
  const std::uint8_t* src;  // of the image, at the lane's channel
  std::uint8_t* dst;        // of the image, at the first output and the lane's channel
  std::int64_t channel;     // the first
  std::int64_t group;       // of the packed filter
  std::int64_t pixel;       // of tap 0 of the first output; it may lie in the padding
  std::int64_t first, end;  // pixels [first, end) of the entries lie inside the image, counted from `pixel`
};

template <class K>
inline constexpr int kWovenLanes = K::kWidth >= 4 ? K::kWidth / 4 : 1;

// The lanes of a block, at one strip of outputs. Whole: the lanes are neighbours in memory.
template <class K, bool Whole>
struct WovenStrip {
  using Reg = typename K::Reg;
  static constexpr int kLanes = kWovenLanes<K>;

  WovenLane lanes[kLanes];
  std::ptrdiff_t step;  // bytes from a pixel of an entry to the next
  std::ptrdiff_t stride;
  std::int64_t first, end;  // where all lanes are inside

  // Finds the pixels inside the image.
  TANDEM_INLINE void bound(const WovenAxis& x) {
    first = 0;
    end = __INT64_MAX__;
    for (WovenLane& lane : lanes) {
      lane.first = lane.pixel < 0 ? (-lane.pixel + x.dilation - 1) / x.dilation : 0;
      lane.end = lane.pixel < x.in ? (x.in - lane.pixel - 1) / x.dilation + 1 : 0;
      if (lane.first > first) first = lane.first;
      if (lane.end < end) end = lane.end;
    }
  }

  TANDEM_INLINE const std::uint8_t* at_pixel(int lane, std::ptrdiff_t row, std::int64_t u) const {
    return lanes[lane].src + row + lanes[lane].pixel * stride + u * step;
  }

  // Pixel u of a row `row` bytes into the image, inside the image in every lane.
  TANDEM_INLINE Reg load(std::ptrdiff_t row, std::int64_t u) const {
    if constexpr (Whole) {
      return K::load_byte_block(at_pixel(0, row, u));
    } else {
      const std::uint8_t* p[kLanes];
      for (int i = 0; i < kLanes; ++i) p[i] = at_pixel(i, row, u);
      return K::load_byte_lanes(p);
    }
  }
  // The same wherever it is. padding: as many bytes as a vector.
  TANDEM_INLINE Reg load_or(std::ptrdiff_t row, std::int64_t u, const std::uint8_t* padding) const {
    const auto place = [&](int i) { return lanes[i].first <= u && u < lanes[i].end ? at_pixel(i, row, u) : padding; };
    if constexpr (Whole) {
      return K::load_byte_block(place(0));
    } else {
      const std::uint8_t* p[kLanes];
      for (int i = 0; i < kLanes; ++i) p[i] = place(i);
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

// Entries [0, count) that begin at every second pixel.
template <class K, bool Whole>
void weave_pairs(const WovenStrip<K, Whole>& strip, std::ptrdiff_t row, const std::uint8_t* padding, std::int64_t count,
                 float* to) {
  using Pair = WovenPair<K>;
  Pair pair = Pair::of(strip.load_or(row, 0, padding), strip.load_or(row, 1, padding));
  const auto weave = [&](Pair next) {
    Pair::store_entry(to, pair, next);
    to += std::ptrdiff_t{4} * K::kWidth;
    pair = next;
  };
  std::int64_t u = 2;
  const std::int64_t end = 2 * count + 2;
  for (; u < end && u < strip.first; u += 2) {
    weave(Pair::of(strip.load_or(row, u, padding), strip.load_or(row, u + 1, padding)));
  }
  const std::int64_t inside = strip.end < end ? strip.end : end;
  for (; u + 1 < inside; u += 2) weave(Pair::of(strip.load(row, u), strip.load(row, u + 1)));
  for (; u < end; u += 2) {
    weave(Pair::of(strip.load_or(row, u, padding), strip.load_or(row, u + 1, padding)));
  }
}

// The entries of `outputs` outputs, `steps` each.
template <class K, bool Whole>
void weave_outputs(const WovenStrip<K, Whole>& strip, std::ptrdiff_t row, const std::uint8_t* padding,
                   std::int64_t outputs, std::int64_t stride, std::int64_t steps, float* to) {
  using Pair = WovenPair<K>;
  const auto pair = [&](std::int64_t u) {
    return Pair::of(strip.load_or(row, u, padding), strip.load_or(row, u + 1, padding));
  };
  for (std::int64_t i = 0; i < outputs; ++i) {
    for (std::int64_t m = 0; m < steps; ++m, to += std::ptrdiff_t{4} * K::kWidth) {
      const std::int64_t u = i * stride + m * K::kEntryTaps;
      Pair::store_entry(to, pair(u), pair(u + 2));
    }
  }
}

// A row of padding. pixel: a whole vector of it.
template <class K>
void weave_padding(typename K::Reg pixel, std::int64_t entries, float* to) {
  using Pair = WovenPair<K>;
  const Pair pair = Pair::of(pixel, pixel);
  for (std::int64_t i = 0; i < entries; ++i, to += std::ptrdiff_t{4} * K::kWidth) Pair::store_entry(to, pair, pair);
}
