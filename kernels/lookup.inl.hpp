// Functions of an element of 8 bits, from a table: dst[p, c] = table[src[p, c]]. dst may be src.
//
// TableLookup<Arch>: looks up all bytes of a vector.

// 16 shuffles of 16 bytes each. A shuffle has 0 where the highest bit of an index is set, so each half of the table adds
// its own elements alone. In a half an element x meets rows x, x - 16, x - 32 and so on, down to 0, so each row holds what it changes in the
// one before:
//
//     found = row[0][x] ^ (row[0] ^ row[1])[x - 16] ^ (row[1] ^ row[2])[x - 32] ^ ...     while the index is at least 0
//
// 48 instructions a vector: 64 elements in 24 cycles of Zen 4, where a load of one element after another takes 64.
template <class Arch>
class TableLookup {
 public:
  using B = Bytes<Arch>;
  using V = typename B::V;
  static constexpr int kBytes = sizeof(V);

  explicit TANDEM_INLINE TableLookup(const std::uint8_t* table) {
    for (int i = 0; i < kRows; ++i, table += 16) {
      rows_[i] = B::every_block(table);
      if (i % kHalf != 0) rows_[i] = B::exclusive_or(rows_[i], B::every_block(table - 16));
    }
  }

  [[nodiscard]] TANDEM_INLINE V operator()(V elements) const {
    const V step = B::every_byte(16);
    V low = elements;
    V high = B::exclusive_or(elements, B::every_byte(0x80));
    V found = B::exclusive_or(B::shuffle(rows_[0], low), B::shuffle(rows_[kHalf], high));
#pragma GCC unroll 8
    for (int i = 1; i < kHalf; ++i) {
      low = B::subtract_signed(low, step);
      high = B::subtract_signed(high, step);
      found = B::exclusive_or(found, B::exclusive_or(B::shuffle(rows_[i], low), B::shuffle(rows_[kHalf + i], high)));
    }
    return found;
  }

 private:
  static constexpr int kRows = 16;
  static constexpr int kHalf = kRows / 2;
  V rows_[kRows];
};

template <>
class TableLookup<Scalar> {
 public:
  using V = std::uint8_t;
  static constexpr int kBytes = 1;
  explicit TANDEM_INLINE TableLookup(const std::uint8_t* table) : table_(table) {}
  [[nodiscard]] TANDEM_INLINE V operator()(V element) const { return table_[element]; }

 private:
  const std::uint8_t* table_;
};

#if defined(__aarch64__)
// Four lookups in 64 bytes each; an index outside leaves what was found before.
template <>
class TableLookup<xsimd::neon64> {
 public:
  using V = uint8x16_t;
  static constexpr int kBytes = 16;
  explicit TANDEM_INLINE TableLookup(const std::uint8_t* table) {
    for (int i = 0; i < 4; ++i) rows_[i] = vld1q_u8_x4(table + 64 * i);
  }
  [[nodiscard]] TANDEM_INLINE V operator()(V elements) const {
    V found = vqtbl4q_u8(rows_[0], elements);
#pragma GCC unroll 4
    for (int i = 1; i < 4; ++i) {
      elements = vsubq_u8(elements, vdupq_n_u8(64));
      found = vqtbx4q_u8(found, rows_[i], elements);
    }
    return found;
  }

 private:
  uint8x16x4_t rows_[4];
};
#endif

template <class Table>
TANDEM_INLINE void lookup_rows(const LookupArgs& l) {
  using V = typename Table::V;
  const Table table(l.table);
  const auto load = [](const std::uint8_t* p) {
    V v;
    __builtin_memcpy(&v, p, sizeof(v));
    return v;
  };
  const auto store = [](std::uint8_t* p, V v) { __builtin_memcpy(p, &v, sizeof(v)); };
  const auto* src = static_cast<const std::uint8_t*>(l.src.data);
  auto* dst = static_cast<std::uint8_t*>(l.dst.data);
  const std::int64_t last = l.channels - Table::kBytes;
  for (std::int64_t p = 0; p < l.pixels; ++p, src += l.src.stride, dst += l.dst.stride) {
    // The last vector overlaps the one before. It is read before that one is stored, since dst may be src.
    const V end = table(load(src + last));
    for (std::int64_t c = 0; c < last; c += Table::kBytes) store(dst + c, table(load(src + c)));
    store(dst + last, end);
  }
}

template <class Arch>
void lookup(const LookupArgs& args) noexcept {
  const LookupArgs l = joined_rows<std::uint8_t, std::uint8_t>(args);
  if (l.channels < TableLookup<Arch>::kBytes) return lookup_rows<TableLookup<Scalar>>(l);
  lookup_rows<TableLookup<Arch>>(l);
}
