// The products of woven rows (see woven.hpp): outputs of one output row, tile by tile.
//
//   for each quarter of the block: sum over the kernel rows, the steps of an entry; requantise
//
// 3 x 3 at stride 1, 64 outputs with AVX-512: 12 dot products, 12 conversions and multiplications, 3 packs, 3 shuffles to
// weave: 30 instructions. Two ports of 512 bits take 15 cycles. Zen 4 has two passes for each, and dot products and
// multiplications share its ports: 16 cycles. A quarter at a time leaves room for the sums of 8 outputs: 2 loads of weights and
// 4 of entries for 8 dot products, since it loads one vector a cycle. With their ends the products then take 18 to 19 cycles
// there. Weaving takes 7 more, of which its two stores need 4; it hardly overlaps with the products.

// How sums become outputs.
enum class WovenEnd {
  kAny,    // through memory
  kBytes,  // 8 bits
  kWhole,  // 8 bits, the whole range of the type, see pack_words()
};

// Where an output of each lane goes.
template <class K, bool Whole>
struct WovenOutputs {
  static constexpr int kLanes = Whole ? 1 : kWovenLanes<K>;

  std::uint8_t* lanes[kLanes];

  TANDEM_INLINE WovenOutputs after(std::ptrdiff_t bytes) const {
    WovenOutputs o = *this;
    for (std::uint8_t*& p : o.lanes) p += bytes;
    return o;
  }
  TANDEM_INLINE void store(typename K::Reg bytes) const {
    if constexpr (Whole) {
      K::store_byte_block(lanes[0], bytes);
    } else {
      K::store_byte_lanes(lanes, bytes);
    }
  }
};

// `count` outputs whose end is not that of pack_words(): fp32, TFLite's roundings, or a product that might not fit into 32
// bits. sums: lane by lane. The lanes of a whole block follow each other in dst as well.
template <class Kernel, class K, bool Whole>
__attribute__((noinline)) void store_woven_sums(const Kernel& kernel, const WovenStrip<K, Whole>& strip,
                                                const WovenOutputs<K, Whole>& to, const float* sums, std::int64_t count,
                                                std::ptrdiff_t output) {
  constexpr std::ptrdiff_t kStride = std::ptrdiff_t{4} * K::kWidth * std::ptrdiff_t{sizeof(float)};
  constexpr std::int64_t kColumns = Whole ? 4 * K::kWidth : Kernel::kLaneChannels;
  for (int i = 0; i < WovenOutputs<K, Whole>::kLanes; ++i) {
    finish_sums<K>({kernel.a.epilogue, sums + std::ptrdiff_t{i} * Kernel::kLaneChannels, kStride, nullptr, 0,
                    to.lanes[i], output, count, kColumns, strip.lanes[i].channel});
  }
}

// The tiles of an output row of a Woven kernel. Its fields are in registers: the compiler must assume that outputs, which are
// bytes, overlap all other memory.
template <class Kernel, bool Whole>
struct WovenTiles {
  using K = typename Kernel::Type;
  using Reg = typename K::Reg;
  static constexpr int kV = K::kWidth;
  static constexpr int kOutputs = Kernel::kOutputs;

  const Kernel& kernel;
  const WovenStrip<K, Whole>& strip;
  const float* const* rows;  // inside the image
  std::int64_t row_count;
  const float* weights;  // of the first of these rows
  const float* biases;
  const float* multipliers;
  std::int64_t quarter;  // floats from the weights of a quarter to those of the next
  std::int64_t steps;
  std::ptrdiff_t entry;  // floats from an output's entry to the next one's, and from step to step
  std::ptrdiff_t step;
  std::ptrdiff_t output;  // bytes
  typename K::PackConstants constants;

  // A step of joined entries, of which every second one is stored, from p on.
  template <int Count>
  static TANDEM_INLINE void add_joined(const float* p, Reg taps, Reg (&acc)[Count]) {
    const Reg swapped = K::swap_halves(taps);
    Reg stored = K::load(p);
#pragma GCC unroll 8
    for (int i = 0; i < Count; i += 2) {
      acc[i] = K::add_entry(stored, taps, acc[i]);
      if (i + 1 == Count) break;
      Reg next = K::load(p += std::ptrdiff_t{4} * kV);
      K::keep_order(next);  // else g++ 12 loads it three times
      acc[i + 1] = K::add_entry(K::between(stored, next), swapped, acc[i + 1]);
      stored = next;
    }
  }

  // The sums of a quarter, from entry `first` on.
  template <int Count>
  TANDEM_INLINE void sum(int t, std::int64_t first, Reg (&acc)[Count]) const {
    constexpr int kEntries = (Count + kOutputs - 1) / kOutputs;
    const Reg bias = K::load(biases + std::ptrdiff_t{t} * kV);
#pragma GCC unroll 8
    for (int i = 0; i < Count; ++i) acc[i] = bias;
    const float* w = weights + t * quarter;
    const std::ptrdiff_t begin = (Kernel::kForm.joins ? first / 2 : first) * entry + std::ptrdiff_t{t} * kV;
    for (std::int64_t r = 0; r < row_count; ++r) {
      const float* p = rows[r] + begin;
      for (std::int64_t m = 0; m < steps; ++m, p += step, w += std::ptrdiff_t{kOutputs} * kV) {
        if constexpr (Kernel::kForm.joins) {
          add_joined(p, K::load(w), acc);
          continue;
        }
        Reg taps[kOutputs];
#pragma GCC unroll 2
        for (int o = 0; o < kOutputs; ++o) taps[o] = K::load(w + std::ptrdiff_t{o} * kV);
#pragma GCC unroll 8
        for (int e = 0; e < kEntries; ++e) {
          const Reg in = K::load(p + e * entry);
#pragma GCC unroll 2
          for (int o = 0; o < kOutputs; ++o) {
            constexpr int kLast = Count - 1;
            const int i = e * kOutputs + o;
            if (i <= kLast) acc[i] = K::add_entry(in, taps[o], acc[i]);
          }
        }
      }
    }
  }
  // The same, requantised to integers.
  template <int Count>
  TANDEM_INLINE void integers(int t, std::int64_t first, Reg (&acc)[Count]) const {
    sum(t, first, acc);
    const Reg multiplier = K::load(multipliers + std::ptrdiff_t{t} * kV);
#pragma GCC unroll 8
    for (int i = 0; i < Count; ++i) acc[i] = K::nearest(acc[i], multiplier);
  }
  template <int Count, bool WholeRange>
  TANDEM_INLINE void words(int t, std::int64_t first, Reg (&acc)[Count]) const {
    Reg next[Count];
    integers(t, first, acc);
    integers(t + 1, first, next);
#pragma GCC unroll 8
    for (int i = 0; i < Count; ++i) acc[i] = K::template pack_words<WholeRange>(acc[i], next[i], constants);
  }

  // Outputs of the entries from `first` on, of which `left` exist: Count, or one less.
  template <int Count, WovenEnd End>
  TANDEM_INLINE void tile(std::int64_t first, std::int64_t left, WovenOutputs<K, Whole> to) const {
    if constexpr (End == WovenEnd::kAny) {
      Reg acc[4][Count];
      float natural[Count][4 * kV];
      for (int t = 0; t < 4; ++t) sum(t, first, acc[t]);
      for (int i = 0; i < Count; ++i) {
        for (int t = 0; t < 4; ++t) K::store_sum_lanes(natural[i] + t * (Kernel::kLaneChannels / 4), acc[t][i]);
      }
      store_woven_sums(kernel, strip, to, natural[0], left < Count ? left : Count, output);
    } else {
      Reg low[Count];
      Reg high[Count];
      words<Count, End == WovenEnd::kWhole>(0, first, low);
      words<Count, End == WovenEnd::kWhole>(2, first, high);
#pragma GCC unroll 8
      for (int i = 0; i < Count; ++i, to = to.after(output)) {
        if (i == Count - 1 && i >= left) return;
        to.store(K::template pack_bytes < K::kSigned, End == WovenEnd::kWhole > (low[i], high[i], constants));
      }
    }
  }
  // At most Kernel::kTile.
  template <WovenEnd End>
  TANDEM_INLINE void outputs(std::int64_t first, std::int64_t count, const WovenOutputs<K, Whole>& to) const {
    if constexpr (End != WovenEnd::kAny) {
      if constexpr (Kernel::kTile == 8) {
        if (count == 8) return tile<8, End>(first, count, to);
        if (count == 7) return tile<7, End>(first, count, to);
        if (count >= 5) return tile<6, End>(first, count, to);
      }
      if (count == 4) return tile<4, End>(first, count, to);
      if (count == 3) return tile<3, End>(first, count, to);
    }
    tile<2, End>(first, count, to);
  }
};
