// Tensors of u8 or s8 by weights of s8, with exact sums of s32.
//
// A lane holds a quad: four neighbouring steps of k in a matrix product, four pixels of a row in a depthwise convolution.
// So the matrix product of all types works on quads as it does on floats, with a quarter of the steps: one dot product adds
// the four products of a lane to the s32 sum in it.
//
//     quad of a tensor   | a0 | a1 | a2 | a3 |     lane:  sum += a0 * b0 + a1 * b1 + a2 * b2 + a3 * b3
//     quad of weights    | b0 | b1 | b2 | b3 |
//
// The register of a lane is that of a float; its bits are the s32. Sums wrap around modulo 2^32 on their way, which
// cannot be seen in the end: create() proves that the whole sum fits.
//
// Dot: how the ISA multiplies quads (int8_x86.inl.hpp, int8_neon.inl.hpp).
//   Column                    quads of weights, as dot() wants them
//   sample<Signed>(v)         quads of a tensor, as dot() wants them, from the bits in memory; column(v) likewise
//   dot(sample, column, sum)
//   dot_lane<I>(sample, column, sum)   with quad I of sample in all lanes; only where the ISA multiplies by a lane
//   kOneInstruction           true: dot() is a single one, beside which the rest of a tile takes its time
//   kPairs                    true: it multiplies pairs of rows by pairs of columns, see gemm_pairs.inl.hpp
//   kOffset<Signed>           dot() multiplies by a + kOffset. The packed bias takes it off again
// and of depthwise convolutions, on the entries of woven rows (woven_rows.inl.hpp):
//   Entries                   how many taps an entry has, and how it is made of pairs of pixels
//   entry_sample<Signed>(v)   from the bytes in memory
//   add_entry<Signed>(entry, weights, sum)

struct TensorQuad {
  std::uint8_t bytes[4];
};
struct WeightQuad {
  std::int8_t bytes[4];
};

template <class Arch>
struct ByteBlocks;  // int8_blocks.inl.hpp
template <class Arch, class Dot>
struct QuadEntries;
template <class Arch>
struct RegisterPacks;  // int8_packs.inl.hpp
template <class Arch>
struct FixedPointLanes;  // fixed_point.inl.hpp

// Without vectors.
struct ScalarDot {
  using Reg = float;
  using Entries = QuadEntries<Scalar, ScalarDot>;
  struct Sample {
    std::int32_t values[4];
  };
  using Column = std::uint32_t;
  template <bool Signed>
  static constexpr std::int32_t kOffset = 0;

  template <bool Signed>
  static TANDEM_INLINE std::int32_t value(std::uint32_t quad, int i) {
    const std::uint32_t byte = quad >> static_cast<unsigned>(8 * i);
    return Signed ? static_cast<std::int32_t>(static_cast<std::int8_t>(byte)) : static_cast<std::uint8_t>(byte);
  }
  template <bool Signed>
  static TANDEM_INLINE Sample sample(Reg v) {
    const std::uint32_t quad = Simd<float, Scalar>::of(v);
    return {{value<Signed>(quad, 0), value<Signed>(quad, 1), value<Signed>(quad, 2), value<Signed>(quad, 3)}};
  }
  static TANDEM_INLINE Column column(Reg v) { return Simd<float, Scalar>::of(v); }
  static TANDEM_INLINE Reg dot(const Sample& a, Column b, Reg sum) {
    std::uint32_t s = Simd<float, Scalar>::of(sum);
    for (int i = 0; i < 4; ++i) s += static_cast<std::uint32_t>(a.values[i] * value<true>(b, i));
    return Simd<float, Scalar>::bits(s);
  }
  template <bool Signed>
  static TANDEM_INLINE Reg entry_sample(Reg bytes) {
    return bytes;
  }
  template <bool Signed>
  static TANDEM_INLINE Reg add_entry(Reg entry, Reg weights, Reg sum) {
    return dot(sample<Signed>(entry), column(weights), sum);
  }
};

// Bytes in the low bits of lanes, and integers as floats.
template <class Arch>
struct ByteLanes;

// Fewer bytes than a vector has lanes, where the ISA has no masks.
template <class Arch>
struct BytewisePartial {
  using Reg = typename Simd<float, Arch>::Reg;
  static constexpr int kLanes = Simd<float, Arch>::kWidth;
  static TANDEM_INLINE Reg load_bytes_partial(const std::uint8_t* p, int lanes) {
    std::uint8_t lane[kLanes] = {};
    for (int i = 0; i < lanes; ++i) lane[i] = p[i];
    return ByteLanes<Arch>::load_bytes(lane);
  }
  static TANDEM_INLINE void store_bytes_partial(std::uint8_t* p, Reg v, int lanes) {
    std::uint8_t lane[kLanes];
    ByteLanes<Arch>::store_bytes(lane, v);
    for (int i = 0; i < lanes; ++i) p[i] = lane[i];
  }
};

template <>
struct ByteLanes<Scalar> {
  using Reg = float;
  static TANDEM_INLINE Reg load_bytes(const std::uint8_t* p) { return Simd<float, Scalar>::bits(*p); }
  static TANDEM_INLINE Reg load_bytes_partial(const std::uint8_t* p, int) { return load_bytes(p); }
  static TANDEM_INLINE void store_bytes(std::uint8_t* p, Reg v) {
    *p = static_cast<std::uint8_t>(Simd<float, Scalar>::of(v));
  }
  static TANDEM_INLINE void store_bytes_partial(std::uint8_t* p, Reg v, int) { store_bytes(p, v); }
  static TANDEM_INLINE Reg to_float(Reg v) {
    return static_cast<float>(static_cast<std::int32_t>(Simd<float, Scalar>::of(v)));
  }
};

template <class Arch, class Dot, DataType Tensor>
struct Int8 : Simd<float, Arch>, ByteLanes<Arch>, ByteBlocks<Arch> {
  using Base = Simd<float, Arch>;
  using Reg = typename Base::Reg;
  using Tail = typename Base::Tail;
  using Src = TensorQuad;
  using Weight = WeightQuad;
  using Dst = std::uint8_t;  // one byte of an output, whose type the epilogue says
  using FixedPoint = FixedPointLanes<Arch>;
  using Packs = RegisterPacks<Arch>;
  static constexpr bool kSigned = Tensor == DataType::kS8;
  using Sample = decltype(Dot::template sample<kSigned>(Reg()));
  using Column = typename Dot::Column;
  static constexpr TypeRow kTypes = {Tensor, DataType::kS8};
  static constexpr bool kEveryTile = false;
  static constexpr bool kRegisterEpilogue = false;
  static constexpr bool kQuads = true;
  static constexpr int kGroup = 1;
  static constexpr bool kByLane = requires(Sample a, Column b, Reg sum) { Dot::template dot_lane<0>(a, b, sum); };
  static constexpr int kBlock = kByLane ? Base::kWidth : 1;
  using Products = Dot;
  static constexpr bool kPairs = requires { requires Dot::kPairs; };
  static constexpr bool kOneInstruction = requires { requires Dot::kOneInstruction; };
  static constexpr bool kFused = false;
  static constexpr bool kHalves = false;
  static constexpr std::int32_t kOffset = Dot::template kOffset<kSigned>;

  using Base::load;
  static TANDEM_INLINE Column load(const WeightQuad* p) {
    return Dot::column(Base::load(reinterpret_cast<const float*>(p)));
  }
  // A quad for each lane.
  static TANDEM_INLINE Sample load(const TensorQuad* p) {
    return Dot::template sample<kSigned>(Base::load(reinterpret_cast<const float*>(p)));
  }
  static TANDEM_INLINE Sample load_broadcast(const TensorQuad* p) {
    if constexpr (requires { Dot::template broadcast<kSigned>(p); }) {
      return Dot::template broadcast<kSigned>(p);
    } else {
      std::uint32_t quad;
      __builtin_memcpy(&quad, p, sizeof(quad));
      return Dot::template sample<kSigned>(Base::bits(quad));
    }
  }
  // The first 1 to 3 elements of a quad. The others meet weights of zero.
  static TANDEM_INLINE Sample load_broadcast_partial(const TensorQuad* p, int elements) {
    std::uint32_t quad = p->bytes[0];
    if (elements > 1) quad |= static_cast<std::uint32_t>(p->bytes[1]) << 8U;
    if (elements > 2) quad |= static_cast<std::uint32_t>(p->bytes[2]) << 16U;
    return Dot::template sample<kSigned>(Base::bits(quad));
  }
  static TANDEM_INLINE Reg madd(const Sample& a, const Column& b, Reg sum) { return Dot::dot(a, b, sum); }
  template <int Lane>
  static TANDEM_INLINE Reg madd_lane(const Sample& a, const Column& b, Reg sum) {
    return Dot::template dot_lane<Lane>(a, b, sum);
  }

  // Of woven rows.
  using Entries = typename Dot::Entries;
  static constexpr int kEntryTaps = Entries::kEntryTaps;
  static TANDEM_INLINE Reg entry_sample(Reg bytes) { return Dot::template entry_sample<kSigned>(bytes); }
  static TANDEM_INLINE Reg entry_low(Reg a, Reg b) { return Entries::template entry_low<kSigned>(a, b); }
  static TANDEM_INLINE Reg entry_high(Reg a, Reg b) { return Entries::template entry_high<kSigned>(a, b); }
  static TANDEM_INLINE Reg add_entry(Reg entry, Reg weights, Reg sum) {
    return Dot::template add_entry<kSigned>(entry, weights, sum);
  }
};
