// bfloat16, the upper half of an fp32: its exponent and 7 bits of fraction.

struct Bf16Conversion {
  static constexpr DataType kType = DataType::kBf16;
  static constexpr int kGroup = 2;

  template <class S>
  static TANDEM_INLINE typename S::Reg widen(typename S::Reg halves) {
    return S::template shift_left<16>(halves);
  }
  // To nearest, ties to even: the lower half and the last bit that stays decide whether to round up. A NaN could round
  // to an infinity, so its quiet bit is set instead.
  template <class S>
  static TANDEM_INLINE typename S::Reg narrow(typename S::Reg v) {
    const auto last = S::and_bits(S::template shift_right<16>(v), S::bits(1));
    const auto rounded = S::template shift_right<16>(S::add_bits(S::add_bits(v, S::bits(0x7fff)), last));
    const auto quiet = S::or_bits(S::template shift_right<16>(v), S::bits(0x40));
    const auto magnitude = S::and_bits(v, S::bits(0x7fffffff));
    return S::if_bits_less(S::bits(0x7f800000), magnitude, quiet, rounded);
  }
  // Two elements fill a lane; a shift or a mask leaves the wanted one.
  template <int I, class S>
  static TANDEM_INLINE typename S::Reg of_group(typename S::Reg group) {
    if constexpr (I == 0) return S::template shift_left<16>(group);
    return S::and_bits(group, S::bits(0xffff0000));
  }
};

template <class Arch>
using Bf16 = HalfTensors<Arch, Bf16Conversion>;
template <class Arch>
using F32Bf16 = HalfWeights<Arch, Bf16Conversion>;
