// Fixed-point products on 64-bit ARM, see fixed_point.inl.hpp. A shift by a negative count goes right, and the rounding one adds
// half of what it shifts out.

template <>
struct FixedPointLanes<xsimd::neon64> {
  using S = Simd<float, xsimd::neon64>;
  using Reg = S::Reg;
  using Counts = int32x4_t;  // negative
  static TANDEM_INLINE int32x4_t integers(Reg v) { return vreinterpretq_s32_f32(v); }
  static TANDEM_INLINE Counts counts(Reg v) { return vnegq_s32(integers(v)); }
  static TANDEM_INLINE Reg shift_right(Reg v, Counts by) { return S::of(vshlq_u32(S::bits_of(v), by)); }
  static TANDEM_INLINE Reg subtract_bits(Reg a, Reg b) { return S::of(vsubq_u32(S::bits_of(a), S::bits_of(b))); }

  class Products {
   public:
    TANDEM_INLINE Products(Reg q, Reg shift)
        : q_(integers(q)), low_(vmovl_s32(vget_low_s32(counts(shift)))), high_(vmovl_high_s32(counts(shift))) {}
    [[nodiscard]] TANDEM_INLINE Reg of(Reg v) const {
      const int64x2_t low = vrshlq_s64(vmull_s32(vget_low_s32(integers(v)), vget_low_s32(q_)), low_);
      const int64x2_t high = vrshlq_s64(vmull_high_s32(integers(v), q_), high_);
      return Reg(vreinterpretq_f32_s32(vmovn_high_s64(vmovn_s64(low), high)));
    }

   private:
    int32x4_t q_;
    int64x2_t low_, high_;
  };
};
