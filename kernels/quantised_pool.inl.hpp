// Pools on 8 bits, over windows and over whole images. Elements are compared and added as integers, so any order of the
// taps has the same bits:
//
//   max:      dst = the greatest tap, within the bounds of the activation
//   average:  real = float(sum of (tap - a_zero_point)) * (a_multiplier * (1 / number)), each operation rounded to fp32
//             dst = round(clamp(real, lo, hi)) + zero_point
//             or with one of TFLite's roundings, see fixed_point_pool.inl.hpp

// The greatest, less the zero point.
template <class K>
struct QuantisedGreatest {
  using Reg = typename K::Reg;
  using End = QuantisedEnd<K>;
  Reg offset;
  TANDEM_INLINE QuantisedGreatest(const Requantisation& q, std::int64_t /*taps*/, const WindowTaps<K>& /*window*/)
      : offset(offset_of<K>(q.a_zero_point)) {}
  static TANDEM_INLINE Reg start() { return K::broadcast(-__builtin_inff()); }
  [[nodiscard]] TANDEM_INLINE Reg add(Reg all, Reg bytes) const {
    return K::at_least(all, less_zero_point<K>(bytes, offset));
  }
  [[nodiscard]] TANDEM_INLINE Reg result(Reg all) const { return all; }
};

// What the means have in common: bytes are added as integers without a sign, and `offset` makes of that what the mean divides.
template <class K>
class SumOfBytes {
 public:
  using Reg = typename K::Reg;
  static TANDEM_INLINE Reg start() { return K::bits(0); }
  [[nodiscard]] TANDEM_INLINE Reg add(Reg all, Reg bytes) const { return K::add_bits(all, unsigned_bytes<K>(bytes)); }

 protected:
  explicit TANDEM_INLINE SumOfBytes(Reg offset) : offset_(offset) {}
  [[nodiscard]] TANDEM_INLINE Reg sum(Reg all) const { return K::add_bits(all, offset_); }

 private:
  Reg offset_;
};

template <class K>
class QuantisedMean : public SumOfBytes<K> {
 public:
  using Reg = typename K::Reg;
  using End = QuantisedEnd<K>;
  TANDEM_INLINE QuantisedMean(const Requantisation& q, std::int64_t taps, const WindowTaps<K>& window)
      : SumOfBytes<K>(offset_of<K>(q.a_zero_point, taps)),
        multiplier_(K::broadcast(q.a_multiplier * static_cast<float>(window.share))) {}
  [[nodiscard]] TANDEM_INLINE Reg result(Reg all) const {
    return K::multiply(K::to_float(this->sum(all)), multiplier_);
  }

 private:
  Reg multiplier_;
};

template <class K, class Pool>
void quantised_windows(const WindowPoolArgs& p) noexcept {
  using Reg = typename K::Reg;
  const typename Pool::End end(p.epilogue.requantisation);
  auto* dst = static_cast<std::uint8_t*>(p.dst.data);
  for (std::int64_t i = 0; i < p.pixels; ++i, dst += p.dst.stride) {
    const WindowTaps<K> taps = window_taps<K>(p, p.first + i);
    const Pool pool(p.epilogue.requantisation, p.tap_rows * taps.columns, taps);
    const auto* const first = reinterpret_cast<const std::uint8_t*>(taps.first);
    for_channels<K, 4>(p.channels, [&]<int Vectors, bool Partial>(std::int64_t channel, typename K::Tail) {
      const int lanes = Partial ? static_cast<int>(p.channels) : K::kWidth;
      Reg all[Vectors];
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) all[v] = Pool::start();
      const std::uint8_t* row = first + channel;
      for (std::int64_t ky = 0; ky < p.tap_rows; ++ky, row += p.tap_row_stride) {
        const std::uint8_t* tap = row;
        for (std::int64_t kx = 0; kx < taps.columns; ++kx, tap += taps.stride) {
#pragma GCC unroll 4
          for (int v = 0; v < Vectors; ++v) {
            const std::uint8_t* const bytes = tap + std::ptrdiff_t{v} * K::kWidth;
            all[v] = pool.add(all[v], Partial ? K::load_bytes_partial(bytes, lanes) : K::load_bytes(bytes));
          }
        }
      }
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) {
        std::uint8_t* const to = dst + channel + std::ptrdiff_t{v} * K::kWidth;
        const Reg bytes = end.bytes(pool.result(all[v]));
        if (Partial) {
          K::store_bytes_partial(to, bytes, lanes);
        } else {
          K::store_bytes(to, bytes);
        }
      }
    });
  }
}
