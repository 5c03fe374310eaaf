// The activations, one vector at a time: activate<S, F>(s, epilogue, column). Their results for NaN, infinities and
// signed zeros are listed in tandem/activation.hpp and are the same on every ISA.

// exp(y) for y in [-kExpFloor, 0] as mantissa * scale. Both are normal floats even if their product is not, so
// multiplying by `scale` last keeps all digits until then.
//
//   y = n * ln 2 + r,  |r| <= ln 2 / 2:   exp(y) = exp(r) * 2^n,   2^n = 2^h * 2^(n - h) with h = about n / 2
//
// n * kLn2High is exact (10 bits times 8); kLn2Low is the rest of ln 2 (Cody and Waite). exp(r) is 1 + r + r^2 * p(r),
// with p of degree 4 interpolated at the Chebyshev nodes: an error of 0.2 units in the last place. Adding kShifter =
// 1.5 * 2^23 leaves no bits for a fraction: it rounds to an integer, which then stands in the low bits.
template <class S>
struct Exponential {
  using Reg = typename S::Reg;
  // For y > kExpFloor both exp(-y) and y * exp(-y) round to zero.
  static constexpr float kExpFloor = 110.0F;

  Reg mantissa;  // exp(r) * 2^h
  Reg scale;     // 2^(n - h)

  static TANDEM_INLINE Exponential of(Reg y) {
    // NOLINTBEGIN(modernize-use-std-numbers): the nearest floats will not do, and no header of the library belongs here
    constexpr float kLog2E = 0x1.715476p+0F;
    constexpr float kLn2High = 0.693359375F;
    // NOLINTEND(modernize-use-std-numbers)
    constexpr float kLn2Low = -2.1219444e-4F;
    constexpr float kShifter = 0x1.8p+23F;
    constexpr float kExponentBias = 127.0F;
    const Reg shifter = S::broadcast(kShifter);
    const Reg minus_shifter = S::broadcast(-kShifter);
    const Reg n = S::add(S::add(S::multiply(y, S::broadcast(kLog2E)), shifter), minus_shifter);
    Reg r = S::madd(n, S::broadcast(-kLn2High), y);
    r = S::madd(n, S::broadcast(-kLn2Low), r);
    Reg p = S::broadcast(0x1.6d117cp-10F);
    p = S::madd(p, r, S::broadcast(0x1.120be2p-7F));
    p = S::madd(p, r, S::broadcast(0x1.555518p-5F));
    p = S::madd(p, r, S::broadcast(0x1.5554dcp-3F));
    p = S::madd(p, r, S::broadcast(0.5F));
    const Reg exp_r = S::add(S::madd(S::multiply(r, r), p, r), S::broadcast(1.0F));
    const Reg h = S::add(S::add(S::multiply(n, S::broadcast(0.5F)), shifter), minus_shifter);
    const Reg rest = S::add(n, S::multiply(h, S::broadcast(-1.0F)));
    const Reg biased = S::broadcast(kShifter + kExponentBias);
    return {S::multiply(exp_r, S::template shift_left<23>(S::add(h, biased))),
            S::template shift_left<23>(S::add(rest, biased))};
  }
};

template <class S>
TANDEM_INLINE typename S::Reg negated(typename S::Reg x) {
  return S::multiply(x, S::broadcast(-1.0F));
}

template <class S>
TANDEM_INLINE typename S::Reg magnitude(typename S::Reg x) {
  return S::if_less(x, S::broadcast(0.0F), negated<S>(x), x);
}

// factor * sigmoid(x), from e = exp(-|x|), which cannot overflow: e / (1 + e) for x < 0, else 1 / (1 + e).
template <class S>
TANDEM_INLINE typename S::Reg scaled_sigmoid(typename S::Reg x, typename S::Reg factor) {
  using Reg = typename S::Reg;
  const Reg zero = S::broadcast(0.0F);
  const Reg one = S::broadcast(1.0F);
  const Reg far = S::broadcast(Exponential<S>::kExpFloor);
  const Exponential<S> e = Exponential<S>::of(negated<S>(S::clamp(magnitude<S>(x), zero, far)));
  const Reg numerator = S::multiply(factor, S::if_less(x, zero, e.mantissa, one));
  const Reg quotient = S::divide(numerator, S::madd(e.mantissa, e.scale, one));
  return S::multiply(quotient, S::if_less(x, zero, e.scale, one));
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
  const Reg a = S::clamp(magnitude<S>(x), zero, S::broadcast(10.0F));  // tanh(10) rounds to 1
  const Exponential<S> parts = Exponential<S>::of(S::multiply(a, S::broadcast(-2.0F)));
  const Reg e = S::multiply(parts.mantissa, parts.scale);
  const Reg far = S::divide(S::add(one, negated<S>(e)), S::add(one, e));
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
    const Reg floor = S::broadcast(-Exponential<S>::kExpFloor);
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
