// The thin shim between kernels and xsimd: one vector type a pair (T, Arch), with what xsimd 8.1 lacks (fused
// multiply-add on AVX-512, partial loads and stores) supplied by the intrinsic, and `float` itself as the vector of the
// scalar ISA. Included by kernels.inl.hpp inside an ISA's own namespace; see there why.
//
// Every operation means the same on every ISA, NaN and signed zero included; only madd may round once or twice.

#define TANDEM_INLINE __attribute__((always_inline)) inline

struct Scalar {};  // the Arch of the scalar ISA

// Reg:   the register type.      kWidth: lanes.
// if_less(a, b, yes, no): in each lane a < b ? yes : no; a NaN is not less.
// low_bits_to_exponent(v): the bits of v 23 to the left, where a float has its exponent.
// permute(v, permutation(lane)): lane[i] says which lane of v becomes lane i.
// Tail:  how many of the first lanes a partial load or store touches, in the form the ISA wants it.
template <class T, class Arch>
struct Simd;

template <>
struct Simd<float, Scalar> {
  using Value = float;
  using Reg = float;
  using Tail = int;
  static constexpr int kWidth = 1;
  static constexpr bool kFused = false;

  static TANDEM_INLINE Reg load(const float* p) { return *p; }
  static TANDEM_INLINE void store(float* p, Reg v) { *p = v; }
  static TANDEM_INLINE Reg broadcast(float v) { return v; }
  static TANDEM_INLINE Reg add(Reg a, Reg b) { return a + b; }
  static TANDEM_INLINE Reg divide(Reg a, Reg b) { return a / b; }
  static TANDEM_INLINE Reg multiply(Reg a, Reg b) { return a * b; }
  static TANDEM_INLINE Reg madd(Reg a, Reg b, Reg c) { return a * b + c; }
  static TANDEM_INLINE Reg clamp(Reg v, Reg lo, Reg hi) { return v < lo ? lo : (v > hi ? hi : v); }
  static TANDEM_INLINE Reg if_less(Reg a, Reg b, Reg yes, Reg no) { return a < b ? yes : no; }
  static TANDEM_INLINE Reg low_bits_to_exponent(Reg v) {
    return __builtin_bit_cast(float, __builtin_bit_cast(std::uint32_t, v) << 23);
  }
  using Permutation = int;
  static TANDEM_INLINE Permutation permutation(const std::int32_t*) { return 0; }
  static TANDEM_INLINE Reg permute(Reg v, Permutation) { return v; }
  // A vector of one lane has no partial form: a tail of one is a whole vector.
  static TANDEM_INLINE Tail tail(int lanes) { return lanes; }
  static TANDEM_INLINE Reg load_partial(const float* p, Tail) { return *p; }
  static TANDEM_INLINE void store_partial(float* p, Reg v, Tail) { *p = v; }
};

// What is alike on all vector ISAs of 4 or more floats.
template <class Arch>
struct SimdOverXsimd {
  using Value = float;
  using Reg = xsimd::batch<float, Arch>;
  static constexpr int kWidth = static_cast<int>(Reg::size);

  static TANDEM_INLINE Reg load(const float* p) { return Reg::load_unaligned(p); }
  static TANDEM_INLINE void store(float* p, Reg v) { v.store_unaligned(p); }
  static TANDEM_INLINE Reg broadcast(float v) { return Reg(v); }
  static TANDEM_INLINE Reg add(Reg a, Reg b) { return a + b; }
  static TANDEM_INLINE Reg multiply(Reg a, Reg b) { return a * b; }
  static TANDEM_INLINE Reg divide(Reg a, Reg b) { return a / b; }
};

// Partial loads and stores lane by lane, through the stack, for ISAs without masks.
template <class Arch>
struct LanewiseTail : SimdOverXsimd<Arch> {
  using Base = SimdOverXsimd<Arch>;
  using Reg = typename Base::Reg;
  using Tail = int;

  static TANDEM_INLINE Tail tail(int lanes) { return lanes; }
  static TANDEM_INLINE Reg load_partial(const float* p, Tail lanes) {
    float lane[Base::kWidth] = {};
    for (int i = 0; i < lanes; ++i) lane[i] = p[i];
    return Base::load(lane);
  }
  static TANDEM_INLINE void store_partial(float* p, Reg v, Tail lanes) {
    float lane[Base::kWidth];
    Base::store(lane, v);
    for (int i = 0; i < lanes; ++i) p[i] = lane[i];
  }
};

#if defined(__x86_64__)

// maxps and minps return their second operand when either is NaN or both are zero, so max(lo, v) keeps a NaN and a -0
// of v: exactly `v < lo ? lo : v`.

#if defined(__SSE4_1__)
template <>
struct Simd<float, xsimd::sse4_1> : LanewiseTail<xsimd::sse4_1> {
  static constexpr bool kFused = false;
  static TANDEM_INLINE Reg madd(Reg a, Reg b, Reg c) { return a * b + c; }
  static TANDEM_INLINE Reg clamp(Reg v, Reg lo, Reg hi) { return Reg(_mm_min_ps(hi, _mm_max_ps(lo, v))); }
  static TANDEM_INLINE Reg if_less(Reg a, Reg b, Reg yes, Reg no) {
    return Reg(_mm_blendv_ps(no, yes, _mm_cmplt_ps(a, b)));
  }
  static TANDEM_INLINE Reg low_bits_to_exponent(Reg v) {
    return Reg(_mm_castsi128_ps(_mm_slli_epi32(_mm_castps_si128(v), 23)));
  }
  using Permutation = __m128i;  // of bytes
  static TANDEM_INLINE Permutation permutation(const std::int32_t* lane) {
    const __m128i lanes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(lane));
    return _mm_add_epi32(_mm_mullo_epi32(lanes, _mm_set1_epi32(0x04040404)), _mm_set1_epi32(0x03020100));
  }
  static TANDEM_INLINE Reg permute(Reg v, Permutation p) {
    return Reg(_mm_castsi128_ps(_mm_shuffle_epi8(_mm_castps_si128(v), p)));
  }
};
#endif

#if defined(__AVX2__) && defined(__FMA__)
template <>
struct Simd<float, xsimd::avx2> : SimdOverXsimd<xsimd::avx2> {
  using Tail = __m256i;  // sign bit set in the lanes touched
  static constexpr bool kFused = true;

  static TANDEM_INLINE Reg madd(Reg a, Reg b, Reg c) { return Reg(_mm256_fmadd_ps(a, b, c)); }
  static TANDEM_INLINE Reg clamp(Reg v, Reg lo, Reg hi) { return Reg(_mm256_min_ps(hi, _mm256_max_ps(lo, v))); }
  static TANDEM_INLINE Reg if_less(Reg a, Reg b, Reg yes, Reg no) {
    return Reg(_mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_LT_OQ)));
  }
  static TANDEM_INLINE Reg low_bits_to_exponent(Reg v) {
    return Reg(_mm256_castsi256_ps(_mm256_slli_epi32(_mm256_castps_si256(v), 23)));
  }
  using Permutation = __m256i;
  static TANDEM_INLINE Permutation permutation(const std::int32_t* lane) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lane));
  }
  static TANDEM_INLINE Reg permute(Reg v, Permutation p) { return Reg(_mm256_permutevar8x32_ps(v, p)); }
  static TANDEM_INLINE Tail tail(int lanes) {
    return _mm256_cmpgt_epi32(_mm256_set1_epi32(lanes), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7));
  }
  static TANDEM_INLINE Reg load_partial(const float* p, Tail t) { return Reg(_mm256_maskload_ps(p, t)); }
  static TANDEM_INLINE void store_partial(float* p, Reg v, Tail t) { _mm256_maskstore_ps(p, t, v); }
};
#endif

#if defined(__AVX512F__)
template <>
struct Simd<float, xsimd::avx512bw> : SimdOverXsimd<xsimd::avx512bw> {
  using Tail = __mmask16;
  static constexpr bool kFused = true;

  static TANDEM_INLINE Reg madd(Reg a, Reg b, Reg c) { return Reg(_mm512_fmadd_ps(a, b, c)); }
  static TANDEM_INLINE Reg clamp(Reg v, Reg lo, Reg hi) { return Reg(_mm512_min_ps(hi, _mm512_max_ps(lo, v))); }
  static TANDEM_INLINE Reg if_less(Reg a, Reg b, Reg yes, Reg no) {
    return Reg(_mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_LT_OQ), no, yes));
  }
  static TANDEM_INLINE Reg low_bits_to_exponent(Reg v) {
    return Reg(_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_castps_si512(v), 23)));
  }
  using Permutation = __m512i;
  static TANDEM_INLINE Permutation permutation(const std::int32_t* lane) { return _mm512_loadu_si512(lane); }
  static TANDEM_INLINE Reg permute(Reg v, Permutation p) { return Reg(_mm512_permutexvar_ps(p, v)); }
  static TANDEM_INLINE Tail tail(int lanes) { return static_cast<Tail>((1U << static_cast<unsigned>(lanes)) - 1U); }
  static TANDEM_INLINE Reg load_partial(const float* p, Tail t) { return Reg(_mm512_maskz_loadu_ps(t, p)); }
  static TANDEM_INLINE void store_partial(float* p, Reg v, Tail t) { _mm512_mask_storeu_ps(p, t, v); }
};
#endif

#elif defined(__aarch64__)

// fmax and fmin would turn -0 into +0 under relu, so the clamp compares and selects.
template <>
struct Simd<float, xsimd::neon64> : LanewiseTail<xsimd::neon64> {
  static constexpr bool kFused = true;
  static TANDEM_INLINE Reg madd(Reg a, Reg b, Reg c) { return Reg(vfmaq_f32(c, a, b)); }
  // xsimd 8.1 refines an estimate of 1 / b, as 32-bit ARM has to: not always the nearest float.
  static TANDEM_INLINE Reg divide(Reg a, Reg b) { return Reg(vdivq_f32(a, b)); }
  static TANDEM_INLINE Reg clamp(Reg v, Reg lo, Reg hi) {
    const float32x4_t floored = vbslq_f32(vcltq_f32(v, lo), lo, v);
    return Reg(vbslq_f32(vcgtq_f32(floored, hi), hi, floored));
  }
  static TANDEM_INLINE Reg if_less(Reg a, Reg b, Reg yes, Reg no) { return Reg(vbslq_f32(vcltq_f32(a, b), yes, no)); }
  static TANDEM_INLINE Reg low_bits_to_exponent(Reg v) {
    return Reg(vreinterpretq_f32_u32(vshlq_n_u32(vreinterpretq_u32_f32(v), 23)));
  }
  using Permutation = uint8x16_t;  // of bytes
  static TANDEM_INLINE Permutation permutation(const std::int32_t* lane) {
    const uint32x4_t lanes = vreinterpretq_u32_s32(vld1q_s32(lane));
    return vreinterpretq_u8_u32(vmlaq_u32(vdupq_n_u32(0x03020100), lanes, vdupq_n_u32(0x04040404)));
  }
  static TANDEM_INLINE Reg permute(Reg v, Permutation p) {
    return Reg(vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(v), p)));
  }
};

#endif
