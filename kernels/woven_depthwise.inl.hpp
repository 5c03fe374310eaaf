// Depthwise convolution of 8 bits, for whole blocks of 4 * V channels (see woven.hpp). Rows of entries wait in a ring, so each
// input row is woven once; all of it stays in L1, since a strip is as narrow as the plan says.
//
//   for each block, for each strip of outputs, for each output row
//     for each tile of outputs
//       weave what the tile reads of the input rows that are new
//       for each quarter of the block: sum over the kernel rows, the steps of an entry; requantise
//
// 3 x 3 at stride 1, 64 outputs with AVX-512: 12 dot products, 12 conversions and multiplications, 3 packs, 3 shuffles to
// weave: 30 instructions. Two ports of 512 bits take 15 cycles. Zen 4 has two passes for each, and dot products and
// multiplications share its ports: 16 cycles. A quarter at a time leaves room for the sums of 8 outputs: 2 loads of weights and
// 4 of entries for 8 dot products, since it loads one vector a cycle. With their ends the products then take 18 to 19 cycles
// there. Weaving takes 7 more, of which its two stores need 4; it hardly overlaps with the products.
//
// Stride 2 weaves four times as much for an output. Joins: rows hold every second entry, and the products make those between
// (see woven.hpp). Weaving then takes a store and two shuffles for 64 elements, not two and three; the products take 6
// instructions more for 64 outputs, for which Zen 4 has ports beside them. Two ports of 512 bits have not.
//
// Rows outside the image are not woven. Their share of the sums is packed with the weights (see WovenBlock).
//
// Channels that fill no whole block are a block whose lanes are segments of the row: of 16 channels, four quarters of it.

template <class K, int Stride, bool Joins = false>
struct Woven {
  using Reg = typename K::Reg;
  static constexpr int kV = K::kWidth;
  static constexpr int kLanes = kWovenLanes<K>;
  static constexpr int kLaneChannels = static_cast<int>(WovenChannels::least(kV));
  static constexpr int kOutputs = Stride == 1 ? 2 : 1;  // that share an entry
  // Of two quarters words, of one integers, of one sums: three registers for each output of a tile.
  static constexpr int kTile = K::kRegisters >= 32 ? 8 : 4;
  static constexpr WovenForm kForm = {Stride, K::kEntryTaps, kOutputs, kTile, Joins};

  const WovenArgs& a;
  const std::int64_t steps = kForm.steps(a.x.kernel);
  // Stored entries from an output's to the next one's, and from step to step.
  const std::int64_t entry_step = Stride == 0 ? steps : 1;
  const std::int64_t next_step = Stride == 0 || Joins ? 1 : K::kEntryTaps / 2;
  const WovenBlock packed = {kForm, a.y.kernel, a.x.kernel, kV};
  const WovenMemory sizes = {kForm, a.y, a.x.kernel, a.strip, kV};
  float* const edge_biases = static_cast<float*>(a.memory);
  float* const ring = edge_biases + sizes.biases;
  const float** const rows = reinterpret_cast<const float**>(ring + sizes.rows * sizes.row);
  WovenNewRow* const new_rows = reinterpret_cast<WovenNewRow*>(rows + a.y.kernel);
  std::int64_t* const row_in = reinterpret_cast<std::int64_t*>(new_rows + a.y.kernel);  // in each slot of the ring
  const typename K::PackConstants constants = K::pack_constants(a.epilogue.requantisation);

  static constexpr int kAnyEnd = 0;    // through memory
  static constexpr int kByteEnd = 1;   // 8 bits
  static constexpr int kWholeEnd = 2;  // 8 bits, the whole range of the type, see pack_words()

  // Where an output of each lane goes.
  template <bool Whole>
  struct Outputs {
    std::uint8_t* lanes[Whole ? 1 : kLanes];

    TANDEM_INLINE Outputs after(std::ptrdiff_t bytes) const {
      Outputs o = *this;
      for (std::uint8_t*& p : o.lanes) p += bytes;
      return o;
    }
    TANDEM_INLINE void store(Reg bytes) const {
      if constexpr (Whole) {
        K::store_byte_block(lanes[0], bytes);
      } else {
        K::store_byte_lanes(lanes, bytes);
      }
    }
  };

  // What the tiles of an output row have in common, in registers: the compiler must assume that outputs, which are bytes,
  // overlap all other memory.
  template <bool Whole>
  struct Row {
    const Woven& woven;
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
      const std::ptrdiff_t begin = (Joins ? first / 2 : first) * entry + std::ptrdiff_t{t} * kV;
      for (std::int64_t r = 0; r < row_count; ++r) {
        const float* p = rows[r] + begin;
        for (std::int64_t m = 0; m < steps; ++m, p += step, w += std::ptrdiff_t{kOutputs} * kV) {
          if constexpr (Joins) {
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
    template <int Count, int End>
    TANDEM_INLINE void tile(std::int64_t first, std::int64_t left, Outputs<Whole> to) const {
      if constexpr (End == kAnyEnd) {
        Reg acc[4][Count];
        float natural[Count][4 * kV];
        for (int t = 0; t < 4; ++t) sum(t, first, acc[t]);
        for (int i = 0; i < Count; ++i) {
          for (int t = 0; t < 4; ++t) K::store_sum_lanes(natural[i] + t * (kLaneChannels / 4), acc[t][i]);
        }
        woven.store_sums(strip, to, natural[0], left < Count ? left : Count, output);
      } else {
        Reg low[Count];
        Reg high[Count];
        words<Count, End == kWholeEnd>(0, first, low);
        words<Count, End == kWholeEnd>(2, first, high);
#pragma GCC unroll 8
        for (int i = 0; i < Count; ++i, to = to.after(output)) {
          if (i == Count - 1 && i >= left) return;
          to.store(K::template pack_bytes < K::kSigned, End == kWholeEnd > (low[i], high[i], constants));
        }
      }
    }
    // At most kTile.
    template <int End>
    TANDEM_INLINE void outputs(std::int64_t first, std::int64_t count, const Outputs<Whole>& to) const {
      if constexpr (End != kAnyEnd) {
        if constexpr (kTile == 8) {
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

  // `count` outputs whose end is not that of pack_words(): fp32, TFLite's roundings, or a product that might not fit into 32
  // bits. sums: lane by lane. The lanes of a whole block follow each other in dst as well.
  template <bool Whole>
  __attribute__((noinline)) void store_sums(const WovenStrip<K, Whole>& strip, const Outputs<Whole>& to,
                                            const float* sums, std::int64_t count, std::ptrdiff_t output) const {
    constexpr std::ptrdiff_t kStride = std::ptrdiff_t{4} * kV * std::ptrdiff_t{sizeof(float)};
    constexpr std::int64_t kColumns = Whole ? 4 * kV : kLaneChannels;
    for (int i = 0; i < (Whole ? 1 : kLanes); ++i) {
      finish_sums<K>({a.epilogue, sums + std::ptrdiff_t{i} * kLaneChannels, kStride, nullptr, 0, to.lanes[i], output,
                      count, kColumns, strip.lanes[i].channel});
    }
  }

  // The input rows that an output row sees: those of taps [first, end), of which `new_rows` begin to be woven.
  struct Window {
    std::int64_t first, end, new_rows;
  };
  TANDEM_INLINE Window window(std::int64_t y, std::int64_t slot) const {
    const std::int64_t top = y * a.y.stride - a.y.pad;
    Window w = {0, a.y.kernel, 0};
    while (w.first < w.end && top + w.first * a.y.dilation < 0) ++w.first;
    while (w.first < w.end && top + (w.end - 1) * a.y.dilation >= a.y.in) --w.end;
    for (std::int64_t ky = w.first; ky < w.end; ++ky) {
      const std::int64_t in = top + ky * a.y.dilation;
      std::int64_t place = slot + ky * a.y.dilation;
      if (place >= sizes.rows) place -= sizes.rows;
      float* const entries = ring + place * sizes.row;
      rows[ky - w.first] = entries;
      if (row_in[place] == in) continue;
      row_in[place] = in;
      new_rows[w.new_rows++] = {(in < a.src_rows ? in : in % a.src_rows) * a.src_row_stride, entries};
    }
    return w;
  }

  // The biases of a row, with the share of the padding rows that it sees.
  TANDEM_INLINE const float* biases_of(const Window& w, const float* block) const {
    const float* const biases = block + packed.biases;
    if (w.first == 0 && w.end == a.y.kernel) return biases;
    for (int t = 0; t < 4; ++t) {
      Reg bias = K::load(biases + std::ptrdiff_t{t} * kV);
      const float* padding = block + packed.padding + t * a.y.kernel * kV;
      for (std::int64_t ky = 0; ky < a.y.kernel; ++ky) {
        if (ky < w.first || ky >= w.end) bias = K::add_bits(bias, K::load(padding + ky * kV));
      }
      K::store(edge_biases + std::ptrdiff_t{t} * kV, bias);
    }
    return edge_biases;
  }

  template <bool Whole, int End>
  void strip_rows(const WovenStrip<K, Whole>& strip, std::int64_t count, const float* block) const {
    std::uint8_t padding[4 * kV];
    __builtin_memset(padding, a.zero_point, sizeof(padding));
    for (std::int64_t i = 0; i < sizes.rows; ++i) row_in[i] = -1;  // none
    const std::int64_t row_weights = steps * kOutputs * kV;
    const std::int64_t all = kForm.entries(a.x.kernel, count);
    const std::int64_t next_slot = a.y.stride % sizes.rows;
    std::int64_t slot = a.first_row * a.y.stride % sizes.rows;
    for (std::int64_t y = a.first_row; y < a.end_row; ++y) {
      const Window w = window(y, slot);
      slot += next_slot;
      if (slot >= sizes.rows) slot -= sizes.rows;
      const Row<Whole> row = {*this,
                              strip,
                              rows,
                              w.end - w.first,
                              block + w.first * row_weights,
                              biases_of(w, block),
                              block + packed.multipliers,
                              a.y.kernel * row_weights,
                              steps,
                              entry_step * 4 * kV,
                              next_step * 4 * kV,
                              a.x.classes() * a.dst.stride,
                              constants};
      Outputs<Whole> to;
      int lane = 0;
      for (std::uint8_t*& p : to.lanes) p = strip.lanes[lane++].dst + y * a.dst_row_stride;
      constexpr int kMost = End == kAnyEnd ? 2 : kTile;
      std::int64_t woven = 0;
      for (std::int64_t x = 0; x < count; x += kMost, to = to.after(kMost * row.output)) {
        const std::int64_t end = x + kMost < count ? x + kMost : count;
        const std::int64_t needed = end < count ? kForm.entries(a.x.kernel, end) : all;
        for (std::int64_t i = 0; i < w.new_rows; ++i) {
          const WovenRow<K, Whole> in(strip, new_rows[i].src, padding);
          if constexpr (Joins) {
            weave_outputs<K>(in, woven, needed, K::kEntryTaps, 1, new_rows[i].entries);
          } else if constexpr (Stride != 0) {
            weave_pairs<K>(in, woven, needed, new_rows[i].entries);
          } else {
            weave_outputs<K>(in, woven / steps, needed / steps, a.x.dense_stride(), steps, new_rows[i].entries);
          }
        }
        woven = needed;
        row.template outputs<End>(x / kOutputs, end - x, to);
      }
    }
  }

  template <bool Whole>
  TANDEM_INLINE void run_strip(const WovenStrip<K, Whole>& strip, std::int64_t count, const float* block) const {
    const Requantisation& q = a.epilogue.requantisation;
    if (q.dst_bytes != 1 || !q.bounded) return strip_rows<Whole, kAnyEnd>(strip, count, block);
    if (has_whole_range<K::kSigned>(q)) return strip_rows<Whole, kWholeEnd>(strip, count, block);
    strip_rows<Whole, kByteEnd>(strip, count, block);
  }

  template <bool Whole>
  TANDEM_INLINE void run_block(const WovenChannels& channels, std::int64_t block) const {
    WovenStrip<K, Whole> strip;
    const std::int64_t group_count = channels.groups_of(block);
    const std::int64_t segments = channels.segments(block);  // of the row, that the lanes hold
    for (int i = 0; i < kLanes; ++i) strip.lanes[i].channel = channels.first(block, i);
    strip.step = a.x.dilation * a.src.stride;
    const std::int64_t classes = a.x.classes();
    for (std::int64_t residue = 0; residue < classes && residue < a.x.out; ++residue) {
      const std::int64_t outputs = (a.x.out - residue - 1) / classes + 1;
      for (std::int64_t done = 0; done < outputs;) {
        const std::int64_t share = (outputs - done + segments - 1) / segments;
        const std::int64_t count = share < a.strip ? share : a.strip;
        for (int i = 0; i < kLanes; ++i) {
          // The last segment begins early enough to be whole.
          const std::int64_t segment = i / group_count < segments ? i / group_count : segments - 1;
          const std::int64_t begin = done + segment * count;
          const std::int64_t last = outputs - count;
          const std::int64_t output = residue + (begin < last ? begin : last) * classes;
          const std::uint8_t* const image = static_cast<const std::uint8_t*>(a.src.data) + strip.lanes[i].channel;
          strip.place(i, image, output * a.x.stride - a.x.pad, a.src.stride, a.x);
          strip.lanes[i].dst = static_cast<std::uint8_t*>(a.dst.data) + output * a.dst.stride +
                               strip.lanes[i].channel * a.epilogue.requantisation.dst_bytes;
        }
        run_strip(strip, count, a.weights + block * packed.floats);
        done += segments * count;
      }
    }
  }

  TANDEM_INLINE void run() const {
    const WovenChannels channels(a.channels, kV);
    const std::int64_t whole = a.channels / (std::int64_t{kLaneChannels} * kLanes);
    for (std::int64_t block = a.first_block; block < a.end_block; ++block) {
      if (kLanes == 1 || block < whole) {
        run_block<true>(channels, block);
      } else if constexpr (kLanes > 1) {
        run_block<false>(channels, block);
      }
    }
  }
};

template <class K, int Stride, bool Joins = false>
void depthwise_woven(const WovenArgs& args) noexcept {
  Woven<K, Stride, Joins>{args}.run();
}
