// The shim for 64-bit ARM: NEON. simd.inl.hpp documents the operations.

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
  template <int N>
  static TANDEM_INLINE uint32x4_t every(int i) {
    const std::int32_t phase[kWidth] = {0, 1 % N, 2 % N, 3 % N};
    return vceqq_s32(vld1q_s32(phase), vdupq_n_s32(i));
  }
  static TANDEM_INLINE Reg madd_where(uint32x4_t lanes, Reg a, Reg b, Reg c) {
    return Reg(vbslq_f32(lanes, madd(a, b, c), c));
  }
  template <int N>
  static TANDEM_INLINE Reg load_repeated(const float* p) {
    if constexpr (N == kWidth) return load(p);
    return Reg(vcombine_f32(vld1_f32(p), vld1_f32(p)));
  }
  // xsimd 8.1 refines an estimate of 1 / b, as 32-bit ARM must; the result is not always the nearest float.
  static TANDEM_INLINE Reg divide(Reg a, Reg b) { return Reg(vdivq_f32(a, b)); }
  static TANDEM_INLINE Reg quotient(Reg a, Reg b) { return divide(a, b); }
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
  static TANDEM_INLINE Reg at_least(Reg v, Reg lo) { return Reg(vbslq_f32(vcltq_f32(v, lo), lo, v)); }
  static TANDEM_INLINE Reg at_most(Reg v, Reg hi) { return Reg(vbslq_f32(vcgtq_f32(v, hi), hi, v)); }
  static TANDEM_INLINE Reg clamp(Reg v, Reg lo, Reg hi) { return at_most(at_least(v, lo), hi); }
  static TANDEM_INLINE Reg if_less(Reg a, Reg b, Reg yes, Reg no) { return Reg(vbslq_f32(vcltq_f32(a, b), yes, no)); }
  static TANDEM_INLINE Reg of(uint32x4_t v) { return Reg(vreinterpretq_f32_u32(v)); }
  static TANDEM_INLINE uint32x4_t bits_of(Reg v) { return vreinterpretq_u32_f32(v); }
  static TANDEM_INLINE Reg bits(std::uint32_t u) { return of(vdupq_n_u32(u)); }
  static TANDEM_INLINE Reg and_bits(Reg a, Reg b) { return of(vandq_u32(bits_of(a), bits_of(b))); }
  static TANDEM_INLINE Reg or_bits(Reg a, Reg b) { return of(vorrq_u32(bits_of(a), bits_of(b))); }
  static TANDEM_INLINE Reg add_bits(Reg a, Reg b) { return of(vaddq_u32(bits_of(a), bits_of(b))); }
  template <int N>
  static TANDEM_INLINE Reg shift_left(Reg v) {
    return of(vshlq_n_u32(bits_of(v), N));
  }
  template <int N>
  static TANDEM_INLINE Reg shift_right(Reg v) {
    return of(vshrq_n_u32(bits_of(v), N));
  }
  static TANDEM_INLINE Reg if_bits_less(Reg a, Reg b, Reg yes, Reg no) {
    return Reg(vbslq_f32(vcltq_s32(vreinterpretq_s32_f32(a), vreinterpretq_s32_f32(b)), yes, no));
  }
  static TANDEM_INLINE Reg load_halves(const std::uint16_t* p) { return of(vmovl_u16(vld1_u16(p))); }
  static TANDEM_INLINE void store_halves(std::uint16_t* p, Reg v) { vst1_u16(p, vmovn_u32(bits_of(v))); }
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
  static TANDEM_INLINE Reg f16_to_f32(Reg halves) {
    return Reg(vcvt_f32_f16(vreinterpret_f16_u16(vmovn_u32(bits_of(halves)))));
  }
  static TANDEM_INLINE Reg f32_to_f16(Reg v) { return of(vmovl_u16(vreinterpret_u16_f16(vcvt_f16_f32(v)))); }
  struct Wide {
    float64x2_t low, high;
  };
  static TANDEM_INLINE Wide widen(Reg v) { return {vcvt_f64_f32(vget_low_f32(v)), vcvt_high_f64_f32(v)}; }
  static TANDEM_INLINE Reg narrow(Wide w) { return Reg(vcvt_high_f32_f64(vcvt_f32_f64(w.low), w.high)); }
  using Permutation = uint8x16_t;  // of bytes
  static TANDEM_INLINE Permutation permutation(const std::int32_t* lane) {
    const uint32x4_t lanes = vreinterpretq_u32_s32(vld1q_s32(lane));
    return vreinterpretq_u8_u32(vmlaq_u32(vdupq_n_u32(0x03020100), lanes, vdupq_n_u32(0x04040404)));
  }
  static TANDEM_INLINE Reg permute(Reg v, Permutation p) {
    return Reg(vreinterpretq_f32_u8(vqtbl1q_u8(vreinterpretq_u8_f32(v), p)));
  }
};
