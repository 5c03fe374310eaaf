// Fixed-point products on x86-64, see fixed_point.inl.hpp. An instruction multiplies the even lanes to 64 bits; the odd ones are
// moved there:
//
//     | v0 v1 | v2 v3 |   even: | v0 * q0 | v2 * q2 |    odd: | v1 * q1 | v3 * q3 |
//
// Below AVX-512 no shift of 64 bits keeps the sign. So 2^63 is added before a logical shift, and 2^63 >> shift taken off
// afterwards.

#if defined(__SSE4_1__)
// No shift has a count for each lane: there is one for each, in the low 64 bits of a register, and the results are blended.
template <>
struct FixedPointLanes<xsimd::sse4_1> {
  using S = Simd<float, xsimd::sse4_1>;
  using Reg = S::Reg;
  struct Counts {
    __m128i lanes[4];
  };
  static TANDEM_INLINE Counts counts(Reg v) {
    const __m128i all = S::bits_of(v);
    const __m128i high = _mm_srli_si128(all, 8);
    const __m128i low_lane = _mm_setr_epi32(-1, 0, 0, 0);
    return {{_mm_and_si128(all, low_lane), _mm_srli_epi64(all, 32), _mm_and_si128(high, low_lane),
             _mm_srli_epi64(high, 32)}};
  }
  static TANDEM_INLINE Reg shift_right(Reg v, const Counts& by) {
    const __m128i all = S::bits_of(v);
    const __m128i low = _mm_blend_epi16(_mm_srl_epi32(all, by.lanes[0]), _mm_srl_epi32(all, by.lanes[1]), 0x0c);
    const __m128i high = _mm_blend_epi16(_mm_srl_epi32(all, by.lanes[2]), _mm_srl_epi32(all, by.lanes[3]), 0xc0);
    return S::of(_mm_blend_epi16(low, high, 0xf0));
  }
  static TANDEM_INLINE Reg subtract_bits(Reg a, Reg b) { return S::of(_mm_sub_epi32(S::bits_of(a), S::bits_of(b))); }

  // Of two lanes.
  class Pair {
   public:
    TANDEM_INLINE Pair(__m128i q, __m128i low_count, __m128i high_count) : q_(q), low_(low_count), high_(high_count) {
      const __m128i one = _mm_set1_epi64x(1);
      const __m128i power = _mm_blend_epi16(_mm_sll_epi64(one, low_), _mm_sll_epi64(one, high_), 0xf0);
      const __m128i sign = _mm_slli_epi64(one, 63);
      before_ = _mm_add_epi64(sign, _mm_srli_epi64(power, 1));
      after_ = shifted(sign);
    }
    [[nodiscard]] TANDEM_INLINE __m128i of(__m128i v) const {
      return _mm_sub_epi64(shifted(_mm_add_epi64(_mm_mul_epi32(v, q_), before_)), after_);
    }

   private:
    [[nodiscard]] TANDEM_INLINE __m128i shifted(__m128i v) const {
      return _mm_blend_epi16(_mm_srl_epi64(v, low_), _mm_srl_epi64(v, high_), 0xf0);
    }
    __m128i q_, low_, high_, before_, after_;
  };
  class Products {
   public:
    TANDEM_INLINE Products(Reg q, Reg shift) : Products(S::bits_of(q), counts(shift)) {}
    [[nodiscard]] TANDEM_INLINE Reg of(Reg v) const {
      const __m128i even = even_.of(S::bits_of(v));
      const __m128i odd = odd_.of(_mm_srli_epi64(S::bits_of(v), 32));
      return S::of(_mm_blend_epi16(even, _mm_slli_epi64(odd, 32), 0xcc));
    }

   private:
    TANDEM_INLINE Products(__m128i q, const Counts& shift)
        : even_(q, shift.lanes[0], shift.lanes[2]), odd_(_mm_srli_epi64(q, 32), shift.lanes[1], shift.lanes[3]) {}
    Pair even_, odd_;
  };
};
#endif

#if defined(__AVX2__) && defined(__FMA__)
template <>
struct FixedPointLanes<xsimd::avx2> {
  using S = Simd<float, xsimd::avx2>;
  using Reg = S::Reg;
  using Counts = __m256i;
  static TANDEM_INLINE Counts counts(Reg v) { return S::bits_of(v); }
  static TANDEM_INLINE Reg shift_right(Reg v, Counts by) { return S::of(_mm256_srlv_epi32(S::bits_of(v), by)); }
  static TANDEM_INLINE Reg subtract_bits(Reg a, Reg b) { return S::of(_mm256_sub_epi32(S::bits_of(a), S::bits_of(b))); }

  // Of the even lanes.
  class Even {
   public:
    TANDEM_INLINE Even(__m256i q, __m256i count) : q_(q), count_(count) {
      const __m256i one = _mm256_set1_epi64x(1);
      const __m256i sign = _mm256_slli_epi64(one, 63);
      before_ = _mm256_add_epi64(sign, _mm256_srli_epi64(_mm256_sllv_epi64(one, count), 1));
      after_ = _mm256_srlv_epi64(sign, count);
    }
    [[nodiscard]] TANDEM_INLINE __m256i of(__m256i v) const {
      return _mm256_sub_epi64(_mm256_srlv_epi64(_mm256_add_epi64(_mm256_mul_epi32(v, q_), before_), count_), after_);
    }

   private:
    __m256i q_, count_, before_, after_;
  };
  class Products {
   public:
    TANDEM_INLINE Products(Reg q, Reg shift)
        : even_(S::bits_of(q), _mm256_blend_epi32(S::bits_of(shift), _mm256_setzero_si256(), 0xaa)),
          odd_(_mm256_srli_epi64(S::bits_of(q), 32), _mm256_srli_epi64(S::bits_of(shift), 32)) {}
    [[nodiscard]] TANDEM_INLINE Reg of(Reg v) const {
      const __m256i even = even_.of(S::bits_of(v));
      const __m256i odd = odd_.of(_mm256_srli_epi64(S::bits_of(v), 32));
      return S::of(_mm256_blend_epi32(even, _mm256_slli_epi64(odd, 32), 0xaa));
    }

   private:
    Even even_, odd_;
  };
};
#endif

#if defined(__AVX512BW__)
template <>
struct FixedPointLanes<xsimd::avx512bw> {
  using S = Simd<float, xsimd::avx512bw>;
  using Reg = S::Reg;
  using Counts = __m512i;
  static TANDEM_INLINE Counts counts(Reg v) { return S::bits_of(v); }
  static TANDEM_INLINE Reg shift_right(Reg v, Counts by) { return S::of(_mm512_srlv_epi32(S::bits_of(v), by)); }
  static TANDEM_INLINE Reg subtract_bits(Reg a, Reg b) { return S::of(_mm512_sub_epi32(S::bits_of(a), S::bits_of(b))); }

  // Of the even lanes.
  class Even {
   public:
    TANDEM_INLINE Even(__m512i q, __m512i count) : q_(q), count_(count) {
      half_ = _mm512_srli_epi64(_mm512_sllv_epi64(_mm512_set1_epi64(1), count), 1);
    }
    [[nodiscard]] TANDEM_INLINE __m512i of(__m512i v) const {
      return _mm512_srav_epi64(_mm512_add_epi64(_mm512_mul_epi32(v, q_), half_), count_);
    }

   private:
    __m512i q_, count_, half_;
  };
  class Products {
   public:
    TANDEM_INLINE Products(Reg q, Reg shift)
        : even_(S::bits_of(q), _mm512_maskz_mov_epi32(0x5555, S::bits_of(shift))),
          odd_(_mm512_srli_epi64(S::bits_of(q), 32), _mm512_srli_epi64(S::bits_of(shift), 32)) {}
    [[nodiscard]] TANDEM_INLINE Reg of(Reg v) const {
      const __m512i even = even_.of(S::bits_of(v));
      const __m512i odd = odd_.of(_mm512_srli_epi64(S::bits_of(v), 32));
      return S::of(_mm512_mask_shuffle_epi32(even, 0xaaaa, odd, _MM_PERM_CCAA));
    }

   private:
    Even even_, odd_;
  };
};
#endif
