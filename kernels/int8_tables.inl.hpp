// The kernel tables of an ISA for tensors of 8 bits.

// Joins: see Tuning::joined_entries.
template <class K, bool Joins>
constexpr WovenKernel kWovenKernels[] = {
    {"depthwise_woven_s1", Woven<K, 1>::kForm, depthwise_woven<K, 1>},
    {"depthwise_woven_s2", Woven<K, 2, Joins>::kForm, depthwise_woven<K, 2, Joins>},
    {"depthwise_woven_any", Woven<K, 0>::kForm, depthwise_woven<K, 0>},
};

// The ISAs that can join entries. (Clang 14 takes no parameter of a type that K might lack.)
template <class K>
constexpr bool kJoinsEntries = K::kEntryTaps == 4 && requires { K::B::between(typename K::V(), typename K::V()); };

constexpr Tuning kInt8Tunings[] = {kTunings[0], kTunings[1], kTunings[2], kTunings[3], {2, true, true}};

// The table of an int8 type. It has no linear resizing and no softmax.
template <class K, class Arch, class Tiles>
constexpr KernelTable make_int8_table(const char* isa, const Tuning& tuning) {
  using Move = ByteTensors<Arch>;
  KernelTable table{};
  table.isa = isa;
  table.types = K::kTypes;
  table.tuning = tuning;
  table.lanes = K::kWidth;
  table.folds = kFolds<K>;
  table.gemm = {kGemmKernels<K, Tiles>.rows, kGemmKernels<K, Tiles>.count};
  table.gemv = quantised_gemv<K>;
  table.global_average_pool = quantised_global_average_pool<K>;
  table.spread = spread<Move>;
  table.transpose = transpose<Move>;
  table.max_pool = quantised_windows<K, QuantisedGreatest<K>>;
  table.average_pool = quantised_average_pool<K>;
  table.resize_nearest = resize_nearest<Move>;
  table.elementwise = quantised_elementwise<K>;
  table.copy_rows = copy_rows;
  constexpr auto kWoven = static_cast<std::int32_t>(sizeof(kWovenKernels<K, false>) / sizeof(WovenKernel));
  table.woven = {kWovenKernels<K, false>, kWoven};
  if constexpr (kJoinsEntries<K>) {
    if (tuning.joined_entries) table.woven = {kWovenKernels<K, true>, kWoven};
  }
  table.quantise = quantise<K>;
  table.dequantise = dequantise<K>;
  table.lookup = lookup<Arch>;
  table.sample_offset = K::kOffset;
  return table;
}

// The tables of all tunings of this ISA. Dot: see types/int8.inl.hpp.
template <class Arch, class Dot, class Tiles>
struct Int8Tables {
  using Rows = RowList<KernelTable, 2 * (sizeof(kInt8Tunings) / sizeof(Tuning))>;
  static constexpr Rows kRows = [] {
    Rows list;
    for (const Tuning& tuning : kInt8Tunings) {
      list.add(make_int8_table<Int8<Arch, Dot, DataType::kU8>, Arch, Tiles>(kIsaName, tuning));
      list.add(make_int8_table<Int8<Arch, Dot, DataType::kS8>, Arch, Tiles>(kIsaName, tuning));
    }
    return list;
  }();
  static constexpr IsaTables kAll = {kRows.rows, kRows.count};
};
