// The thin shim between kernels and xsimd: one vector type per pair (T, Arch). Intrinsics supply what xsimd 8.1 lacks
// (fused multiply-add on AVX-512, partial loads and stores). The vector of the scalar ISA is `float` itself.
// kernels.inl.hpp includes this file inside an ISA's own namespace and says why.
//
// Every operation means the same on every ISA, also for NaN and signed zero; only madd may round once or twice.

#define TANDEM_INLINE __attribute__((always_inline)) inline

// The element `bytes` further on.
template <class T>
TANDEM_INLINE T* at(T* p, std::ptrdiff_t bytes) {
  return reinterpret_cast<T*>(reinterpret_cast<char*>(p) + bytes);
}
template <class T>
TANDEM_INLINE const T* at(const T* p, std::ptrdiff_t bytes) {
  return reinterpret_cast<const T*>(reinterpret_cast<const char*>(p) + bytes);
}

// The lanes of a vector as doubles: double itself, or two vectors `low` and `high`.
TANDEM_INLINE double wide_add(double a, double b) { return a + b; }
template <class W>
TANDEM_INLINE W wide_add(W a, W b) {
  return {a.low + b.low, a.high + b.high};
}
TANDEM_INLINE double wide_multiply(double a, double b) { return a * b; }
template <class W>
TANDEM_INLINE W wide_multiply(W a, double b) {
  return {a.low * b, a.high * b};
}

struct Scalar {};  // the Arch of the scalar ISA

// Reg:    the register type.      kWidth: lanes.
// kRegisters: vector registers that a tile may use.
// load_broadcast(p): the float at p in all lanes.
// madd_broadcast(p, b, c): madd(load_broadcast(p), b, c) by one instruction; only where there is one.
// load_repeated<N>(p): the N floats at p, again and again; N divides kWidth and is more than 1.
// every<N>(i): the lanes i, i + N, i + 2 * N ...; madd_where(lanes, a, b, c): madd there, else c.
// kHalves: madd_half exists: a madd of the low half of the lanes, in half the time. The other lanes are unspecified.
//         HalfArch exists: the Arch of vectors of half the lanes.
// keep_order(v): the compiler keeps later uses of v behind earlier stores, on ISAs where this helps.
// at_least(v, lo), at_most(v, hi): v < lo ? lo : v, and v > hi ? hi : v; clamp(v, lo, hi) is one after the other.
// divide(a, b): a / b within 0.6 units in the last place, also if that is a denormal; for finite a and 1 <= b < 2^80.
// quotient(a, b): a / b, the nearest float, for all a and b; subtract(a, b): a - b.
// if_less(a, b, yes, no): in each lane a < b ? yes : no; a NaN is not less.
// Bits:   bits(u) has the 32 bits u in each lane. and_bits, or_bits, add_bits (modulo 2^32), shift_left<N> and
//         shift_right<N> (zeros come in) treat lanes as such bits; if_bits_less compares them as signed integers.
// Halves: load_halves(p) reads V values of 16 bits into the low bits of the lanes, with zeros above; store_halves(p, v)
//         writes the low bits of lanes that have zeros above. Both have a partial form.
// Wide:   the lanes as doubles: widen(v) and back, narrow(w), which rounds. wide_add and wide_multiply take them.
// permute(v, permutation(lane)): lane[i] is the lane of v that becomes lane i.
// Tail:   how many of the first lanes a partial load or store touches, in the form that the ISA wants.
// Quads:  the groups of four lanes of a vector. load_quads and store_quads have quad q `q * stride` bytes after p;
//         transpose_quads treats each quad of four vectors as a 4 x 4 matrix. A vector of one lane has no quads.
// kBlock: steps of k for which one load brings the elements of a row of A; madd_lane multiplies by one lane of it. 1 if
//         the ISA cannot multiply by a lane; then there is no madd_lane.
template <class T, class Arch>
struct Simd;

template <>
struct Simd<float, Scalar> {
  using Value = float;
  using Reg = float;
  using Tail = int;
  static constexpr int kWidth = 1;
  static constexpr int kBlock = 1;
  static constexpr int kRegisters = 16;
  static constexpr bool kFused = false;
  static constexpr bool kHalves = false;

  static TANDEM_INLINE Reg load(const float* p) { return *p; }
  static TANDEM_INLINE void store(float* p, Reg v) { *p = v; }
  static TANDEM_INLINE Reg broadcast(float v) { return v; }
  static TANDEM_INLINE Reg load_broadcast(const float* p) { return *p; }
  static TANDEM_INLINE void keep_order(Reg&) {}
  static TANDEM_INLINE Reg add(Reg a, Reg b) { return a + b; }
  static TANDEM_INLINE Reg subtract(Reg a, Reg b) { return a - b; }
  static TANDEM_INLINE Reg divide(Reg a, Reg b) { return a / b; }
  static TANDEM_INLINE Reg quotient(Reg a, Reg b) { return a / b; }
  static TANDEM_INLINE Reg multiply(Reg a, Reg b) { return a * b; }
  static TANDEM_INLINE Reg madd(Reg a, Reg b, Reg c) { return a * b + c; }
  static TANDEM_INLINE Reg at_least(Reg v, Reg lo) { return v < lo ? lo : v; }
  static TANDEM_INLINE Reg at_most(Reg v, Reg hi) { return v > hi ? hi : v; }
  static TANDEM_INLINE Reg clamp(Reg v, Reg lo, Reg hi) { return at_most(at_least(v, lo), hi); }
  static TANDEM_INLINE Reg if_less(Reg a, Reg b, Reg yes, Reg no) { return a < b ? yes : no; }
  static TANDEM_INLINE std::uint32_t of(Reg v) { return __builtin_bit_cast(std::uint32_t, v); }
  static TANDEM_INLINE Reg bits(std::uint32_t u) { return __builtin_bit_cast(float, u); }
  static TANDEM_INLINE Reg and_bits(Reg a, Reg b) { return bits(of(a) & of(b)); }
  static TANDEM_INLINE Reg or_bits(Reg a, Reg b) { return bits(of(a) | of(b)); }
  static TANDEM_INLINE Reg add_bits(Reg a, Reg b) { return bits(of(a) + of(b)); }
  template <int N>
  static TANDEM_INLINE Reg shift_left(Reg v) {
    return bits(of(v) << static_cast<unsigned>(N));
  }
  template <int N>
  static TANDEM_INLINE Reg shift_right(Reg v) {
    return bits(of(v) >> static_cast<unsigned>(N));
  }
  static TANDEM_INLINE Reg if_bits_less(Reg a, Reg b, Reg yes, Reg no) {
    return __builtin_bit_cast(std::int32_t, a) < __builtin_bit_cast(std::int32_t, b) ? yes : no;
  }
  static TANDEM_INLINE Reg load_halves(const std::uint16_t* p) { return bits(*p); }
  static TANDEM_INLINE void store_halves(std::uint16_t* p, Reg v) { *p = static_cast<std::uint16_t>(of(v)); }
  static TANDEM_INLINE Reg load_halves_partial(const std::uint16_t* p, int) { return load_halves(p); }
  static TANDEM_INLINE void store_halves_partial(std::uint16_t* p, Reg v, int) { store_halves(p, v); }
  using Wide = double;
  static TANDEM_INLINE Wide widen(Reg v) { return static_cast<double>(v); }
  static TANDEM_INLINE Reg narrow(Wide w) { return static_cast<float>(w); }
  using Permutation = int;
  static TANDEM_INLINE Permutation permutation(const std::int32_t*) { return 0; }
  static TANDEM_INLINE Reg permute(Reg v, Permutation) { return v; }
  // A vector of one lane has no partial form: a tail of one lane is a whole vector.
  static TANDEM_INLINE Tail tail(int lanes) { return lanes; }
  static TANDEM_INLINE Reg load_partial(const float* p, Tail) { return *p; }
  static TANDEM_INLINE void store_partial(float* p, Reg v, Tail) { *p = v; }
  static Reg load_quads(const float* p, std::ptrdiff_t stride) = delete;
  static void store_quads(float* p, std::ptrdiff_t stride, Reg v) = delete;
};

// Single lanes beside the vectors of another Arch: madd rounds as often as theirs.
template <class Arch>
struct OneLane {};

template <class Arch>
struct Simd<float, OneLane<Arch>> : Simd<float, Scalar> {
  static constexpr bool kFused = Simd<float, Arch>::kFused;
  static TANDEM_INLINE float madd(float a, float b, float c) {
    if constexpr (kFused) {
      return __builtin_fmaf(a, b, c);
    } else {
      return a * b + c;
    }
  }
};

// The part that all vector ISAs of 4 or more floats share.
template <class Arch>
struct SimdOverXsimd {
  using Value = float;
  using Reg = xsimd::batch<float, Arch>;
  static constexpr int kWidth = static_cast<int>(Reg::size);
  static constexpr int kBlock = 1;
  static constexpr int kRegisters = 16;
  static constexpr bool kHalves = false;

  static TANDEM_INLINE Reg load(const float* p) { return Reg::load_unaligned(p); }
  static TANDEM_INLINE void store(float* p, Reg v) { v.store_unaligned(p); }
  static TANDEM_INLINE Reg broadcast(float v) { return Reg(v); }
  static TANDEM_INLINE Reg load_broadcast(const float* p) { return Reg(*p); }
  static TANDEM_INLINE void keep_order(Reg&) {}
  static TANDEM_INLINE Reg add(Reg a, Reg b) { return a + b; }
  static TANDEM_INLINE Reg subtract(Reg a, Reg b) { return a - b; }
  static TANDEM_INLINE Reg multiply(Reg a, Reg b) { return a * b; }
  static TANDEM_INLINE Reg divide(Reg a, Reg b) { return a / b; }
  static TANDEM_INLINE Reg quotient(Reg a, Reg b) { return a / b; }
};

// Partial loads and stores lane by lane, through the stack, for ISAs without masks.
template <class Arch>
struct LanewiseTail : SimdOverXsimd<Arch> {
  using Base = SimdOverXsimd<Arch>;
  using Reg = typename Base::Reg;
  using Tail = int;

  static TANDEM_INLINE Tail tail(int lanes) { return lanes; }
  static TANDEM_INLINE Reg load_partial(const float* p, Tail lanes) {
    float lane[Base::kWidth] = {};
    for (int i = 0; i < lanes; ++i) lane[i] = p[i];
    return Base::load(lane);
  }
  static TANDEM_INLINE void store_partial(float* p, Reg v, Tail lanes) {
    float lane[Base::kWidth];
    Base::store(lane, v);
    for (int i = 0; i < lanes; ++i) p[i] = lane[i];
  }
};
