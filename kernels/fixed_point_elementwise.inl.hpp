// Sums, differences and products of 8 bits in TFLite's roundings, in integers:
//
//   x = (a[p, c] - a_zero_point) * 2^20 * a_fixed         y likewise of b, each rounded
//   dst[p, c] = clamp((x OP y) * dst_fixed) + zero_point
//
// and a product is (a - a_zero_point) * (b - b_zero_point) * dst_fixed. See AddFunc in
// tensorflow/lite/kernels/internal/reference/integer_ops/add.h.

template <class K, bool Twice>
class FixedPointOperation {
 public:
  using Reg = typename K::Reg;
  using Product = FixedPointProduct<K, Twice>;

  TANDEM_INLINE FixedPointOperation(const Requantisation& q, Operation operation)
      : multiplies_(operation == Operation::kMultiply),
        a_offset_(offset_of<K>(q.a_zero_point)),
        b_offset_(offset_of<K>(q.b_zero_point)),
        a_(fixed_point_product<K, Twice>(q.a_fixed)),
        b_(fixed_point_product<K, Twice>(q.b_fixed)),
        dst_(fixed_point_product<K, Twice>(q.dst_fixed)),
        a_sign_(sign(operation == Operation::kSubtractFrom)),
        b_sign_(sign(operation == Operation::kSubtract)),
        end_(q) {}

  [[nodiscard]] TANDEM_INLINE Reg bytes(Reg a, Reg b) const {
    return end_.bytes(dst_.of(multiplies_ ? multiplied(a, b) : added(a, b)));
  }

 private:
  static constexpr int kShift = 20;

  static TANDEM_INLINE Reg sign(bool negative) { return K::bits(negative ? ~0U : 0U); }
  [[nodiscard]] TANDEM_INLINE Reg added(Reg a, Reg b) const {
    const Reg x = a_.of(K::template shift_left<kShift>(K::add_bits(unsigned_bytes<K>(a), a_offset_)));
    const Reg y = b_.of(K::template shift_left<kShift>(K::add_bits(unsigned_bytes<K>(b), b_offset_)));
    return K::add_bits(with_sign<K>(x, a_sign_), with_sign<K>(y, b_sign_));
  }
  // At most 255^2, which is exact in fp32.
  [[nodiscard]] TANDEM_INLINE Reg multiplied(Reg a, Reg b) const {
    return rounded<K>(K::multiply(less_zero_point<K>(a, a_offset_), less_zero_point<K>(b, b_offset_)));
  }

  bool multiplies_;
  Reg a_offset_;
  Reg b_offset_;
  Product a_;
  Product b_;
  Product dst_;
  Reg a_sign_;
  Reg b_sign_;
  IntegerEnd<K> end_;
};

template <class K, bool Twice>
__attribute__((noinline)) void fixed_point_pixels(const ElementwiseArgs& e) {
  using Reg = typename K::Reg;
  const FixedPointOperation<K, Twice> operation(e.epilogue.requantisation, e.operation);
  each_pair_of_bytes<K>(e, e.b_single,
                        [&](Reg a, Reg b) __attribute__((always_inline)) { return operation.bytes(a, b); });
}
