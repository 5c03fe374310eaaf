// Transposition: dst[j, i] = src[i, j], every element moved as it is, bit by bit.
//
// Lanes are exchanged within quads, 4 floats or 128 bits, which is what the shuffles of all ISAs do at one a cycle. Four
// vectors are V/4 matrices of 4 x 4 side by side, transposed each in its place by eight shuffles:
//
//   tall, V rows x 4 columns                          wide, 4 rows x V columns
//     in   row 0 | row 4 | ..   4 columns of each       in   row 0, columns 0..3 | columns 4..7 | ..
//          row 1 | row 5 | ..                                row 1, ...
//     out  column 0, rows 0..3 | rows 4..7 | ..         out  column 0, rows 0..3 | column 4 | ..
//          column 1, ...                                     column 1, ...        | column 5 | ..
//
// A tall tile loads quads and stores whole vectors, a wide one the other way round: tall where there are rows enough,
// since a core loads two or three times a cycle and stores once. Where rows or columns end within a tile the last tile is
// laid further back and moves some elements twice, which costs less than partial stores.

// body(i) for i = 0, step, 2 * step ..., the last one at size - step. size >= step.
template <class Body>
TANDEM_INLINE void cover(std::int64_t size, std::int64_t step, const Body& body) {
  std::int64_t i = 0;
  for (; i + step <= size; i += step) body(i);
  if (i < size) body(size - step);
}

TANDEM_INLINE void transpose_elements(const TransposeArgs& t, std::int64_t row, std::int64_t rows, std::int64_t column,
                                      std::int64_t columns) {
  for (std::int64_t j = column; j < column + columns; ++j) {
    for (std::int64_t i = row; i < row + rows; ++i) t.dst[j * t.dst_stride + i] = t.src[i * t.src_stride + j];
  }
}

template <class S>
struct TransposeTile {
  using Reg = typename S::Reg;

  // Of four columns that are read, `Columns` are written.
  template <int Columns>
  static TANDEM_INLINE void tall(const TransposeArgs& t, std::int64_t row, std::int64_t column) {
    const float* src = t.src + row * t.src_stride + column;
    Reg r[4];
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) r[k] = S::load_quads(src + k * t.src_stride, 4 * t.src_stride);
    S::transpose_quads(r[0], r[1], r[2], r[3]);
    float* dst = t.dst + column * t.dst_stride + row;
#pragma GCC unroll 4
    for (int j = 0; j < Columns; ++j) S::store(dst + j * t.dst_stride, r[j]);
  }

  // Of less than four rows, in a dense dst, each store of four floats goes on into the next pixel (column of src): what
  // it writes there is what belongs there.
  template <int Rows>
  static TANDEM_INLINE void wide(const TransposeArgs& t, std::int64_t row, std::int64_t column) {
    const float* src = t.src + row * t.src_stride + column;
    Reg r[4];
#pragma GCC unroll 4
    for (int k = 0; k < 4; ++k) r[k] = S::load(src + (k % Rows) * t.src_stride + k / Rows);
    S::transpose_quads(r[0], r[1], r[2], r[3]);
    float* dst = t.dst + column * t.dst_stride + row;
#pragma GCC unroll 4
    for (int j = 0; j < 4; ++j) S::store_quads(dst + j * t.dst_stride, 4 * t.dst_stride, r[j]);
  }

  // Vectors * V rows of `columns` columns. A line of dst, 16 rows, is written at once.
  template <int Vectors>
  static TANDEM_INLINE void tall_block(const TransposeArgs& t, std::int64_t row, std::int64_t column,
                                       std::int64_t columns) {
    cover(columns, 4, [&](std::int64_t j) {
#pragma GCC unroll 4
      for (int v = 0; v < Vectors; ++v) tall<4>(t, row + v * S::kWidth, column + j);
    });
  }
};

// At least V rows and 4 columns. Columns are taken kChunk at a time: while the rows pass, as many rows of dst grow, and
// as many floats of each row of src are read in one piece. More, and rows a multiple of 4 KB apart would evict each other
// from L2 (64 x 64 x 64 of Zen 3: a sixth slower); fewer, and the prefetchers see too little of a row.
template <class S>
TANDEM_INLINE void transpose_tall(const TransposeArgs& t) {
  constexpr int kLine = 16;
  constexpr std::int64_t kChunk = 32;
  for (std::int64_t column = 0; column < t.columns;) {
    const std::int64_t left = t.columns - column;
    const std::int64_t columns = left < kChunk + 4 ? left : kChunk;
    std::int64_t row = 0;
    for (; row + kLine <= t.rows; row += kLine) {
      TransposeTile<S>::template tall_block<kLine / S::kWidth>(t, row, column, columns);
    }
    for (; row + S::kWidth <= t.rows; row += S::kWidth) {
      TransposeTile<S>::template tall_block<1>(t, row, column, columns);
    }
    if (row < t.rows) TransposeTile<S>::template tall_block<1>(t, t.rows - S::kWidth, column, columns);
    column += columns;
  }
}

// Two or three columns: a quad reads on into the next row, so the last one is left to itself.
template <class S, int Columns>
TANDEM_INLINE void transpose_narrow(const TransposeArgs& t) {
  cover(t.rows - 1, S::kWidth, [&](std::int64_t i) { TransposeTile<S>::template tall<Columns>(t, i, 0); });
  transpose_elements(t, t.rows - 1, 1, 0, Columns);
}

// Two or three rows, dst dense: likewise the last column.
template <class S, int Rows>
TANDEM_INLINE void transpose_shallow(const TransposeArgs& t) {
  cover(t.columns - 1, S::kWidth, [&](std::int64_t j) { TransposeTile<S>::template wide<Rows>(t, 0, j); });
  transpose_elements(t, 0, Rows, t.columns - 1, 1);
}

template <class S>
TANDEM_INLINE void copy(const float* src, float* dst, std::int64_t count) {
  std::int64_t i = 0;
  for (; i + S::kWidth <= count; i += S::kWidth) S::store(dst + i, S::load(src + i));
  if (i == count) return;
  const typename S::Tail tail = S::tail(static_cast<int>(count - i));
  S::store_partial(dst + i, S::load_partial(src + i, tail), tail);
}

template <class S>
void transpose(const TransposeArgs& t) noexcept {
  if (t.rows == 1 && t.dst_stride == 1) return copy<S>(t.src, t.dst, t.columns);
  if (t.columns == 1 && t.src_stride == 1) return copy<S>(t.src, t.dst, t.rows);
  if constexpr (S::kWidth == 1) {
    constexpr std::int64_t kBlock = 16;  // a line of either side
    for (std::int64_t j = 0; j < t.columns; j += kBlock) {
      const std::int64_t columns = t.columns - j < kBlock ? t.columns - j : kBlock;
      for (std::int64_t i = 0; i < t.rows; i += kBlock) {
        transpose_elements(t, i, t.rows - i < kBlock ? t.rows - i : kBlock, j, columns);
      }
    }
  } else {
    const bool dense_dst = t.dst_stride == t.rows;
    if (t.rows >= S::kWidth && t.columns >= 4) return transpose_tall<S>(t);
    if (t.rows > S::kWidth && t.columns == 3) return transpose_narrow<S, 3>(t);
    if (t.rows > S::kWidth && t.columns == 2) return transpose_narrow<S, 2>(t);
    if (t.rows >= 4 && t.columns >= S::kWidth) {
      return cover(t.columns, S::kWidth, [&](std::int64_t j) {
        cover(t.rows, 4, [&](std::int64_t i) { TransposeTile<S>::template wide<4>(t, i, j); });
      });
    }
    if (t.rows == 3 && t.columns > S::kWidth && dense_dst) return transpose_shallow<S, 3>(t);
    if (t.rows == 2 && t.columns > S::kWidth && dense_dst) return transpose_shallow<S, 2>(t);
    transpose_elements(t, 0, t.rows, 0, t.columns);  // fewer than a tile on both sides
  }
}
