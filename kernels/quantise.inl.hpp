// From fp32 to 8 bits and back, element by element. Every ISA has the same bits: a quotient, a product and a conversion are
// each rounded once, to nearest, ties to even.

// The bytes of a lane as an unsigned integer: an s8 plus 128.
template <class K>
TANDEM_INLINE typename K::Reg unsigned_bytes(typename K::Reg bytes) {
  return K::kSigned ? K::and_bits(K::add_bits(bytes, K::bits(128)), K::bits(255)) : bytes;
}

// What takes the zero point off unsigned_bytes() of so many elements.
template <class K>
TANDEM_INLINE typename K::Reg offset_of(std::int32_t zero_point, std::int64_t elements = 1) {
  const auto each = static_cast<std::uint32_t>(-zero_point - (K::kSigned ? 128 : 0));
  return K::bits(static_cast<std::uint32_t>(elements) * each);
}

template <class K>
TANDEM_INLINE typename K::Reg less_zero_point(typename K::Reg bytes, typename K::Reg offset) {
  return K::to_float(K::add_bits(unsigned_bytes<K>(bytes), offset));
}

// dst = clamp(round(src / scale) + zero_point). A NaN becomes the least integer.
template <class K>
void quantise(const ConvertArgs& args) noexcept {
  using Reg = typename K::Reg;
  const ConvertArgs a = joined_rows<float, std::uint8_t>(args);
  const std::int32_t least = (K::kSigned ? -128 : 0) - a.zero_point;
  const QuantisedEnd<K> end(static_cast<float>(least), static_cast<float>(least + 255), a.zero_point);
  const Reg scale = K::broadcast(a.scale);
  const auto* src = static_cast<const float*>(a.src.data);
  auto* dst = static_cast<std::uint8_t*>(a.dst.data);
  const auto convert = [&](Reg v) { return end.bytes_of_any(K::quotient(v, scale)); };
  for (std::int64_t p = 0; p < a.pixels; ++p, src = at(src, a.src.stride), dst = at(dst, a.dst.stride)) {
    std::int64_t c = 0;
    for (; c + K::kWidth <= a.channels; c += K::kWidth) K::store_bytes(dst + c, convert(K::load(src + c)));
    const int rest = static_cast<int>(a.channels - c);
    if (rest > 0) K::store_bytes_partial(dst + c, convert(K::load_partial(src + c, K::tail(rest))), rest);
  }
}

// dst = scale * (src - zero_point).
template <class K>
void dequantise(const ConvertArgs& args) noexcept {
  using Reg = typename K::Reg;
  const ConvertArgs a = joined_rows<std::uint8_t, float>(args);
  const Reg scale = K::broadcast(a.scale);
  const Reg offset = offset_of<K>(a.zero_point);
  const auto* src = static_cast<const std::uint8_t*>(a.src.data);
  auto* dst = static_cast<float*>(a.dst.data);
  const auto convert = [&](Reg v) { return K::multiply(less_zero_point<K>(v, offset), scale); };
  for (std::int64_t p = 0; p < a.pixels; ++p, src = at(src, a.src.stride), dst = at(dst, a.dst.stride)) {
    std::int64_t c = 0;
    for (; c + K::kWidth <= a.channels; c += K::kWidth) K::store(dst + c, convert(K::load_bytes(src + c)));
    const int rest = static_cast<int>(a.channels - c);
    if (rest > 0) K::store_partial(dst + c, convert(K::load_bytes_partial(src + c, rest)), K::tail(rest));
  }
}
