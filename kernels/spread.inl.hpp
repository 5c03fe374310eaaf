// Spreads the channels of a grouped convolution, see SpreadArgs. It makes one vector of outputs for all pixels of the
// row, since its lanes need the same inputs in every pixel.
//
// Groups of one input and 4 outputs, outputs 6..9:                 lanes   6 7 8 9      one load of the inputs 1 and 2,
//                                                                  inputs  1 1 2 2      one permutation, one store
//
// With more inputs per group the lanes may reach further than one vector of inputs. Each piece of up to V inputs then
// fills its lanes, and a mask clears the others. Where the inputs lie so far apart that each piece has few of them, they
// are copied one by one. So they are with four lanes: such ISAs load a part of a vector element by element.

// V inputs that some lanes need.
template <class K>
struct SpreadPiece {
  std::int64_t first;                   // input
  typename K::Tail readable;            // of the inputs from `first` on
  typename K::Permutation permutation;  // of the lanes that it fills
  typename K::Reg mask;                 // all bits of these
};

inline constexpr int kMostSpreadPieces = 4;

// The pieces for output lanes whose inputs, in ascending order, are `inputs`; 0: more than kMostSpreadPieces.
template <class K>
int spread_pieces(const std::int64_t (&inputs)[K::kWidth], int lanes, SpreadPiece<K> (&pieces)[kMostSpreadPieces]) {
  int count = 0;
  for (int lane = 0; lane < lanes; ++count) {
    if (count == kMostSpreadPieces) return 0;
    int end = lane;  // of the lanes that this piece fills
    while (end < lanes && inputs[end] - inputs[lane] < K::kWidth) ++end;
    std::int32_t offset[K::kWidth] = {};
    std::uint32_t mask[K::kWidth] = {};
    for (int l = lane; l < end; ++l) {
      offset[l] = static_cast<std::int32_t>(inputs[l] - inputs[lane]);
      mask[l] = 0xffffffffU;
    }
    float bits[K::kWidth];
    __builtin_memcpy(bits, mask, sizeof(bits));
    pieces[count] = {inputs[lane], K::tail(offset[end - 1] + 1), K::permutation(offset), K::load(bits)};
    lane = end;
  }
  return count;
}

// One vector of outputs of one pixel.
template <class K, int Pieces>
TANDEM_INLINE typename K::Reg spread_vector(const typename K::Bits* pixel, const SpreadPiece<K>* pieces) {
  typename K::Reg all = K::permute(K::load_partial(pixel + pieces[0].first, pieces[0].readable), pieces[0].permutation);
  if constexpr (Pieces > 1) all = K::and_bits(all, pieces[0].mask);
#pragma GCC unroll 4
  for (int i = 1; i < Pieces; ++i) {
    const auto v = K::permute(K::load_partial(pixel + pieces[i].first, pieces[i].readable), pieces[i].permutation);
    all = K::or_bits(all, K::and_bits(v, pieces[i].mask));
  }
  return all;
}

template <class K, int Pieces>
void spread_pixels(const SpreadArgs& s, const SpreadPiece<K>* pieces, typename K::Bits* to, int lanes) {
  const auto* from = static_cast<const typename K::Bits*>(s.src.data);
  const auto outputs = K::tail(lanes);
  for (std::int64_t x = 0; x < s.pixels; ++x, from = at(from, s.src.stride), to = at(to, s.dst.stride)) {
    const auto v = spread_vector<K, Pieces>(from, pieces);
    if (lanes == K::kWidth) {
      K::store(to, v);
    } else {
      K::store_partial(to, v, outputs);
    }
  }
}

template <class K>
void spread(const SpreadArgs& s) noexcept {
  using Bits = typename K::Bits;
  for (std::int64_t o = 0; o < s.channels; o += K::kWidth) {
    const std::int64_t left = s.channels - o;
    const int lanes = left < K::kWidth ? static_cast<int>(left) : K::kWidth;
    std::int64_t inputs[K::kWidth];
    for (int l = 0; l < lanes; ++l) inputs[l] = (s.first + o + l) / s.group_outputs * s.group_inputs + s.member;
    Bits* to = static_cast<Bits*>(s.dst.data) + o;
    SpreadPiece<K> pieces[kMostSpreadPieces];
    const bool permutes = s.group_inputs == 1 || K::kWidth >= 8;
    switch (permutes ? spread_pieces<K>(inputs, lanes, pieces) : 0) {
      case 1:
        spread_pixels<K, 1>(s, pieces, to, lanes);
        break;
      case 2:
        spread_pixels<K, 2>(s, pieces, to, lanes);
        break;
      case 3:
        spread_pixels<K, 3>(s, pieces, to, lanes);
        break;
      case 4:
        spread_pixels<K, 4>(s, pieces, to, lanes);
        break;
      default: {
        const auto* from = static_cast<const Bits*>(s.src.data);
        for (std::int64_t x = 0; x < s.pixels; ++x, from = at(from, s.src.stride), to = at(to, s.dst.stride)) {
          for (int l = 0; l < lanes; ++l) to[l] = from[inputs[l]];
        }
      }
    }
  }
}
