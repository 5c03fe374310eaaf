// The activations, one vector at a time: activate<S, F>(s, epilogue, column). Their results for NaN, infinities and
// signed zeros are listed in tandem/activation.hpp and are the same on every ISA.

// Leaves an integer in each lane: see exponential().
constexpr float kShifter = 0x1.8p+23F;

// From a float to which kShifter was added.
template <class S>
TANDEM_INLINE typename S::Reg rounded(typename S::Reg shifted) {
  return S::add(shifted, S::broadcast(-kShifter));
}

// mantissa * 2^n for n in [-160, 0], the product perhaps a denormal: with an instruction for that, or by two factors,
//
//   2^n = 2^h * 2^(n - h) with h = about n / 2; the mantissa already contains 2^h.
template <class S>
struct ScaledVector {
  using Reg = typename S::Reg;

  Reg mantissa;
  Reg scale;  // n, or 2^(n - h)

  static TANDEM_INLINE ScaledVector of(Reg value, Reg n) {
    if constexpr (S::kScales) {
      return {value, n};
    } else {
      constexpr float kExponentBias = 127.0F;
      const Reg h = rounded<S>(S::add(S::multiply(n, S::broadcast(0.5F)), S::broadcast(kShifter)));
      const Reg rest = S::add(n, S::multiply(h, S::broadcast(-1.0F)));
      const Reg biased = S::broadcast(kShifter + kExponentBias);  // the sum's low bits are an exponent
      return {S::multiply(value, S::template shift_left<23>(S::add(h, biased))),
              S::template shift_left<23>(S::add(rest, biased))};
    }
  }

  // x in place of the mantissa.
  TANDEM_INLINE Reg times(Reg x) const {
    if constexpr (S::kScales) {
      return S::scale(x, scale);
    } else {
      return S::multiply(x, scale);
    }
  }
  TANDEM_INLINE Reg product() const { return times(mantissa); }
  TANDEM_INLINE Reg plus_one() const {
    if constexpr (S::kScales) {
      return S::add(product(), S::broadcast(1.0F));
    } else {
      return S::madd(mantissa, scale, S::broadcast(1.0F));
    }
  }
  // This where a < b, else 1.
  TANDEM_INLINE ScaledVector or_one_unless_less(Reg a, Reg b) const {
    const Reg one = S::broadcast(1.0F);
    return {S::if_less(a, b, mantissa, one), S::if_less(a, b, scale, S::kScales ? S::broadcast(0.0F) : one)};
  }
};

// For y > kExpFloor both exp(-y) and y * exp(-y) round to zero.
constexpr float kExpFloor = 110.0F;

// exp(y) for y in [-kExpFloor, 0] as mantissa * 2^n. The mantissa is a normal float even if the product is not, so
// scaling last keeps all digits until then.
//
//   y = n * ln 2 + r,  |r| <= ln 2 / 2:   exp(y) = exp(r) * 2^n
//
// n * kLn2High is exact (10 bits times 8); kLn2Low is the rest of ln 2 (Cody and Waite). exp(r) is 1 + r + r^2 * p(r),
// with p of degree 4 interpolated at the Chebyshev nodes: an error of 0.2 units in the last place. Adding kShifter =
// 1.5 * 2^23 leaves no bits for a fraction: it rounds to an integer.
template <class S>
TANDEM_INLINE ScaledVector<S> exponential(typename S::Reg y) {
  using Reg = typename S::Reg;
  // NOLINTBEGIN(modernize-use-std-numbers): the nearest floats will not do, and no header of the library belongs here
  constexpr float kLog2E = 0x1.715476p+0F;
  constexpr float kLn2High = 0.693359375F;
  // NOLINTEND(modernize-use-std-numbers)
  constexpr float kLn2Low = -2.1219444e-4F;
  const Reg n = rounded<S>(S::madd(y, S::broadcast(kLog2E), S::broadcast(kShifter)));
  Reg r = S::madd(n, S::broadcast(-kLn2High), y);
  r = S::madd(n, S::broadcast(-kLn2Low), r);
  Reg p = S::broadcast(0x1.6d117cp-10F);
  p = S::madd(p, r, S::broadcast(0x1.120be2p-7F));
  p = S::madd(p, r, S::broadcast(0x1.555518p-5F));
  p = S::madd(p, r, S::broadcast(0x1.5554dcp-3F));
  p = S::madd(p, r, S::broadcast(0.5F));
  const Reg exp_r = S::add(S::madd(S::multiply(r, r), p, r), S::broadcast(1.0F));
  return ScaledVector<S>::of(exp_r, n);
}

template <class S>
TANDEM_INLINE typename S::Reg negated(typename S::Reg x) {
  return S::multiply(x, S::broadcast(-1.0F));
}

template <class S>
TANDEM_INLINE typename S::Reg minus_magnitude(typename S::Reg x) {
  return S::or_bits(x, S::bits(0x80000000U));
}

// factor * sigmoid(x), from e = exp(-|x|), which cannot overflow: e / (1 + e) for x < 0, else 1 / (1 + e). An infinite
// factor comes after the division, which may refine an estimate.
template <class S>
TANDEM_INLINE typename S::Reg scaled_sigmoid(typename S::Reg x, typename S::Reg factor) {
  using Reg = typename S::Reg;
  const Reg zero = S::broadcast(0.0F);
  const Reg floor = S::broadcast(-kExpFloor);
  const ScaledVector<S> e = exponential<S>(S::clamp(minus_magnitude<S>(x), floor, zero));
  const ScaledVector<S> numerator = e.or_one_unless_less(x, zero);
  const Reg quotient = S::divide_near_one(numerator.mantissa, e.plus_one());
  return numerator.times(S::multiply(factor, quotient));
}

template <class S>
TANDEM_INLINE typename S::Reg hard_sigmoid(typename S::Reg x, float alpha, float beta) {
  // Multiply and add, not fused, so that the bits are the same on every ISA.
  const auto line = S::add(S::multiply(x, S::broadcast(alpha)), S::broadcast(beta));
  return S::clamp(line, S::broadcast(0.0F), S::broadcast(1.0F));
}

// For |x| < 1/2: x * (1 + x^2 * p(x^2)), p of degree 3 interpolated at the Chebyshev nodes, with an error of 0.9 units.
// Else (1 - e) / (1 + e) with e = exp(-2|x|), where 1 - e loses at most one bit.
template <class S>
TANDEM_INLINE typename S::Reg hyperbolic_tangent(typename S::Reg x) {
  using Reg = typename S::Reg;
  const Reg zero = S::broadcast(0.0F);
  const Reg one = S::broadcast(1.0F);
  const Reg minus_a = S::clamp(minus_magnitude<S>(x), S::broadcast(-10.0F), zero);  // tanh(10) rounds to 1
  const Reg a = negated<S>(minus_a);
  const Reg e = exponential<S>(S::add(minus_a, minus_a)).product();
  const Reg far = S::divide_near_one(S::add(one, negated<S>(e)), S::add(one, e));
  const Reg square = S::multiply(a, a);
  Reg p = S::broadcast(0.017988745F);
  p = S::madd(p, square, S::broadcast(-0.05338711F));
  p = S::madd(p, square, S::broadcast(0.13330476F));
  p = S::madd(p, square, S::broadcast(-0.3333331F));
  const Reg near = S::multiply(x, S::madd(square, p, one));  // keeps a -0
  return S::if_less(a, S::broadcast(0.5F), near, S::if_less(x, zero, negated<S>(far), far));
}

template <class S, Function F>
TANDEM_INLINE typename S::Reg activate(typename S::Reg s, const Epilogue& e, std::int64_t column) {
  using Reg = typename S::Reg;
  if constexpr (F == Function::kClamp) return S::clamp(s, S::broadcast(e.lo), S::broadcast(e.hi));
  if constexpr (F == Function::kLeakyRelu || F == Function::kPrelu) {
    const Reg slope = F == Function::kPrelu ? S::load(e.slopes + column) : S::broadcast(e.alpha);
    return S::if_less(s, S::broadcast(0.0F), S::multiply(s, slope), s);
  }
  if constexpr (F == Function::kSigmoid) return scaled_sigmoid<S>(s, S::broadcast(1.0F));
  if constexpr (F == Function::kSilu) {
    const Reg floor = S::broadcast(-kExpFloor);
    return scaled_sigmoid<S>(s, S::clamp(s, floor, S::broadcast(__builtin_inff())));
  }
  if constexpr (F == Function::kHardSigmoid) return hard_sigmoid<S>(s, e.alpha, e.beta);
  if constexpr (F == Function::kHardSwish) {
    // Below -3 the gate is zero; its product with -infinity would be a NaN.
    const Reg x = S::clamp(s, S::broadcast(-4.0F), S::broadcast(__builtin_inff()));
    return S::multiply(x, hard_sigmoid<S>(x, 1.0F / 6.0F, 0.5F));
  }
  if constexpr (F == Function::kTanh) return hyperbolic_tangent<S>(s);
}
