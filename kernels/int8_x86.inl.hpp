// Quads on x86-64, see types/int8.inl.hpp.

#include "kernels/int8_blocks_x86.inl.hpp"

#if defined(__SSE4_1__)
// Exact without a dot product: the bytes of a quad as words, two pairs, each multiplied and added by pmaddwd. A pair is
// at most 2 * 255 * 128, far from the 32 bits of its sum. (pmaddubsw would save half of the instructions, but it
// saturates at 16 bits.)
//
//     | a0 | a1 | a2 | a3 |   even words: a0, a2     odd words: a1, a3
template <class Arch>
struct Words {
  using B = Bytes<Arch>;
  using V = typename B::V;
  static TANDEM_INLINE V even(V v) { return B::bit_and(v, B::every_word(0xff)); }
  static TANDEM_INLINE V odd(V v) { return B::words_right(v); }
  static TANDEM_INLINE V even_signed(V v) { return B::words_right_signed(B::words_left(v)); }
  static TANDEM_INLINE V odd_signed(V v) { return B::words_right_signed(v); }
};

template <>
struct ByteLanes<xsimd::sse4_1> : BytewisePartial<xsimd::sse4_1> {
  using S = Simd<float, xsimd::sse4_1>;
  using Reg = S::Reg;
  static TANDEM_INLINE Reg load_bytes(const std::uint8_t* p) {
    std::int32_t four;
    __builtin_memcpy(&four, p, sizeof(four));
    return S::of(_mm_cvtepu8_epi32(_mm_cvtsi32_si128(four)));
  }
  static TANDEM_INLINE void store_bytes(std::uint8_t* p, Reg v) {
    const __m128i low = _mm_shuffle_epi8(S::bits_of(v), _mm_set1_epi32(0x0c080400));
    const std::int32_t four = _mm_cvtsi128_si32(low);
    __builtin_memcpy(p, &four, sizeof(four));
  }
  static TANDEM_INLINE Reg to_float(Reg v) { return Reg(_mm_cvtepi32_ps(S::bits_of(v))); }
};
#endif

#if defined(__AVX2__) && defined(__FMA__)
template <>
struct ByteLanes<xsimd::avx2> : BytewisePartial<xsimd::avx2> {
  using S = Simd<float, xsimd::avx2>;
  using Reg = S::Reg;
  static TANDEM_INLINE Reg load_bytes(const std::uint8_t* p) {
    return S::of(_mm256_cvtepu8_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  static TANDEM_INLINE void store_bytes(std::uint8_t* p, Reg v) {
    const __m256i low = _mm256_shuffle_epi8(S::bits_of(v), _mm256_set1_epi32(0x0c080400));
    const __m128i eight = _mm_unpacklo_epi32(_mm256_castsi256_si128(low), _mm256_extracti128_si256(low, 1));
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), eight);
  }
  static TANDEM_INLINE Reg to_float(Reg v) { return Reg(_mm256_cvtepi32_ps(S::bits_of(v))); }
};
#endif

#if defined(__AVX512F__)
template <>
struct ByteLanes<xsimd::avx512bw> {
  using S = Simd<float, xsimd::avx512bw>;
  using Reg = S::Reg;
  static TANDEM_INLINE Reg load_bytes(const std::uint8_t* p) {
    return S::of(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  }
  static TANDEM_INLINE Reg load_bytes_partial(const std::uint8_t* p, int lanes) {
    return S::of(_mm512_cvtepu8_epi32(_mm_maskz_loadu_epi8(S::tail(lanes), p)));
  }
  static TANDEM_INLINE void store_bytes(std::uint8_t* p, Reg v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(S::bits_of(v)));
  }
  static TANDEM_INLINE void store_bytes_partial(std::uint8_t* p, Reg v, int lanes) {
    _mm_mask_storeu_epi8(p, S::tail(lanes), _mm512_cvtepi32_epi8(S::bits_of(v)));
  }
  static TANDEM_INLINE Reg to_float(Reg v) { return Reg(_mm512_cvtepi32_ps(S::bits_of(v))); }
};
#endif

#if defined(__SSE4_1__)
// The pixels of a lane as two words.
template <class Arch>
struct WordEntries {
  using S = Simd<float, Arch>;
  using B = Bytes<Arch>;
  using W = Words<Arch>;
  using Reg = typename S::Reg;
  using V = typename W::V;
  static constexpr int kEntryTaps = 2;
  template <bool Signed>
  static TANDEM_INLINE Reg entry_low(Reg a, Reg) {
    const V v = S::bits_of(a);
    return S::of(Signed ? B::words_right_signed(B::low_bytes(v, v)) : B::low_bytes(v, B::every_word(0)));
  }
  template <bool Signed>
  static TANDEM_INLINE Reg entry_high(Reg a, Reg) {
    const V v = S::bits_of(a);
    return S::of(Signed ? B::words_right_signed(B::high_bytes(v, v)) : B::high_bytes(v, B::every_word(0)));
  }
};

template <class Arch>
struct WordDot {
  using S = Simd<float, Arch>;
  using B = Bytes<Arch>;
  using W = Words<Arch>;
  using Reg = typename S::Reg;
  using Entries = WordEntries<Arch>;
  struct Sample {
    typename W::V even, odd;
  };
  using Column = Sample;
  template <bool Signed>
  static constexpr std::int32_t kOffset = 0;

  template <bool Signed>
  static TANDEM_INLINE Sample sample(Reg v) {
    const auto quad = S::bits_of(v);
    return Signed ? column(v) : Sample{W::even(quad), W::odd(quad)};
  }
  static TANDEM_INLINE Column column(Reg v) {
    const auto quad = S::bits_of(v);
    return {W::even_signed(quad), W::odd_signed(quad)};
  }
  static TANDEM_INLINE Reg dot(const Sample& a, const Column& b, Reg sum) {
    return S::of(B::add_products(a.odd, b.odd, B::add_products(a.even, b.even, S::bits_of(sum))));
  }
  template <bool Signed>
  static TANDEM_INLINE Reg entry_sample(Reg bytes) {
    return bytes;
  }
  template <bool Signed>
  static TANDEM_INLINE Reg add_entry(Reg entry, Reg weights, Reg sum) {
    return S::of(B::add_products(S::bits_of(entry), S::bits_of(weights), S::bits_of(sum)));
  }
};
#endif

#if defined(__AVX512VNNI__) || defined(__AVXVNNI__)
// vpdpbusd adds four products of u8 and s8. In assembly, because g++ 12 copies and spills the sums of a tile of 28 round the
// intrinsic.
#if defined(__AVX512VNNI__)
TANDEM_INLINE void add_quads(__m512i& sum, __m512i a, __m512i b) {
  asm("vpdpbusd %2, %1, %0" : "+v"(sum) : "v"(a), "v"(b));
}
#else
TANDEM_INLINE void add_quads(__m256i& sum, __m256i a, __m256i b) {
  asm("%{vex%} vpdpbusd %2, %1, %0" : "+x"(sum) : "x"(a), "x"(b));
}
#endif

// An s8 element becomes u8 by adding 128, which turns its highest bit.
template <class Arch>
struct VnniDot {
  using S = Simd<float, Arch>;
  using B = Bytes<Arch>;
  using Reg = typename S::Reg;
  using Entries = QuadEntries<Arch, VnniDot>;
  static constexpr bool kOneInstruction = true;
  using Sample = typename B::V;
  using Column = Sample;
  template <bool Signed>
  static constexpr std::int32_t kOffset = Signed ? 128 : 0;

  template <bool Signed>
  static TANDEM_INLINE Sample sample(Reg v) {
    const Sample quad = S::bits_of(v);
    return Signed ? B::exclusive_or(quad, B::every_byte(0x80)) : quad;
  }
  template <bool Signed>
  static TANDEM_INLINE Sample broadcast(const TensorQuad* p) {
    return sample<Signed>(S::load_broadcast(reinterpret_cast<const float*>(p)));
  }
  static TANDEM_INLINE Column column(Reg v) { return S::bits_of(v); }
  static TANDEM_INLINE Reg dot(Sample a, Column b, Reg sum) {
    Sample s = S::bits_of(sum);
    add_quads(s, a, b);
    return S::of(s);
  }
  template <bool Signed>
  static TANDEM_INLINE Reg entry_sample(Reg bytes) {
    return S::of(sample<Signed>(bytes));
  }
  template <bool Signed>
  static TANDEM_INLINE Reg add_entry(Reg entry, Reg weights, Reg sum) {
    return dot(S::bits_of(entry), S::bits_of(weights), sum);
  }
};
#endif
