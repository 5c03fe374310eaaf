// From fp32 to 8 bits and back, element by element. Every ISA has the same bits: a quotient, a product and a conversion are
// each rounded once, to nearest, ties to even.

// dst = clamp(round(src / scale) + zero_point). A NaN becomes the least integer.
template <class K>
void quantise(const ConvertArgs& a) noexcept {
  using Reg = typename K::Reg;
  const std::int32_t least = (K::kSigned ? -128 : 0) - a.zero_point;
  const Reg lo = K::broadcast(static_cast<float>(least));
  const Reg hi = K::broadcast(static_cast<float>(least + 255));
  const Reg scale = K::broadcast(a.scale);
  const Reg zero_point = K::bits(static_cast<std::uint32_t>(a.zero_point));
  const auto* src = static_cast<const float*>(a.src.data);
  auto* dst = static_cast<std::uint8_t*>(a.dst.data);
  const auto convert = [&](Reg v) {
    const Reg steps = K::quotient(v, scale);
    const Reg y = K::at_most(K::if_less(lo, steps, steps, lo), hi);
    return K::add_bits(rounded<K>(y), zero_point);
  };
  for (std::int64_t p = 0; p < a.pixels; ++p, src = at(src, a.src.stride), dst = at(dst, a.dst.stride)) {
    std::int64_t c = 0;
    for (; c + K::kWidth <= a.channels; c += K::kWidth) K::store_bytes(dst + c, convert(K::load(src + c)));
    const int rest = static_cast<int>(a.channels - c);
    if (rest > 0) K::store_bytes_partial(dst + c, convert(K::load_partial(src + c, K::tail(rest))), rest);
  }
}

// dst = scale * (src - zero_point).
template <class K>
void dequantise(const ConvertArgs& a) noexcept {
  using Reg = typename K::Reg;
  const Reg scale = K::broadcast(a.scale);
  const Reg offset = K::bits(static_cast<std::uint32_t>(-a.zero_point - (K::kSigned ? 128 : 0)));
  const auto* src = static_cast<const std::uint8_t*>(a.src.data);
  auto* dst = static_cast<float*>(a.dst.data);
  const auto convert = [&](Reg v) {
    // An s8 that is 128 too large is a u8.
    const Reg u = K::kSigned ? K::and_bits(K::add_bits(v, K::bits(128)), K::bits(255)) : v;
    return K::multiply(K::to_float(K::add_bits(u, offset)), scale);
  };
  for (std::int64_t p = 0; p < a.pixels; ++p, src = at(src, a.src.stride), dst = at(dst, a.dst.stride)) {
    std::int64_t c = 0;
    for (; c + K::kWidth <= a.channels; c += K::kWidth) K::store(dst + c, convert(K::load_bytes(src + c)));
    const int rest = static_cast<int>(a.channels - c);
    if (rest > 0) K::store_partial(dst + c, convert(K::load_bytes_partial(src + c, rest)), K::tail(rest));
  }
}
