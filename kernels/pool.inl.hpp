// Global average pool of one image: dst[c] = f(sum_p src[p, c] / pixels), p ascending. Four vectors of channels at a
// time: four chains cover the latency of the add, and a pixel's cache line is used whole.

template <class K, int Vectors, bool Partial>
TANDEM_INLINE void pool_channels(const PoolArgs& p, std::int64_t channel, typename K::Tail tail) {
  using Reg = typename K::Reg;
  Reg sum[Vectors];
  for (int v = 0; v < Vectors; ++v) sum[v] = K::broadcast(0.0F);
  const auto* src = static_cast<const typename K::Src*>(p.src.data) + channel;
  for (std::int64_t i = 0; i < p.pixels; ++i, src = at(src, p.src.stride)) {
    for (int v = 0; v < Vectors; ++v) {
      sum[v] = K::add(sum[v], Partial ? K::load_partial(src, tail) : K::load(src + v * K::kWidth));
    }
  }
  const Reg pixels = K::broadcast(static_cast<float>(p.pixels));
  float means[Vectors * K::kWidth];
  for (int v = 0; v < Vectors; ++v) K::store(means + v * K::kWidth, K::divide(sum[v], pixels));
  const std::int64_t lanes = Partial ? p.channels - channel : std::int64_t{Vectors} * K::kWidth;
  finish_sums<K>(
      {p.epilogue, means, 0, nullptr, 0, static_cast<typename K::Dst*>(p.dst) + channel, 0, 1, lanes, channel});
}

template <class K>
void global_average_pool(const PoolArgs& p) noexcept {
  std::int64_t c = 0;
  for (; c + 4 * K::kWidth <= p.channels; c += 4 * K::kWidth) pool_channels<K, 4, false>(p, c, K::tail(0));
  for (; c + K::kWidth <= p.channels; c += K::kWidth) pool_channels<K, 1, false>(p, c, K::tail(0));
  if (c < p.channels) pool_channels<K, 1, true>(p, c, K::tail(static_cast<int>(p.channels - c)));
}
