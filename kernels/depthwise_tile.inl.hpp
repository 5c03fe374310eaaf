// The register tile of a depthwise convolution of stride 1 or 2: pixels along the row, of one or two output rows, by
// one vector of channels. Its sums stay in registers over all kernel rows. depthwise_stride1.inl.hpp and
// depthwise_stride2.inl.hpp add an input row to them.
//
// Two rows are for blocks. Their depthwise stage reads from L2, at some 20 bytes a cycle on Zen 3 and 32 on Zen 4. At
// stride 1 the FMAs of an output vector take 4.5 cycles on Zen 3, time for 90 bytes. Row by row, an output vector needs
// 4 vectors of 32 bytes: 3 read and one written. Two rows together read only 2. At stride 2 two rows read 5 input rows,
// not twice 3: 0.62 of the peak from L2 on Zen 4, not 0.55. At 5 x 5 and stride 1 two rows read 6 input rows, not
// twice 5: maps of 100 x 76 take 0.70 of the time on Emerald Rapids.

// Pixels of the tile for one row: 7 outputs divide the maps of the ImageNet networks (7, 14, 28, 56, 112), and 7 chains
// nearly cover latency x ports of the FMA.
inline constexpr int kDepthwiseOutputs = 7;

// Pixels of a second tile, for rows that 7 does not divide, see next_outputs().
template <class K>
inline constexpr int kNarrowOutputs = K::kEveryTile ? 4 : kDepthwiseOutputs;

// Pixels of each row of the tile for two rows; 0: there is none. With vectors of 16 bytes L2 keeps up row by row. With
// 16 registers a tile of stride 2 would have only 4 pixels per row to share 5 input rows and 18 taps. At 5 x 5 a
// tile of 2 x 4 pixels would need 19 registers: 8 sums, 10 taps and an input.
template <class K, int Kw, int Stride>
inline constexpr int kPairOutputs = K::kWidth < 8 || !K::kEveryTile ? 0
                                    : K::kRegisters >= 32           ? kDepthwiseOutputs
                                    : Stride == 1 && Kw == 3        ? 4
                                                                    : 0;

// Pixels of each row of its second tile.
template <class K, int Kw, int Stride>
inline constexpr int kPairNarrow =
    kPairOutputs<K, Kw, Stride> < kDepthwiseOutputs ? kPairOutputs<K, Kw, Stride> : kNarrowOutputs<K>;

template <class K, int Kw, int Stride, int Rows, int Outputs>
struct DepthwiseTile {
  using Reg = typename K::Reg;
  using Row = InputRow<K, Kw, Stride, Rows, Outputs>;
  using Src = typename K::Src;
  using Weight = typename K::Weight;
  using Dst = typename K::Dst;
  static constexpr int kInputs = Row::kInputs;

  // The tile whose first output is x. It skips `Left` columns before the row and `Right` after it. The last vector of
  // channels is whole, see ChannelVectors, but of half the width if that holds what is left.
  template <int Left, int Right>
  static TANDEM_INLINE void run(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x) {
    for (std::int64_t channel = 0; channel < d.channels; channel += K::kWidth) {
      const std::int64_t rest = d.channels - channel;
      if constexpr (K::kEveryTile && K::kHalves) {
        using Half = F32<typename K::HalfArch>;
        using HalfTile = DepthwiseTile<Half, Kw, Stride, Rows, Outputs>;
        if (rest <= Half::kWidth) return HalfTile::template vector<Left, Right>(d, inner, x, d.channels - Half::kWidth);
      }
      if (rest < K::kWidth) channel = d.channels - K::kWidth;
      vector<Left, Right>(d, inner, x, channel);
    }
  }

  // Of one vector of channels.
  template <int Left, int Right>
  static TANDEM_INLINE void vector(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x,
                                   std::int64_t channel) {
    const std::ptrdiff_t offset = inner.offset + (x * Stride - d.pad_left) * d.src_stride;  // bytes
    Reg acc[Rows][Outputs];
    const Reg start = K::load(d.bias + channel);
#pragma GCC unroll 2
    for (int r = 0; r < Rows; ++r) {
#pragma GCC unroll 8
      for (int o = 0; o < Outputs; ++o) acc[r][o] = start;
    }
    if constexpr (Rows == 1) {
      const Weight* filter = static_cast<const Weight*>(inner.filter) + channel;
      for (std::int64_t y = 0; y < inner.count; ++y, filter = at(filter, Kw * d.filter_stride)) {
        const Src* p = at(static_cast<const Src*>(inner.rows[y]), offset) + channel;
        Row::template add<Left, Right, 0, 1>(p, d.src_stride, filter, d.filter_stride, acc);
      }
      finish_tile<K, Outputs, false>(d, x, channel, K::tail(K::kWidth), acc[0]);
    } else {
      two_rows<Left, Right>(d, offset, channel, acc);
      Dst* dst = at(static_cast<Dst*>(d.dst), x * d.dst_stride) + channel;
#pragma GCC unroll 2
      for (int r = 0; r < Rows; ++r, dst = at(dst, d.dst_row_stride)) {
        store_clamped<K, Outputs, false>(d.epilogue, acc[r], dst, d.dst_stride, K::tail(K::kWidth));
      }
    }
  }

 private:
  // The sums of two rows; the kernel is square and has the same stride in both directions. No input row is padding:
  // with a test for each row, Clang defers the multiply-adds before it and keeps their operands on the stack.
  template <int Left, int Right>
  static TANDEM_INLINE void two_rows(const DepthwiseArgs& d, std::ptrdiff_t offset, std::int64_t channel,
                                     Reg (&acc)[Rows][Outputs]) {
    const std::ptrdiff_t stride = d.src_stride;
    const std::ptrdiff_t filter_stride = d.filter_stride;
    const void* const* rows = d.rows;
    const Weight* filter = static_cast<const Weight*>(d.filter) + channel;
    const auto row = [&](const void* data) { return at(static_cast<const Src*>(data), offset) + channel; };
#pragma GCC unroll 4
    for (int ky = 0; ky < Stride; ++ky, filter = at(filter, Kw * filter_stride)) {
      Row::template add<Left, Right, 0, 1>(row(*rows++), stride, filter, filter_stride, acc);
    }
#pragma GCC unroll 4
    for (int ky = Stride; ky < Kw; ++ky, filter = at(filter, Kw * filter_stride)) {
      Row::template add<Left, Right, 0, 2>(row(*rows++), stride, filter, filter_stride, acc);
    }
    filter = at(filter, -std::ptrdiff_t{Stride} * Kw * filter_stride);
#pragma GCC unroll 2
    for (int ky = Kw - Stride; ky < Kw; ++ky, filter = at(filter, Kw * filter_stride)) {
      Row::template add<Left, Right, 1, 1>(row(*rows++), stride, filter, filter_stride, acc);
    }
  }
};
