// Element by element on 8 bits:
//
//   x = float(a[p, c] - a_zero_point) * a_multiplier       y likewise of b, in units of the scale of dst
//   dst[p, c] = round(clamp(x OP y, lo, hi)) + zero_point
//
// Every product and every sum is rounded to fp32 by itself. The operation x * y has one rounding less: it multiplies the two
// integers, which is exact, and then by a_multiplier, which holds the scales of both.

template <class K>
class QuantisedOperand {
 public:
  using Reg = typename K::Reg;
  TANDEM_INLINE QuantisedOperand(std::int32_t zero_point, float multiplier)
      : offset_(offset_of<K>(zero_point)), multiplier_(K::broadcast(multiplier)) {}
  [[nodiscard]] TANDEM_INLINE Reg integer(Reg bytes) const { return less_zero_point<K>(bytes, offset_); }
  [[nodiscard]] TANDEM_INLINE Reg scaled(Reg real) const { return K::multiply(real, multiplier_); }

 private:
  Reg offset_;
  Reg multiplier_;
};

template <class K, Operation O, bool Single>
void quantised_pixels(const ElementwiseArgs& e) {
  using Reg = typename K::Reg;
  const Requantisation& q = e.epilogue.requantisation;
  const QuantisedOperand<K> x(q.a_zero_point, q.a_multiplier);
  const QuantisedOperand<K> y(q.b_zero_point, q.b_multiplier);
  const QuantisedEnd<K> end(q);
  const auto result = [&](Reg a, Reg b) __attribute__((always_inline)) {
    if constexpr (O == Operation::kMultiply) {
      return end.bytes(x.scaled(K::multiply(x.integer(a), y.integer(b))));
    } else {
      return end.bytes(operate<K, O>(x.scaled(x.integer(a)), y.scaled(y.integer(b))));
    }
  };
  each_pair_of_bytes<K>(e, Single, result);
}

template <class K, bool Single>
void quantised_operation(const ElementwiseArgs& e) {
  switch (e.operation) {
    case Operation::kAdd:
      return quantised_pixels<K, Operation::kAdd, Single>(e);
    case Operation::kSubtract:
      return quantised_pixels<K, Operation::kSubtract, Single>(e);
    case Operation::kSubtractFrom:
      return quantised_pixels<K, Operation::kSubtractFrom, Single>(e);
    case Operation::kMultiply:
      return quantised_pixels<K, Operation::kMultiply, Single>(e);
    case Operation::kMaximum:
      return quantised_pixels<K, Operation::kMaximum, Single>(e);
    case Operation::kMinimum:
      return quantised_pixels<K, Operation::kMinimum, Single>(e);
    case Operation::kDivide:  // create() refuses them: the second operand may be 0
    case Operation::kDivideInto:
    case Operation::kNone:
      break;
  }
}

// Rows without gaps are one long row, so that few channels fill whole vectors.
template <class K>
void quantised_elementwise(const ElementwiseArgs& e) noexcept {
  ElementwiseArgs row = e;
  const bool dense = e.a.stride == e.channels && e.dst.stride == e.channels;
  if (dense && e.b.stride == (e.b_single ? 0 : e.channels)) {
    row.pixels = 1;
    row.channels = e.pixels * e.channels;
  }
  const Requantisation& q = e.epilogue.requantisation;
  if (q.fixed_operands) return q.twice ? fixed_point_pixels<K, true>(row) : fixed_point_pixels<K, false>(row);
  e.b_single ? quantised_operation<K, true>(row) : quantised_operation<K, false>(row);
}
