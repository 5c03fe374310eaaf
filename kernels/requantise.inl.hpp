// The end of the int8 kernels, which makes outputs of exact s32 sums:
//
//   real = float(sum) * multipliers[j]                              two roundings, each to nearest, ties to even
//   dst  = clamp(real, lo, hi), or round(clamp(real, lo, hi)) + zero_point, ties to even
//
// lo and hi are integers less the zero point, so that clamping before the rounding has the result of clamping after it.
// A clamped value is below 2^22 in magnitude: adding 1.5 * 2^23 leaves its nearest integer in the low bits of the sum.

template <class K>
TANDEM_INLINE typename K::Reg rounded(typename K::Reg v) {
  constexpr float kMagic = 12582912.0F;  // 1.5 * 2^23
  const auto bits = __builtin_bit_cast(std::uint32_t, kMagic);
  return K::add_bits(K::add(v, K::broadcast(kMagic)), K::bits(0U - bits));
}

template <class K>
struct Requantiser {
  // From the registers of a tile, if the ISA does so; else false.
  template <int Rows, int Vectors>
  static TANDEM_INLINE bool finish_registers(const Requantisation& q, const float* multipliers,
                                             const typename K::Reg (&acc)[Rows][Vectors], std::uint8_t* dst,
                                             std::ptrdiff_t stride, std::int64_t columns) {
    if constexpr (requires { typename K::Packs; }) {
      if (q.dst_bytes != 1 || !q.bounded) return false;
      K::Packs::store(q, K::kSigned, multipliers, acc, dst, stride, columns);
      return true;
    }
    return false;
  }

  __attribute__((noinline)) static void finish_sums(const FinishArgs<K>& f) {
    using Reg = typename K::Reg;
    const Requantisation& q = f.epilogue.requantisation;
    const Reg lo = K::broadcast(q.lo);
    const Reg hi = K::broadcast(q.hi);
    const Reg zero_point = K::bits(static_cast<std::uint32_t>(q.zero_point));
    for (std::int64_t c = 0; c < f.columns; c += K::kWidth) {
      const Reg multiplier = K::load(q.multipliers + f.first_column + c);
      const int lanes = f.columns - c < K::kWidth ? static_cast<int>(f.columns - c) : K::kWidth;
      const auto tail = K::tail(lanes);
      const float* sums = f.sums + c;
      std::uint8_t* dst = f.dst + c * q.dst_bytes;
      for (std::int64_t r = 0; r < f.rows; ++r, sums = at(sums, f.sums_stride), dst = at(dst, f.dst_stride)) {
        const Reg real = K::multiply(K::to_float(K::load(sums)), multiplier);
        const Reg y = K::clamp(real, lo, hi);
        if (q.dst_bytes == 4) {
          auto* const to = reinterpret_cast<float*>(dst);
          if (lanes == K::kWidth) {
            K::store(to, y);
          } else {
            K::store_partial(to, y, tail);
          }
          continue;
        }
        const Reg bytes = K::add_bits(rounded<K>(y), zero_point);
        if (lanes == K::kWidth) {
          K::store_bytes(dst, bytes);
        } else {
          K::store_bytes_partial(dst, bytes, lanes);
        }
      }
    }
  }
};
