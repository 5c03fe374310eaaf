// The matrix product of a single row: a vector against several panels of B at once.
//
// Nothing is reused: all of B is read once, mostly from memory, as in the classifier of a network, whose weights left
// the caches since the last image. One panel is one stream, for which a core's prefetchers fetch 15 GB/s on Zen 3; four
// panels are four streams and reach 21 GB/s. Their 8 or 12 chains also cover the latency of the FMA. The two chains of
// one panel would wait for it if B is near (the four reach 50 GB/s of L3's 56).

// Fetches a row of a panel that follows soon after `row`, each of Width weights. From this distance on the hardware
// prefetchers have seen enough of a page to go on alone. 512 bytes take 1.1 times as long from L3, and 1.03 to 1.4 from
// memory (Zen 4, one and two threads); no prefetch took 1.05 times as long as 512 bytes on Zen 3.
template <std::ptrdiff_t Width, class Weight>
TANDEM_INLINE void prefetch_stream(const Weight* row) {
  constexpr std::ptrdiff_t kAhead = 256 / sizeof(Weight);
  constexpr std::ptrdiff_t kLine = 64 / sizeof(Weight);
  for (std::ptrdiff_t line = 0; line < Width; line += kLine) __builtin_prefetch(row + kAhead + line);
}

template <class K, int Vectors, int Panels>
void gemv_panels(const GemvArgs& g, std::int64_t first) {
  using Reg = typename K::Reg;
  using Dst = typename K::Dst;
  using Weight = typename K::Weight;
  constexpr std::ptrdiff_t kWidth = Vectors * K::kWidth;
  const std::ptrdiff_t stride = g.panel_stride;
  const auto* a = static_cast<const typename K::Src*>(g.a);
  const Weight* b = at(static_cast<const Weight*>(g.b), first * stride);
  const float* const bias = at(g.bias, first * stride);
  Reg acc[Panels][Vectors];
#pragma GCC unroll 4
  for (int p = 0; p < Panels; ++p) {
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) acc[p][v] = K::load(at(bias, p * stride) + v * K::kWidth);
  }
  float sums[Panels * kWidth];
  for (float& sum : sums) sum = -0.0F;
  for (std::int64_t i = 0; i < g.k;) {
    for (const std::int64_t end = g.k - i > kSumBlock ? i + kSumBlock : g.k; i < end; ++i, b += kWidth) {
      const Reg x = K::load_broadcast(a + i);
#pragma GCC unroll 4
      for (int p = 0; p < Panels; ++p) {
        const Weight* const row = at(b, p * stride);
        prefetch_stream<kWidth>(row);
#pragma GCC unroll 3
        for (int v = 0; v < Vectors; ++v) acc[p][v] = K::madd(x, K::load(row + v * K::kWidth), acc[p][v]);
      }
    }
    // The end of a block, see kSumBlock.
#pragma GCC unroll 4
    for (int p = 0; p < Panels; ++p) {
#pragma GCC unroll 3
      for (int v = 0; v < Vectors; ++v) {
        float* const sum = sums + p * kWidth + v * K::kWidth;
        K::store(sum, K::add(K::load(sum), acc[p][v]));
        acc[p][v] = K::broadcast(-0.0F);
      }
    }
  }
  const std::int64_t column = first * kWidth;
  const auto* residual = static_cast<const Dst*>(g.residual);
  if (residual != nullptr) residual += column;
  finish_sums<K>({g.epilogue, sums, 0, residual, 0, static_cast<Dst*>(g.c) + column, 0, 1, Panels * kWidth, column});
}

// Calls some.operator()<Panels>(first panel) for all panels.
template <class Some>
TANDEM_INLINE void for_panels(std::int64_t panels, const Some& some) {
  constexpr int kTogether = GemvArgs::kTogether;
  std::int64_t p = 0;
  for (; p + kTogether <= panels; p += kTogether) some.template operator()<kTogether>(p);
  switch (panels - p) {
    case 3:
      return some.template operator()<3>(p);
    case 2:
      return some.template operator()<2>(p);
    case 1:
      return some.template operator()<1>(p);
    default:
      return;
  }
}

template <class K, int Vectors>
void gemv_all(const GemvArgs& g) {
  for_panels(g.panels, [&]<int Panels>(std::int64_t first) { gemv_panels<K, Vectors, Panels>(g, first); });
}

template <class K>
void gemv(const GemvArgs& g) noexcept {
  return g.vectors == 3 ? gemv_all<K, 3>(g) : gemv_all<K, 2>(g);
}
