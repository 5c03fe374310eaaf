// Channel-wise product: dst[p, c] = src[p, c] * scale[c], the last step of a squeeze-and-excite. It goes pixel by
// pixel, so that memory is read and written in one stream. The scales come from L1: two loads and a store per vector.

// Rest: the number of channels is no multiple of V. The last V channels are one more vector, which overlaps the one
// before. It is computed before that one is stored, since dst may be src.
template <class K, bool Rest>
TANDEM_INLINE void scale_pixels(const ScaleArgs& a) {
  using Reg = typename K::Reg;
  const std::int64_t last = a.channels - K::kWidth;
  const auto* scale = static_cast<const typename K::Src*>(a.scale);
  const auto* src = static_cast<const typename K::Src*>(a.src.data);
  auto* dst = static_cast<typename K::Dst*>(a.dst.data);
  for (std::int64_t p = 0; p < a.pixels; ++p, src = at(src, a.src.stride), dst = at(dst, a.dst.stride)) {
    const Reg rest = Rest ? K::multiply(K::load(src + last), K::load(scale + last)) : K::broadcast(0.0F);
    for (std::int64_t c = 0; c <= last; c += K::kWidth) {
      K::store(dst + c, K::multiply(K::load(src + c), K::load(scale + c)));
    }
    if (Rest) K::store(dst + last, rest);
  }
}

template <class K>
void scale_channels(const ScaleArgs& a) noexcept {
  if (a.channels >= K::kWidth) {
    return a.channels % K::kWidth == 0 ? scale_pixels<K, false>(a) : scale_pixels<K, true>(a);
  }
  const typename K::Tail tail = K::tail(static_cast<int>(a.channels));
  const typename K::Reg scale = K::load_partial(static_cast<const typename K::Src*>(a.scale), tail);
  const auto* src = static_cast<const typename K::Src*>(a.src.data);
  auto* dst = static_cast<typename K::Dst*>(a.dst.data);
  for (std::int64_t p = 0; p < a.pixels; ++p, src = at(src, a.src.stride), dst = at(dst, a.dst.stride)) {
    K::store_partial(dst, K::multiply(K::load_partial(src, tail), scale), tail);
  }
}
