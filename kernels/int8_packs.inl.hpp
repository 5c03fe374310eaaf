// The end of an int8 tile from registers: four vectors of sums become a vector of bytes, packed as all ISAs pack them
// (ByteBlocks) and put in order.
//
//   convert, multiply, convert    3 instructions a vector; the second conversion rounds to nearest, ties to even
//   packs, packs, add, add        words, which saturate; the zero point is added to words, which saturate as well
//   pack, max, min, order         bytes, which saturate; then the bounds of the activation
//
// The sums, maxima and minima are left out where the type bounds the outputs (WholeRange). A sum of words shares the ports of
// the dot products on Zen 4.
//
// A pack interleaves its operands by 128 bits:   | a0 b0 c0 d0 | a1 b1 c1 d1 | a2 b2 c2 d2 | a3 b3 c3 d3 |   (4 bytes each)
// and a permutation puts them in order:          | a0 a1 a2 a3 | b0 b1 b2 b3 | c0 ...
// With a single 128 bits they are in order.

// Where the rows of a tile go: `columns` bytes each, fewer than `whole` in the last panel.
template <class Arch>
struct ByteRows {
  using B = Bytes<Arch>;
  using V = typename B::V;
  std::uint8_t* dst;
  std::ptrdiff_t stride;
  int columns;
  bool whole;

  ByteRows(std::uint8_t* to, std::ptrdiff_t to_stride, int some, int all)
      : dst(to), stride(to_stride), columns(some), whole(some == all) {}

  // Count bytes of v, from First on, as row Row.
  template <int Row, int First, int Count>
  TANDEM_INLINE void put(V v) const {
    std::uint8_t* const p = at(dst, Row * stride);
    if (whole) return store<First, Count>(p, v);
    std::uint8_t bytes[Count];
    store<First, Count>(bytes, v);
    copy_some<(Count > 16 ? 16 : Count > 8 ? 8 : 4)>(p, bytes, columns);
  }

 private:
  template <int First, int Count>
  static TANDEM_INLINE void store(std::uint8_t* p, V v) {
    constexpr int kPiece = Count >= 16 ? 16 : Count >= 8 ? 8 : 4;
    B::template store_piece<First, kPiece>(p, v);
    if constexpr (Count > kPiece) store<First + kPiece, Count - kPiece>(p + kPiece, v);
  }
  // Of at most 2 * Piece bytes, in pieces that overlap. Not inline, since few panels lack columns.
  template <int Piece>
  __attribute__((noinline)) static void copy_some(std::uint8_t* to, const std::uint8_t* from, int count) {
    if constexpr (Piece >= 4) {
      if (count < Piece) return copy_some<Piece / 2>(to, from, count);
      __builtin_memcpy(to, from, Piece);
      __builtin_memcpy(to + count - Piece, from + count - Piece, Piece);
    } else {
      for (int i = 0; i < count; ++i) to[i] = from[i];
    }
  }
};

#if defined(__AVX512BW__)
template <>
struct ByteRows<xsimd::avx512bw> {
  std::uint8_t* dst;
  std::ptrdiff_t stride;
  __mmask64 columns;
  bool whole;

  ByteRows(std::uint8_t* to, std::ptrdiff_t to_stride, int some, int all)
      : dst(to),
        stride(to_stride),
        columns((std::uint64_t{1} << static_cast<unsigned>(some)) - 1),
        whole(some == all) {}

  template <int Row, int First, int Count>
  TANDEM_INLINE void put(__m512i v) const {
    std::uint8_t* const p = at(dst, Row * stride);
    if constexpr (Count == 48) {
      _mm512_mask_storeu_epi8(p, columns, v);
    } else if constexpr (Count == 32) {
      const __m256i row = _mm512_extracti64x4_epi64(v, First / 32);
      if (whole) {
        _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), row);
      } else {
        _mm256_mask_storeu_epi8(p, static_cast<__mmask32>(columns), row);
      }
    } else {
      const __m128i row = _mm512_extracti32x4_epi32(v, First / 16);
      if (whole) {
        _mm_storeu_si128(reinterpret_cast<__m128i*>(p), row);
      } else {
        _mm_mask_storeu_epi8(p, static_cast<__mmask16>(columns), row);
      }
    }
  }
};
#endif

template <class Arch>
struct RegisterPacks {
  using S = Simd<float, Arch>;
  using Reg = typename S::Reg;
  using Blocks = ByteBlocks<Arch>;
  using Order = typename Bytes<Arch>::Order;
  using Rows = ByteRows<Arch>;

  struct Constants {
    typename Blocks::PackConstants pack;
    Order order;
  };

  static TANDEM_INLINE Constants constants(const Requantisation& q) {
    return {Blocks::pack_constants(q), Bytes<Arch>::order()};
  }

  // The rows from Row on. Every index is a constant of the template: g++ 12 would keep the sums in memory otherwise.
  template <bool Signed, bool WholeRange, int Row, int Count, int Vectors>
  static TANDEM_INLINE void store_from(const Reg (&acc)[Count][Vectors], const Reg (&multiplier)[Vectors],
                                       const Constants& k, const Rows& to) {
    constexpr int kBytes = Vectors * S::kWidth;
    constexpr int kTogether = Vectors == 1 ? 4 : Vectors == 2 ? 2 : 1;  // rows
    constexpr int kLast = Count - 1;
    constexpr int kRow1 = Row + 1 / Vectors < kLast ? Row + 1 / Vectors : kLast;  // of the second of four vectors
    constexpr int kRow2 = Row + 2 / Vectors < kLast ? Row + 2 / Vectors : kLast;
    constexpr int kRow3 = Row + 3 / Vectors < kLast ? Row + 3 / Vectors : kLast;
    const Reg a = Blocks::nearest(acc[Row][0], multiplier[0]);
    const Reg b = Blocks::nearest(acc[kRow1][1 % Vectors], multiplier[1 % Vectors]);
    const Reg c = Blocks::nearest(acc[kRow2][2 % Vectors], multiplier[2 % Vectors]);
    const Reg d = Vectors == 3 ? c : Blocks::nearest(acc[kRow3][3 % Vectors], multiplier[3 % Vectors]);
    const Reg ab = Blocks::template pack_words<WholeRange>(a, b, k.pack);
    const Reg cd = Blocks::template pack_words<WholeRange>(c, d, k.pack);
    const Reg bytes = Blocks::template pack_bytes<Signed, WholeRange>(ab, cd, k.pack);
    const auto packed = Bytes<Arch>::in_order(S::bits_of(bytes), k.order);
    to.template put<Row, 0, kBytes>(packed);
    if constexpr (kTogether > 1 && Row + 1 < Count) to.template put<Row + 1, kBytes, kBytes>(packed);
    if constexpr (kTogether > 2 && Row + 2 < Count) to.template put<Row + 2, 2 * kBytes, kBytes>(packed);
    if constexpr (kTogether > 3 && Row + 3 < Count) to.template put<Row + 3, 3 * kBytes, kBytes>(packed);
    if constexpr (Row + kTogether < Count) store_from<Signed, WholeRange, Row + kTogether>(acc, multiplier, k, to);
  }

  // Count x Vectors sums as rows of `columns` bytes.
  template <bool Signed, bool WholeRange, int Count, int Vectors>
  static TANDEM_INLINE void store(const Reg (&multiplier)[Vectors], const Constants& k,
                                  const Reg (&acc)[Count][Vectors], std::uint8_t* dst, std::ptrdiff_t stride,
                                  std::int64_t columns) {
    const Rows to(dst, stride, static_cast<int>(columns), Vectors * S::kWidth);
    store_from<Signed, WholeRange, 0>(acc, multiplier, k, to);
  }
};
