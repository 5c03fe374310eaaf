// The end of an int8 tile with AVX-512, from registers: four vectors of sums become 64 bytes.
//
//   convert, multiply, convert    3 instructions a vector; the second conversion rounds to nearest, ties to even
//   packs, packs, add, add        words, which saturate; the zero point is added to words, which saturate as well
//   pack, permute, max, min       bytes, which saturate; then the bounds of the activation
//
// A pack interleaves its operands by 128 bits:   | a0 b0 c0 d0 | a1 b1 c1 d1 | a2 b2 c2 d2 | a3 b3 c3 d3 |   (4 bytes each)
// and the permutation puts them in order:        | a0 a1 a2 a3 | b0 b1 b2 b3 | c0 ...
//
// Saturation is what clamping to 8 bits wants. Only the conversion to integers could go wrong, at 2^31: `bounded` excludes it.

#if defined(__AVX512BW__)
struct Avx512Packs {
  using S = Simd<float, xsimd::avx512bw>;
  using Reg = S::Reg;

  struct Constants {
    __m512i zero_point;  // words
    __m512i lo, hi;      // bytes
    __m512i order;
    bool is_signed;
  };

  static TANDEM_INLINE Constants constants(const Requantisation& q, bool is_signed) {
    const auto bytes = [&](float bound) {
      return _mm512_set1_epi8(static_cast<char>(static_cast<std::int32_t>(bound) + q.zero_point));
    };
    return {_mm512_set1_epi16(static_cast<short>(q.zero_point)), bytes(q.lo), bytes(q.hi),
            _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15), is_signed};
  }

  static TANDEM_INLINE __m512i integers(Reg sum, __m512 multiplier) {
    return _mm512_cvtps_epi32(_mm512_mul_ps(_mm512_cvtepi32_ps(S::bits_of(sum)), multiplier));
  }

  // The bytes of four vectors.
  static TANDEM_INLINE __m512i bytes(__m512i a, __m512i b, __m512i c, __m512i d, const Constants& k) {
    const __m512i ab = _mm512_adds_epi16(_mm512_packs_epi32(a, b), k.zero_point);
    const __m512i cd = _mm512_adds_epi16(_mm512_packs_epi32(c, d), k.zero_point);
    if (k.is_signed) {
      const __m512i packed = _mm512_permutexvar_epi32(k.order, _mm512_packs_epi16(ab, cd));
      return _mm512_min_epi8(_mm512_max_epi8(packed, k.lo), k.hi);
    }
    const __m512i packed = _mm512_permutexvar_epi32(k.order, _mm512_packus_epi16(ab, cd));
    return _mm512_min_epu8(_mm512_max_epu8(packed, k.lo), k.hi);
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
  template <int Row, int Rows, int Vectors>
  static TANDEM_INLINE void store_from(const Reg (&acc)[Rows][Vectors], const __m512 (&multiplier)[Vectors],
                                       const Constants& k, const Target& to) {
    constexpr int kBytes = Vectors * S::kWidth;
    constexpr int kTogether = Vectors == 1 ? 4 : Vectors == 2 ? 2 : 1;  // rows
    constexpr int kLast = Rows - 1;
    constexpr int kRow1 = Row + 1 / Vectors < kLast ? Row + 1 / Vectors : kLast;  // of the second of four vectors
    constexpr int kRow2 = Row + 2 / Vectors < kLast ? Row + 2 / Vectors : kLast;
    constexpr int kRow3 = Row + 3 / Vectors < kLast ? Row + 3 / Vectors : kLast;
    const __m512i a = integers(acc[Row][0], multiplier[0]);
    const __m512i b = integers(acc[kRow1][1 % Vectors], multiplier[1 % Vectors]);
    const __m512i c = integers(acc[kRow2][2 % Vectors], multiplier[2 % Vectors]);
    const __m512i d = Vectors == 3 ? c : integers(acc[kRow3][3 % Vectors], multiplier[3 % Vectors]);
    const __m512i packed = bytes(a, b, c, d, k);
    to.template put<Row, 0, kBytes>(packed);
    if constexpr (Vectors == 2 && Row + 1 < Rows) to.template put<Row + 1, 2, kBytes>(packed);
    if constexpr (Vectors == 1 && Row + 1 < Rows) to.template put<Row + 1, 1, kBytes>(packed);
    if constexpr (Vectors == 1 && Row + 2 < Rows) to.template put<Row + 2, 2, kBytes>(packed);
    if constexpr (Vectors == 1 && Row + 3 < Rows) to.template put<Row + 3, 3, kBytes>(packed);
    if constexpr (Row + kTogether < Rows) store_from<Row + kTogether>(acc, multiplier, k, to);
  }

  // Rows x Vectors sums as rows of `columns` bytes.
  template <int Rows, int Vectors>
  static TANDEM_INLINE void store(const Requantisation& q, bool is_signed, const float* multipliers,
                                  const Reg (&acc)[Rows][Vectors], std::uint8_t* dst, std::ptrdiff_t stride,
                                  std::int64_t columns) {
    const Constants k = constants(q, is_signed);
    __m512 multiplier[Vectors];
    for (int v = 0; v < Vectors; ++v) multiplier[v] = _mm512_loadu_ps(multipliers + std::ptrdiff_t{v} * S::kWidth);
    const __mmask64 mask = (std::uint64_t{1} << static_cast<unsigned>(columns)) - 1;
    store_from<0>(acc, multiplier, k, {dst, stride, mask, columns == std::int64_t{Vectors} * S::kWidth});
  }
};
#endif
