// Global average pool of one image: dst[c] = f(sum_p src[p, c] / pixels), p ascending. Four vectors of channels at
// a time: four chains cover the latency of the add, and a pixel's line of cache is used whole.

template <class S, int Vectors, bool Partial>
TANDEM_INLINE void pool_channels(const PoolArgs& p, std::int64_t channel, typename S::Tail tail) {
  using Reg = typename S::Reg;
  Reg sum[Vectors];
  for (int v = 0; v < Vectors; ++v) sum[v] = S::broadcast(0.0F);
  const float* src = p.src + channel;
  for (std::int64_t i = 0; i < p.pixels; ++i, src += p.src_stride) {
    for (int v = 0; v < Vectors; ++v) {
      sum[v] = S::add(sum[v], Partial ? S::load_partial(src, tail) : S::load(src + v * S::kWidth));
    }
  }
  const Reg pixels = S::broadcast(static_cast<float>(p.pixels));
  float means[Vectors * S::kWidth];
  for (int v = 0; v < Vectors; ++v) S::store(means + v * S::kWidth, S::divide(sum[v], pixels));
  const std::int64_t lanes = Partial ? p.channels - channel : std::int64_t{Vectors} * S::kWidth;
  finish_sums<S>({p.epilogue, means, Vectors * S::kWidth, nullptr, 0, p.dst + channel, 0, 1, lanes, channel});
}

template <class S>
void global_average_pool(const PoolArgs& p) noexcept {
  std::int64_t c = 0;
  for (; c + 4 * S::kWidth <= p.channels; c += 4 * S::kWidth) pool_channels<S, 4, false>(p, c, S::tail(0));
  for (; c + S::kWidth <= p.channels; c += S::kWidth) pool_channels<S, 1, false>(p, c, S::tail(0));
  if (c < p.channels) pool_channels<S, 1, true>(p, c, S::tail(static_cast<int>(p.channels - c)));
}
