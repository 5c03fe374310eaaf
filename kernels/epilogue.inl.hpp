// The end of all kernels, which makes outputs of sums: y = g(s + residual), or g(s) + residual, where g is a function,
// or scale * function + shift, see Epilogue.
//
// A clamp after the residual, or without one, is two instructions and stays in the registers of each tile, unless the
// stores round (see kRegisterEpilogue). Everything else goes through this file: the tile leaves its sums in memory,
// still in L1, and one loop per function, shared by all tiles, makes outputs of them. A function costs ten to forty
// instructions per vector, so a store and a load more hardly count, and no tile is compiled once per function. y may be
// the memory of the residual.

TANDEM_INLINE bool is_clamp(const Epilogue& e, const void* residual) {
  return e.function == Function::kClamp && e.scale == nullptr && (!e.residual_last || residual == nullptr);
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

// rows x columns outputs, whose first column is column first_column of the epilogue's pointers; residual may be null.
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

// `count` vectors, each at its step, in bytes, from the one before.
template <class K>
struct FinishRun {
  const float* sums;
  std::ptrdiff_t sums_step;
  const typename K::Dst* residual;
  std::ptrdiff_t residual_step;
  typename K::Dst* dst;
  std::ptrdiff_t dst_step;
  const float* slopes;  // null: none, like scale and shift
  const float* scale;
  const float* shift;
  std::ptrdiff_t columns_step;  // of these three
  std::int64_t count;
};

template <class K, int N, bool Partial>
TANDEM_INLINE typename Several<K, N>::Reg residual_vectors(const FinishRun<K>& r, typename K::Tail tail) {
  typename Several<K, N>::Reg residual;
#pragma GCC unroll 4
  for (int i = 0; i < N; ++i) {
    const auto* p = at(r.residual, i * r.residual_step);
    residual.v[i] = Partial ? K::load_partial(p, tail) : K::load(p);
  }
  return residual;
}

// N vectors of floats that belong to the columns.
template <class K, int N>
TANDEM_INLINE typename Several<K, N>::Reg column_vectors(const float* first, std::ptrdiff_t step) {
  typename Several<K, N>::Reg vectors;
#pragma GCC unroll 4
  for (int i = 0; i < N; ++i) vectors.v[i] = K::load(at(first, i * step));
  return vectors;
}

// Makes the outputs of N vectors and moves the run on. Partial: of each vector only the lanes of `tail`.
template <class K, Function F, int N, bool Partial>
TANDEM_INLINE void finish_vectors(FinishRun<K>& r, const ActivationConstants& constants, bool residual_last,
                                  typename K::Tail tail) {
  using S = Several<K, N>;
  typename S::Reg x;
#pragma GCC unroll 4
  for (int i = 0; i < N; ++i) x.v[i] = K::load(at(r.sums, i * r.sums_step));  // whole: a tile has whole vectors of sums
  if (r.residual != nullptr && !residual_last) x = S::add(x, residual_vectors<K, N, Partial>(r, tail));
  typename S::Reg slope = x;
  if constexpr (F == Function::kPrelu) {
    slope = column_vectors<K, N>(r.slopes, r.columns_step);
    r.slopes = at(r.slopes, N * r.columns_step);
  }
  typename S::Reg y = activate<S, F>(x, constants, slope);
  if (r.scale != nullptr) {
    y = S::madd(y, column_vectors<K, N>(r.scale, r.columns_step), column_vectors<K, N>(r.shift, r.columns_step));
    r.scale = at(r.scale, N * r.columns_step);
    r.shift = at(r.shift, N * r.columns_step);
  }
  if (r.residual != nullptr) {
    if (residual_last) y = S::add(y, residual_vectors<K, N, Partial>(r, tail));
    r.residual = at(r.residual, N * r.residual_step);
  }
#pragma GCC unroll 4
  for (int i = 0; i < N; ++i) {
    auto* p = at(r.dst, i * r.dst_step);
    if (Partial) {
      K::store_partial(p, y.v[i], tail);
    } else {
      K::store(p, y.v[i]);
    }
  }
  r.sums = at(r.sums, N * r.sums_step);
  r.dst = at(r.dst, N * r.dst_step);
}

template <class K, Function F, bool Partial>
TANDEM_INLINE void finish_run(FinishRun<K> r, const Epilogue& e, typename K::Tail tail) {
  constexpr int kTogether = K::kRegisters >= 32 ? 4 : 2;  // each takes some 4 registers, the constants up to 12 in all
  const ActivationConstants constants(e);
  const bool residual_last = e.residual_last;
  for (; r.count >= kTogether; r.count -= kTogether) {
    finish_vectors<K, F, kTogether, Partial>(r, constants, residual_last, tail);
  }
  for (; r.count > 0; --r.count) finish_vectors<K, F, 1, Partial>(r, constants, residual_last, tail);
}

// A single row is one run along its columns; else each vector of columns is a run down the rows.
template <class K, Function F>
void finish_rows(const FinishArgs<K>& f) {
  constexpr std::ptrdiff_t kSums = K::kWidth * std::ptrdiff_t{sizeof(float)};
  constexpr std::ptrdiff_t kElements = K::kWidth * std::ptrdiff_t{sizeof(typename K::Dst)};
  const std::int64_t whole = f.columns / K::kWidth;
  const bool along = f.rows == 1;
  FinishRun<K> run{f.sums,
                   along ? kSums : f.sums_stride,
                   f.residual,
                   along ? kElements : f.residual_stride,
                   f.dst,
                   along ? kElements : f.dst_stride,
                   F == Function::kPrelu ? f.epilogue.slopes + f.first_column : nullptr,
                   f.epilogue.scale == nullptr ? nullptr : f.epilogue.scale + f.first_column,
                   f.epilogue.scale == nullptr ? nullptr : f.epilogue.shift + f.first_column,
                   along ? kSums : 0,
                   along ? whole : f.rows};
  for (std::int64_t c = 0; c < whole; c += along ? whole : 1) {
    finish_run<K, F, false>(run, f.epilogue, K::tail(0));
    const std::int64_t done = along ? whole : 1;
    run.sums = at(run.sums, done * kSums);
    run.dst = at(run.dst, done * kElements);
    if (run.residual != nullptr) run.residual = at(run.residual, done * kElements);
    if (F == Function::kPrelu) run.slopes = at(run.slopes, done * kSums);
    if (run.scale != nullptr) {
      run.scale = at(run.scale, done * kSums);
      run.shift = at(run.shift, done * kSums);
    }
  }
  run.count = f.rows;
  const int rest = static_cast<int>(f.columns - whole * K::kWidth);
  if (rest > 0) finish_run<K, F, true>(run, f.epilogue, K::tail(rest));
}

template <class K>
struct Requantiser;  // of int8, requantise.inl.hpp

template <class K>
__attribute__((noinline)) void finish_sums(const FinishArgs<K>& f) {
  if constexpr (K::kQuads) {
    Requantiser<K>::finish_sums(f);
  } else {
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
      case Function::kGelu:
        return finish_rows<K, Function::kGelu>(f);
      case Function::kGeluTanh:
        return finish_rows<K, Function::kGeluTanh>(f);
    }
  }
}
