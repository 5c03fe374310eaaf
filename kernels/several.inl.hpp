// Several vectors as one: Several<S, N> has the operations of the shim S that an activation needs, each on N registers.
//
// An activation is one chain of up to 25 instructions of 4 cycles each. Written for N vectors, the code has N such
// chains side by side, and the CPU need not look a hundred instructions ahead for something to do.

template <class S, int N>
struct Several {
  struct Reg {
    typename S::Reg v[N];
  };
  static constexpr bool kFused = S::kFused;

  template <class Operation, class... Regs>
  static TANDEM_INLINE Reg each(const Operation& operation, const Regs&... r) {
    Reg result;
#pragma GCC unroll 4
    for (int i = 0; i < N; ++i) result.v[i] = operation(r.v[i]...);
    return result;
  }

  using One = typename S::Reg;
  static TANDEM_INLINE Reg broadcast(float v) {
    return each([v] { return S::broadcast(v); });
  }
  static TANDEM_INLINE Reg bits(std::uint32_t u) {
    return each([u] { return S::bits(u); });
  }
  static TANDEM_INLINE Reg add(const Reg& a, const Reg& b) {
    return each([](One x, One y) { return S::add(x, y); }, a, b);
  }
  static TANDEM_INLINE Reg multiply(const Reg& a, const Reg& b) {
    return each([](One x, One y) { return S::multiply(x, y); }, a, b);
  }
  static TANDEM_INLINE Reg divide(const Reg& a, const Reg& b) {
    return each([](One x, One y) { return S::divide(x, y); }, a, b);
  }
  static TANDEM_INLINE Reg madd(const Reg& a, const Reg& b, const Reg& c) {
    return each([](One x, One y, One z) { return S::madd(x, y, z); }, a, b, c);
  }
  static TANDEM_INLINE Reg at_least(const Reg& v, const Reg& lo) {
    return each([](One x, One y) { return S::at_least(x, y); }, v, lo);
  }
  static TANDEM_INLINE Reg at_most(const Reg& v, const Reg& hi) {
    return each([](One x, One y) { return S::at_most(x, y); }, v, hi);
  }
  static TANDEM_INLINE Reg clamp(const Reg& v, const Reg& lo, const Reg& hi) { return at_most(at_least(v, lo), hi); }
  static TANDEM_INLINE Reg if_less(const Reg& a, const Reg& b, const Reg& yes, const Reg& no) {
    return each([](One w, One x, One y, One z) { return S::if_less(w, x, y, z); }, a, b, yes, no);
  }
  static TANDEM_INLINE Reg and_bits(const Reg& a, const Reg& b) {
    return each([](One x, One y) { return S::and_bits(x, y); }, a, b);
  }
  static TANDEM_INLINE Reg or_bits(const Reg& a, const Reg& b) {
    return each([](One x, One y) { return S::or_bits(x, y); }, a, b);
  }
  template <int Bits>
  static TANDEM_INLINE Reg shift_left(const Reg& v) {
    return each([](One x) { return S::template shift_left<Bits>(x); }, v);
  }
};
