// Functions of an element of 8 bits, from a table: dst[p, c] = table[src[p, c]].

void lookup(const LookupArgs& l) noexcept {
  const auto* src = static_cast<const std::uint8_t*>(l.src.data);
  auto* dst = static_cast<std::uint8_t*>(l.dst.data);
  const bool dense = l.src.stride == l.channels && l.dst.stride == l.channels;
  const std::int64_t rows = dense ? 1 : l.pixels;
  const std::int64_t columns = dense ? l.pixels * l.channels : l.channels;
  for (std::int64_t p = 0; p < rows; ++p, src += l.src.stride, dst += l.dst.stride) {
    for (std::int64_t c = 0; c < columns; ++c) dst[c] = l.table[src[c]];
  }
}
