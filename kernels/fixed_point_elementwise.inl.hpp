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
        a_(product(q.a_fixed)),
        b_(product(q.b_fixed)),
        dst_(product(q.dst_fixed)),
        a_sign_(sign(operation == Operation::kSubtractFrom)),
        b_sign_(sign(operation == Operation::kSubtract)),
        end_(q) {}

  [[nodiscard]] TANDEM_INLINE Reg bytes(Reg a, Reg b) const {
    return end_.bytes(dst_.of(multiplies_ ? multiplied(a, b) : added(a, b)));
  }

 private:
  static constexpr int kShift = 20;

  static TANDEM_INLINE Product product(const FixedMultiplier& m) {
    return Product(K::bits(static_cast<std::uint32_t>(m.multiplier)), K::bits(static_cast<std::uint32_t>(m.shift)));
  }
  static TANDEM_INLINE Reg sign(bool negative) { return K::bits(negative ? ~0U : 0U); }
  static TANDEM_INLINE Reg with_sign(Reg v, Reg sign) {
    return K::if_bits_less(sign, K::bits(0), K::FixedPoint::subtract_bits(K::bits(0), v), v);
  }
  [[nodiscard]] TANDEM_INLINE Reg added(Reg a, Reg b) const {
    const Reg x = a_.of(K::template shift_left<kShift>(K::add_bits(unsigned_bytes<K>(a), a_offset_)));
    const Reg y = b_.of(K::template shift_left<kShift>(K::add_bits(unsigned_bytes<K>(b), b_offset_)));
    return K::add_bits(with_sign(x, a_sign_), with_sign(y, b_sign_));
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
  const auto* a = static_cast<const std::uint8_t*>(e.a.data);
  const auto* b = static_cast<const std::uint8_t*>(e.b.data);
  auto* dst = static_cast<std::uint8_t*>(e.dst.data);
  for (std::int64_t p = 0; p < e.pixels; ++p, a += e.a.stride, b += e.b.stride, dst += e.dst.stride) {
    const Reg single = K::bits(*b);
    std::int64_t c = 0;
    for (; c + K::kWidth <= e.channels; c += K::kWidth) {
      K::store_bytes(dst + c, operation.bytes(K::load_bytes(a + c), e.b_single ? single : K::load_bytes(b + c)));
    }
    const int rest = static_cast<int>(e.channels - c);
    if (rest == 0) continue;
    const Reg last = e.b_single ? single : K::load_bytes_partial(b + c, rest);
    K::store_bytes_partial(dst + c, operation.bytes(K::load_bytes_partial(a + c, rest), last), rest);
  }
}
