// Means of 8 bits in TFLite's roundings, in integers:
//
//   plain:   dst = clamp(sum of taps / number)              half away from zero; src and dst have one quantisation, and padding
//                                                           that counts is the zero point
//   other:   dst = clamp(sum of (tap - a_zero_point) * (dst_fixed / number)) + zero_point
//
// See AveragePool in reference/integer_ops/pooling.h, and QuantizedMeanOrSum in reference/reduce.h of
// tensorflow/lite/kernels/internal.

template <class K>
class PlainMean : public SumOfBytes<K> {
 public:
  using Reg = typename K::Reg;
  using End = IntegerEnd<K>;

  // A window without any element counts one of padding.
  TANDEM_INLINE PlainMean(const Requantisation& q, std::int64_t taps, const WindowTaps<K>& window)
      : PlainMean(q, taps, window.counted > 0 ? window.counted : 1) {}

  // A half of the sum's magnitude goes up: it is quotient * number + rest with -number <= 2 * rest < number. In fp32 the quotient
  // is off by at most 1, and the rest tells.
  [[nodiscard]] TANDEM_INLINE Reg result(Reg all) const {
    const Reg sum = this->sum(all);
    const Reg magnitude = with_sign<K>(sum, sum);
    const Reg near = rounded<K>(K::multiply(K::to_float(magnitude), share_));
    const Reg rest = K::FixedPoint::subtract_bits(magnitude, times_number_.of(near));
    const Reg twice = K::add_bits(rest, rest);
    const Reg above = K::if_bits_less(twice, number_, near, K::add_bits(near, K::bits(1)));
    const Reg quotient = K::if_bits_less(twice, minus_number_, K::add_bits(near, K::bits(~0U)), above);
    return K::add_bits(with_sign<K>(quotient, sum), minus_zero_point_);
  }

 private:
  TANDEM_INLINE PlainMean(const Requantisation& q, std::int64_t taps, std::int64_t number)
      : SumOfBytes<K>(K::add_bits(offset_of<K>(0, taps), integer((number - taps) * q.a_zero_point))),
        share_(K::broadcast(1.0F / static_cast<float>(number))),
        times_number_(integer(2 * number), K::bits(1)),
        number_(integer(number)),
        minus_number_(integer(-number)),
        minus_zero_point_(integer(-q.zero_point)) {}

  static TANDEM_INLINE Reg integer(std::int64_t v) { return K::bits(static_cast<std::uint32_t>(v)); }

  Reg share_;
  typename K::FixedPoint::Products times_number_;  // (v * 2 * number + 1) / 2
  Reg number_;
  Reg minus_number_;
  Reg minus_zero_point_;
};

// The multiplier of a sum becomes that of a mean, as TFLite has it: the shift takes up the powers of two in the number, but none
// beyond 2^31.
TANDEM_INLINE FixedMultiplier divided(const FixedMultiplier& m, std::int64_t number) {
  if (number == 0) return {};  // nothing was added
  int more = 63 - __builtin_clzll(static_cast<unsigned long long>(number));
  if (more > 32) more = 32;
  if (more > 31 + m.shift) more = 31 + m.shift;
  return {static_cast<std::int32_t>((std::int64_t{m.multiplier} << more) / number), m.shift - more};
}

template <class K, bool Twice>
class FixedPointMean : public SumOfBytes<K> {
 public:
  using Reg = typename K::Reg;
  using End = IntegerEnd<K>;
  TANDEM_INLINE FixedPointMean(const Requantisation& q, std::int64_t taps, const WindowTaps<K>& window)
      : SumOfBytes<K>(offset_of<K>(q.a_zero_point, taps)),
        product_(fixed_point_product<K, Twice>(divided(q.dst_fixed, window.counted))) {}
  [[nodiscard]] TANDEM_INLINE Reg result(Reg all) const { return product_.of(this->sum(all)); }

 private:
  FixedPointProduct<K, Twice> product_;
};

template <class K>
void quantised_average_pool(const WindowPoolArgs& p) noexcept {
  const Requantisation& q = p.epilogue.requantisation;
  if (q.plain_mean) return quantised_windows<K, PlainMean<K>>(p);
  if (!q.fixed_operands) return quantised_windows<K, QuantisedMean<K>>(p);
  q.twice ? quantised_windows<K, FixedPointMean<K, true>>(p) : quantised_windows<K, FixedPointMean<K, false>>(p);
}

// The image is one window of one long row.
template <class K>
void quantised_global_average_pool(const PoolArgs& p) noexcept {
  WindowPoolArgs w{};
  w.src = p.src;
  w.tap_rows = 1;
  w.in_width = w.kernel_w = p.pixels;
  w.stride_w = w.dilation_w = 1;
  w.dst = {p.dst, 0};
  w.pixels = 1;
  w.channels = p.channels;
  w.epilogue = p.epilogue;
  quantised_average_pool<K>(w);
}
