// Bytes within 128 bits on x86-64, see int8_blocks.inl.hpp; words, which Words (int8_x86.inl.hpp) shifts by a byte and
// multiplies; and what TableLookup (lookup.inl.hpp) does with bytes. Products of words are added in assembly: g++ 12 would add
// those of two steps to each other first, and keep them and some of the sums in memory.

#if defined(__SSE4_1__)
template <>
struct Bytes<xsimd::sse4_1> : BytesInOrder {
  using V = __m128i;
  using Reg = Simd<float, xsimd::sse4_1>::Reg;
  static TANDEM_INLINE V low_bytes(V a, V b) { return _mm_unpacklo_epi8(a, b); }
  static TANDEM_INLINE V high_bytes(V a, V b) { return _mm_unpackhi_epi8(a, b); }
  static TANDEM_INLINE V low_words(V a, V b) { return _mm_unpacklo_epi16(a, b); }
  static TANDEM_INLINE V high_words(V a, V b) { return _mm_unpackhi_epi16(a, b); }
  static TANDEM_INLINE V exclusive_or(V a, V b) { return _mm_xor_si128(a, b); }
  static TANDEM_INLINE V every_byte(std::uint8_t byte) { return _mm_set1_epi8(static_cast<char>(byte)); }
  static TANDEM_INLINE V every_block(const std::uint8_t* p) {
    return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
  }
  static TANDEM_INLINE V shuffle(V table, V index) { return _mm_shuffle_epi8(table, index); }
  static TANDEM_INLINE V subtract_signed(V a, V b) { return _mm_subs_epi8(a, b); }
  static TANDEM_INLINE V every_word(std::int16_t word) { return _mm_set1_epi16(word); }
  static TANDEM_INLINE V to_integer(Reg v) { return _mm_cvtps_epi32(v); }
  static TANDEM_INLINE V pack_words(V a, V b) { return _mm_packs_epi32(a, b); }
  static TANDEM_INLINE V add_words(V a, V b) { return _mm_adds_epi16(a, b); }
  static TANDEM_INLINE V bit_and(V a, V b) { return _mm_and_si128(a, b); }
  static TANDEM_INLINE V words_left(V v) { return _mm_slli_epi16(v, 8); }
  static TANDEM_INLINE V words_right(V v) { return _mm_srli_epi16(v, 8); }
  static TANDEM_INLINE V words_right_signed(V v) { return _mm_srai_epi16(v, 8); }
  static TANDEM_INLINE V add_products(V a, V b, V sum) {
    V products;
    asm("movdqa %2, %1\n\tpmaddwd %3, %1\n\tpaddd %1, %0" : "+x"(sum), "=&x"(products) : "x"(a), "x"(b));
    return sum;
  }
  template <bool Signed>
  static TANDEM_INLINE V pack_bytes(V a, V b) {
    return Signed ? _mm_packs_epi16(a, b) : _mm_packus_epi16(a, b);
  }
  template <bool Signed>
  static TANDEM_INLINE V clamp(V v, V lo, V hi) {
    return Signed ? _mm_min_epi8(_mm_max_epi8(v, lo), hi) : _mm_min_epu8(_mm_max_epu8(v, lo), hi);
  }
  static TANDEM_INLINE Reg load_lanes(const std::uint8_t* const* p) {
    return Reg(_mm_loadu_ps(reinterpret_cast<const float*>(*p)));
  }
  static TANDEM_INLINE void store_lanes(std::uint8_t* const* p, Reg v) {
    _mm_storeu_ps(reinterpret_cast<float*>(*p), v);
  }
  template <int First, int Count>
  static TANDEM_INLINE void store_piece(std::uint8_t* p, V v) {
    if constexpr (Count == 16) {
      _mm_storeu_si128(reinterpret_cast<__m128i*>(p), v);
    } else if constexpr (Count == 8 && First == 0) {
      _mm_storel_epi64(reinterpret_cast<__m128i*>(p), v);
    } else if constexpr (Count == 8) {
      _mm_storeh_pd(reinterpret_cast<double*>(p), _mm_castsi128_pd(v));
    } else {
      const int four = _mm_extract_epi32(v, First / 4);
      __builtin_memcpy(p, &four, sizeof(four));
    }
  }
};
#endif

#if defined(__AVX2__) && defined(__FMA__)
template <>
struct Bytes<xsimd::avx2> {
  using V = __m256i;
  using Reg = Simd<float, xsimd::avx2>::Reg;
  static TANDEM_INLINE V low_bytes(V a, V b) { return _mm256_unpacklo_epi8(a, b); }
  static TANDEM_INLINE V high_bytes(V a, V b) { return _mm256_unpackhi_epi8(a, b); }
  static TANDEM_INLINE V low_words(V a, V b) { return _mm256_unpacklo_epi16(a, b); }
  static TANDEM_INLINE V high_words(V a, V b) { return _mm256_unpackhi_epi16(a, b); }
  static TANDEM_INLINE V exclusive_or(V a, V b) { return _mm256_xor_si256(a, b); }
  static TANDEM_INLINE V every_byte(std::uint8_t byte) { return _mm256_set1_epi8(static_cast<char>(byte)); }
  static TANDEM_INLINE V every_block(const std::uint8_t* p) {
    return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static TANDEM_INLINE V shuffle(V table, V index) { return _mm256_shuffle_epi8(table, index); }
  static TANDEM_INLINE V subtract_signed(V a, V b) { return _mm256_subs_epi8(a, b); }
  static TANDEM_INLINE V every_word(std::int16_t word) { return _mm256_set1_epi16(word); }
  static TANDEM_INLINE V to_integer(Reg v) { return _mm256_cvtps_epi32(v); }
  static TANDEM_INLINE V pack_words(V a, V b) { return _mm256_packs_epi32(a, b); }
  static TANDEM_INLINE V add_words(V a, V b) { return _mm256_adds_epi16(a, b); }
  static TANDEM_INLINE V bit_and(V a, V b) { return _mm256_and_si256(a, b); }
  static TANDEM_INLINE V words_left(V v) { return _mm256_slli_epi16(v, 8); }
  static TANDEM_INLINE V words_right(V v) { return _mm256_srli_epi16(v, 8); }
  static TANDEM_INLINE V words_right_signed(V v) { return _mm256_srai_epi16(v, 8); }
  static TANDEM_INLINE V add_products(V a, V b, V sum) {
    V products;
    asm("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0" : "+x"(sum), "=&x"(products) : "x"(a), "x"(b));
    return sum;
  }
  template <bool Signed>
  static TANDEM_INLINE V pack_bytes(V a, V b) {
    return Signed ? _mm256_packs_epi16(a, b) : _mm256_packus_epi16(a, b);
  }
  template <bool Signed>
  static TANDEM_INLINE V clamp(V v, V lo, V hi) {
    return Signed ? _mm256_min_epi8(_mm256_max_epi8(v, lo), hi) : _mm256_min_epu8(_mm256_max_epu8(v, lo), hi);
  }
  static TANDEM_INLINE Reg load_lanes(const std::uint8_t* const* p) {
    const __m128 first = _mm_loadu_ps(reinterpret_cast<const float*>(p[0]));
    return Reg(
        _mm256_insertf128_ps(_mm256_castps128_ps256(first), _mm_loadu_ps(reinterpret_cast<const float*>(p[1])), 1));
  }
  static TANDEM_INLINE void store_lanes(std::uint8_t* const* p, Reg v) {
    _mm_storeu_ps(reinterpret_cast<float*>(p[0]), _mm256_castps256_ps128(v));
    _mm_storeu_ps(reinterpret_cast<float*>(p[1]), _mm256_extractf128_ps(v, 1));
  }
  using Order = __m256i;
  static TANDEM_INLINE Order order() { return _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7); }
  static TANDEM_INLINE V in_order(V v, Order order) { return _mm256_permutevar8x32_epi32(v, order); }
  template <int First, int Count>
  static TANDEM_INLINE void store_piece(std::uint8_t* p, V v) {
    const __m128i half = First < 16 ? _mm256_castsi256_si128(v) : _mm256_extracti128_si256(v, 1);
    Bytes<xsimd::sse4_1>::store_piece<First % 16, Count>(p, half);
  }
};
#endif

#if defined(__AVX512BW__)
template <>
struct Bytes<xsimd::avx512bw> {
  using V = __m512i;
  using Reg = Simd<float, xsimd::avx512bw>::Reg;
  static TANDEM_INLINE V low_bytes(V a, V b) { return _mm512_unpacklo_epi8(a, b); }
  static TANDEM_INLINE V high_bytes(V a, V b) { return _mm512_unpackhi_epi8(a, b); }
  static TANDEM_INLINE V low_words(V a, V b) { return _mm512_unpacklo_epi16(a, b); }
  static TANDEM_INLINE V high_words(V a, V b) { return _mm512_unpackhi_epi16(a, b); }
  static TANDEM_INLINE V exclusive_or(V a, V b) { return _mm512_xor_si512(a, b); }
  static TANDEM_INLINE V between(V a, V b) { return _mm512_mask_blend_epi16(0x55555555, a, b); }
  static TANDEM_INLINE V swap_halves(V v) { return _mm512_rol_epi32(v, 16); }
  static TANDEM_INLINE V every_byte(std::uint8_t byte) { return _mm512_set1_epi8(static_cast<char>(byte)); }
  static TANDEM_INLINE V every_block(const std::uint8_t* p) {
    return _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
  }
  static TANDEM_INLINE V shuffle(V table, V index) { return _mm512_shuffle_epi8(table, index); }
  static TANDEM_INLINE V subtract_signed(V a, V b) { return _mm512_subs_epi8(a, b); }
  static TANDEM_INLINE V every_word(std::int16_t word) { return _mm512_set1_epi16(word); }
  static TANDEM_INLINE V to_integer(Reg v) { return _mm512_cvtps_epi32(v); }
  static TANDEM_INLINE V pack_words(V a, V b) { return _mm512_packs_epi32(a, b); }
  static TANDEM_INLINE V add_words(V a, V b) { return _mm512_adds_epi16(a, b); }
  static TANDEM_INLINE V bit_and(V a, V b) { return _mm512_and_si512(a, b); }
  static TANDEM_INLINE V words_left(V v) { return _mm512_slli_epi16(v, 8); }
  static TANDEM_INLINE V words_right(V v) { return _mm512_srli_epi16(v, 8); }
  static TANDEM_INLINE V words_right_signed(V v) { return _mm512_srai_epi16(v, 8); }
  static TANDEM_INLINE V add_products(V a, V b, V sum) {
    V products;
    asm("vpmaddwd %3, %2, %1\n\tvpaddd %1, %0, %0" : "+v"(sum), "=&v"(products) : "v"(a), "v"(b));
    return sum;
  }
  template <bool Signed>
  static TANDEM_INLINE V pack_bytes(V a, V b) {
    return Signed ? _mm512_packs_epi16(a, b) : _mm512_packus_epi16(a, b);
  }
  template <bool Signed>
  static TANDEM_INLINE V clamp(V v, V lo, V hi) {
    return Signed ? _mm512_min_epi8(_mm512_max_epi8(v, lo), hi) : _mm512_min_epu8(_mm512_max_epu8(v, lo), hi);
  }
  static TANDEM_INLINE Reg load_lanes(const std::uint8_t* const* p) {
    const auto lane = [&](int i) { return _mm_loadu_ps(reinterpret_cast<const float*>(p[i])); };
    __m512 v = _mm512_castps128_ps512(lane(0));
    v = _mm512_insertf32x4(v, lane(1), 1);
    v = _mm512_insertf32x4(v, lane(2), 2);
    return Reg(_mm512_insertf32x4(v, lane(3), 3));
  }
  static TANDEM_INLINE void store_lanes(std::uint8_t* const* p, Reg v) {
    const auto lane = [&](int i) { return reinterpret_cast<float*>(p[i]); };
    _mm_storeu_ps(lane(0), _mm512_castps512_ps128(v));
    _mm_storeu_ps(lane(1), _mm512_extractf32x4_ps(v, 1));
    _mm_storeu_ps(lane(2), _mm512_extractf32x4_ps(v, 2));
    _mm_storeu_ps(lane(3), _mm512_extractf32x4_ps(v, 3));
  }
  using Order = __m512i;
  static TANDEM_INLINE Order order() { return _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15); }
  static TANDEM_INLINE V in_order(V v, Order order) { return _mm512_permutexvar_epi32(order, v); }
};
#endif
