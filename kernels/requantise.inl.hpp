// The end of the int8 kernels, which makes outputs of exact s32 sums:
//
//   real = float(sum) * multipliers[j]                              two roundings, each to nearest, ties to even
//   dst  = clamp(real, lo, hi), or round(clamp(real, lo, hi)) + zero_point, ties to even
//
// or that of TFLite's fixed-point multipliers, see fixed_point.inl.hpp.
//
// lo and hi are integers less the zero point, so that clamping before the rounding has the result of clamping after it.

// From a real number in units of the scale of dst to the byte of dst, in the low bits of a lane.
template <class K>
class QuantisedEnd {
 public:
  using Reg = typename K::Reg;
  TANDEM_INLINE QuantisedEnd(float lo, float hi, std::int32_t zero_point)
      : lo_(K::broadcast(lo)), hi_(K::broadcast(hi)), zero_point_(K::bits(static_cast<std::uint32_t>(zero_point))) {}
  explicit TANDEM_INLINE QuantisedEnd(const Requantisation& q) : QuantisedEnd(q.lo, q.hi, q.zero_point) {}

  [[nodiscard]] TANDEM_INLINE Reg clamped(Reg real) const { return K::clamp(real, lo_, hi_); }
  [[nodiscard]] TANDEM_INLINE Reg bytes(Reg real) const { return with_zero_point(clamped(real)); }
  // A NaN becomes the least.
  [[nodiscard]] TANDEM_INLINE Reg bytes_of_any(Reg real) const {
    return with_zero_point(K::at_most(K::if_less(lo_, real, real, lo_), hi_));
  }

 private:
  [[nodiscard]] TANDEM_INLINE Reg with_zero_point(Reg y) const { return K::add_bits(rounded<K>(y), zero_point_); }

  Reg lo_;
  Reg hi_;
  Reg zero_point_;
};

// True if the zero point is the least number of the type, and there are no other bounds than the type's: packing saturates
// to the same.
template <bool Signed>
TANDEM_INLINE bool has_whole_range(const Requantisation& q) {
  return q.lo == 0.0F && q.hi == 255.0F && q.zero_point == (Signed ? -128 : 0);
}

// Makes bytes of the sums in the registers of a tile, if these are vectors.
template <class K>
  requires(K::kQuads && K::kWidth > 1)
struct TileEnd<K> {
  using Packs = typename K::Packs;
  using Reg = typename K::Reg;
  static constexpr bool kPacks = true;
  static constexpr bool kPlainTiles = K::kOneInstruction;

  explicit TANDEM_INLINE TileEnd(const GemmArgs& g) {
    const Requantisation& q = g.epilogue.requantisation;
    packs = q.dst_bytes == 1 && q.bounded;
    if (!packs) return;
    multipliers = q.multipliers;
    whole_range = has_whole_range<K::kSigned>(q);
    constants = Packs::constants(q);
  }

  // Plain: of a product of one segment, whose end takes a large share of its time.
  template <bool Plain, int Rows, int Vectors>
  TANDEM_INLINE void pack(const Reg (&acc)[Rows][Vectors], std::uint8_t* dst, std::ptrdiff_t stride,
                          std::int64_t columns) const {
    Reg multiplier[Vectors];
    for (int v = 0; v < Vectors; ++v) multiplier[v] = K::load(multipliers + std::ptrdiff_t{v} * K::kWidth);
    if (Plain && whole_range) {
      return Packs::template store<K::kSigned, true>(multiplier, constants, acc, dst, stride, columns);
    }
    Packs::template store<K::kSigned, false>(multiplier, constants, acc, dst, stride, columns);
  }

  bool packs;  // else there are no other values
  const float* multipliers = nullptr;
  bool whole_range = false;
  typename Packs::Constants constants = {};
};

template <class K>
struct Requantiser {
  __attribute__((noinline)) static void finish_sums(const FinishArgs<K>& f) {
    using Reg = typename K::Reg;
    const Requantisation& q = f.epilogue.requantisation;
    if (q.shifts != nullptr) return q.twice ? finish_fixed_point<K, true>(f) : finish_fixed_point<K, false>(f);
    const QuantisedEnd<K> end(q);
    for (std::int64_t c = 0; c < f.columns; c += K::kWidth) {
      const Reg multiplier = K::load(q.multipliers + f.first_column + c);
      const int lanes = f.columns - c < K::kWidth ? static_cast<int>(f.columns - c) : K::kWidth;
      const auto tail = K::tail(lanes);
      const float* sums = f.sums + c;
      std::uint8_t* dst = f.dst + c * q.dst_bytes;
      for (std::int64_t r = 0; r < f.rows; ++r, sums = at(sums, f.sums_stride), dst = at(dst, f.dst_stride)) {
        const Reg real = K::multiply(K::to_float(K::load(sums)), multiplier);
        if (q.dst_bytes == 4) {
          const Reg y = end.clamped(real);
          auto* const to = reinterpret_cast<float*>(dst);
          if (lanes == K::kWidth) {
            K::store(to, y);
          } else {
            K::store_partial(to, y, tail);
          }
          continue;
        }
        const Reg bytes = end.bytes(real);
        if (lanes == K::kWidth) {
          K::store_bytes(dst, bytes);
        } else {
          K::store_bytes_partial(dst, bytes, lanes);
        }
      }
    }
  }
};
