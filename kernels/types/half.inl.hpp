// 16-bit elements in memory, which the kernels widen to fp32 in registers: the common part of bf16 and fp16.
//
// A type is given by its conversion, Convert: kType; widen(halves) and narrow(floats) between lanes; kGroup, see F32.

// An element of 16 bits as it lies in memory.
template <class Convert>
struct Half {
  std::uint16_t bits;
};

// The bits themselves, into the upper half of a lane and back: for kernels that only move elements.
struct KeepBits {
  template <class S>
  static TANDEM_INLINE typename S::Reg widen(typename S::Reg halves) {
    return S::template shift_left<16>(halves);
  }
  template <class S>
  static TANDEM_INLINE typename S::Reg narrow(typename S::Reg v) {
    return S::template shift_right<16>(v);
  }
};

// Overloads of the shim's memory operations for Half<Convert>, and for any other kind of half.
template <class Arch>
struct HalfMemory : Simd<float, Arch> {
  using Base = Simd<float, Arch>;
  using Reg = typename Base::Reg;
  using Tail = typename Base::Tail;
  using Base::load;
  using Base::load_broadcast;
  using Base::load_partial;
  using Base::load_quads;
  using Base::store;
  using Base::store_partial;
  using Base::store_quads;
  template <class C>
  static TANDEM_INLINE Reg load(const Half<C>* p) {
    return C::template widen<Base>(Base::load_halves(halves(p)));
  }
  template <class C>
  static TANDEM_INLINE void store(Half<C>* p, Reg v) {
    Base::store_halves(halves(p), C::template narrow<Base>(v));
  }
  template <class C>
  static TANDEM_INLINE Reg load_partial(const Half<C>* p, Tail t) {
    return C::template widen<Base>(Base::load_halves_partial(halves(p), t));
  }
  template <class C>
  static TANDEM_INLINE void store_partial(Half<C>* p, Reg v, Tail t) {
    Base::store_halves_partial(halves(p), C::template narrow<Base>(v), t);
  }
  template <class C>
  static TANDEM_INLINE Reg load_broadcast(const Half<C>* p) {
    return C::template widen<Base>(Base::bits(p->bits));
  }
  template <class C>
  static TANDEM_INLINE Reg load_quads(const Half<C>* p, std::ptrdiff_t stride) {
    Half<C> lanes[Base::kWidth];
    for (int q = 0; q < Base::kWidth / 4; ++q) __builtin_memcpy(lanes + 4 * q, at(p, q * stride), 4 * sizeof(Half<C>));
    return load(lanes);
  }
  template <class C>
  static TANDEM_INLINE void store_quads(Half<C>* p, std::ptrdiff_t stride, Reg v) {
    Half<C> lanes[Base::kWidth];
    store(lanes, v);
    for (int q = 0; q < Base::kWidth / 4; ++q) __builtin_memcpy(at(p, q * stride), lanes + 4 * q, 4 * sizeof(Half<C>));
  }

 private:
  template <class C>
  static TANDEM_INLINE const std::uint16_t* halves(const Half<C>* p) {
    return &p->bits;
  }
  template <class C>
  static TANDEM_INLINE std::uint16_t* halves(Half<C>* p) {
    return &p->bits;
  }
};

// Tensors and weights of 16 bits.
template <class Arch, class Convert>
struct HalfTensors : HalfMemory<Arch> {
  using Src = Half<Convert>;
  using Weight = Half<Convert>;
  using Dst = Half<Convert>;
  using Bits = Half<KeepBits>;
  using Tensors = HalfTensors;
  static constexpr TypeRow kTypes = {Convert::kType, Convert::kType};
  static constexpr bool kEveryTile = false;
  static constexpr bool kRegisterEpilogue = false;
  static constexpr bool kQuads = false;
  static constexpr int kGroup = Convert::kGroup;

  template <int I>
  static TANDEM_INLINE auto group_broadcast(const Src* p) {
    float group;
    __builtin_memcpy(&group, p, sizeof(group));
    return Convert::template of_group<I, Simd<float, Arch>>(Simd<float, Arch>::load_broadcast(&group));
  }
};

// fp32 tensors, 16-bit weights: half the bytes when weights come from memory.
template <class Arch, class Convert>
struct HalfWeights : HalfMemory<Arch> {
  using Src = float;
  using Weight = Half<Convert>;
  using Dst = float;
  using Tensors = F32<Arch>;
  static constexpr TypeRow kTypes = {DataType::kF32, Convert::kType};
  static constexpr bool kEveryTile = false;
  static constexpr bool kRegisterEpilogue = true;
  static constexpr bool kQuads = false;
  static constexpr int kGroup = 1;
};
