// Bytes within 128 bits, for woven rows (woven_rows.inl.hpp) and for packing four vectors of sums to bytes:
//
//   to words    | a0..a3 b0..b3 |           packs saturate, and adding the zero point saturates: this is what clamping to
//   to bytes    | a0..a3 b0..b3 c0..c3 d0..d3 |         8 bits wants. Then the bounds of the activation.
//
// Bytes<Arch>: how the ISA does it, on its own type V of integers.
template <class Arch>
struct Bytes;

// Of vectors of 128 bits, whose packed bytes need no other order (int8_packs.inl.hpp).
struct BytesInOrder {
  struct Order {};
  static TANDEM_INLINE Order order() { return {}; }
  template <class V>
  static TANDEM_INLINE V in_order(V v, Order) {
    return v;
  }
};

// The nearest integer to v, of two the even one, in the bits of a lane. v is below 2^22 in magnitude: adding 1.5 * 2^23
// leaves its nearest integer in the low bits of the sum.
template <class S>
TANDEM_INLINE typename S::Reg rounded(typename S::Reg v) {
  constexpr float kMagic = 12582912.0F;  // 1.5 * 2^23
  const auto bits = __builtin_bit_cast(std::uint32_t, kMagic);
  return S::add_bits(S::add(v, S::broadcast(kMagic)), S::bits(0U - bits));
}

// Operations on registers of floats, whose bits these are.
template <class Arch>
struct ByteBlocks {
  using S = Simd<float, Arch>;
  using B = Bytes<Arch>;
  using Reg = typename S::Reg;
  using V = typename B::V;

  static TANDEM_INLINE Reg low_bytes(Reg a, Reg b) { return S::of(B::low_bytes(S::bits_of(a), S::bits_of(b))); }
  static TANDEM_INLINE Reg high_bytes(Reg a, Reg b) { return S::of(B::high_bytes(S::bits_of(a), S::bits_of(b))); }
  static TANDEM_INLINE Reg low_words(Reg a, Reg b) { return S::of(B::low_words(S::bits_of(a), S::bits_of(b))); }
  static TANDEM_INLINE Reg high_words(Reg a, Reg b) { return S::of(B::high_words(S::bits_of(a), S::bits_of(b))); }
  static TANDEM_INLINE Reg exclusive_or(Reg a, std::uint8_t byte) {
    return S::of(B::exclusive_or(S::bits_of(a), B::every_byte(byte)));
  }
  // Of each lane: the high half of a and the low half of b; the halves of v swapped. For ISAs that join entries (woven.hpp).
  static TANDEM_INLINE Reg between(Reg a, Reg b) { return S::of(B::between(S::bits_of(a), S::bits_of(b))); }
  static TANDEM_INLINE Reg swap_halves(Reg v) { return S::of(B::swap_halves(S::bits_of(v))); }

  // A vector from memory, or 128 bits from each place.
  static TANDEM_INLINE Reg load_byte_block(const std::uint8_t* p) { return S::load(reinterpret_cast<const float*>(p)); }
  static TANDEM_INLINE void store_byte_block(std::uint8_t* p, Reg v) { S::store(reinterpret_cast<float*>(p), v); }
  static TANDEM_INLINE Reg load_byte_lanes(const std::uint8_t* const* p) { return B::load_lanes(p); }
  static TANDEM_INLINE void store_byte_lanes(std::uint8_t* const* p, Reg v) { B::store_lanes(p, v); }
  // Sums of four channels of each 16.
  static TANDEM_INLINE void store_sum_lanes(float* p, Reg v) { S::store_quads(p, 64, v); }

  // The integer nearest to sum * multiplier, of two the even one. Requantisation::bounded excludes products of 2^31.
  static TANDEM_INLINE Reg nearest(Reg sum, Reg multiplier) {
    return S::of(B::to_integer(S::multiply(ByteLanes<Arch>::to_float(sum), multiplier)));
  }

  struct PackConstants {
    V zero_point;  // words
    V lo, hi;      // bytes
  };
  static TANDEM_INLINE PackConstants pack_constants(const Requantisation& q) {
    const auto bound = [&](float steps) {
      return B::every_byte(static_cast<std::uint8_t>(static_cast<std::int32_t>(steps) + q.zero_point));
    };
    return {B::every_word(static_cast<std::int16_t>(q.zero_point)), bound(q.lo), bound(q.hi)};
  }
  // Four vectors of integers become bytes in two steps. WholeRange: the zero point is the least number of the type, and there
  // are no other bounds than the type's.
  template <bool WholeRange>
  static TANDEM_INLINE Reg pack_words(Reg a, Reg b, const PackConstants& k) {
    const V words = B::pack_words(S::bits_of(a), S::bits_of(b));
    return S::of(WholeRange ? words : B::add_words(words, k.zero_point));
  }
  template <bool Signed, bool WholeRange>
  static TANDEM_INLINE Reg pack_bytes(Reg ab, Reg cd, const PackConstants& k) {
    const V a = S::bits_of(ab);
    const V c = S::bits_of(cd);
    if constexpr (WholeRange) {
      const V bytes = B::template pack_bytes<false>(a, c);
      return S::of(Signed ? B::exclusive_or(bytes, B::every_byte(0x80)) : bytes);
    } else {
      return S::of(B::template clamp<Signed>(B::template pack_bytes<Signed>(a, c), k.lo, k.hi));
    }
  }
};

// Four channels.
template <>
struct ByteBlocks<Scalar> {
  using S = Simd<float, Scalar>;
  using Reg = float;

  // Byte i of v, moved to byte `to`.
  static TANDEM_INLINE std::uint32_t byte(Reg v, unsigned i, unsigned to) {
    return (S::of(v) >> 8 * i & 255U) << 8 * to;
  }
  static TANDEM_INLINE Reg low_bytes(Reg a, Reg b) {
    return S::bits(byte(a, 0, 0) | byte(b, 0, 1) | byte(a, 1, 2) | byte(b, 1, 3));
  }
  static TANDEM_INLINE Reg high_bytes(Reg a, Reg b) {
    return S::bits(byte(a, 2, 0) | byte(b, 2, 1) | byte(a, 3, 2) | byte(b, 3, 3));
  }
  static TANDEM_INLINE Reg low_words(Reg a, Reg b) { return S::bits((S::of(a) & 0xffffU) | S::of(b) << 16U); }
  static TANDEM_INLINE Reg high_words(Reg a, Reg b) { return S::bits(S::of(a) >> 16U | (S::of(b) & 0xffff0000U)); }
  static TANDEM_INLINE Reg load_byte_block(const std::uint8_t* p) {
    std::uint32_t four;
    __builtin_memcpy(&four, p, sizeof(four));
    return S::bits(four);
  }
  static TANDEM_INLINE void store_byte_block(std::uint8_t* p, Reg v) {
    const std::uint32_t four = S::of(v);
    __builtin_memcpy(p, &four, sizeof(four));
  }
  static TANDEM_INLINE Reg load_byte_lanes(const std::uint8_t* const* p) { return load_byte_block(*p); }
  static TANDEM_INLINE void store_byte_lanes(std::uint8_t* const* p, Reg v) { store_byte_block(*p, v); }
  static TANDEM_INLINE void store_sum_lanes(float* p, Reg v) { *p = v; }

  // No output differs between 1024 and any number above.
  static TANDEM_INLINE Reg nearest(Reg sum, Reg multiplier) {
    return rounded<S>(S::clamp(ByteLanes<Scalar>::to_float(sum) * multiplier, -1024.0F, 1024.0F));
  }
  struct PackConstants {
    std::int32_t zero_point, lo, hi;
  };
  static TANDEM_INLINE PackConstants pack_constants(const Requantisation& q) {
    return {q.zero_point, static_cast<std::int32_t>(q.lo), static_cast<std::int32_t>(q.hi)};
  }
  template <bool WholeRange>
  static TANDEM_INLINE Reg pack_words(Reg a, Reg b, const PackConstants& k) {
    const auto word = [&](Reg sum) {
      const auto v = static_cast<std::int32_t>(S::of(sum));
      return static_cast<std::uint32_t>((v < k.lo ? k.lo : v > k.hi ? k.hi : v) + k.zero_point) & 0xffffU;
    };
    return S::bits(word(a) | word(b) << 16U);
  }
  template <bool Signed, bool WholeRange>
  static TANDEM_INLINE Reg pack_bytes(Reg ab, Reg cd, const PackConstants&) {
    return S::bits(byte(ab, 0, 0) | byte(ab, 2, 1) | byte(cd, 0, 2) | byte(cd, 2, 3));
  }
};

// How a depthwise dot product wants the pixels of a lane: as the four bytes of a quad. Dot::entry_sample<Signed>() makes
// an element of a tensor a factor.
template <class Arch, class Dot>
struct QuadEntries {
  using B = ByteBlocks<Arch>;
  using Reg = typename B::Reg;
  static constexpr int kEntryTaps = 4;
  template <bool Signed>
  static TANDEM_INLINE Reg entry_low(Reg a, Reg b) {
    return B::low_words(a, b);
  }
  template <bool Signed>
  static TANDEM_INLINE Reg entry_high(Reg a, Reg b) {
    return B::high_words(a, b);
  }
};
