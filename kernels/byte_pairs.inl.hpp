// The walk of an element-wise operator over pixels of 8 bits.

// dst[p, c] = result(a[p, c], b[p, c]), bytes in the low bits of lanes. single: b is one byte for each pixel.
template <class K, class Result>
TANDEM_INLINE void each_pair_of_bytes(const ElementwiseArgs& e, bool single, const Result& result) {
  using Reg = typename K::Reg;
  const auto* a = static_cast<const std::uint8_t*>(e.a.data);
  const auto* b = static_cast<const std::uint8_t*>(e.b.data);
  auto* dst = static_cast<std::uint8_t*>(e.dst.data);
  for (std::int64_t p = 0; p < e.pixels; ++p, a += e.a.stride, b += e.b.stride, dst += e.dst.stride) {
    const Reg every = K::bits(*b);
    std::int64_t c = 0;
    for (; c + K::kWidth <= e.channels; c += K::kWidth) {
      K::store_bytes(dst + c, result(K::load_bytes(a + c), single ? every : K::load_bytes(b + c)));
    }
    const int rest = static_cast<int>(e.channels - c);
    if (rest == 0) continue;
    const Reg last = single ? every : K::load_bytes_partial(b + c, rest);
    K::store_bytes_partial(dst + c, result(K::load_bytes_partial(a + c, rest), last), rest);
  }
}
