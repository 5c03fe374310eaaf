// Resizing along one output row, pixel by pixel, a vector of channels at a time; see ResizeArgs.

// Nearest moves elements without a look at them, so every bit stays.

template <class K, int Channels>
TANDEM_INLINE void move_few_channels(const ResizeArgs& r) {
  using Bits = typename K::Bits;
  const auto* row = static_cast<const Bits*>(r.rows[0]);
  auto* dst = static_cast<Bits*>(r.dst.data);
  const std::ptrdiff_t stride = r.dst.stride;  // for all the compiler knows, dst could be r
  const ResizeColumn* const end = r.columns + r.pixels;
  for (const ResizeColumn* column = r.columns; column != end; ++column, dst = at(dst, stride)) {
    __builtin_memcpy(dst, at(row, column->offset[0]), Channels * sizeof(Bits));
  }
}

template <class K>
TANDEM_INLINE void move_pixels(const ResizeArgs& r) {
  using Bits = typename K::Bits;
  const auto* row = static_cast<const Bits*>(r.rows[0]);
  auto* dst = static_cast<Bits*>(r.dst.data);
  for (std::int64_t x = 0; x < r.pixels; ++x, dst = at(dst, r.dst.stride)) {
    const auto* src = at(row, r.columns[x].offset[0]);
    for_channels<K, 1>(r.channels, [&]<int, bool Partial>(std::int64_t c, typename K::Tail tail) {
      if constexpr (Partial) {
        K::store_partial(dst, K::load_partial(src, tail), tail);
      } else {
        K::store(dst + c, K::load(src + c));
      }
    });
  }
}

template <class K>
void resize_nearest(const ResizeArgs& r) noexcept {
  switch (r.channels) {
    case 1:
      return move_few_channels<K, 1>(r);
    case 2:
      return move_few_channels<K, 2>(r);
    case 3:
      return move_few_channels<K, 3>(r);
    case 4:
      return move_few_channels<K, 4>(r);
    default:
      // Whole vectors of 64 bytes would lie across two cache lines in every pixel, half vectors only in every second one.
      with_half_vectors<K>(r.channels < K::kWidth || r.dst.stride % 64 != 0,
                           [&]<class Fitting>() { move_pixels<Fitting>(r); });
  }
}

template <class K>
TANDEM_INLINE void weigh_pixels(const ResizeArgs& r) {
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  const Reg of_top = K::broadcast(r.weights[0]);
  const Reg of_bottom = K::broadcast(r.weights[1]);
  auto* dst = static_cast<typename K::Dst*>(r.dst.data);
  for (std::int64_t x = 0; x < r.pixels; ++x, dst = at(dst, r.dst.stride)) {
    const ResizeColumn& column = r.columns[x];
    const Reg of_left = K::broadcast(column.weights[0]);
    const Reg of_right = K::broadcast(column.weights[1]);
    for_channels<K, 1>(r.channels, [&]<int, bool Partial>(std::int64_t c, typename K::Tail tail) {
      const auto pixel = [&](int i, int j) __attribute__((always_inline)) {
        const Src* p = at(static_cast<const Src*>(r.rows[i]), column.offset[j]) + c;
        return Partial ? K::load_partial(p, tail) : K::load(p);
      };
      const Reg top = weigh<K>(pixel(0, 0), of_left, pixel(0, 1), of_right);
      const Reg bottom = weigh<K>(pixel(1, 0), of_left, pixel(1, 1), of_right);
      const Reg y = weigh<K>(top, of_top, bottom, of_bottom);
      if constexpr (Partial) {
        K::store_partial(dst, y, tail);
      } else {
        K::store(dst + c, y);
      }
    });
  }
}

template <class K>
void resize_linear(const ResizeArgs& r) noexcept {
  // Floats of one channel are faster one by one, and masks of AVX-512 are as fast as copies of two channels.
  constexpr bool kFloats = K::kEveryTile;
  if constexpr (K::kWidth > 1 && !(kFloats && K::kHalves)) {
    const bool dense = r.dst.stride == r.channels * std::int64_t{sizeof(typename K::Dst)};
    if (!kFloats && dense && r.channels == 1) return weigh_few_channels<K, 1>(r);
    if (dense && r.channels == 2) return weigh_few_channels<K, 2>(r);
    if (dense && r.channels == 3) return weigh_few_channels<K, 3>(r);
  }
  with_fitting_vectors<K>(r.channels, [&]<class Fitting>() { weigh_pixels<Fitting>(r); });
}
