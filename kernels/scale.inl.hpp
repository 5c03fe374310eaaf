// Channel-wise product: dst[p, c] = src[p, c] * scale[c], the last step of a squeeze-and-excite. Pixel after pixel, so
// that memory is read and written in one stream; the scales come from L1, two loads and a store a vector.

// Rest: channels are no multiple of V. The last V of them are one more vector, which overlaps the one before and is
// computed before that is stored, since dst may be src.
template <class S, bool Rest>
TANDEM_INLINE void scale_pixels(const ScaleArgs& a) {
  using Reg = typename S::Reg;
  const std::int64_t last = a.channels - S::kWidth;
  const float* src = a.src;
  float* dst = a.dst;
  for (std::int64_t p = 0; p < a.pixels; ++p, src += a.src_stride, dst += a.dst_stride) {
    const Reg rest = Rest ? S::multiply(S::load(src + last), S::load(a.scale + last)) : S::broadcast(0.0F);
    for (std::int64_t c = 0; c <= last; c += S::kWidth) {
      S::store(dst + c, S::multiply(S::load(src + c), S::load(a.scale + c)));
    }
    if (Rest) S::store(dst + last, rest);
  }
}

template <class S>
void scale_channels(const ScaleArgs& a) noexcept {
  if (a.channels >= S::kWidth) {
    return a.channels % S::kWidth == 0 ? scale_pixels<S, false>(a) : scale_pixels<S, true>(a);
  }
  const typename S::Tail tail = S::tail(static_cast<int>(a.channels));
  const typename S::Reg scale = S::load_partial(a.scale, tail);
  for (std::int64_t p = 0; p < a.pixels; ++p) {
    S::store_partial(a.dst + p * a.dst_stride, S::multiply(S::load_partial(a.src + p * a.src_stride, tail), scale),
                     tail);
  }
}
