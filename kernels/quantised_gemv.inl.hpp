// The matrix product of a single row of 8 bits with several panels of B at once, as in gemv.inl.hpp. Sums of integers may be
// split: few panels have several sums for each column, of every second or fourth quad, so that there are always some eight
// chains to cover the latency of the dot product.

template <class K, int Vectors, int Panels>
void quantised_gemv_panels(const GemvArgs& g, std::int64_t first) {
  using Reg = typename K::Reg;
  using Weight = typename K::Weight;
  constexpr std::ptrdiff_t kWidth = Vectors * K::kWidth;
  constexpr int kChains = Vectors * Panels >= 6 ? 1 : 8 / (Vectors * Panels);  // of a column
  const std::ptrdiff_t stride = g.panel_stride;
  const auto* a = static_cast<const typename K::Src*>(g.a);
  const Weight* b = at(static_cast<const Weight*>(g.b), first * stride);
  const float* const bias = at(g.bias, first * stride);
  Reg acc[kChains][Panels][Vectors];
#pragma GCC unroll 4
  for (int p = 0; p < Panels; ++p) {
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) {
      acc[0][p][v] = K::load(at(bias, p * stride) + v * K::kWidth);
#pragma GCC unroll 8
      for (int i = 1; i < kChains; ++i) acc[i][p][v] = K::bits(0);
    }
  }
  const auto add = [&](const auto& x, const Weight* quads, Reg(&sums)[Panels][Vectors]) __attribute__((always_inline)) {
#pragma GCC unroll 4
    for (int p = 0; p < Panels; ++p) {
      const Weight* const row = at(quads, p * stride);
      prefetch_stream<kWidth>(row);
#pragma GCC unroll 3
      for (int v = 0; v < Vectors; ++v) sums[p][v] = K::madd(x, K::load(row + v * K::kWidth), sums[p][v]);
    }
  };
  std::int64_t k = 0;
  for (; k + kChains <= g.k; k += kChains, a += kChains, b += kChains * kWidth) {
#pragma GCC unroll 8
    for (int i = 0; i < kChains; ++i) add(K::load_broadcast(a + i), b + i * kWidth, acc[i]);
  }
  for (; k < g.k; ++k, ++a, b += kWidth) add(K::load_broadcast(a), b, acc[0]);
  if (g.rest > 0) add(K::load_broadcast_partial(a, g.rest), b, acc[0]);

  float sums[Panels * kWidth];
#pragma GCC unroll 4
  for (int p = 0; p < Panels; ++p) {
#pragma GCC unroll 3
    for (int v = 0; v < Vectors; ++v) {
      Reg sum = acc[0][p][v];
#pragma GCC unroll 8
      for (int i = 1; i < kChains; ++i) sum = K::add_bits(sum, acc[i][p][v]);
      K::store(sums + p * kWidth + v * K::kWidth, sum);
    }
  }
  const std::int64_t column = first * kWidth;
  const std::int64_t left = g.columns - column;
  auto* const c = static_cast<typename K::Dst*>(g.c) + column * g.epilogue.requantisation.dst_bytes;
  finish_sums<K>({g.epilogue, sums, 0, nullptr, 0, c, 0, 1, left < Panels * kWidth ? left : Panels * kWidth, column});
}

template <class K, int Vectors>
void quantised_gemv_all(const GemvArgs& g) {
  for_panels(g.panels, [&]<int Panels>(std::int64_t first) { quantised_gemv_panels<K, Vectors, Panels>(g, first); });
}

// A panel of one vector is the only one of its matrix.
template <class K>
void quantised_gemv(const GemvArgs& g) noexcept {
  if (g.vectors == 1) return quantised_gemv_panels<K, 1, 1>(g, 0);
  return g.vectors == 3 ? quantised_gemv_all<K, 3>(g) : quantised_gemv_all<K, 2>(g);
}
