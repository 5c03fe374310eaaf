// Depthwise convolution of 8 bits, for whole blocks of 4 * V channels (see woven.hpp). Rows of entries wait in a ring, so each
// input row is woven once; all of it stays in L1, since a strip is as narrow as the plan says.
//
//   for each block, for each strip of outputs, for each output row
//     weave the input rows that are new
//     for each tile of outputs: sum over the kernel rows, the steps of an entry; requantise
//
// 3 x 3 at stride 1, 64 outputs with AVX-512: 12 dot products, 12 conversions and multiplications, 3 packs, 3 shuffles to
// weave: 30 instructions on two ports, 15 cycles. Weights come from L1, 6 loads; the entries take 6.
//
// Channels that fill no whole block are a block whose lanes are segments of the row: of 16 channels, four quarters of it.

template <class K, int Stride>
struct Woven {
  using Reg = typename K::Reg;
  static constexpr int kV = K::kWidth;
  static constexpr int kLanes = kWovenLanes<K>;
  static constexpr int kLaneChannels = kV >= 4 ? 16 : 4 * kV;
  static constexpr int kOutputs = Stride == 1 ? 2 : 1;
  static constexpr int kSums = K::kRegisters >= 32 ? 16 : 8;  // registers
  static constexpr int kTile = kSums / 4 / kOutputs;
  static constexpr WovenForm kForm = {Stride, K::kEntryTaps, kOutputs, kTile};

  const WovenArgs& a;
  const std::int64_t steps = kForm.steps(a.x.kernel);
  // Entries from an output's to the next one's, and from step to step.
  const std::int64_t entry_step = Stride == 0 ? steps : 1;
  const std::int64_t next_step = Stride == 0 ? 1 : K::kEntryTaps / 2;
  const WovenMemory sizes = {kForm, a.y, a.x.kernel, a.strip, kV};
  float* const filter = static_cast<float*>(a.memory);
  float* const biases = filter + sizes.filter;
  float* const multipliers = biases + std::ptrdiff_t{4} * kV;
  float* const ring = biases + sizes.channels;
  std::int64_t* const row_in =
      reinterpret_cast<std::int64_t*>(ring + sizes.rows * sizes.row);  // in each slot of the ring
  const float** const rows = reinterpret_cast<const float**>(row_in + sizes.rows);
  const typename K::PackConstants constants = K::pack_constants(a.epilogue.requantisation);

  // The numbers of a block in the order of its vectors.
  TANDEM_INLINE void load_channels(const WovenLane* lanes) const {
    const std::int64_t quads = (a.x.kernel + 3) / 4;
    const std::int64_t group_bytes = a.y.kernel * quads * kLaneChannels * 4;
    for (int t = 0; t < 4; ++t) {
      const auto of_lanes = [&](const auto& begin) {
        const std::uint8_t* p[kLanes];
        for (int i = 0; i < kLanes; ++i) p[i] = begin(lanes[i]) + t * kLaneChannels;
        return K::load_byte_lanes(p);
      };
      const auto floats = [&](const float* first) {
        return of_lanes([&](const WovenLane& l) { return reinterpret_cast<const std::uint8_t*>(first + l.channel); });
      };
      K::store(biases + std::ptrdiff_t{t} * kV, floats(a.bias));
      K::store(multipliers + std::ptrdiff_t{t} * kV, floats(a.epilogue.requantisation.multipliers));
      for (std::int64_t ky = 0; ky < a.y.kernel; ++ky) {
        Reg before = K::bits(0);
        for (std::int64_t q = 0; q * 4 < steps * K::kEntryTaps; ++q) {
          const Reg quad = q < quads ? of_lanes([&](const WovenLane& l) {
            return static_cast<const std::uint8_t*>(a.filter) + l.group * group_bytes +
                   (ky * quads + q) * kLaneChannels * 4;
          })
                                     : K::bits(0);
          store_weights(ky, q, t, 0, quad);
          // The second output of an entry has its taps a pixel further on.
          if constexpr (kOutputs == 2) {
            store_weights(ky, q, t, 1,
                          K::or_bits(K::template shift_left<8>(quad), K::template shift_right<24>(before)));
          }
          before = quad;
        }
      }
    }
  }
  TANDEM_INLINE void store_weights(std::int64_t ky, std::int64_t quad, int t, int output, Reg weights) const {
    for (int part = 0; part < 4 / K::kEntryTaps; ++part) {
      const std::int64_t step = quad * (4 / K::kEntryTaps) + part;
      if (step < steps) {
        K::store(filter + (((ky * steps + step) * 4 + t) * kOutputs + output) * kV, K::entry_weights(weights, part));
      }
    }
  }

  static constexpr int kAnyEnd = 0;    // through memory
  static constexpr int kByteEnd = 1;   // 8 bits
  static constexpr int kWholeEnd = 2;  // 8 bits, the whole range of the type, see pack()

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
    const float* const* rows;
    const float* filter;
    const float* biases;
    const float* multipliers;
    std::int64_t kernel_h;
    std::int64_t steps;
    std::ptrdiff_t entry;  // floats from an output's entry to the next one's, and from step to step
    std::ptrdiff_t step;
    std::ptrdiff_t output;  // bytes
    typename K::PackConstants constants;

    // Outputs of Entries entries from entry `first` on, of which `left` exist.
    template <int Entries, int End>
    TANDEM_INLINE void tile(std::int64_t first, std::int64_t left, const Outputs<Whole>& to) const {
      Reg acc[Entries][kOutputs][4];
#pragma GCC unroll 4
      for (int t = 0; t < 4; ++t) {
        const Reg bias = K::load(biases + std::ptrdiff_t{t} * kV);
#pragma GCC unroll 4
        for (int e = 0; e < Entries; ++e) {
#pragma GCC unroll 2
          for (int o = 0; o < kOutputs; ++o) acc[e][o][t] = bias;
        }
      }
      const float* weights = filter;
      for (std::int64_t ky = 0; ky < kernel_h; ++ky) {
        const float* p = rows[ky] + first * entry;
        for (std::int64_t m = 0; m < steps; ++m, p += step, weights += std::ptrdiff_t{4} * kOutputs * kV) {
#pragma GCC unroll 4
          for (int t = 0; t < 4; ++t) {
            Reg w[kOutputs];
#pragma GCC unroll 2
            for (int o = 0; o < kOutputs; ++o) w[o] = K::load(weights + (std::ptrdiff_t{t} * kOutputs + o) * kV);
#pragma GCC unroll 4
            for (int e = 0; e < Entries; ++e) {
              const Reg in = K::load(p + e * entry + std::ptrdiff_t{t} * kV);
#pragma GCC unroll 2
              for (int o = 0; o < kOutputs; ++o) acc[e][o][t] = K::add_entry(in, w[o], acc[e][o][t]);
            }
          }
        }
      }
      finish<Entries, End, 0>(acc, left, to);
    }

    template <int Entries, int End, int Output>
    TANDEM_INLINE void finish(const Reg (&acc)[Entries][kOutputs][4], std::int64_t left,
                              const Outputs<Whole>& to) const {
      if constexpr (Output < Entries * kOutputs) {
        if (Output >= left) return;
        const Reg(&sums)[4] = acc[Output / kOutputs][Output % kOutputs];
        if constexpr (End == kAnyEnd) {
          float natural[4 * kV];
#pragma GCC unroll 4
          for (int t = 0; t < 4; ++t) K::store_sum_lanes(natural + t * (kLaneChannels / 4), sums[t]);
          woven.store_sums(strip, to, natural);
        } else {
          Reg integers[4];
#pragma GCC unroll 4
          for (int t = 0; t < 4; ++t) {
            integers[t] = K::nearest(sums[t], K::load(multipliers + std::ptrdiff_t{t} * kV));
          }
          to.store(K::template pack < K::kSigned, End == kWholeEnd > (integers, constants));
        }
        finish<Entries, End, Output + 1>(acc, left, to.after(output));
      }
    }
  };

  // An output whose end is not that of pack(): fp32, or a product that might not fit into 32 bits. sums: lane by lane.
  template <bool Whole>
  __attribute__((noinline)) void store_sums(const WovenStrip<K, Whole>& strip, const Outputs<Whole>& to,
                                            const float* sums) const {
    const std::int32_t bytes = a.epilogue.requantisation.dst_bytes;
    for (int i = 0; i < kLanes; ++i) {
      std::uint8_t* const dst =
          Whole ? to.lanes[0] + std::ptrdiff_t{i} * kLaneChannels * bytes : to.lanes[Whole ? 0 : i];
      finish_sums<K>({a.epilogue, sums + std::ptrdiff_t{i} * kLaneChannels, 0, nullptr, 0, dst, 0, 1, kLaneChannels,
                      strip.lanes[i].channel});
    }
  }

  template <bool Whole, int End>
  TANDEM_INLINE void output_row(const WovenStrip<K, Whole>& strip, std::int64_t y, std::int64_t count) const {
    const Row<Whole> row = {*this,
                            strip,
                            rows,
                            filter,
                            biases,
                            multipliers,
                            a.y.kernel,
                            steps,
                            entry_step * 4 * kV,
                            next_step * 4 * kV,
                            a.x.classes() * a.dst.stride,
                            constants};
    Outputs<Whole> to;
    int lane = 0;
    for (std::uint8_t*& p : to.lanes) p = strip.lanes[lane++].dst + y * a.dst_row_stride;
    const std::ptrdiff_t tile_bytes = kTile * kOutputs * row.output;
    const std::int64_t entries = (count + kOutputs - 1) / kOutputs;
    std::int64_t e = 0;
    for (; e + kTile <= entries; e += kTile, to = to.after(tile_bytes)) {
      row.template tile<kTile, End>(e, count - e * kOutputs, to);
    }
    if constexpr (kTile >= 4) {
      if (e + 2 < entries) return row.template tile<kTile, End>(e, count - e * kOutputs, to);
    }
    if constexpr (kTile >= 2) {
      if (e < entries) row.template tile<kTile / 2, End>(e, count - e * kOutputs, to);
    }
  }

  template <bool Whole, int End>
  void strip_rows(const WovenStrip<K, Whole>& strip, std::int64_t count) const {
    std::uint8_t padding[4 * kV];
    __builtin_memset(padding, a.zero_point, sizeof(padding));
    for (std::int64_t i = 0; i < sizes.rows; ++i) row_in[i] = -1 - a.y.pad;  // none
    const std::int64_t entries = kForm.entries(a.x.kernel, count);
    std::int64_t slot = a.first_row * a.y.stride % sizes.rows;
    for (std::int64_t y = a.first_row; y < a.end_row; ++y) {
      for (std::int64_t ky = 0; ky < a.y.kernel; ++ky) {
        const std::int64_t in = y * a.y.stride - a.y.pad + ky * a.y.dilation;
        std::int64_t place = slot + ky * a.y.dilation;
        if (place >= sizes.rows) place -= sizes.rows;
        float* const to = ring + place * sizes.row;
        rows[ky] = to;
        if (row_in[place] == in) continue;
        row_in[place] = in;
        const std::ptrdiff_t row = in * a.src_row_stride;
        if (in < 0 || in >= a.y.in) {
          weave_padding<K>(K::load_byte_block(padding), entries, to);
        } else if constexpr (Stride != 0) {
          weave_pairs<K, Whole>(strip, row, padding, entries, to);
        } else {
          weave_outputs<K, Whole>(strip, row, padding, entries / steps, a.x.dense_stride(), steps, to);
        }
      }
      output_row<Whole, End>(strip, y, count);
      slot = (slot + a.y.stride) % sizes.rows;
    }
  }

  template <bool Whole>
  TANDEM_INLINE void run_strip(const WovenStrip<K, Whole>& strip, std::int64_t count) const {
    const Requantisation& q = a.epilogue.requantisation;
    if (q.dst_bytes != 1 || !q.bounded) return strip_rows<Whole, kAnyEnd>(strip, count);
    const bool whole_range = q.lo == 0.0F && q.hi == 255.0F && q.zero_point == (K::kSigned ? -128 : 0);
    if (whole_range) return strip_rows<Whole, kWholeEnd>(strip, count);
    strip_rows<Whole, kByteEnd>(strip, count);
  }

  // `segments`: of the row, that the lanes hold; channel_lanes of them are neighbours of one segment.
  template <bool Whole>
  TANDEM_INLINE void run_block(std::int64_t first_group, std::int64_t group_count, std::int64_t groups) const {
    WovenStrip<K, Whole> strip;
    const std::int64_t segments = kLanes / group_count;
    for (int i = 0; i < kLanes; ++i) {
      const std::int64_t i_group = i < segments * group_count ? i % group_count : group_count - 1;
      const std::int64_t group = first_group + i_group;
      const std::int64_t channel = group + 1 == groups ? a.channels - kLaneChannels : group * kLaneChannels;
      strip.lanes[i].src = static_cast<const std::uint8_t*>(a.src.data) + channel;
      strip.lanes[i].channel = channel;
      strip.lanes[i].group = group;
    }
    strip.stride = a.src.stride;
    strip.step = a.x.dilation * a.src.stride;
    load_channels(strip.lanes);
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
          strip.lanes[i].pixel = output * a.x.stride - a.x.pad;
          strip.lanes[i].dst = static_cast<std::uint8_t*>(a.dst.data) + output * a.dst.stride +
                               strip.lanes[i].channel * a.epilogue.requantisation.dst_bytes;
        }
        strip.bound(a.x);
        run_strip(strip, count);
        done += segments * count;
      }
    }
  }

  TANDEM_INLINE void run() const {
    const std::int64_t groups = (a.channels + kLaneChannels - 1) / kLaneChannels;
    const std::int64_t whole = a.channels / (std::int64_t{kLaneChannels} * kLanes);
    for (std::int64_t block = a.first_block; block < a.end_block; ++block) {
      const std::int64_t group = block * kLanes;
      if (kLanes == 1 || block < whole) {
        run_block<true>(group, kLanes, groups);
      } else if constexpr (kLanes > 1) {
        run_block<false>(group, groups - group, groups);
      }
    }
  }
};

template <class K, int Stride>
void depthwise_woven(const WovenArgs& args) noexcept {
  Woven<K, Stride>{args}.run();
}
