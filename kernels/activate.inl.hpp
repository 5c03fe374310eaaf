// The function of an epilogue, applied to one vector or several.

// The numbers of an epilogue, by value: a loop that stores floats would else read them again in each round.
struct ActivationConstants {
  float lo, hi, alpha, beta;

  explicit TANDEM_INLINE ActivationConstants(const Epilogue& e) : lo(e.lo), hi(e.hi), alpha(e.alpha), beta(e.beta) {}
};

// f(x). slope: of a PReLU, at the columns of x; others ignore it.
template <class S, Function F>
TANDEM_INLINE typename S::Reg activate(const typename S::Reg& x, const ActivationConstants& c,
                                       const typename S::Reg& slope) {
  if constexpr (F == Function::kClamp) return S::clamp(x, S::broadcast(c.lo), S::broadcast(c.hi));
  if constexpr (F == Function::kLeakyRelu || F == Function::kPrelu) {
    const auto factor = F == Function::kPrelu ? slope : S::broadcast(c.alpha);
    return S::if_less(x, S::broadcast(0.0F), S::multiply(x, factor), x);
  }
  if constexpr (F == Function::kSigmoid) return sigmoid<S>(x);
  if constexpr (F == Function::kSilu) return silu<S>(x);
  if constexpr (F == Function::kHardSigmoid) {
    return hard_sigmoid<S>(x, S::broadcast(c.alpha), S::broadcast(c.beta));
  }
  if constexpr (F == Function::kHardSwish) {
    // Below -3 the gate is zero; its product with -infinity would be a NaN.
    const auto finite = S::at_least(x, S::broadcast(-4.0F));
    return S::multiply(finite, hard_sigmoid<S>(finite, S::broadcast(1.0F / 6.0F), S::broadcast(0.5F)));
  }
  if constexpr (F == Function::kTanh) return hyperbolic_tangent<S>(x);
  if constexpr (F == Function::kGelu) return gelu<S>(x);
  if constexpr (F == Function::kGeluTanh) return gelu_tanh<S>(x);
}
