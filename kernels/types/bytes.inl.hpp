// Elements of 8 bits that a kernel moves without looking at them: a lane holds one of them, in its low bits.
template <class Arch>
struct ByteTensors : Simd<float, Arch>, ByteLanes<Arch> {
  using Base = Simd<float, Arch>;
  using Lanes = ByteLanes<Arch>;
  using Reg = typename Base::Reg;
  using Tail = int;  // lanes
  using Bits = std::uint8_t;
  static constexpr bool kEveryTile = false;

  using Base::load;
  using Base::store;
  static TANDEM_INLINE Tail tail(int lanes) { return lanes; }
  static TANDEM_INLINE Reg load(const std::uint8_t* p) { return Lanes::load_bytes(p); }
  static TANDEM_INLINE void store(std::uint8_t* p, Reg v) { Lanes::store_bytes(p, v); }
  static TANDEM_INLINE Reg load_partial(const std::uint8_t* p, Tail t) { return Lanes::load_bytes_partial(p, t); }
  static TANDEM_INLINE void store_partial(std::uint8_t* p, Reg v, Tail t) { Lanes::store_bytes_partial(p, v, t); }
  static TANDEM_INLINE Reg load_quads(const std::uint8_t* p, std::ptrdiff_t stride) {
    std::uint8_t lanes[Base::kWidth];
    for (int q = 0; q < Base::kWidth / 4; ++q) __builtin_memcpy(lanes + 4 * q, at(p, q * stride), 4);
    return load(lanes);
  }
  static TANDEM_INLINE void store_quads(std::uint8_t* p, std::ptrdiff_t stride, Reg v) {
    std::uint8_t lanes[Base::kWidth];
    store(lanes, v);
    for (int q = 0; q < Base::kWidth / 4; ++q) __builtin_memcpy(at(p, q * stride), lanes + 4 * q, 4);
  }
};
