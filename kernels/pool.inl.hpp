// Global average pool of one image: dst[c] = f(sum_p src[p, c] / pixels), in the order that PoolArgs states.
//
// One running sum in fp32 would stop growing at 2^24 times its terms, and a constant would drift long before. So 8
// pixels are added as a tree, which is exact for equal values and costs no addition more than a chain, and the sums of
// such blocks are added in double:
//
//     p0 p1  p2 p3  p4 p5  p6 p7      4 + 2 + 1 additions in fp32, then one in double.
//       \/     \/     \/     \/       Blocks of 16 need more registers than AVX2 has, and were slower
//        \_____/       \_____/        with AVX-512, too.
//            \___________/
//
// Four vectors of channels at a time, so that a pixel's cache line is used whole.

template <class K, int Vectors, bool Partial>
class PoolChannels {
 public:
  using Reg = typename K::Reg;

  TANDEM_INLINE PoolChannels(const PoolArgs& p, std::int64_t channel, typename K::Tail tail)
      : src_(static_cast<const Src*>(p.src.data) + channel), stride_(p.src.stride), pixels_(p.pixels), tail_(tail) {}

  // The mean of each lane, from blocks of at most `Most` pixels, a power of two.
  template <int Most>
  TANDEM_INLINE void mean(Reg (&means)[Vectors]) const {
    Wide sums[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) sums[v] = K::widen(K::broadcast(0.0F));
    add_blocks<Most>(src_, pixels_, sums);
    // Its two roundings are those of a double, which the rounding to fp32 hides. A division takes ten times as long.
    const double share = 1.0 / static_cast<double>(pixels_);
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) means[v] = K::narrow(wide_multiply(sums[v], share));
  }

 private:
  using Src = typename K::Src;
  using Wide = typename K::Wide;

  // sum[v] = the sum of `Pixels` pixels.
  template <int Pixels>
  TANDEM_INLINE void tree(const Src* src, Reg (&sum)[Vectors]) const {
    if constexpr (Pixels == 1) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[v] = Partial ? K::load_partial(src, tail_) : K::load(src + v * K::kWidth);
    } else {
      Reg second[Vectors];
      tree<Pixels / 2>(src, sum);
      tree<Pixels / 2>(at(src, Pixels / 2 * stride_), second);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sum[v] = K::add(sum[v], second[v]);
    }
  }

  // As many blocks of `Pixels` pixels as there are, then the rest in blocks of half as many.
  template <int Pixels>
  TANDEM_INLINE void add_blocks(const Src* src, std::int64_t left, Wide (&sums)[Vectors]) const {
    for (; left >= Pixels; left -= Pixels, src = at(src, Pixels * stride_)) {
      Reg block[Vectors];
      tree<Pixels>(src, block);
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) sums[v] = wide_add(sums[v], K::widen(block[v]));
    }
    if constexpr (Pixels > 1) add_blocks<Pixels / 2>(src, left, sums);
  }

  const Src* src_;
  std::ptrdiff_t stride_;
  std::int64_t pixels_;
  typename K::Tail tail_;
};

// The means of lanes in which a sum of fp32 has become infinite or NaN, anew with all sums in double: a mean of finite
// values is finite. Seldom called.
template <class K, int Vectors, bool Partial>
__attribute__((noinline)) void repair_means(const PoolChannels<K, Vectors, Partial>& channels, float* means) {
  typename K::Reg wide[Vectors];
  channels.template mean<1>(wide);
  for (int v = 0; v < Vectors; ++v) {
    float lanes[K::kWidth];
    K::store(lanes, wide[v]);
    for (int lane = 0; lane < K::kWidth; ++lane) {
      float& mean = means[v * K::kWidth + lane];
      if (!__builtin_isfinite(mean)) mean = lanes[lane];
    }
  }
}

// All: the kernel type of the table, whose functions make outputs of the means in vectors of K.
template <class K, class All, int Vectors, bool Partial>
TANDEM_INLINE void pool_channels(const PoolArgs& p, std::int64_t channel, typename K::Tail tail) {
  using Reg = typename K::Reg;
  const PoolChannels<K, Vectors, Partial> channels(p, channel, tail);
  Reg mean[Vectors];
  channels.template mean<PoolArgs::kBlock>(mean);
  float means[Vectors * All::kWidth] = {};
  Reg zero = K::broadcast(0.0F);  // NaN where a mean is not finite
#pragma GCC unroll 4
  for (int v = 0; v < Vectors; ++v) {
    K::store(means + v * K::kWidth, mean[v]);
    zero = K::madd(mean[v], K::broadcast(0.0F), zero);
  }
  float zeros[K::kWidth];
  K::store(zeros, zero);
  std::uint32_t bits = 0;
  for (const float lane : zeros) bits |= __builtin_bit_cast(std::uint32_t, lane);
  if (bits != 0) repair_means(channels, means);
  const std::int64_t lanes = Partial ? p.channels - channel : std::int64_t{Vectors} * K::kWidth;
  finish_sums<All>(
      {p.epilogue, means, 0, nullptr, 0, static_cast<typename K::Dst*>(p.dst) + channel, 0, 1, lanes, channel});
}

template <class K, class All>
TANDEM_INLINE void pool_image(const PoolArgs& p) {
  std::int64_t c = 0;
  for (; c + 4 * K::kWidth <= p.channels; c += 4 * K::kWidth) pool_channels<K, All, 4, false>(p, c, K::tail(0));
  if (c + 2 * K::kWidth <= p.channels) {
    pool_channels<K, All, 2, false>(p, c, K::tail(0));
    c += 2 * K::kWidth;
  }
  for (; c + K::kWidth <= p.channels; c += K::kWidth) pool_channels<K, All, 1, false>(p, c, K::tail(0));
  const std::int64_t rest = p.channels - c;
  if (rest == 0) return;
  with_half_vectors<K>(rest <= K::kWidth / 2, [&]<class Fitting>() {
    pool_channels<Fitting, All, 1, true>(p, c, Fitting::tail(static_cast<int>(rest)));
  });
}

template <class K>
void global_average_pool(const PoolArgs& p) noexcept {
  with_fitting_vectors<K>(p.channels, [&]<class Fitting>() { pool_image<Fitting, K>(p); });
}
