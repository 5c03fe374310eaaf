// The end of all kernels, which makes outputs of sums: y = f(s + residual), or f(s) + residual.
//
// A clamp after the residual, or without one, is two instructions and stays in the registers of each tile, unless the
// stores round (see kRegisterEpilogue). Everything else goes through this file: the tile leaves its sums in memory,
// still in L1, and one loop per function, shared by all tiles, makes outputs of them. A function costs ten to forty
// instructions per vector, so a store and a load more hardly count, and no tile is compiled once per function. y may be
// the memory of the residual.

TANDEM_INLINE bool is_clamp(const Epilogue& e, const void* residual) {
  return e.function == Function::kClamp && (!e.residual_last || residual == nullptr);
}

// True if a tile makes its outputs in registers.
template <class K>
TANDEM_INLINE bool ends_in_registers(const Epilogue& e, const void* residual) {
  return K::kRegisterEpilogue && is_clamp(e, residual);
}

// The residual `bytes` further on; null stays null.
template <class K>
TANDEM_INLINE const typename K::Dst* residual_at(const ConstRows& residual, std::ptrdiff_t bytes) {
  const auto* data = static_cast<const typename K::Dst*>(residual.data);
  return data == nullptr ? nullptr : at(data, bytes);
}

// rows x columns outputs, whose first column is column first_column of the epilogue's slopes; residual may be null.
// Strides are in bytes.
template <class K>
struct FinishArgs {
  const Epilogue& epilogue;
  const float* sums;
  std::ptrdiff_t sums_stride;
  const typename K::Dst* residual;
  std::ptrdiff_t residual_stride;
  typename K::Dst* dst;
  std::ptrdiff_t dst_stride;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t first_column = 0;
};

template <class K, Function F, bool Partial>
TANDEM_INLINE void finish_vector(const FinishArgs<K>& f, std::int64_t row, std::int64_t column, typename K::Tail tail) {
  using Reg = typename K::Reg;
  Reg y = K::load(at(f.sums, row * f.sums_stride) + column);  // a whole vector: a tile has whole vectors of sums
  Reg residual = K::broadcast(0.0F);
  if (f.residual != nullptr) {
    const auto* p = at(f.residual, row * f.residual_stride) + column;
    residual = Partial ? K::load_partial(p, tail) : K::load(p);
    if (!f.epilogue.residual_last) y = K::add(y, residual);
  }
  y = activate<K, F>(y, f.epilogue, f.first_column + column);
  if (f.residual != nullptr && f.epilogue.residual_last) y = K::add(y, residual);
  auto* dst = at(f.dst, row * f.dst_stride) + column;
  if (Partial) {
    K::store_partial(dst, y, tail);
  } else {
    K::store(dst, y);
  }
}

template <class K, Function F>
void finish_rows(const FinishArgs<K>& f) {
  const std::int64_t whole = f.columns / K::kWidth * K::kWidth;
  const typename K::Tail tail = K::tail(static_cast<int>(f.columns - whole));
  for (std::int64_t row = 0; row < f.rows; ++row) {
    for (std::int64_t c = 0; c < whole; c += K::kWidth) finish_vector<K, F, false>(f, row, c, tail);
    if (whole < f.columns) finish_vector<K, F, true>(f, row, whole, tail);
  }
}

template <class K>
__attribute__((noinline)) void finish_sums(const FinishArgs<K>& f) {
  switch (f.epilogue.function) {
    case Function::kClamp:
      return finish_rows<K, Function::kClamp>(f);
    case Function::kLeakyRelu:
      return finish_rows<K, Function::kLeakyRelu>(f);
    case Function::kPrelu:
      return finish_rows<K, Function::kPrelu>(f);
    case Function::kSigmoid:
      return finish_rows<K, Function::kSigmoid>(f);
    case Function::kSilu:
      return finish_rows<K, Function::kSilu>(f);
    case Function::kHardSigmoid:
      return finish_rows<K, Function::kHardSigmoid>(f);
    case Function::kHardSwish:
      return finish_rows<K, Function::kHardSwish>(f);
    case Function::kTanh:
      return finish_rows<K, Function::kTanh>(f);
  }
}
