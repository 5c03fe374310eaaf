// Quads on 64-bit ARM without dot products, see types/int8.inl.hpp.

// Products: how four products of a lane are added.
//   kOffset<Signed>            see Dot in types/int8.inl.hpp
//   turned<Signed>(quads)      the bits of a factor, of the bits in memory
//   factor<Signed>(bits)       the factor that has these bits
//   add(sum, factor, weights), and add_lane<I>, with quad I of the factor in all lanes, where there is such an instruction
//   kPairs                     whether there is add_pairs(sum, factor, weights), of 2 x 8 by 8 x 2

// Both factors are s8. A u8 element becomes s8 by taking off 128, which turns its highest bit.
struct SignedFactors {
  static constexpr bool kPairs = false;
  template <bool Signed>
  static constexpr std::int32_t kOffset = Signed ? 0 : -128;
  template <bool Signed>
  static TANDEM_INLINE uint8x16_t turned(uint8x16_t quads) {
    return Signed ? quads : veorq_u8(quads, vdupq_n_u8(0x80));
  }
  template <bool Signed>
  static TANDEM_INLINE int8x16_t factor(uint8x16_t bits) {
    return vreinterpretq_s8_u8(bits);
  }
};

// Products of s8 fit into 16 bits; pairs of these are added in 32 bits.
struct WidenedProducts : SignedFactors {
  static TANDEM_INLINE float32x4_t add(float32x4_t sum, int8x16_t a, int8x16_t b) {
    const int32x4_t low = vpaddlq_s16(vmull_s8(vget_low_s8(a), vget_low_s8(b)));
    const int32x4_t high = vpaddlq_s16(vmull_high_s8(a, b));
    return vreinterpretq_f32_s32(vaddq_s32(vreinterpretq_s32_f32(sum), vpaddq_s32(low, high)));
  }
};

#if defined(__ARM_FEATURE_DOTPROD)
// sdot adds four products of s8. In assembly, because g++ 12 would keep the sums of a loop in two types, floats and
// integers, and copy each in every iteration. By a lane it does not.
struct SignedProducts : SignedFactors {
  static TANDEM_INLINE float32x4_t add(float32x4_t sum, int8x16_t a, int8x16_t b) {
    asm("sdot %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(a), "w"(b));
    return sum;
  }
  template <int Lane>
  static TANDEM_INLINE int32x4_t add_lane(int32x4_t sum, int8x16_t a, int8x16_t b) {
    return vdotq_laneq_s32(sum, b, a, Lane);
  }
};
#endif

#if defined(__ARM_FEATURE_MATMUL_INT8)
// usdot, sudot and usmmla take u8 elements as they are.
struct MixedProducts : SignedProducts {
  static constexpr bool kPairs = true;
  template <bool Signed>
  static constexpr std::int32_t kOffset = 0;
  template <bool Signed>
  static TANDEM_INLINE uint8x16_t turned(uint8x16_t quads) {
    return quads;
  }
  template <bool Signed>
  static TANDEM_INLINE auto factor(uint8x16_t bits) {
    if constexpr (Signed) {
      return vreinterpretq_s8_u8(bits);
    } else {
      return bits;
    }
  }
  using SignedProducts::add;
  static TANDEM_INLINE float32x4_t add(float32x4_t sum, uint8x16_t a, int8x16_t b) {
    asm("usdot %0.4s, %1.16b, %2.16b" : "+w"(sum) : "w"(a), "w"(b));
    return sum;
  }
  using SignedProducts::add_lane;
  template <int Lane>
  static TANDEM_INLINE int32x4_t add_lane(int32x4_t sum, uint8x16_t a, int8x16_t b) {
    return vsudotq_laneq_s32(sum, b, a, Lane);
  }
  static TANDEM_INLINE int32x4_t add_pairs(int32x4_t sum, int8x16_t a, int8x16_t b) { return vmmlaq_s32(sum, a, b); }
  static TANDEM_INLINE int32x4_t add_pairs(int32x4_t sum, uint8x16_t a, int8x16_t b) { return vusmmlaq_s32(sum, a, b); }
};
#endif

template <class Products>
struct NeonDot {
  using Reg = Simd<float, xsimd::neon64>::Reg;
  using Entries = QuadEntries<xsimd::neon64, NeonDot>;
  using Column = int8x16_t;
  template <bool Signed>
  static constexpr std::int32_t kOffset = Products::template kOffset<Signed>;

  template <bool Signed>
  static TANDEM_INLINE auto sample(Reg v) {
    return Products::template factor<Signed>(vreinterpretq_u8_f32(entry_sample<Signed>(v)));
  }
  static TANDEM_INLINE Column column(Reg v) { return vreinterpretq_s8_f32(v); }
  template <class Sample>
  static TANDEM_INLINE Reg dot(Sample a, Column b, Reg sum) {
    return Reg(Products::add(sum, a, b));
  }
  template <int Lane, class Sample>
    requires requires(int32x4_t sum, Sample a, Column b) { Products::template add_lane<Lane>(sum, a, b); }
  static TANDEM_INLINE Reg dot_lane(Sample a, Column b, Reg sum) {
    return Reg(vreinterpretq_f32_s32(Products::template add_lane<Lane>(vreinterpretq_s32_f32(sum), a, b)));
  }
  template <bool Signed>
  static TANDEM_INLINE Reg entry_sample(Reg bytes) {
    return Reg(vreinterpretq_f32_u8(Products::template turned<Signed>(vreinterpretq_u8_f32(bytes))));
  }
  template <bool Signed>
  static TANDEM_INLINE Reg add_entry(Reg entry, Reg weights, Reg sum) {
    return dot(Products::template factor<Signed>(vreinterpretq_u8_f32(entry)), column(weights), sum);
  }

  // Of gemm_pairs.inl.hpp.
  static constexpr bool kPairs = Products::kPairs;
  template <bool Signed>
  static TANDEM_INLINE auto load_pair(const TensorQuad* p, const TensorQuad* q) {
    const uint8x16_t both = vcombine_u8(vld1_u8(p->bytes), vld1_u8(q->bytes));
    return Products::template factor<Signed>(Products::template turned<Signed>(both));
  }
  static TANDEM_INLINE Column low_columns(Column a, Column b) {
    return vreinterpretq_s8_s32(vzip1q_s32(vreinterpretq_s32_s8(a), vreinterpretq_s32_s8(b)));
  }
  static TANDEM_INLINE Column high_columns(Column a, Column b) {
    return vreinterpretq_s8_s32(vzip2q_s32(vreinterpretq_s32_s8(a), vreinterpretq_s32_s8(b)));
  }
  template <class Sample>
  static TANDEM_INLINE Reg dot_pairs(Sample a, Column b, Reg sum) {
    return Reg(vreinterpretq_f32_s32(Products::add_pairs(vreinterpretq_s32_f32(sum), a, b)));
  }
  // In assembly for the reason of SignedProducts.
  static TANDEM_INLINE Reg low_halves(Reg a, Reg b) {
    float32x4_t r;
    asm("zip1 %0.2d, %1.2d, %2.2d" : "=w"(r) : "w"(float32x4_t(a)), "w"(float32x4_t(b)));
    return Reg(r);
  }
  static TANDEM_INLINE Reg high_halves(Reg a, Reg b) {
    float32x4_t r;
    asm("zip2 %0.2d, %1.2d, %2.2d" : "=w"(r) : "w"(float32x4_t(a)), "w"(float32x4_t(b)));
    return Reg(r);
  }
};

// See int8_blocks.inl.hpp.
template <>
struct Bytes<xsimd::neon64> : BytesInOrder {
  using V = uint32x4_t;
  using Reg = Simd<float, xsimd::neon64>::Reg;
  static TANDEM_INLINE uint8x16_t bytes(V v) { return vreinterpretq_u8_u32(v); }
  static TANDEM_INLINE V of(uint8x16_t v) { return vreinterpretq_u32_u8(v); }
  static TANDEM_INLINE int16x8_t words(V v) { return vreinterpretq_s16_u32(v); }
  static TANDEM_INLINE V low_bytes(V a, V b) { return of(vzip1q_u8(bytes(a), bytes(b))); }
  static TANDEM_INLINE V high_bytes(V a, V b) { return of(vzip2q_u8(bytes(a), bytes(b))); }
  static TANDEM_INLINE V low_words(V a, V b) { return vreinterpretq_u32_s16(vzip1q_s16(words(a), words(b))); }
  static TANDEM_INLINE V high_words(V a, V b) { return vreinterpretq_u32_s16(vzip2q_s16(words(a), words(b))); }
  static TANDEM_INLINE V exclusive_or(V a, V b) { return veorq_u32(a, b); }
  static TANDEM_INLINE V every_byte(std::uint8_t byte) { return of(vdupq_n_u8(byte)); }
  static TANDEM_INLINE V every_word(std::int16_t word) { return vreinterpretq_u32_s16(vdupq_n_s16(word)); }
  static TANDEM_INLINE V to_integer(Reg v) { return vreinterpretq_u32_s32(vcvtnq_s32_f32(v)); }
  static TANDEM_INLINE V pack_words(V a, V b) {
    const int16x4_t low = vqmovn_s32(vreinterpretq_s32_u32(a));
    return vreinterpretq_u32_s16(vqmovn_high_s32(low, vreinterpretq_s32_u32(b)));
  }
  static TANDEM_INLINE V add_words(V a, V b) { return vreinterpretq_u32_s16(vqaddq_s16(words(a), words(b))); }
  template <bool Signed>
  static TANDEM_INLINE V pack_bytes(V a, V b) {
    if constexpr (Signed) return vreinterpretq_u32_s8(vqmovn_high_s16(vqmovn_s16(words(a)), words(b)));
    return of(vqmovun_high_s16(vqmovun_s16(words(a)), words(b)));
  }
  template <bool Signed>
  static TANDEM_INLINE V clamp(V v, V lo, V hi) {
    if constexpr (Signed) {
      const auto s = [](V x) { return vreinterpretq_s8_u32(x); };
      return vreinterpretq_u32_s8(vminq_s8(vmaxq_s8(s(v), s(lo)), s(hi)));
    }
    return of(vminq_u8(vmaxq_u8(bytes(v), bytes(lo)), bytes(hi)));
  }
  static TANDEM_INLINE Reg load_lanes(const std::uint8_t* const* p) { return Reg(vreinterpretq_f32_u8(vld1q_u8(*p))); }
  static TANDEM_INLINE void store_lanes(std::uint8_t* const* p, Reg v) { vst1q_u8(*p, vreinterpretq_u8_f32(v)); }
  template <int First, int Count>
  static TANDEM_INLINE void store_piece(std::uint8_t* p, V v) {
    if constexpr (Count == 16) {
      vst1q_u8(p, bytes(v));
    } else if constexpr (Count == 8) {
      vst1_u8(p, First == 0 ? vget_low_u8(bytes(v)) : vget_high_u8(bytes(v)));
    } else {
      const std::uint32_t four = vgetq_lane_u32(v, First / 4);
      __builtin_memcpy(p, &four, sizeof(four));
    }
  }
};

template <>
struct ByteLanes<xsimd::neon64> : BytewisePartial<xsimd::neon64> {
  using S = Simd<float, xsimd::neon64>;
  using Reg = S::Reg;
  static TANDEM_INLINE Reg load_bytes(const std::uint8_t* p) {
    std::uint32_t four;
    __builtin_memcpy(&four, p, sizeof(four));
    return S::of(vmovl_u16(vget_low_u16(vmovl_u8(vcreate_u8(four)))));
  }
  static TANDEM_INLINE void store_bytes(std::uint8_t* p, Reg v) {
    const uint8x16_t bytes = vreinterpretq_u8_u32(S::bits_of(v));
    const uint8x16_t even = vuzp1q_u8(bytes, bytes);
    const std::uint32_t four = vgetq_lane_u32(vreinterpretq_u32_u8(vuzp1q_u8(even, even)), 0);
    __builtin_memcpy(p, &four, sizeof(four));
  }
  static TANDEM_INLINE Reg to_float(Reg v) { return Reg(vcvtq_f32_s32(vreinterpretq_s32_f32(v))); }
};
