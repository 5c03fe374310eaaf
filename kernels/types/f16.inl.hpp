// IEEE binary16: 5 bits of exponent, 10 of fraction. Converted by the CPU if it can, else by integer arithmetic.

struct F16Conversion {
  static constexpr DataType kType = DataType::kF16;
  static constexpr int kGroup = 1;

  template <class S>
  static TANDEM_INLINE typename S::Reg widen(typename S::Reg halves) {
    if constexpr (requires { S::f16_to_f32(halves); }) {
      return S::f16_to_f32(halves);
    } else {
      return widen_by_integers<S>(halves);
    }
  }
  // To nearest, ties to even; 65520 and above become infinity.
  template <class S>
  static TANDEM_INLINE typename S::Reg narrow(typename S::Reg v) {
    if constexpr (requires { S::f32_to_f16(v); }) {
      return S::f32_to_f16(v);
    } else {
      return narrow_by_integers<S>(v);
    }
  }

 private:
  // Not inlined: twenty instructions in every load and store of every tile would double the compile time and the code
  // of such an ISA, for CPUs where halves save nothing but memory.
  template <class S>
  [[gnu::noinline]] static typename S::Reg widen_by_integers(typename S::Reg halves) {
    // Shifted up by 13 bits, exponent and fraction are those of an fp32 whose exponent is 112 too small. A denormal
    // half has no leading one: as the fraction of 2^-14 it gets one, and the subtraction of 2^-14 removes it, exactly.
    // An infinity or a NaN goes up by 112 once more, to the greatest exponent; a NaN becomes quiet, as on CPUs that
    // convert.
    const auto sign = S::template shift_left<16>(S::and_bits(halves, S::bits(0x8000)));
    const auto magnitude = S::template shift_left<13>(S::and_bits(halves, S::bits(0x7fff)));
    const auto normal = S::add_bits(magnitude, S::bits(112U << 23U));
    const auto one_more = S::add_bits(normal, S::bits(112U << 23U));
    const auto quiet = S::or_bits(one_more, S::bits(0x00400000));
    const auto denormal = S::add(S::add_bits(magnitude, S::bits(113U << 23U)), S::broadcast(-0x1p-14F));
    const auto special = S::if_bits_less(S::bits(0x0f800000), magnitude, quiet, one_more);
    const auto finite = S::if_bits_less(magnitude, S::bits(0x00800000), denormal, normal);
    return S::or_bits(sign, S::if_bits_less(magnitude, S::bits(0x0f800000), finite, special));
  }
  template <class S>
  [[gnu::noinline]] static typename S::Reg narrow_by_integers(typename S::Reg v) {
    const auto sign = S::template shift_right<16>(S::and_bits(v, S::bits(0x80000000)));
    const auto magnitude = S::and_bits(v, S::bits(0x7fffffff));
    // The exponent goes down by 112; 13 bits are rounded away as in Bf16Conversion.
    const auto last = S::and_bits(S::template shift_right<13>(magnitude), S::bits(1));
    const auto rebased = S::add_bits(magnitude, S::bits((0U - (112U << 23U)) + 0xfffU));
    const auto normal = S::template shift_right<13>(S::add_bits(rebased, last));
    // Below 2^-14: adding 1/2 rounds to multiples of 2^-24, the smallest half, in the fraction.
    const auto shifted = S::add(magnitude, S::broadcast(0.5F));
    const auto denormal = S::add_bits(shifted, S::bits(0U - 0x3f000000U));
    const auto finite = S::if_bits_less(magnitude, S::bits(0x38800000), denormal, normal);
    const auto fraction = S::and_bits(S::template shift_right<13>(magnitude), S::bits(0x3ff));
    const auto nan = S::or_bits(S::bits(0x7e00), fraction);
    const auto special = S::if_bits_less(S::bits(0x7f800000), magnitude, nan, S::bits(0x7c00));
    return S::or_bits(sign, S::if_bits_less(magnitude, S::bits(0x477ff000), finite, special));
  }
};

template <class Arch>
using F16 = HalfTensors<Arch, F16Conversion>;
