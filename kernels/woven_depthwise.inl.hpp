// Depthwise convolution of 8 bits, for whole blocks of 4 * V channels (see woven.hpp). Rows of entries wait in a ring, so each
// input row is woven once; all of it stays in L1, since a strip is as narrow as the plan says.
//
//   for each block, for each strip of outputs, for each output row
//     for each tile of outputs
//       weave what the tile reads of the input rows that are new
//       multiply and store it (see woven_tiles.inl.hpp)
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
  using Type = K;
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

  template <bool Whole, WovenEnd End>
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
      const WovenTiles<Woven, Whole> tiles = {*this,
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
      WovenOutputs<K, Whole> to;
      int lane = 0;
      for (std::uint8_t*& p : to.lanes) p = strip.lanes[lane++].dst + y * a.dst_row_stride;
      constexpr int kMost = End == WovenEnd::kAny ? 2 : kTile;
      std::int64_t woven = 0;
      for (std::int64_t x = 0; x < count; x += kMost, to = to.after(kMost * tiles.output)) {
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
        tiles.template outputs<End>(x / kOutputs, end - x, to);
      }
    }
  }

  template <bool Whole>
  TANDEM_INLINE void run_strip(const WovenStrip<K, Whole>& strip, std::int64_t count, const float* block) const {
    const Requantisation& q = a.epilogue.requantisation;
    if (q.dst_bytes != 1 || !q.bounded) return strip_rows<Whole, WovenEnd::kAny>(strip, count, block);
    if (has_whole_range<K::kSigned>(q)) return strip_rows<Whole, WovenEnd::kWhole>(strip, count, block);
    strip_rows<Whole, WovenEnd::kBytes>(strip, count, block);
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
