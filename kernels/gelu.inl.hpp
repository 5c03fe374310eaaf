// The two forms of GELU (Hendrycks and Gimpel, Gaussian Error Linear Units, arXiv:1606.08415). With Phi the
// distribution function of the standard normal distribution:
//
//   exact form   x * Phi(x)
//   tanh form    x / 2 * (1 + tanh(v / 2)) = x * sigmoid(v),   v = 2 * sqrt(2 / pi) * (x + 0.044715 * x^3)
//
// Both have a factor exp(-|v|), whose relative error is the absolute error of v. So v = -x^2 / 2 of the exact form, and v
// of the tanh form, are sums of a float that holds their greater part exactly and a small rest.

// t^2 + minus_square, for minus_square = -t^2 rounded: what the rounding took away.
template <class S>
TANDEM_INLINE typename S::Reg square_rest(const typename S::Reg& t, const typename S::Reg& minus_square) {
  if constexpr (S::kFused) {
    return S::madd(t, t, minus_square);
  } else {
    // The square of 12 bits is exact, and so is its difference to a number near it.
    const auto high = S::and_bits(t, S::bits(0xfffff000U));
    const auto low = S::madd(high, S::broadcast(-1.0F), t);
    return S::madd(low, S::add(t, high), S::madd(high, high, minus_square));
  }
}

// gelu(x) = max(x, 0) - t * Phi(-t) for t = |x|, since Phi(x) = 1 - Phi(-x). With u = -t / (1 + kGeluSlope * t),
//
//   -t * Phi(-t) = exp(-t^2 / 2) * u * q(u)
//
// where q has degree 8 and a relative error of 3.2e-8 up to t = 15, which is beyond all t whose t * Phi(-t) does not
// round to zero. The slope makes this error small and lets the terms of q cancel little. The power of two of
// exp(-t^2 / 2) is scaled up and q down, so that each is a normal float; the product is rounded once, into the
// denormals too.
constexpr float kGeluSlope = 0.35F;
constexpr int kGeluUp = 40;

template <class S>
TANDEM_INLINE typename S::Reg gelu(const typename S::Reg& x) {
  using Reg = typename S::Reg;
  constexpr float kDown = 0x1p-40F;
  const Reg t = S::at_most(S::and_bits(x, S::bits(0x7fffffffU)), S::broadcast(15.0F));
  const Reg minus_t = S::multiply(t, S::broadcast(-1.0F));
  const Reg minus_square = S::multiply(t, minus_t);
  Reg r, power;  // -t^2 = n * 2 * ln 2 + r
  reduce<S, 1, kGeluUp>(minus_square, r, power);
  r = S::madd(square_rest<S>(t, minus_square), S::broadcast(-1.0F), r);
  const Reg exp_half_r = polynomial<S>(r, S::broadcast(kExp[0] / 64.0F), kExp[1] / 32.0F, kExp[2] / 16.0F,
                                       kExp[3] / 8.0F, kExp[4] / 4.0F, 0.5F, 1.0F);
  const Reg u = S::divide(minus_t, S::madd(t, S::broadcast(kGeluSlope), S::broadcast(1.0F)));
  const Reg q = polynomial<S>(u, S::broadcast(kDown * -6.5673948e-6F), kDown * -5.7423602e-5F, kDown * -1.1777211e-4F,
                              kDown * 8.4445660e-5F, kDown * -9.6301350e-4F, kDown * -4.4007113e-3F,
                              kDown * 0.031978010F, kDown * 0.22394119F, kDown * 0.5F);
  // The greater of x and -0, not +0: on an ISA that rounds twice, -0 is the sum of what rounds to -0 and -0 alone.
  return S::madd(S::multiply(u, power), S::multiply(q, exp_half_r), S::at_least(x, S::broadcast(-0.0F)));
}

// c0 = 2 * sqrt(2 / pi) and c1 = 0.044715 * c0, so v = x * (c0 + c1 * x^2), each in two parts.
constexpr float kGeluC0 = 0x1.988454p+0F;
constexpr float kGeluC0High = 6536.0F / 4096.0F;
constexpr float kGeluC0Low = 6.5996606e-5F;
constexpr float kGeluC1 = 0.071354816F;
constexpr float kGeluC1High = 9.0F / 128.0F;
constexpr float kGeluC1Low = 0.0010423163F;

// At the floor x * sigmoid(v) rounds to zero. Let h be x rounded to eighths and l = x - h. Then
//
//   v = h * (C0High + C1High * h^2)  +  h * (C0Low + C1Low * h^2)  +  l * (c0 + c1 * (x^2 + x * h + h^2))
//
// The first part is exact down to the floor: h has 7 bits, the factor 17. The others are at most 1.4 and 1.7.
constexpr float kGeluTanhFloor = -10.85F;

template <class S>
TANDEM_INLINE typename S::Reg gelu_tanh(const typename S::Reg& x) {
  using Reg = typename S::Reg;
  constexpr float kEighths = kShifter / 8.0F;  // adding it leaves no bits below an eighth
  const Reg v = S::at_least(x, S::broadcast(kGeluTanhFloor));
  const Reg h = S::add(S::add(v, S::broadcast(kEighths)), S::broadcast(-kEighths));
  const Reg l = S::madd(h, S::broadcast(-1.0F), v);
  const Reg square = S::multiply(h, h);
  const Reg exact = S::multiply(h, S::madd(square, S::broadcast(kGeluC1High), S::broadcast(kGeluC0High)));
  const Reg secant = S::madd(S::madd(v, S::add(v, h), square), S::broadcast(kGeluC1), S::broadcast(kGeluC0));
  const Reg low = S::madd(square, S::broadcast(kGeluC1Low), S::broadcast(kGeluC0Low));
  const Reg rest = S::madd(l, secant, S::multiply(h, low));
  const Reg sum = S::add(exact, rest);
  Reg n, power;
  nearest_power<S, 2, kSigmoidUp>(sum, n, power);
  const Reg r = S::add(S::madd(n, S::broadcast(-kLn2High), exact), S::madd(n, S::broadcast(-kLn2Low), rest));
  const Reg y = S::divide(S::multiply(v, power), sigmoid_denominator<S>(r, power));
  return S::if_less(sum, S::broadcast(20.0F), y, x);  // not less if it is a NaN because x is too great
}
