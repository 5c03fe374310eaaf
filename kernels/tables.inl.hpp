// The kernel tables of an ISA: the kernels of each type, in the order in which they are tried.

template <class Kernel, int Most>
struct RowList {
  Kernel rows[Most] = {};
  std::int32_t count = 0;
  constexpr void add(const Kernel& kernel) { rows[count++] = kernel; }
};

// The rows of the register tiles for panels of 1, 2 and 3 vectors.
template <int Rows1, int Rows2, int Rows3>
struct GemmTiles {
  static constexpr int k1 = Rows1;
  static constexpr int k2 = Rows2;
  static constexpr int k3 = Rows3;
};

// The matrices that are folded. ISAs without fused multiply-adds fold none, because sse41 must have the bits of scalar.
// With multiply-adds by a lane (NEON) a folded tile must load each element of A, so only matrices of one vector gain.
template <class K>
inline constexpr Folds kFolds = !K::kEveryTile || !K::kFused ? Folds::kNothing
                                : K::kBlock > 1              ? Folds::kLoneVector
                                                             : Folds::kLastVector;
// True if a last vector that is at most half full takes half the time. Tables that fold have no such kernels.
template <class K>
inline constexpr bool kHalfPanels = K::kHalves && kFolds<K> == Folds::kNothing;

template <class K, class Tiles>
constexpr auto gemm_kernels() {
  constexpr int kV = K::kWidth;
  RowList<GemmKernel, 10> list;
  if constexpr (kV > 1 && !K::kQuads) list.add({"gemm_groups", 1, 1, kV, Tiles::k1, gemm_groups<K, Tiles::k1>, true});
  list.add({"gemm_1", 1, 1, kV, Tiles::k1, gemm_panel<K, Tiles::k1, 1>});
  if constexpr (kHalfPanels<K>) {
    list.add({"gemm_2_half", 2, 1, kV + kV / 2, Tiles::k2, gemm_half_panel<K, Tiles::k2, 2>});
  }
  list.add({"gemm_2", 2, 1, 2 * kV, Tiles::k2, gemm_panel<K, Tiles::k2, 2>});
  if constexpr (kHalfPanels<K>) {
    list.add({"gemm_3_half", 3, 1, 2 * kV + kV / 2, Tiles::k3, gemm_half_panel<K, Tiles::k3, 3>});
  }
  list.add({"gemm_3", 3, 1, 3 * kV, Tiles::k3, gemm_panel<K, Tiles::k3, 3>});
  if constexpr (kFolds<K> != Folds::kNothing) {
    list.add({"gemm_1_fold2", 1, 2, kV / 2, Tiles::k1, gemm_folded_panel<K, Tiles::k1, 1, 2>});
    list.add({"gemm_1_fold4", 1, 4, kV / 4, Tiles::k1, gemm_folded_panel<K, Tiles::k1, 1, 4>});
    if constexpr (kV >= 8) list.add({"gemm_1_fold8", 1, 8, kV / 8, Tiles::k1, gemm_folded_panel<K, Tiles::k1, 1, 8>});
    if constexpr (kV >= 16) list.add({"gemm_1_fold16", 1, 16, 1, Tiles::k1, gemm_folded_panel<K, Tiles::k1, 1, 16>});
  }
  if constexpr (kFolds<K> == Folds::kLastVector) {
    list.add({"gemm_2_fold2", 2, 2, kV + kV / 2, Tiles::k2, gemm_folded_panel<K, Tiles::k2, 2, 2>});
    list.add({"gemm_3_fold2", 3, 2, 2 * kV + kV / 2, Tiles::k3, gemm_folded_panel<K, Tiles::k3, 3, 2>});
  }
  return list;
}

// Kernels in register tiles, for two output rows and for one, of a vector of channels and more.
template <class K, int Kw, int Stride>
constexpr DepthwiseKernel pair_kernel(const char* name, std::int64_t most_channels) {
  return {name,
          2,
          Kw,
          Stride,
          kPairOutputs<K, Kw, Stride>,
          K::kWidth,
          most_channels,
          false,
          depthwise_pair<K, Kw, Stride>,
          kPairNarrow<K, Kw, Stride>};
}
template <class K, int Kw, int Stride>
constexpr DepthwiseKernel tiled_kernel(const char* name, std::int64_t most_channels) {
  return {name,
          1,
          Kw,
          Stride,
          kDepthwiseOutputs,
          K::kWidth,
          most_channels,
          false,
          depthwise_row<K, depthwise_tiled<K, Kw, Stride>>,
          kNarrowOutputs<K>};
}

template <class K>
constexpr auto depthwise_kernels() {
  constexpr std::int64_t kV = K::kWidth;
  constexpr std::int64_t kMost = __INT64_MAX__;
  constexpr int kOutputs = kDepthwiseOutputs;
  RowList<DepthwiseKernel, 28> list;
  if constexpr (kPairOutputs<K, 3, 1> > 0) list.add(pair_kernel<K, 3, 1>("depthwise_3x3s1_pair", kMost));
  if constexpr (kPairOutputs<K, 3, 2> > 0) list.add(pair_kernel<K, 3, 2>("depthwise_3x3s2_pair", kMost));
  if constexpr (kPairOutputs<K, 5, 1> > 0) {
    list.add(pair_kernel<K, 5, 1>("depthwise_5x5s1_pair", kMost));
    list.add(pair_kernel<K, 5, 2>("depthwise_5x5s2_pair", kMost));
  }
  if constexpr (K::kEveryTile && K::kHalves) {
    using Half = F32<typename K::HalfArch>;
    list.add(pair_kernel<Half, 3, 1>("depthwise_3x3s1_half_pair", kV - 1));
    list.add(pair_kernel<Half, 3, 2>("depthwise_3x3s2_half_pair", kV - 1));
    list.add(pair_kernel<Half, 5, 1>("depthwise_5x5s1_half_pair", kV - 1));
    list.add(pair_kernel<Half, 5, 2>("depthwise_5x5s2_half_pair", kV - 1));
  }
  list.add(tiled_kernel<K, 3, 1>("depthwise_w3s1", kMost));
  list.add(tiled_kernel<K, 5, 1>("depthwise_w5s1", kMost));
  if constexpr (K::kEveryTile) {
    list.add(tiled_kernel<K, 1, 1>("depthwise_w1s1", kMost));
    list.add(tiled_kernel<K, 7, 1>("depthwise_w7s1", kMost));
  }
  list.add(tiled_kernel<K, 3, 2>("depthwise_w3s2", kMost));
  list.add(tiled_kernel<K, 5, 2>("depthwise_w5s2", kMost));
  if constexpr (K::kEveryTile) list.add(tiled_kernel<K, 7, 2>("depthwise_w7s2", kMost));
  // Channels that fill half a vector and more, but no whole one: two vectors of half the width overlap, and their tiles
  // have no masks. depthwise_few leaves no lane idle, but permutes each tap, which pays for rows of two taps.
  if constexpr (K::kEveryTile && K::kHalves) {
    using Half = F32<typename K::HalfArch>;
    constexpr std::int64_t kHalf = Half::kWidth;
    list.add(tiled_kernel<Half, 1, 1>("depthwise_w1s1_half", kV - 1));
    list.add(tiled_kernel<Half, 3, 1>("depthwise_w3s1_half", kV - 1));
    list.add(tiled_kernel<Half, 5, 1>("depthwise_w5s1_half", kV - 1));
    list.add(tiled_kernel<Half, 7, 1>("depthwise_w7s1_half", kV - 1));
    list.add(tiled_kernel<Half, 3, 2>("depthwise_w3s2_half", kV - 1));
    list.add(tiled_kernel<Half, 5, 2>("depthwise_w5s2_half", kV - 1));
    list.add(tiled_kernel<Half, 7, 2>("depthwise_w7s2_half", kV - 1));
    list.add({"depthwise_w2_few", 1, 2, 1, kOutputs, kHalf, kV - 1, true, depthwise_row<K, depthwise_few<K>>});
    list.add({"depthwise_half", 1, 0, 0, kOutputs, kHalf, kV - 1, false, depthwise_row<Half, depthwise_looped<Half>>});
  }
  if constexpr (K::kEveryTile && kV > 1) {
    list.add({"depthwise_few", 1, 0, 1, kOutputs, 1, kV - 1, true, depthwise_row<K, depthwise_few<K>>});
  }
  list.add({"depthwise_any", 1, 0, 0, kOutputs, 1, kMost, false, depthwise_row<K, depthwise_looped<K>>});
  return list;
}

template <class K, class Tiles>
inline constexpr auto kGemmKernels = gemm_kernels<K, Tiles>();
template <class K>
inline constexpr auto kDepthwiseKernels = depthwise_kernels<K>();

// Rows for two output rows stand first; a tuning without them begins behind them.
template <class K>
constexpr KernelRows<DepthwiseKernel> depthwise_rows(const Tuning& tuning) {
  const DepthwiseKernel* const first = kDepthwiseKernels<K>.rows;
  std::int32_t skipped = 0;
  while (!tuning.depthwise_pairs && first[skipped].out_rows == 2) ++skipped;
  return {first + skipped, kDepthwiseKernels<K>.count - skipped};
}

template <class K, class Tiles>
constexpr KernelTable make_table(const char* isa, const Tuning& tuning) {
  return {.isa = isa,
          .types = K::kTypes,
          .tuning = tuning,
          .lanes = K::kWidth,
          .fused_multiply_add = K::kFused,
          .gemm_halves = kHalfPanels<K>,
          .folds = kFolds<K>,
          .gemm = {kGemmKernels<K, Tiles>.rows, kGemmKernels<K, Tiles>.count},
          .gemv = gemv<K>,
          .depthwise = depthwise_rows<K>(tuning),
          .global_average_pool = global_average_pool<typename K::Tensors>,
          .spread = spread<typename K::Tensors>,
          .transpose = transpose<typename K::Tensors>,
          .scale_channels = scale_channels<typename K::Tensors>,
          .max_pool = max_pool<typename K::Tensors>,
          .average_pool = average_pool<typename K::Tensors>,
          .resize_nearest = resize_nearest<typename K::Tensors>,
          .resize_linear = resize_linear<typename K::Tensors>,
          .elementwise = elementwise<typename K::Tensors>,
          .softmax = softmax<typename K::Tensors>,
          .copy_rows = copy_rows,
          .woven = {},
          .quantise = nullptr,
          .dequantise = nullptr,
          .lookup = nullptr,
          .sample_offset = 0};
}

// What suits one machine or another.
constexpr Tuning kTunings[] = {{2, true}, {2, false}, {3, true}, {3, false}};
constexpr int kTuningCount = sizeof(kTunings) / sizeof(kTunings[0]);

// The tables of all types and tunings of this ISA, fp32 first. Tiles: the register tiles of the matrix products.
template <class Arch, class Tiles>
struct Tables {
  using Rows = RowList<KernelTable, 4 * kTuningCount>;
  template <class K>
  static constexpr void add(Rows& list, const char* isa) {
    for (const Tuning& tuning : kTunings) list.add(make_table<K, Tiles>(isa, tuning));
  }
  static constexpr Rows rows(const char* isa) {
    Rows list;
    add<F32<Arch>>(list, isa);
    add<F32Bf16<Arch>>(list, isa);
    add<Bf16<Arch>>(list, isa);
    add<F16<Arch>>(list, isa);
    return list;
  }
  static constexpr Rows kRows = rows(kIsaName);
  static constexpr IsaTables kAll = {kRows.rows, kRows.count};
};
