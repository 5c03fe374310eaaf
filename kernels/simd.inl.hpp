// The thin shim between kernels and xsimd: one vector type a pair (T, Arch), with what xsimd 8.1 lacks (fused
// multiply-add on AVX-512, partial loads and stores) supplied by the intrinsic, and `float` itself as the vector of the
// scalar ISA. Included by kernels.inl.hpp inside an ISA's own namespace; see there why.
//
// Every operation means the same on every ISA, NaN and signed zero included; only madd may round once or twice.

#define TANDEM_INLINE __attribute__((always_inline)) inline

struct Scalar {};  // the Arch of the scalar ISA

// Reg:    the register type.      kWidth: lanes.
// kRegisters: vector registers, of which the tiles are made.
// load_broadcast(p): the float at p in all lanes.
// kHalves: there is a madd_half, of the low half of the lanes alone, which takes half the time of madd. What it leaves in the
//         other lanes is not specified.
// keep_order(v): what the program does with v from here on stays behind what it stored before, where that is of use.
// if_less(a, b, yes, no): in each lane a < b ? yes : no; a NaN is not less.
// low_bits_to_exponent(v): the bits of v 23 to the left, where a float has its exponent.
// permute(v, permutation(lane)): lane[i] says which lane of v becomes lane i.
// Tail:   how many of the first lanes a partial load or store touches, in the form the ISA wants it.
// Quads:  the groups of four lanes of a vector. load_quads and store_quads have quad q at p + q * stride; transpose_quads
//         takes each quad of four vectors for a 4 x 4 matrix. A vector of one lane has none.
// kBlock: steps of k for which one load brings the elements of a row of A, each a lane that madd_lane multiplies by; 1 if
//         the ISA multiplies by no lane, and there is no madd_lane.
template <class T, class Arch>
struct Simd;

template <>
struct Simd<float, Scalar> {
  using Value = float;
  using Reg = float;
  using Tail = int;
  static constexpr int kWidth = 1;
  static constexpr int kBlock = 1;
  static constexpr int kRegisters = 16;
  static constexpr bool kFused = false;
  static constexpr bool kHalves = false;

  static TANDEM_INLINE Reg load(const float* p) { return *p; }
  static TANDEM_INLINE void store(float* p, Reg v) { *p = v; }
  static TANDEM_INLINE Reg broadcast(float v) { return v; }
  static TANDEM_INLINE Reg load_broadcast(const float* p) { return *p; }
  static TANDEM_INLINE void keep_order(Reg&) {}
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
  static constexpr int kBlock = 1;
  static constexpr int kRegisters = 16;
  static constexpr bool kHalves = false;

  static TANDEM_INLINE Reg load(const float* p) { return Reg::load_unaligned(p); }
  static TANDEM_INLINE void store(float* p, Reg v) { v.store_unaligned(p); }
  static TANDEM_INLINE Reg broadcast(float v) { return Reg(v); }
  static TANDEM_INLINE Reg load_broadcast(const float* p) { return Reg(*p); }
  static TANDEM_INLINE void keep_order(Reg&) {}
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
  static TANDEM_INLINE Reg load_quads(const float* p, std::ptrdiff_t stride) {
    return Reg(_mm256_insertf128_ps(_mm256_castps128_ps256(_mm_loadu_ps(p)), _mm_loadu_ps(p + stride), 1));
  }
  static TANDEM_INLINE void store_quads(float* p, std::ptrdiff_t stride, Reg v) {
    _mm_storeu_ps(p, _mm256_castps256_ps128(v));
    _mm_storeu_ps(p + stride, _mm256_extractf128_ps(v, 1));
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
template <>
struct Simd<float, xsimd::avx512bw> : SimdOverXsimd<xsimd::avx512bw> {
  static constexpr int kRegisters = 32;
  using Tail = __mmask16;
  static constexpr bool kFused = true;

  static constexpr bool kHalves = true;
  static TANDEM_INLINE Reg madd(Reg a, Reg b, Reg c) { return Reg(_mm512_fmadd_ps(a, b, c)); }
  // As intrinsics, Clang 19 widens the product to the whole vector again.
  static TANDEM_INLINE Reg madd_half(Reg a, Reg b, Reg c) {
    __m256 sum = _mm512_castps512_ps256(c);
    asm("vfmadd231ps %2, %1, %0" : "+v"(sum) : "v"(_mm512_castps512_ps256(a)), "v"(_mm512_castps512_ps256(b)));
    return Reg(_mm512_zextps256_ps512(sum));
  }
  // By the integer instruction, which Zen 4's load unit does alone. Its vbroadcastss of 64 bytes takes a turn of the pipes
  // that clamp and store, too: with one for two multiply-adds, the end of a tile costs a cycle an accumulator, and without
  // nothing (a product of k = 16 from L1: 0.90 of the peak, or 0.96). Of the intrinsics compilers take one for the other.
  static TANDEM_INLINE Reg load_broadcast(const float* p) {
    __m512 v;
    asm("vpbroadcastd %1, %0" : "=v"(v) : "m"(*p));
    return Reg(v);
  }
  // The 28 clamps and 28 stores of a tile hide behind the multiply-adds of the next one in turns, not one kind after the
  // other: 0.95 of the peak, or 0.87, for k = 16 on Zen 4. The tiles of 12 accumulators fit the scheduler in any order.
  static TANDEM_INLINE void keep_order(Reg& v) {
    __m512 pinned = v;
    asm volatile("" : "+v"(pinned) : : "memory");
    v = Reg(pinned);
  }
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
  static TANDEM_INLINE Reg load_quads(const float* p, std::ptrdiff_t stride) {
    __m512 v = _mm512_castps128_ps512(_mm_loadu_ps(p));
    v = _mm512_insertf32x4(v, _mm_loadu_ps(p + stride), 1);
    v = _mm512_insertf32x4(v, _mm_loadu_ps(p + 2 * stride), 2);
    return Reg(_mm512_insertf32x4(v, _mm_loadu_ps(p + 3 * stride), 3));
  }
  static TANDEM_INLINE void store_quads(float* p, std::ptrdiff_t stride, Reg v) {
    _mm_storeu_ps(p, _mm512_castps512_ps128(v));
    _mm_storeu_ps(p + stride, _mm512_extractf32x4_ps(v, 1));
    _mm_storeu_ps(p + 2 * stride, _mm512_extractf32x4_ps(v, 2));
    _mm_storeu_ps(p + 3 * stride, _mm512_extractf32x4_ps(v, 3));
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

#elif defined(__aarch64__)

// fmax and fmin would turn -0 into +0 under relu, so the clamp compares and selects.
template <>
struct Simd<float, xsimd::neon64> : LanewiseTail<xsimd::neon64> {
  static constexpr bool kFused = true;
  static constexpr int kBlock = 4;
  static constexpr int kRegisters = 32;
  static TANDEM_INLINE Reg madd(Reg a, Reg b, Reg c) { return Reg(vfmaq_f32(c, a, b)); }
  template <int Lane>
  static TANDEM_INLINE Reg madd_lane(Reg a, Reg b, Reg c) {
    return Reg(vfmaq_laneq_f32(c, b, a, Lane));
  }
  // xsimd 8.1 refines an estimate of 1 / b, as 32-bit ARM has to: not always the nearest float.
  static TANDEM_INLINE Reg divide(Reg a, Reg b) { return Reg(vdivq_f32(a, b)); }
  static TANDEM_INLINE Reg load_quads(const float* p, std::ptrdiff_t) { return load(p); }
  static TANDEM_INLINE void store_quads(float* p, std::ptrdiff_t, Reg v) { store(p, v); }
  static TANDEM_INLINE void transpose_quads(Reg& a, Reg& b, Reg& c, Reg& d) {
    const float64x2_t ab01 = vreinterpretq_f64_f32(vzip1q_f32(a, b));
    const float64x2_t ab23 = vreinterpretq_f64_f32(vzip2q_f32(a, b));
    const float64x2_t cd01 = vreinterpretq_f64_f32(vzip1q_f32(c, d));
    const float64x2_t cd23 = vreinterpretq_f64_f32(vzip2q_f32(c, d));
    a = Reg(vreinterpretq_f32_f64(vzip1q_f64(ab01, cd01)));
    b = Reg(vreinterpretq_f32_f64(vzip2q_f64(ab01, cd01)));
    c = Reg(vreinterpretq_f32_f64(vzip1q_f64(ab23, cd23)));
    d = Reg(vreinterpretq_f32_f64(vzip2q_f64(ab23, cd23)));
  }
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
