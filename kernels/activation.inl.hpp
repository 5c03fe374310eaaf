// Sigmoid, SiLU, hard sigmoid and tanh, one vector at a time, or several. Their results for NaN, infinities and signed
// zeros are listed in tandem/activation.hpp and are the same on every ISA.

// exp(-x) = exp(-r) / 2^n with x = n * ln 2 + r, |r| <= ln 2 / 2, so the functions below are quotients of normal floats
// even where exp(-x) is none:
//
//   1 / (1 + exp(-x)) = 2^n / (2^n + exp(-r))
//
// Adding kShifter = 1.5 * 2^23 leaves no bits for a fraction: it rounds to an integer. Adding kShifter + b leaves n + b
// in the low bits; shifted to the exponent, n + b is the float 2^(n + b - 127).
constexpr float kShifter = 0x1.8p+23F;
constexpr float kExponentBias = 127.0F;

// NOLINTBEGIN(modernize-use-std-numbers): the nearest floats will not do, and no header of the library belongs here
constexpr float kLog2E = 0x1.715476p+0F;
// n * kLn2High is exact (15 bits times 8); kLn2Low is the rest of ln 2 (Cody and Waite).
constexpr float kLn2High = 0x1.62e4p-1F;
constexpr float kLn2Low = 0x1.7f7d1cp-20F;
// NOLINTEND(modernize-use-std-numbers)

// n = x * per / ln 2 to the nearest integer, and power = 2^(n + Up), with per = Halves / 2. n + Up is in [-126, 127]. (By
// reference: g++ 12 would pass a struct of several vectors through memory.)
template <class S, int Halves, int Up>
TANDEM_INLINE void nearest_power(const typename S::Reg& x, typename S::Reg& n, typename S::Reg& power) {
  constexpr float kShift = kShifter + kExponentBias + Up;
  const auto shifted = S::madd(x, S::broadcast(0.5F * Halves * kLog2E), S::broadcast(kShift));
  n = S::add(shifted, S::broadcast(-kShift));
  power = S::template shift_left<23>(shifted);
}

// x = n * ln 2 / per + r, and power = 2^(n + Up). x is in [-110 / per, 110 / per].
template <class S, int Halves, int Up>
TANDEM_INLINE void reduce(const typename S::Reg& x, typename S::Reg& r, typename S::Reg& power) {
  constexpr float kPer = 0.5F * Halves;
  typename S::Reg n;
  nearest_power<S, Halves, Up>(x, n, power);
  r = S::madd(n, S::broadcast(-kLn2Low / kPer), S::madd(n, S::broadcast(-kLn2High / kPer), x));
}

// The polynomial with these coefficients, the highest power first, by Horner's rule.
template <class S>
TANDEM_INLINE typename S::Reg polynomial(const typename S::Reg&, const typename S::Reg& sum) {
  return sum;
}
template <class S, class... Rest>
TANDEM_INLINE typename S::Reg polynomial(const typename S::Reg& x, const typename S::Reg& sum, float next,
                                         Rest... rest) {
  return polynomial<S>(x, S::madd(sum, x, S::broadcast(next)), rest...);
}

// (exp(r) - 1 - r) / r^2 for |r| <= ln 2 / 2, interpolated at the Chebyshev nodes: exp(r) has an error of 0.2 units.
// Highest power first.
constexpr float kExp[] = {0x1.6d117cp-10F, 0x1.120be2p-7F, 0x1.555518p-5F, 0x1.5554dcp-3F, 0.5F};

// Scales numerator and denominator of a sigmoid up, so that the numerator is a normal float down to x = kSigmoidFloor,
// below which x * sigmoid(x) rounds to zero. The quotient is rounded once, into the denormals too.
constexpr int kSigmoidUp = 32;
constexpr float kSigmoidFloor = -109.0F;

// The denominator of sigmoid(x) = power / denominator, for r and power of x in [kSigmoidFloor, 30].
template <class S>
TANDEM_INLINE typename S::Reg sigmoid_denominator(const typename S::Reg& r, const typename S::Reg& power) {
  constexpr float kUp = 0x1p32F;
  const auto exp_minus_r = polynomial<S>(r, S::broadcast(kUp * kExp[0]), -kUp * kExp[1], kUp * kExp[2], -kUp * kExp[3],
                                         kUp * kExp[4], -kUp, kUp);
  return S::add(exp_minus_r, power);
}

template <class S>
TANDEM_INLINE typename S::Reg sigmoid(const typename S::Reg& x) {
  typename S::Reg r, power;
  reduce<S, 2, kSigmoidUp>(S::clamp(x, S::broadcast(kSigmoidFloor), S::broadcast(30.0F)), r, power);
  return S::divide(power, sigmoid_denominator<S>(r, power));
}

// x * sigmoid(x). From 20 on it is x, so there the quotient may be anything.
template <class S>
TANDEM_INLINE typename S::Reg silu(const typename S::Reg& x) {
  typename S::Reg r, power;
  const auto v = S::at_least(x, S::broadcast(kSigmoidFloor));
  reduce<S, 2, kSigmoidUp>(v, r, power);
  const auto y = S::divide(S::multiply(v, power), sigmoid_denominator<S>(r, power));
  return S::if_less(v, S::broadcast(20.0F), y, x);
}

template <class S>
TANDEM_INLINE typename S::Reg hard_sigmoid(const typename S::Reg& x, const typename S::Reg& alpha,
                                           const typename S::Reg& beta) {
  // Multiply and add, not fused, so that the bits are the same on every ISA.
  return S::clamp(S::add(S::multiply(x, alpha), beta), S::broadcast(0.0F), S::broadcast(1.0F));
}

// tanh(a) = u / (u + 1) with u = (exp(2a) - 1) / 2 = 2^n * (exp(2r) - 1) / 2 + (2^n - 1) / 2, for a = |x|. Near 0, where
// n = 0, u has as many correct digits as (exp(2r) - 1) / 2 = r + r^2 * p(r).
template <class S>
TANDEM_INLINE typename S::Reg hyperbolic_tangent(const typename S::Reg& x) {
  using Reg = typename S::Reg;
  const Reg magnitude = S::and_bits(x, S::bits(0x7fffffffU));
  Reg r, power;
  reduce<S, 4, 0>(S::at_most(magnitude, S::broadcast(10.0F)), r, power);  // tanh(10) rounds to 1
  const Reg p =
      polynomial<S>(r, S::broadcast(32.0F * kExp[0]), 16.0F * kExp[1], 8.0F * kExp[2], 4.0F * kExp[3], 2.0F * kExp[4]);
  const Reg series = S::madd(S::multiply(r, r), p, r);
  const Reg u = S::madd(power, series, S::madd(power, S::broadcast(0.5F), S::broadcast(-0.5F)));
  const Reg sign = S::and_bits(x, S::bits(0x80000000U));
  return S::or_bits(S::divide(u, S::add(u, S::broadcast(1.0F))), sign);
}
