// The end of an int8 tile with AVX-512, from registers: four vectors of sums become 64 bytes, packed as all ISAs pack them
// (ByteBlocks) and put in order.
//
//   convert, multiply, convert    3 instructions a vector; the second conversion rounds to nearest, ties to even
//   packs, packs, add, add        words, which saturate; the zero point is added to words, which saturate as well
//   pack, max, min, permute       bytes, which saturate; then the bounds of the activation
//
// The sums, maxima and minima are left out where the type bounds the outputs (WholeRange). A sum of words shares the ports of
// the dot products on Zen 4.
//
// A pack interleaves its operands by 128 bits:   | a0 b0 c0 d0 | a1 b1 c1 d1 | a2 b2 c2 d2 | a3 b3 c3 d3 |   (4 bytes each)
// and the permutation puts them in order:        | a0 a1 a2 a3 | b0 b1 b2 b3 | c0 ...

#if defined(__AVX512BW__)
struct Avx512Packs {
  using S = Simd<float, xsimd::avx512bw>;
  using Reg = S::Reg;
  using Blocks = ByteBlocks<xsimd::avx512bw>;

  struct Constants {
    Blocks::PackConstants pack;
    __m512i order;
  };

  static TANDEM_INLINE Constants constants(const Requantisation& q) {
    return {Blocks::pack_constants(q), _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15)};
  }

  // Where the rows go: `columns` bytes each, fewer than `whole` in the last panel.
  struct Target {
    std::uint8_t* dst;
    std::ptrdiff_t stride;
    __mmask64 columns;
    bool whole;

    // Bytes 16 * Lane to 16 * Lane + Bytes of a vector as row Row.
    template <int Row, int Lane, int Bytes>
    TANDEM_INLINE void put(__m512i v) const {
      std::uint8_t* const p = at(dst, Row * stride);
      if constexpr (Bytes == 48) {
        _mm512_mask_storeu_epi8(p, columns, v);
      } else if constexpr (Bytes == 32) {
        const __m256i row = _mm512_extracti64x4_epi64(v, Lane / 2);
        if (whole) {
          _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), row);
        } else {
          _mm256_mask_storeu_epi8(p, static_cast<__mmask32>(columns), row);
        }
      } else {
        const __m128i row = _mm512_extracti32x4_epi32(v, Lane);
        if (whole) {
          _mm_storeu_si128(reinterpret_cast<__m128i*>(p), row);
        } else {
          _mm_mask_storeu_epi8(p, static_cast<__mmask16>(columns), row);
        }
      }
    }
  };

  // The rows from Row on. Every index is a constant of the template: g++ 12 would keep the sums in memory otherwise.
  template <bool Signed, bool WholeRange, int Row, int Rows, int Vectors>
  static TANDEM_INLINE void store_from(const Reg (&acc)[Rows][Vectors], const Reg (&multiplier)[Vectors],
                                       const Constants& k, const Target& to) {
    constexpr int kBytes = Vectors * S::kWidth;
    constexpr int kTogether = Vectors == 1 ? 4 : Vectors == 2 ? 2 : 1;  // rows
    constexpr int kLast = Rows - 1;
    constexpr int kRow1 = Row + 1 / Vectors < kLast ? Row + 1 / Vectors : kLast;  // of the second of four vectors
    constexpr int kRow2 = Row + 2 / Vectors < kLast ? Row + 2 / Vectors : kLast;
    constexpr int kRow3 = Row + 3 / Vectors < kLast ? Row + 3 / Vectors : kLast;
    const Reg a = Blocks::nearest(acc[Row][0], multiplier[0]);
    const Reg b = Blocks::nearest(acc[kRow1][1 % Vectors], multiplier[1 % Vectors]);
    const Reg c = Blocks::nearest(acc[kRow2][2 % Vectors], multiplier[2 % Vectors]);
    const Reg d = Vectors == 3 ? c : Blocks::nearest(acc[kRow3][3 % Vectors], multiplier[3 % Vectors]);
    const Reg ab = Blocks::pack_words<WholeRange>(a, b, k.pack);
    const Reg cd = Blocks::pack_words<WholeRange>(c, d, k.pack);
    const Reg bytes = Blocks::pack_bytes<Signed, WholeRange>(ab, cd, k.pack);
    const __m512i packed = _mm512_permutexvar_epi32(k.order, S::bits_of(bytes));
    to.template put<Row, 0, kBytes>(packed);
    if constexpr (Vectors == 2 && Row + 1 < Rows) to.template put<Row + 1, 2, kBytes>(packed);
    if constexpr (Vectors == 1 && Row + 1 < Rows) to.template put<Row + 1, 1, kBytes>(packed);
    if constexpr (Vectors == 1 && Row + 2 < Rows) to.template put<Row + 2, 2, kBytes>(packed);
    if constexpr (Vectors == 1 && Row + 3 < Rows) to.template put<Row + 3, 3, kBytes>(packed);
    if constexpr (Row + kTogether < Rows) store_from<Signed, WholeRange, Row + kTogether>(acc, multiplier, k, to);
  }

  // Rows x Vectors sums as rows of `columns` bytes.
  template <bool Signed, bool WholeRange, int Rows, int Vectors>
  static TANDEM_INLINE void store(const Reg (&multiplier)[Vectors], const Constants& k, const Reg (&acc)[Rows][Vectors],
                                  std::uint8_t* dst, std::ptrdiff_t stride, std::int64_t columns) {
    const __mmask64 mask = (std::uint64_t{1} << static_cast<unsigned>(columns)) - 1;
    const Target to = {dst, stride, mask, columns == std::int64_t{Vectors} * S::kWidth};
    store_from<Signed, WholeRange, 0>(acc, multiplier, k, to);
  }
};
#endif
