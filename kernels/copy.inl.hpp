// Copies rows of bytes, whatever their elements are. A row is moved in pieces of a fixed size, which the compiler turns
// into loads and stores of vectors. The last piece of a row overlaps the one before.

template <int Piece>
TANDEM_INLINE void copy_rows_by(const CopyArgs& c) {
  const auto* src = static_cast<const char*>(c.src.data);
  auto* dst = static_cast<char*>(c.dst.data);
  const std::int64_t last = c.bytes - Piece;
  for (std::int64_t r = 0; r < c.rows; ++r, src += c.src.stride, dst += c.dst.stride) {
    for (std::int64_t i = 0; i < last; i += Piece) __builtin_memcpy(dst + i, src + i, Piece);
    __builtin_memcpy(dst + last, src + last, Piece);
  }
}

void copy_rows(const CopyArgs& c) noexcept {
  if (c.src.stride == c.bytes && c.dst.stride == c.bytes && c.rows > 1) {
    return copy_rows({c.src, c.dst, 1, c.rows * c.bytes});
  }
  if (c.bytes >= 64) return copy_rows_by<64>(c);
  if (c.bytes >= 16) return copy_rows_by<16>(c);
  if (c.bytes >= 4) return copy_rows_by<4>(c);
  if (c.bytes >= 2) return copy_rows_by<2>(c);
  copy_rows_by<1>(c);
}
