// The matrix product of pointwise and regular convolutions and fully connected layers: one packed panel of B against
// all rows of A, in register tiles (gemm_tile.inl.hpp).

// Tiles of the same height, from row `row` to row `end`. One call makes them all: a call costs 5 cycles, and a tile of
// k = 16 multiplies for only 96.
template <class K, int Rows, int Vectors, Product Kind, int Fold>
void gemm_tiles(const GemmArgs& g, std::int64_t row, std::int64_t end, PrefetchSteps prefetch, std::int64_t advance) {
  const TileEnd<K> tile_end(g);
  for (; row < end; row += Rows, prefetch.at += advance) {
    GemmTile<K, Rows, Vectors, Kind, Fold>::run(g, row, prefetch, tile_end);
  }
}

// Calls the tiles of `height` rows, at most MaxRows.
template <class K, int MaxRows, int Vectors, Product Kind, int Fold>
TANDEM_INLINE void gemm_dispatch(std::int64_t height, const GemmArgs& g, std::int64_t row, std::int64_t end,
                                 PrefetchSteps prefetch, std::int64_t advance) {
  if constexpr (MaxRows > 1) {
    if (height != MaxRows) {
      return gemm_dispatch<K, MaxRows - 1, Vectors, Kind, Fold>(height, g, row, end, prefetch, advance);
    }
  }
  gemm_tiles<K, MaxRows, Vectors, Kind, Fold>(g, row, end, prefetch, advance);
}

// All rows in tiles of nearly equal height. With at most 6 rows a tile, 49 rows are 4 tiles of 6 and 5 of 5. 8 tiles of
// 6 and one of 1 would be slower: the last would wait for the latency of its two chains.
template <class K, int MaxRows, int Vectors, Product Kind, int Fold = 1>
void gemm_rows(const GemmArgs& g) {
  const std::int64_t tiles = (g.rows + MaxRows - 1) / MaxRows;
  const std::int64_t height = g.rows / tiles;
  const std::int64_t taller = g.rows % tiles;  // tiles of height + 1
  // With nothing else to prefetch, the panel prefetches itself, 8 KB ahead: twice the bytes that arrive during the
  // latency of memory.
  constexpr std::int64_t kAhead = 8192;
  constexpr std::int64_t kRowBytes =
      ((Vectors - 1) * Fold + 1) * K::kWidth * std::int64_t{sizeof(typename K::Weight)} / Fold;
  PrefetchSteps prefetch{static_cast<const char*>(g.panel.weights) + kAhead, kRowBytes};
  std::int64_t advance = 0;                                              // bytes from tile to tile
  const std::int64_t steps = g.steps.outer * g.steps.inner * g.steps.k;  // of a tile
  if (g.prefetch.data != nullptr && steps > 0) {
    constexpr std::int64_t kLine = 64;  // more would skip lines
    const std::int64_t step = (g.prefetch.bytes + tiles * steps - 1) / (tiles * steps);
    prefetch = {static_cast<const char*>(g.prefetch.data), step < kLine ? step : kLine};
    advance = steps * prefetch.step;
  }
  if (taller > 0) {
    gemm_dispatch<K, MaxRows, Vectors, Kind, Fold>(height + 1, g, 0, taller * (height + 1), prefetch, advance);
    prefetch.at += taller * advance;
  }
  gemm_dispatch<K, MaxRows, Vectors, Kind, Fold>(height, g, taller * (height + 1), g.rows, prefetch, advance);
}

// A panel whose last vector has columns only in its low half.
template <class K, int MaxRows, int Vectors>
void gemm_half_panel(const GemmArgs& g) noexcept {
  gemm_rows<K, MaxRows, Vectors, Product::kAnyHalf>(g);
}

// A panel of one vector with columns of several groups.
template <class K, int MaxRows>
void gemm_groups(const GemmArgs& g) noexcept {
  gemm_rows<K, MaxRows, 1, Product::kGroups>(g);
}

// A panel whose last vector is folded.
template <class K, int MaxRows, int Vectors, int Fold>
void gemm_folded_panel(const GemmArgs& g) noexcept {
  gemm_rows<K, MaxRows, Vectors, Product::kAny, Fold>(g);
}

template <class K, int MaxRows, int Vectors>
void gemm_panel(const GemmArgs& g) noexcept {
  const bool plain =
      g.steps.inner == 1 && !g.partial.resume && !g.partial.suspend && g.panel.columns == Vectors * K::kWidth;
  if constexpr (K::kEveryTile) {
    if (plain) {
      return g.steps.outer == 1 ? gemm_rows<K, MaxRows, Vectors, Product::kOneSegment>(g)
                                : gemm_rows<K, MaxRows, Vectors, Product::kSegments>(g);
    }
  }
  if constexpr (TileEnd<K>::kPlainTiles) {
    if (plain && g.steps.outer == 1 && TileEnd<K>(g).packs) {
      return gemm_rows<K, MaxRows, Vectors, Product::kOneSegment>(g);
    }
  }
  gemm_rows<K, MaxRows, Vectors, Product::kAny>(g);
}
