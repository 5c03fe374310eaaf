// Transposition: dst[j, i] = src[i, j], each element bit by bit.
//
// Lanes are exchanged within quads (4 lanes, 128 bits): the shuffles of all ISAs do that at one a cycle. Four vectors
// are V/4 matrices of 4 x 4 side by side; eight shuffles transpose each in its place:
//
//   tall, V rows x 4 columns                          wide, 4 rows x V columns
//     in   row 0 | row 4 | ..   4 columns of each       in   row 0, columns 0..3 | columns 4..7 | ..
//          row 1 | row 5 | ..                                row 1, ...
//     out  column 0, rows 0..3 | rows 4..7 | ..         out  column 0, rows 0..3 | column 4 | ..
//          column 1, ...                                     column 1, ...        | column 5 | ..
//
// A tall tile loads quads and stores whole vectors; a wide tile loads whole vectors and stores quads. Tall is preferred
// if there are enough rows, since a core loads two or three times a cycle but stores once. If rows or columns end
// within a tile, the last tile starts earlier and moves some elements twice, which costs less than partial stores.

// body(i) for i = 0, step, 2 * step ..., the last one at size - step. size >= step.
template <class Body>
TANDEM_INLINE void cover(std::int64_t size, std::int64_t step, const Body& body) {
  std::int64_t i = 0;
  for (; i + step <= size; i += step) body(i);
  if (i < size) body(size - step);
}

template <class K>
TANDEM_INLINE const typename K::Bits* src_at(const TransposeArgs& t, std::int64_t row, std::int64_t column) {
  return at(static_cast<const typename K::Bits*>(t.src.data), row * t.src.stride) + column;
}
template <class K>
TANDEM_INLINE typename K::Bits* dst_at(const TransposeArgs& t, std::int64_t column, std::int64_t row) {
  return at(static_cast<typename K::Bits*>(t.dst.data), column * t.dst.stride) + row;
}

template <class K>
TANDEM_INLINE void transpose_elements(const TransposeArgs& t, std::int64_t row, std::int64_t rows, std::int64_t column,
                                      std::int64_t columns) {
  for (std::int64_t j = column; j < column + columns; ++j) {
    for (std::int64_t i = row; i < row + rows; ++i) *dst_at<K>(t, j, i) = *src_at<K>(t, i, j);
  }
}

template <class K>
struct TransposeTile {
  using Reg = typename K::Reg;

  // Reads four columns and writes the first `Columns` of them.
  template <int Columns>
  static TANDEM_INLINE void tall(const TransposeArgs& t, std::int64_t row, std::int64_t column) {
    const auto* src = src_at<K>(t, row, column);
    Reg r[4];
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) r[k] = K::load_quads(at(src, k * t.src.stride), 4 * t.src.stride);
    K::transpose_quads(r[0], r[1], r[2], r[3]);
    auto* dst = dst_at<K>(t, column, row);
#pragma GCC unroll 4
    for (int j = 0; j < Columns; ++j) K::store(at(dst, j * t.dst.stride), r[j]);
  }

  // With fewer than four rows and a dense dst, each store of four elements continues into the next pixel (column of
  // src), and writes the values that belong there.
  template <int Rows>
  static TANDEM_INLINE void wide(const TransposeArgs& t, std::int64_t row, std::int64_t column) {
    const auto* src = src_at<K>(t, row, column);
    Reg r[4];
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) r[k] = K::load(at(src, (k % Rows) * t.src.stride) + k / Rows);
    K::transpose_quads(r[0], r[1], r[2], r[3]);
    auto* dst = dst_at<K>(t, column, row);
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) K::store_quads(at(dst, j * t.dst.stride), 4 * t.dst.stride, r[j]);
  }

  // Vectors * V rows of `columns` columns. A line of dst, 16 rows, is written at once.
  template <int Vectors>
  static TANDEM_INLINE void tall_block(const TransposeArgs& t, std::int64_t row, std::int64_t column,
                                       std::int64_t columns) {
    cover(columns, 4, [&](std::int64_t j) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) tall<4>(t, row + v * K::kWidth, column + j);
    });
  }
};

// At least V rows and 4 columns. Columns are taken kChunk at a time: kChunk rows of dst grow while the rows of src
// pass, and kChunk elements of each row are read in one piece. With more, rows a multiple of 4 KB apart would evict
// each other from L2 (64 x 64 x 64 on Zen 3: a sixth slower); with fewer, the prefetchers see too little of a row.
template <class K>
TANDEM_INLINE void transpose_tall(const TransposeArgs& t) {
  constexpr int kLine = 64 / static_cast<int>(sizeof(typename K::Bits));
  constexpr std::int64_t kChunk = 32;
  for (std::int64_t column = 0; column < t.columns;) {
    const std::int64_t left = t.columns - column;
    const std::int64_t columns = left < kChunk + 4 ? left : kChunk;
    std::int64_t row = 0;
    for (; row + kLine <= t.rows; row += kLine) {
      TransposeTile<K>::template tall_block<kLine / K::kWidth>(t, row, column, columns);
    }
    for (; row + K::kWidth <= t.rows; row += K::kWidth) {
      TransposeTile<K>::template tall_block<1>(t, row, column, columns);
    }
    if (row < t.rows) TransposeTile<K>::template tall_block<1>(t, t.rows - K::kWidth, column, columns);
    column += columns;
  }
}

// Two or three columns: a quad reads on into the next row, so the last row is copied by element.
template <class K, int Columns>
TANDEM_INLINE void transpose_narrow(const TransposeArgs& t) {
  cover(t.rows - 1, K::kWidth, [&](std::int64_t i) { TransposeTile<K>::template tall<Columns>(t, i, 0); });
  transpose_elements<K>(t, t.rows - 1, 1, 0, Columns);
}

// Two or three rows, dst dense: likewise the last column is copied by element.
template <class K, int Rows>
TANDEM_INLINE void transpose_shallow(const TransposeArgs& t) {
  cover(t.columns - 1, K::kWidth, [&](std::int64_t j) { TransposeTile<K>::template wide<Rows>(t, 0, j); });
  transpose_elements<K>(t, 0, Rows, t.columns - 1, 1);
}

template <class K>
TANDEM_INLINE void copy(const TransposeArgs& t, std::int64_t count) {
  const auto* src = src_at<K>(t, 0, 0);
  auto* dst = dst_at<K>(t, 0, 0);
  std::int64_t i = 0;
  for (; i + K::kWidth <= count; i += K::kWidth) K::store(dst + i, K::load(src + i));
  if (i == count) return;
  const typename K::Tail tail = K::tail(static_cast<int>(count - i));
  K::store_partial(dst + i, K::load_partial(src + i, tail), tail);
}

template <class K>
void transpose(const TransposeArgs& t) noexcept {
  constexpr std::ptrdiff_t kElement = sizeof(typename K::Bits);
  if (t.rows == 1 && t.dst.stride == kElement) return copy<K>(t, t.columns);
  if (t.columns == 1 && t.src.stride == kElement) return copy<K>(t, t.rows);
  if constexpr (K::kWidth == 1) {
    constexpr std::int64_t kBlock = 16;  // elements in a cache line
    for (std::int64_t j = 0; j < t.columns; j += kBlock) {
      const std::int64_t columns = t.columns - j < kBlock ? t.columns - j : kBlock;
      for (std::int64_t i = 0; i < t.rows; i += kBlock) {
        transpose_elements<K>(t, i, t.rows - i < kBlock ? t.rows - i : kBlock, j, columns);
      }
    }
  } else {
    const bool dense_dst = t.dst.stride == t.rows * kElement;
    if (t.rows >= K::kWidth && t.columns >= 4) return transpose_tall<K>(t);
    if (t.rows > K::kWidth && t.columns == 3) return transpose_narrow<K, 3>(t);
    if (t.rows > K::kWidth && t.columns == 2) return transpose_narrow<K, 2>(t);
    if (t.rows >= 4 && t.columns >= K::kWidth) {
      return cover(t.columns, K::kWidth, [&](std::int64_t j) {
        cover(t.rows, 4, [&](std::int64_t i) { TransposeTile<K>::template wide<4>(t, i, j); });
      });
    }
    if (t.rows == 3 && t.columns > K::kWidth && dense_dst) return transpose_shallow<K, 3>(t);
    if (t.rows == 2 && t.columns > K::kWidth && dense_dst) return transpose_shallow<K, 2>(t);
    transpose_elements<K>(t, 0, t.rows, 0, t.columns);  // fewer than a tile on both sides
  }
}
