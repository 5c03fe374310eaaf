// Linear resizing of few channels, in vectors along the row: the pixels to the left and to the right of some outputs are
// copied, so that they lie like the outputs.
//
//     2 channels     left      r g r g r g r g | r g ...       pixels of rows[0], and of rows[1]
//                    right     r g r g r g r g | r g ...
//                    weights   a a b b c c d d | e e ...       of left, and of right

template <class K>
TANDEM_INLINE typename K::Reg weigh(typename K::Reg a, typename K::Reg of_a, typename K::Reg b, typename K::Reg of_b) {
  return K::madd(b, of_b, K::multiply(a, of_a));
}

// dst has no gaps between the pixels.
template <class K, int Channels>
TANDEM_INLINE void weigh_few_channels(const ResizeArgs& r) {
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  constexpr std::int64_t kTogether = 64;
  constexpr std::int64_t kElements = kTogether * Channels;
  const Reg of_top = K::broadcast(r.weights[0]);
  const Reg of_bottom = K::broadcast(r.weights[1]);
  const auto* const top = static_cast<const Src*>(r.rows[0]);
  const auto* const bottom = static_cast<const Src*>(r.rows[1]);
  auto* dst = static_cast<typename K::Dst*>(r.dst.data);
  for (std::int64_t x = 0; x < r.pixels; x += kTogether, dst += kElements) {
    const std::int64_t pixels = r.pixels - x < kTogether ? r.pixels - x : kTogether;
    Src of_rows[2][2][kElements];
    float weights[2][kElements];
    for (std::int64_t i = 0; i < pixels; ++i) {
      const ResizeColumn& column = r.columns[x + i];
#pragma GCC unroll 2
      for (int j = 0; j < 2; ++j) {
        __builtin_memcpy(of_rows[0][j] + i * Channels, at(top, column.offset[j]), Channels * sizeof(Src));
        __builtin_memcpy(of_rows[1][j] + i * Channels, at(bottom, column.offset[j]), Channels * sizeof(Src));
#pragma GCC unroll 4
        for (int c = 0; c < Channels; ++c) weights[j][i * Channels + c] = column.weights[j];
      }
    }
    for_channels<K, 1>(pixels * Channels, [&]<int, bool Partial>(std::int64_t e, typename K::Tail tail) {
      const auto load = [&](const auto* p) __attribute__((always_inline)) {
        return Partial ? K::load_partial(p + e, tail) : K::load(p + e);
      };
      const Reg of_left = load(weights[0]);
      const Reg of_right = load(weights[1]);
      const Reg above = weigh<K>(load(of_rows[0][0]), of_left, load(of_rows[0][1]), of_right);
      const Reg below = weigh<K>(load(of_rows[1][0]), of_left, load(of_rows[1][1]), of_right);
      const Reg y = weigh<K>(above, of_top, below, of_bottom);
      if constexpr (Partial) {
        K::store_partial(dst + e, y, tail);
      } else {
        K::store(dst + e, y);
      }
    });
  }
}
