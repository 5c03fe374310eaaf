// The shim for x86-64: SSE4.1, AVX2 with FMA and F16C, AVX-512. simd.inl.hpp documents the operations.

// maxps and minps return their second operand if either is NaN or both are zero. So max(lo, v) keeps a NaN and a -0 of
// v: it is exactly `v < lo ? lo : v`.

#if defined(__SSE4_1__)
template <>
struct Simd<float, xsimd::sse4_1> : LanewiseTail<xsimd::sse4_1> {
  static constexpr bool kFused = false;
  static TANDEM_INLINE Reg madd(Reg a, Reg b, Reg c) { return a * b + c; }
  static TANDEM_INLINE Reg at_least(Reg v, Reg lo) { return Reg(_mm_max_ps(lo, v)); }
  static TANDEM_INLINE Reg at_most(Reg v, Reg hi) { return Reg(_mm_min_ps(hi, v)); }
  static TANDEM_INLINE Reg clamp(Reg v, Reg lo, Reg hi) { return at_most(at_least(v, lo), hi); }
  static TANDEM_INLINE Reg if_less(Reg a, Reg b, Reg yes, Reg no) {
    return Reg(_mm_blendv_ps(no, yes, _mm_cmplt_ps(a, b)));
  }
  static TANDEM_INLINE Reg of(__m128i v) { return Reg(_mm_castsi128_ps(v)); }
  static TANDEM_INLINE __m128i bits_of(Reg v) { return _mm_castps_si128(v); }
  static TANDEM_INLINE Reg bits(std::uint32_t u) { return of(_mm_set1_epi32(static_cast<int>(u))); }
  static TANDEM_INLINE Reg and_bits(Reg a, Reg b) { return Reg(_mm_and_ps(a, b)); }
  static TANDEM_INLINE Reg or_bits(Reg a, Reg b) { return Reg(_mm_or_ps(a, b)); }
  static TANDEM_INLINE Reg add_bits(Reg a, Reg b) { return of(_mm_add_epi32(bits_of(a), bits_of(b))); }
  template <int N>
  static TANDEM_INLINE Reg shift_left(Reg v) {
    return of(_mm_slli_epi32(bits_of(v), N));
  }
  template <int N>
  static TANDEM_INLINE Reg shift_right(Reg v) {
    return of(_mm_srli_epi32(bits_of(v), N));
  }
  static TANDEM_INLINE Reg if_bits_less(Reg a, Reg b, Reg yes, Reg no) {
    return Reg(_mm_blendv_ps(no, yes, _mm_castsi128_ps(_mm_cmplt_epi32(bits_of(a), bits_of(b)))));
  }
  static TANDEM_INLINE Reg load_halves(const std::uint16_t* p) {
    return of(_mm_cvtepu16_epi32(_mm_loadl_epi64(reinterpret_cast<const __m128i*>(p))));
  }
  static TANDEM_INLINE void store_halves(std::uint16_t* p, Reg v) {
    _mm_storel_epi64(reinterpret_cast<__m128i*>(p), _mm_packus_epi32(bits_of(v), bits_of(v)));
  }
  static TANDEM_INLINE Reg load_halves_partial(const std::uint16_t* p, Tail lanes) {
    std::uint16_t lane[kWidth] = {};
    for (int i = 0; i < lanes; ++i) lane[i] = p[i];
    return load_halves(lane);
  }
  static TANDEM_INLINE void store_halves_partial(std::uint16_t* p, Reg v, Tail lanes) {
    std::uint16_t lane[kWidth];
    store_halves(lane, v);
    for (int i = 0; i < lanes; ++i) p[i] = lane[i];
  }
  struct Wide {
    __m128d low, high;
  };
  static TANDEM_INLINE Wide widen(Reg v) { return {_mm_cvtps_pd(v), _mm_cvtps_pd(_mm_movehl_ps(v, v))}; }
  static TANDEM_INLINE Reg narrow(Wide w) { return Reg(_mm_movelh_ps(_mm_cvtpd_ps(w.low), _mm_cvtpd_ps(w.high))); }
  using Permutation = __m128i;  // of bytes
  static TANDEM_INLINE Permutation permutation(const std::int32_t* lane) {
    const __m128i lanes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(lane));
    return _mm_add_epi32(_mm_mullo_epi32(lanes, _mm_set1_epi32(0x04040404)), _mm_set1_epi32(0x03020100));
  }
  static TANDEM_INLINE Reg permute(Reg v, Permutation p) {
    return Reg(_mm_castsi128_ps(_mm_shuffle_epi8(_mm_castps_si128(v), p)));
  }
  static TANDEM_INLINE Reg load_quads(const float* p, std::ptrdiff_t) { return load(p); }
  static TANDEM_INLINE void store_quads(float* p, std::ptrdiff_t, Reg v) { store(p, v); }
  static TANDEM_INLINE void transpose_quads(Reg& a, Reg& b, Reg& c, Reg& d) {
    const __m128 ab01 = _mm_unpacklo_ps(a, b);
    const __m128 ab23 = _mm_unpackhi_ps(a, b);
    const __m128 cd01 = _mm_unpacklo_ps(c, d);
    const __m128 cd23 = _mm_unpackhi_ps(c, d);
    a = Reg(_mm_movelh_ps(ab01, cd01));
    b = Reg(_mm_movehl_ps(cd01, ab01));
    c = Reg(_mm_movelh_ps(ab23, cd23));
    d = Reg(_mm_movehl_ps(cd23, ab23));
  }
};
#endif

#if defined(__AVX2__) && defined(__FMA__)
template <>
struct Simd<float, xsimd::avx2> : SimdOverXsimd<xsimd::avx2> {
  struct Tail {
    __m256i mask;  // sign bit set in the lanes touched
    int lanes;     // their number
  };
  static constexpr bool kFused = true;

  static TANDEM_INLINE Reg madd(Reg a, Reg b, Reg c) { return Reg(_mm256_fmadd_ps(a, b, c)); }
  // madd(a, b, sum) in the register of the sum. In assembly: g++ 12 lets the result take the register of a, and a folded
  // tile of 4 x 3 vectors keeps two of its sums on the stack.
  static TANDEM_INLINE Reg add_product(Reg sum, Reg a, Reg b) {
    __m256 v = sum;
    asm("vfmadd231ps %2, %1, %0" : "+x"(v) : "x"(static_cast<__m256>(a)), "x"(static_cast<__m256>(b)));
    return Reg(v);
  }
  static TANDEM_INLINE Reg at_least(Reg v, Reg lo) { return Reg(_mm256_max_ps(lo, v)); }
  static TANDEM_INLINE Reg at_most(Reg v, Reg hi) { return Reg(_mm256_min_ps(hi, v)); }
  static TANDEM_INLINE Reg clamp(Reg v, Reg lo, Reg hi) { return at_most(at_least(v, lo), hi); }
  static TANDEM_INLINE Reg if_less(Reg a, Reg b, Reg yes, Reg no) {
    return Reg(_mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ)));
  }
  static TANDEM_INLINE Reg of(__m256i v) { return Reg(_mm256_castsi256_ps(v)); }
  static TANDEM_INLINE __m256i bits_of(Reg v) { return _mm256_castps_si256(v); }
  static TANDEM_INLINE Reg bits(std::uint32_t u) { return of(_mm256_set1_epi32(static_cast<int>(u))); }
  static TANDEM_INLINE Reg and_bits(Reg a, Reg b) { return Reg(_mm256_and_ps(a, b)); }
  static TANDEM_INLINE Reg or_bits(Reg a, Reg b) { return Reg(_mm256_or_ps(a, b)); }
  static TANDEM_INLINE Reg add_bits(Reg a, Reg b) { return of(_mm256_add_epi32(bits_of(a), bits_of(b))); }
  template <int N>
  static TANDEM_INLINE Reg shift_left(Reg v) {
    return of(_mm256_slli_epi32(bits_of(v), N));
  }
  template <int N>
  static TANDEM_INLINE Reg shift_right(Reg v) {
    return of(_mm256_srli_epi32(bits_of(v), N));
  }
  static TANDEM_INLINE Reg if_bits_less(Reg a, Reg b, Reg yes, Reg no) {
    return Reg(_mm256_blendv_ps(no, yes, _mm256_castsi256_ps(_mm256_cmpgt_epi32(bits_of(b), bits_of(a)))));
  }
  // After the pack, the low half of each 128 bits holds the result of its four lanes.
  static TANDEM_INLINE __m128i packed_halves(Reg v) {
    const __m256i pairs = _mm256_packus_epi32(bits_of(v), bits_of(v));
    return _mm256_castsi256_si128(_mm256_permute4x64_epi64(pairs, 0x08));
  }
  static TANDEM_INLINE Reg load_halves(const std::uint16_t* p) {
    return of(_mm256_cvtepu16_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))));
  }
  static TANDEM_INLINE void store_halves(std::uint16_t* p, Reg v) {
    _mm_storeu_si128(reinterpret_cast<__m128i*>(p), packed_halves(v));
  }
  // AVX2 masks only lanes of 32 bits, so partial halves go through the stack.
  static TANDEM_INLINE Reg load_halves_partial(const std::uint16_t* p, Tail t) {
    std::uint16_t lane[kWidth] = {};
    for (int i = 0; i < t.lanes; ++i) lane[i] = p[i];
    return load_halves(lane);
  }
  static TANDEM_INLINE void store_halves_partial(std::uint16_t* p, Reg v, Tail t) {
    std::uint16_t lane[kWidth];
    store_halves(lane, v);
    for (int i = 0; i < t.lanes; ++i) p[i] = lane[i];
  }
  static TANDEM_INLINE Reg f16_to_f32(Reg halves) { return Reg(_mm256_cvtph_ps(packed_halves(halves))); }
  static TANDEM_INLINE Reg f32_to_f16(Reg v) {
    return of(_mm256_cvtepu16_epi32(_mm256_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT)));
  }
  struct Wide {
    __m256d low, high;
  };
  static TANDEM_INLINE Wide widen(Reg v) {
    return {_mm256_cvtps_pd(_mm256_castps256_ps128(v)), _mm256_cvtps_pd(_mm256_extractf128_ps(v, 1))};
  }
  static TANDEM_INLINE Reg narrow(Wide w) {
    return Reg(_mm256_insertf128_ps(_mm256_castps128_ps256(_mm256_cvtpd_ps(w.low)), _mm256_cvtpd_ps(w.high), 1));
  }
  template <int N>
  static TANDEM_INLINE __m256 every(int i) {
    const __m256i phase = _mm256_setr_epi32(0, 1 % N, 2 % N, 3 % N, 4 % N, 5 % N, 6 % N, 7 % N);
    return _mm256_castsi256_ps(_mm256_cmpeq_epi32(phase, _mm256_set1_epi32(i)));
  }
  static TANDEM_INLINE Reg madd_where(__m256 lanes, Reg a, Reg b, Reg c) {
    return Reg(_mm256_blendv_ps(c, madd(a, b, c), lanes));
  }
  template <int N>
  static TANDEM_INLINE Reg load_repeated(const float* p) {
    if constexpr (N == 2) {
      double pair;
      __builtin_memcpy(&pair, p, sizeof(pair));
      return Reg(_mm256_castpd_ps(_mm256_set1_pd(pair)));
    } else if constexpr (N == 4) {
      const __m128 quad = _mm_loadu_ps(p);
      return Reg(_mm256_broadcast_ps(&quad));
    } else {
      return load(p);
    }
  }
  using Permutation = __m256i;
  static TANDEM_INLINE Permutation permutation(const std::int32_t* lane) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lane));
  }
  static TANDEM_INLINE Reg permute(Reg v, Permutation p) { return Reg(_mm256_permutevar8x32_ps(v, p)); }
  static TANDEM_INLINE Tail tail(int lanes) {
    return {_mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7)), lanes};
  }
  static TANDEM_INLINE Reg load_partial(const float* p, Tail t) { return Reg(_mm256_maskload_ps(p, t.mask)); }
  // In powers of two: a masked store is microcode on Zen.
  static TANDEM_INLINE void store_partial(float* p, Reg v, Tail t) {
    if (t.lanes == kWidth) return store(p, v);
    __m128 rest = _mm256_castps256_ps128(v);
    if ((t.lanes & 4) != 0) {
      _mm_storeu_ps(p, rest);
      rest = _mm256_extractf128_ps(v, 1);
      p += 4;
    }
    if ((t.lanes & 2) != 0) {
      _mm_storel_pi(reinterpret_cast<__m64*>(p), rest);
      rest = _mm_movehl_ps(rest, rest);
      p += 2;
    }
    if ((t.lanes & 1) != 0) _mm_store_ss(p, rest);
  }
  static TANDEM_INLINE Reg load_quads(const float* p, std::ptrdiff_t stride) {
    return Reg(_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(at(p, stride)), 1));
  }
  static TANDEM_INLINE void store_quads(float* p, std::ptrdiff_t stride, Reg v) {
    _mm_storeu_ps(p, _mm256_castps256_ps128(v));
    _mm_storeu_ps(at(p, stride), _mm256_extractf128_ps(v, 1));
  }
  static TANDEM_INLINE void transpose_quads(Reg& a, Reg& b, Reg& c, Reg& d) {
    const __m256d ab01 = _mm256_castps_pd(_mm256_unpacklo_ps(a, b));
    const __m256d ab23 = _mm256_castps_pd(_mm256_unpackhi_ps(a, b));
    const __m256d cd01 = _mm256_castps_pd(_mm256_unpacklo_ps(c, d));
    const __m256d cd23 = _mm256_castps_pd(_mm256_unpackhi_ps(c, d));
    a = Reg(_mm256_castpd_ps(_mm256_unpacklo_pd(ab01, cd01)));
    b = Reg(_mm256_castpd_ps(_mm256_unpackhi_pd(ab01, cd01)));
    c = Reg(_mm256_castpd_ps(_mm256_unpacklo_pd(ab23, cd23)));
    d = Reg(_mm256_castpd_ps(_mm256_unpackhi_pd(ab23, cd23)));
  }
};
#endif

#if defined(__AVX512F__)
// Vectors of half the width with all 32 registers, for kernels that would leave half of a whole vector idle. Each lane
// has the bits that it would have in a whole vector.
struct HalfAvx512 {};

template <>
struct Simd<float, HalfAvx512> : Simd<float, xsimd::avx2> {
  static constexpr int kRegisters = 32;
  using Tail = __mmask8;  // the masked stores of AVX2 are slow on Zen
  static TANDEM_INLINE Tail tail(int lanes) { return static_cast<Tail>((1U << static_cast<unsigned>(lanes)) - 1U); }
  static TANDEM_INLINE Reg load_partial(const float* p, Tail t) { return Reg(_mm256_maskz_loadu_ps(t, p)); }
  static TANDEM_INLINE void store_partial(float* p, Reg v, Tail t) { _mm256_mask_storeu_ps(p, t, v); }
  static TANDEM_INLINE Reg divide(Reg a, Reg b) {
    const __m256 reciprocal = _mm256_rcp14_ps(b);
    const __m256 quotient = _mm256_mul_ps(a, reciprocal);
    return Reg(_mm256_fnmadd_ps(_mm256_fmsub_ps(b, quotient, a), reciprocal, quotient));
  }
};

template <>
struct Simd<float, xsimd::avx512bw> : SimdOverXsimd<xsimd::avx512bw> {
  static constexpr int kRegisters = 32;
  using Tail = __mmask16;
  static constexpr bool kFused = true;

  static constexpr bool kHalves = true;
  using HalfArch = HalfAvx512;
  // The division of 16 lanes is slow: 10 cycles on Ice Lake, 16 before. The estimate is off by at most 2^-14, so the
  // quotient corrected by its remainder is off by 2^-28 before its rounding.
  static TANDEM_INLINE Reg divide(Reg a, Reg b) {
    const __m512 reciprocal = _mm512_rcp14_ps(b);
    const __m512 quotient = _mm512_mul_ps(a, reciprocal);
    return Reg(_mm512_fnmadd_ps(_mm512_fmsub_ps(b, quotient, a), reciprocal, quotient));  // in this order keeps a -0
  }
  static TANDEM_INLINE Reg madd(Reg a, Reg b, Reg c) { return Reg(_mm512_fmadd_ps(a, b, c)); }
  // In assembly, because g++ 12 loads the element by an instruction of its own.
  static TANDEM_INLINE Reg madd_broadcast(const float* p, Reg b, Reg c) {
    __m512 sum = c;
    asm("vfmadd231ps %2%{1to16%}, %1, %0" : "+v"(sum) : "v"(static_cast<__m512>(b)), "m"(*p));
    return Reg(sum);
  }
  // In assembly, because Clang 19 widens the intrinsic to the whole vector again.
  static TANDEM_INLINE Reg madd_half(Reg a, Reg b, Reg c) {
    __m256 sum = _mm512_castps512_ps256(c);
    asm("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(_mm512_castps512_ps256(a)), "v"(_mm512_castps512_ps256(b)));
    return Reg(_mm512_zextps256_ps512(sum));
  }
  // The integer instruction, because Zen 4 does it in the load unit alone. A vbroadcastss of 64 bytes also takes a slot
  // of the pipes that clamp and store: with one for two multiply-adds, the end of a tile costs a cycle per accumulator;
  // without, nothing (a product of k = 16 from L1: 0.90 of the peak, or 0.96). In assembly, because compilers replace
  // one intrinsic by the other.
  static TANDEM_INLINE Reg load_broadcast(const float* p) {
    __m512 v;
    asm("vpbroadcastd %1, %0" : "=v"(v) : "m"(*p));
    return Reg(v);
  }
  // The 28 clamps and 28 stores of a tile hide behind the multiply-adds of the next tile if they alternate, but not if
  // all clamps come first: 0.95 of the peak, or 0.87, for k = 16 on Zen 4. A tile of 12 accumulators fits the scheduler
  // in any order.
  static TANDEM_INLINE void keep_order(Reg& v) {
    __m512 pinned = v;
    asm volatile("" : "+v"(pinned) : : "memory");
    v = Reg(pinned);
  }
  static TANDEM_INLINE Reg at_least(Reg v, Reg lo) { return Reg(_mm512_max_ps(lo, v)); }
  static TANDEM_INLINE Reg at_most(Reg v, Reg hi) { return Reg(_mm512_min_ps(hi, v)); }
  static TANDEM_INLINE Reg clamp(Reg v, Reg lo, Reg hi) { return at_most(at_least(v, lo), hi); }
  static TANDEM_INLINE Reg if_less(Reg a, Reg b, Reg yes, Reg no) {
    return Reg(_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes));
  }
  static TANDEM_INLINE Reg of(__m512i v) { return Reg(_mm512_castsi512_ps(v)); }
  static TANDEM_INLINE __m512i bits_of(Reg v) { return _mm512_castps_si512(v); }
  static TANDEM_INLINE Reg bits(std::uint32_t u) { return of(_mm512_set1_epi32(static_cast<int>(u))); }
  static TANDEM_INLINE Reg and_bits(Reg a, Reg b) { return of(_mm512_and_si512(bits_of(a), bits_of(b))); }
  static TANDEM_INLINE Reg or_bits(Reg a, Reg b) { return of(_mm512_or_si512(bits_of(a), bits_of(b))); }
  static TANDEM_INLINE Reg add_bits(Reg a, Reg b) { return of(_mm512_add_epi32(bits_of(a), bits_of(b))); }
  template <int N>
  static TANDEM_INLINE Reg shift_left(Reg v) {
    return of(_mm512_slli_epi32(bits_of(v), N));
  }
  template <int N>
  static TANDEM_INLINE Reg shift_right(Reg v) {
    return of(_mm512_srli_epi32(bits_of(v), N));
  }
  static TANDEM_INLINE Reg if_bits_less(Reg a, Reg b, Reg yes, Reg no) {
    return Reg(_mm512_mask_blend_ps(_mm512_cmplt_epi32_mask(bits_of(a), bits_of(b)), no, yes));
  }
  static TANDEM_INLINE Reg load_halves(const std::uint16_t* p) {
    return of(_mm512_cvtepu16_epi32(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p))));
  }
  static TANDEM_INLINE void store_halves(std::uint16_t* p, Reg v) {
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(bits_of(v)));
  }
  static TANDEM_INLINE Reg load_halves_partial(const std::uint16_t* p, Tail t) {
    return of(_mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(t, p)));
  }
  static TANDEM_INLINE void store_halves_partial(std::uint16_t* p, Reg v, Tail t) {
    _mm256_mask_storeu_epi16(p, t, _mm512_cvtepi32_epi16(bits_of(v)));
  }
  static TANDEM_INLINE Reg f16_to_f32(Reg halves) {
    return Reg(_mm512_cvtph_ps(_mm512_cvtepi32_epi16(bits_of(halves))));
  }
  static TANDEM_INLINE Reg f32_to_f16(Reg v) {
    return of(_mm512_cvtepu16_epi32(_mm512_cvtps_ph(v, _MM_FROUND_TO_NEAREST_INT)));
  }
  struct Wide {
    __m512d low, high;
  };
  static TANDEM_INLINE Wide widen(Reg v) {
    return {_mm512_cvtps_pd(_mm512_castps512_ps256(v)), _mm512_cvtps_pd(_mm512_extractf32x8_ps(v, 1))};
  }
  static TANDEM_INLINE Reg narrow(Wide w) {
    return Reg(_mm512_insertf32x8(_mm512_castps256_ps512(_mm512_cvtpd_ps(w.low)), _mm512_cvtpd_ps(w.high), 1));
  }
  template <int N>
  static TANDEM_INLINE __mmask16 every(int i) {
    constexpr unsigned kFirst = N == 2 ? 0x5555U : N == 4 ? 0x1111U : N == 8 ? 0x0101U : 1U;
    return static_cast<__mmask16>(kFirst << static_cast<unsigned>(i));
  }
  static TANDEM_INLINE Reg madd_where(__mmask16 lanes, Reg a, Reg b, Reg c) {
    return Reg(_mm512_mask3_fmadd_ps(a, b, c, lanes));
  }
  // Of two floats by the integer instruction, as load_broadcast().
  template <int N>
  static TANDEM_INLINE Reg load_repeated(const float* p) {
    if constexpr (N == 2) {
      __m512 v;
      asm("vpbroadcastq %1, %0" : "=v"(v) : "m"(*reinterpret_cast<const float(*)[2]>(p)));
      return Reg(v);
    } else if constexpr (N == 4) {
      return Reg(_mm512_broadcast_f32x4(_mm_loadu_ps(p)));
    } else if constexpr (N == 8) {
      return Reg(_mm512_broadcast_f32x8(_mm256_loadu_ps(p)));
    } else {
      return load(p);
    }
  }
  using Permutation = __m512i;
  static TANDEM_INLINE Permutation permutation(const std::int32_t* lane) { return _mm512_loadu_si512(lane); }
  static TANDEM_INLINE Reg permute(Reg v, Permutation p) { return Reg(_mm512_permutexvar_ps(p, v)); }
  static TANDEM_INLINE Tail tail(int lanes) { return static_cast<Tail>((1U << static_cast<unsigned>(lanes)) - 1U); }
  static TANDEM_INLINE Reg load_partial(const float* p, Tail t) { return Reg(_mm512_maskz_loadu_ps(t, p)); }
  static TANDEM_INLINE void store_partial(float* p, Reg v, Tail t) { _mm512_mask_storeu_ps(p, t, v); }
  static TANDEM_INLINE Reg load_quads(const float* p, std::ptrdiff_t stride) {
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(p));
    v = _mm512_insertf32x4(v, _mm_loadu_ps(at(p, stride)), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(at(p, 2 * stride)), 2);
    return Reg(_mm512_insertf32x4(v, _mm_loadu_ps(at(p, 3 * stride)), 3));
  }
  static TANDEM_INLINE void store_quads(float* p, std::ptrdiff_t stride, Reg v) {
    _mm_storeu_ps(p, _mm512_castps512_ps128(v));
    _mm_storeu_ps(at(p, stride), _mm512_extractf32x4_ps(v, 1));
    _mm_storeu_ps(at(p, 2 * stride), _mm512_extractf32x4_ps(v, 2));
    _mm_storeu_ps(at(p, 3 * stride), _mm512_extractf32x4_ps(v, 3));
  }
  static TANDEM_INLINE void transpose_quads(Reg& a, Reg& b, Reg& c, Reg& d) {
    const __m512d ab01 = _mm512_castps_pd(_mm512_unpacklo_ps(a, b));
    const __m512d ab23 = _mm512_castps_pd(_mm512_unpackhi_ps(a, b));
    const __m512d cd01 = _mm512_castps_pd(_mm512_unpacklo_ps(c, d));
    const __m512d cd23 = _mm512_castps_pd(_mm512_unpackhi_ps(c, d));
    a = Reg(_mm512_castpd_ps(_mm512_unpacklo_pd(ab01, cd01)));
    b = Reg(_mm512_castpd_ps(_mm512_unpackhi_pd(ab01, cd01)));
    c = Reg(_mm512_castpd_ps(_mm512_unpacklo_pd(ab23, cd23)));
    d = Reg(_mm512_castpd_ps(_mm512_unpackhi_pd(ab23, cd23)));
  }
};
#endif
