// What all kernels end with, sums to outputs: y = f(s + residual), or f(s) + residual.
//
// A clamp with the residual before it, or none, is two instructions and stays in the registers of each tile. All else
// goes through here: the tile leaves its sums in memory, still in L1, and one loop for each function, shared by all
// tiles, makes outputs of them. A function costs ten to forty instructions a vector, beside which a store and a load
// are little, and so the tiles do not multiply by the functions. That y may be the residual's memory is no trouble.

TANDEM_INLINE bool is_clamp(const Epilogue& e, const float* residual) {
  return e.function == Function::kClamp && (!e.residual_last || residual == nullptr);
}

// rows x columns, the first `column` columns into the epilogue's slopes; residual may be null.
struct FinishArgs {
  const Epilogue& epilogue;
  const float* sums;
  std::ptrdiff_t sums_stride;
  const float* residual;
  std::ptrdiff_t residual_stride;
  float* dst;
  std::ptrdiff_t dst_stride;
  std::int64_t rows;
  std::int64_t columns;
  std::int64_t first_column = 0;
};

template <class S, Function F, bool Partial>
TANDEM_INLINE void finish_vector(const FinishArgs& f, std::int64_t row, std::int64_t column, typename S::Tail tail) {
  using Reg = typename S::Reg;
  Reg y = S::load(f.sums + row * f.sums_stride + column);  // whole vectors: the sums are a tile's
  Reg residual = S::broadcast(0.0F);
  if (f.residual != nullptr) {
    const float* p = f.residual + row * f.residual_stride + column;
    residual = Partial ? S::load_partial(p, tail) : S::load(p);
    if (!f.epilogue.residual_last) y = S::add(y, residual);
  }
  y = activate<S, F>(y, f.epilogue, f.first_column + column);
  if (f.residual != nullptr && f.epilogue.residual_last) y = S::add(y, residual);
  float* dst = f.dst + row * f.dst_stride + column;
  if (Partial) {
    S::store_partial(dst, y, tail);
  } else {
    S::store(dst, y);
  }
}

template <class S, Function F>
void finish_rows(const FinishArgs& f) {
  const std::int64_t whole = f.columns / S::kWidth * S::kWidth;
  const typename S::Tail tail = S::tail(static_cast<int>(f.columns - whole));
  for (std::int64_t row = 0; row < f.rows; ++row) {
    for (std::int64_t c = 0; c < whole; c += S::kWidth) finish_vector<S, F, false>(f, row, c, tail);
    if (whole < f.columns) finish_vector<S, F, true>(f, row, whole, tail);
  }
}

template <class S>
__attribute__((noinline)) void finish_sums(const FinishArgs& f) {
  switch (f.epilogue.function) {
    case Function::kClamp:
      return finish_rows<S, Function::kClamp>(f);
    case Function::kLeakyRelu:
      return finish_rows<S, Function::kLeakyRelu>(f);
    case Function::kPrelu:
      return finish_rows<S, Function::kPrelu>(f);
    case Function::kSigmoid:
      return finish_rows<S, Function::kSigmoid>(f);
    case Function::kSilu:
      return finish_rows<S, Function::kSilu>(f);
    case Function::kHardSigmoid:
      return finish_rows<S, Function::kHardSigmoid>(f);
    case Function::kHardSwish:
      return finish_rows<S, Function::kHardSwish>(f);
    case Function::kTanh:
      return finish_rows<S, Function::kTanh>(f);
  }
}
