// Pools of few channels, in vectors along the row. Without gaps between the pixels a row is one sequence of elements, in
// which the next tap lies C elements further on for every channel:
//
//     2 channels, 3 taps     windows   r g r g r g r g | r g ...     windows[f] = src[f] + src[f + 2] + src[f + 4]
//
// These are the windows of stride 1. With a greater stride, those in between are computed in vain and left out:
//
//     stride 2               windows   r g . . r g . . | r g ...     picked   r g r g r g ...
//
// Each window is pooled in the order of all other pools. Those that reach into the padding are left to pool_windows().

// Outputs that have all their taps, and whose epilogue has no pointers.
template <class K, template <class> class Pool>
class PoolRow {
 public:
  explicit TANDEM_INLINE PoolRow(const WindowPoolArgs& p) : p_(p) {}

  static TANDEM_INLINE bool takes(const WindowPoolArgs& p) {
    constexpr auto kSrcBytes = std::int64_t{sizeof(typename K::Src)};
    constexpr auto kDstBytes = std::int64_t{sizeof(typename K::Dst)};
    return pools_along_row(K::kWidth, p.channels, p.stride_w) && p.src.stride == p.channels * kSrcBytes &&
           p.dst.stride == p.channels * kDstBytes && p.epilogue.slopes == nullptr && p.epilogue.scale == nullptr;
  }

  // Outputs [begin, end) of those that p asks for.
  TANDEM_INLINE void run(std::int64_t begin, std::int64_t end) const {
    std::int64_t together = end - begin;
    if (floats(together) > kFloats) together = (kFloats / p_.channels - 1) / p_.stride_w + 1;
    for (; begin < end; begin += together) some(begin, together < end - begin ? together : end - begin);
  }

 private:
  using Dst = typename K::Dst;
  using Tail = typename K::Tail;
  static constexpr std::int64_t kFloats = 512;
  using Floats = float[kFloats + K::kWidth];

  // From the first window of so many outputs to the last.
  [[nodiscard]] TANDEM_INLINE std::int64_t floats(std::int64_t outputs) const {
    return ((outputs - 1) * p_.stride_w + 1) * p_.channels;
  }

  TANDEM_INLINE void some(std::int64_t begin, std::int64_t outputs) const {
    Floats windows;
    Floats picked;
    const auto taps = window_taps<typename K::Src>(p_, p_.first + begin);
    for_channels<K, 4>(floats(outputs), [&]<int Vectors, bool Partial>(std::int64_t f, Tail tail) {
      typename K::Reg all[Vectors];
      pool_taps<K, Pool<K>, Vectors, Partial>(p_, taps, taps.first + f, tail, all);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) K::store(windows + f + v * K::kWidth, all[v]);
    });
    Dst* dst = at(static_cast<Dst*>(p_.dst.data), begin * p_.dst.stride);
    if (p_.stride_w == 1) return finish(windows, picked, taps.share, outputs * p_.channels, dst);
    pick(windows, outputs, picked);
    finish(picked, windows, taps.share, outputs * p_.channels, dst);
  }

  TANDEM_INLINE void pick(const Floats& windows, std::int64_t outputs, Floats& picked) const {
    switch (p_.channels) {
      case 1:
        return pick_few<1>(windows, outputs, picked);
      case 2:
        return pick_few<2>(windows, outputs, picked);
      case 3:
        return pick_few<3>(windows, outputs, picked);
      default:  // the lanes behind a pixel are overwritten by the next one
        for (std::int64_t i = 0; i < outputs; ++i) {
          K::store(picked + i * p_.channels, K::load(windows + i * p_.stride_w * p_.channels));
        }
    }
  }
  template <int Channels>
  TANDEM_INLINE void pick_few(const Floats& windows, std::int64_t outputs, Floats& picked) const {
    const float* from = windows;
    float* to = picked;
    for (std::int64_t i = 0; i < outputs; ++i, from += p_.stride_w * Channels, to += Channels) {
      __builtin_memcpy(to, from, Channels * sizeof(float));
    }
  }

  TANDEM_INLINE void finish(const Floats& sums, Floats& means, double share, std::int64_t count, Dst* dst) const {
    if (!is_clamp(p_.epilogue, nullptr)) {
      K::store(means + count, K::broadcast(0.0F));  // the last vector is read as a whole
      for_channels<K, 1>(count, [&]<int, bool Partial>(std::int64_t f, Tail tail) {
        store<Partial>(means + f, Pool<K>::finish(load<Partial>(sums + f, tail), share), tail);
      });
      return finish_sums<K>({p_.epilogue, means, 0, nullptr, 0, dst, 0, 1, count});
    }
    const auto lo = K::broadcast(p_.epilogue.lo);
    const auto hi = K::broadcast(p_.epilogue.hi);
    for_channels<K, 1>(count, [&]<int, bool Partial>(std::int64_t f, Tail tail) {
      store<Partial>(dst + f, K::clamp(Pool<K>::finish(load<Partial>(sums + f, tail), share), lo, hi), tail);
    });
  }

  template <bool Partial>
  static TANDEM_INLINE typename K::Reg load(const float* p, Tail tail) {
    return Partial ? K::load_partial(p, tail) : K::load(p);
  }
  template <bool Partial, class T>
  static TANDEM_INLINE void store(T* p, typename K::Reg v, Tail tail) {
    if constexpr (Partial) {
      K::store_partial(p, v, tail);
    } else {
      K::store(p, v);
    }
  }

  const WindowPoolArgs& p_;
};

template <class K, template <class> class Pool>
TANDEM_INLINE void pool_row(const WindowPoolArgs& p) {
  if (!PoolRow<K, Pool>::takes(p)) return pool_windows<K, Pool>(p, 0, p.pixels);
  const auto column = [&](std::int64_t i) { return (p.first + i) * p.stride_w - p.pad_left; };
  const std::int64_t last_tap = (p.kernel_w - 1) * p.dilation_w;
  std::int64_t begin = 0;
  while (begin < p.pixels && column(begin) < 0) ++begin;
  std::int64_t end = p.pixels;
  while (end > begin && column(end - 1) + last_tap >= p.in_width) --end;
  pool_windows<K, Pool>(p, 0, begin);
  if (begin < end) PoolRow<K, Pool>(p).run(begin, end);
  pool_windows<K, Pool>(p, end, p.pixels);
}

template <class K>
void max_pool(const WindowPoolArgs& p) noexcept {
  pool_row<K, GreatestOf>(p);
}

template <class K>
void average_pool(const WindowPoolArgs& p) noexcept {
  pool_row<K, MeanOf>(p);
}
