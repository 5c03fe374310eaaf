// The ends of int8 kernels for TFLite's roundings, in integers: a sum s times q / 2^31 * 2^shift, with q in [2^30, 2^31).
//
//   single    (s * q + 2^(30 - shift)) >> (31 - shift)      to nearest, half up
//   double    a = (s * q + 2^(30 - left)) >> (31 - left)    to nearest, half up;               left  = max(shift, 0)
//             a / 2^right                                   to nearest, half away from zero;   right = max(-shift, 0)
//
// The double one is TFLite's RoundingDivideByPOT(SaturatingRoundingDoublingHighMul(s << left, q), right), see
// MultiplyByQuantizedMultiplier in tensorflow/lite/kernels/internal/common.cc and gemmlowp's fixedpoint.h. Where s << left
// exceeds 32 bits TFLite's result is undefined; here s saturates, and so does the output.
//
// Kernels hand their sums over in memory, as for outputs of fp32. So each table has two functions more, and no tile has
// another form: tiles that ended in these roundings by themselves would be two more copies of all of them, and s * q needs 64
// bits, for which a tile has no registers left.

// What the ISA does with lanes of integers:
//   counts(v)                  lanes of v, 0 to 31, as shift_right takes them
//   shift_right(v, counts)     zeros come in
//   subtract_bits(a, b)        modulo 2^32
//   Products(q, shift).of(v)   (v * q + 2^(shift - 1)) >> shift in 64 bits, the low 32 bits of it; shift is 1 to 62
template <class Arch>
struct FixedPointLanes;

template <>
struct FixedPointLanes<Scalar> {
  using S = Simd<float, Scalar>;
  using Reg = float;
  using Counts = std::uint32_t;
  static TANDEM_INLINE Counts counts(Reg v) { return S::of(v); }
  static TANDEM_INLINE Reg shift_right(Reg v, Counts by) { return S::bits(S::of(v) >> by); }
  static TANDEM_INLINE Reg subtract_bits(Reg a, Reg b) { return S::bits(S::of(a) - S::of(b)); }

  class Products {
   public:
    TANDEM_INLINE Products(Reg q, Reg shift)
        : q_(integer(q)), shift_(S::of(shift)), half_(std::int64_t{1} << (S::of(shift) - 1)) {}
    [[nodiscard]] TANDEM_INLINE Reg of(Reg v) const {
      return S::bits(static_cast<std::uint32_t>((integer(v) * q_ + half_) >> shift_));
    }

   private:
    static TANDEM_INLINE std::int64_t integer(Reg v) { return static_cast<std::int32_t>(S::of(v)); }
    std::int64_t q_;
    std::uint32_t shift_;
    std::int64_t half_;
  };
};

#if defined(__x86_64__)
#include "kernels/fixed_point_x86.inl.hpp"
#elif defined(__aarch64__)
#include "kernels/fixed_point_neon.inl.hpp"
#endif

// Integers with a sign.
template <class K>
TANDEM_INLINE typename K::Reg bits_within(typename K::Reg v, typename K::Reg lo, typename K::Reg hi) {
  const typename K::Reg above = K::if_bits_less(v, lo, lo, v);
  return K::if_bits_less(hi, above, hi, above);
}

// v, or -v where the integer `sign` is negative.
template <class K>
TANDEM_INLINE typename K::Reg with_sign(typename K::Reg v, typename K::Reg sign) {
  return K::if_bits_less(sign, K::bits(0), K::FixedPoint::subtract_bits(K::bits(0), v), v);
}

// Sums times the multiplier of their lane, rounded.
template <class K, bool Twice>
class FixedPointProduct {
 public:
  using Reg = typename K::Reg;
  using Lanes = typename K::FixedPoint;

  // most_: the greatest sum that has 32 bits when shifted to the left. half_: 2^(right - 1), and 0 for right = 0.
  TANDEM_INLINE FixedPointProduct(Reg multiplier, Reg shift)
      : products_(multiplier, minus(K::bits(31), Twice ? left(shift) : shift)),
        most_(Lanes::shift_right(K::bits(0x7fffffffU), Lanes::counts(left(shift)))),
        right_(Lanes::counts(right(shift))),
        half_(Lanes::shift_right(K::bits(1U << 30U), Lanes::counts(minus(K::bits(31), right(shift))))) {}

  [[nodiscard]] TANDEM_INLINE Reg of(Reg sum) const {
    const Reg once = products_.of(bits_within<K>(sum, negative(most_), most_));
    if constexpr (Twice) {
      // Of the magnitude, so that a half goes away from zero. Its sum with a half has 32 bits without a sign.
      const Reg magnitude = with_sign<K>(once, once);
      return with_sign<K>(Lanes::shift_right(K::add_bits(magnitude, half_), right_), once);
    } else {
      return once;
    }
  }

 private:
  static TANDEM_INLINE Reg minus(Reg a, Reg b) { return Lanes::subtract_bits(a, b); }
  static TANDEM_INLINE Reg negative(Reg v) { return minus(K::bits(0), v); }
  static TANDEM_INLINE Reg left(Reg shift) { return K::if_bits_less(K::bits(0), shift, shift, K::bits(0)); }
  static TANDEM_INLINE Reg right(Reg shift) { return K::if_bits_less(shift, K::bits(0), negative(shift), K::bits(0)); }

  typename Lanes::Products products_;
  Reg most_;
  typename Lanes::Counts right_;
  Reg half_;
};

// Of one multiplier for all lanes.
template <class K, bool Twice>
TANDEM_INLINE FixedPointProduct<K, Twice> fixed_point_product(const FixedMultiplier& m) {
  return {K::bits(static_cast<std::uint32_t>(m.multiplier)), K::bits(static_cast<std::uint32_t>(m.shift))};
}

// From an integer in units of the scale of dst to the byte of dst, in the low bits of a lane.
template <class K>
class IntegerEnd {
 public:
  using Reg = typename K::Reg;
  explicit TANDEM_INLINE IntegerEnd(const Requantisation& q)
      : lo_(integer(q.lo)), hi_(integer(q.hi)), zero_point_(K::bits(static_cast<std::uint32_t>(q.zero_point))) {}
  [[nodiscard]] TANDEM_INLINE Reg bytes(Reg y) const { return K::add_bits(bits_within<K>(y, lo_, hi_), zero_point_); }

 private:
  static TANDEM_INLINE Reg integer(float v) {
    return K::bits(static_cast<std::uint32_t>(static_cast<std::int32_t>(v)));
  }
  Reg lo_;
  Reg hi_;
  Reg zero_point_;
};

// The bytes of a tile.
template <class K, bool Twice>
__attribute__((noinline)) void finish_fixed_point(const FinishArgs<K>& f) {
  const Requantisation& q = f.epilogue.requantisation;
  const IntegerEnd<K> end(q);
  for (std::int64_t c = 0; c < f.columns; c += K::kWidth) {
    const std::int64_t column = f.first_column + c;
    const FixedPointProduct<K, Twice> product(K::load(q.multipliers + column), K::load(q.shifts + column));
    const int lanes = f.columns - c < K::kWidth ? static_cast<int>(f.columns - c) : K::kWidth;
    const float* sums = f.sums + c;
    std::uint8_t* dst = f.dst + c;
    for (std::int64_t r = 0; r < f.rows; ++r, sums = at(sums, f.sums_stride), dst = at(dst, f.dst_stride)) {
      const typename K::Reg bytes = end.bytes(product.of(K::load(sums)));
      if (lanes == K::kWidth) {
        K::store_bytes(dst, bytes);
      } else {
        K::store_bytes_partial(dst, bytes, lanes);
      }
    }
  }
}
