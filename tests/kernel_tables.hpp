// What the tests of bare kernels share: the tables that this machine can run, arithmetic as the kernels promise it, and
// the comparison of bits.
//
// kernel_table.hpp fixes the order of every sum, so these tests ask for the very bits of a scalar loop in that order.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <vector>

#include "elements.hpp"
#include "guarded_buffer.hpp"
#include "isas.hpp"
#include "kernels/kernel_table.hpp"
#include "random.hpp"

namespace tandem::test {

/// "avx2_f32", "avx2_f32_bf16" (the weights' type is another one), "avx2_bf16".
inline std::string table_name(const kernels::KernelTable& table) {
  std::string name = std::string(table.isa) + "_" + to_string(table.types.tensor);
  if (table.types.weight != table.types.tensor) name += std::string("_") + to_string(table.types.weight);
  return name;
}

/// The tables of an ISA: of floating-point types, and for tensors of 8 bits.
struct TablesOfIsa {
  const char* isa;
  const kernels::IsaTables& floats;
  const kernels::IsaTables& int8;
};
inline const TablesOfIsa& tables_of(const std::string& isa) {
#define TANDEM_TEST_TABLES(name) {#name, kernels::name##_tables, kernels::name##_int8_tables},
  static constexpr TablesOfIsa kAll[] = {TANDEM_FOR_EACH_ISA(TANDEM_TEST_TABLES)};
#undef TANDEM_TEST_TABLES
  for (const TablesOfIsa& tables : kAll) {
    if (isa == tables.isa) return tables;
  }
  throw std::invalid_argument("no tables of an ISA " + isa);
}

/// The names of all tables of the ISAs under test, without their tunings: all kernels are in the default one.
inline std::vector<std::string> tables_under_test() {
  std::vector<std::string> names;
  for (const std::string& isa : isas_under_test()) {
    for (const kernels::KernelTable& table : tables_of(isa).floats) {
      if (table.tuning == kernels::Tuning()) names.push_back(table_name(table));
    }
  }
  return names;
}

inline const kernels::KernelTable& kernel_table(const std::string& name) {
  for (const kernels::KernelTable& table : tables_of(name.substr(0, name.find('_'))).floats) {
    if (table_name(table) == name && table.tuning == kernels::Tuning()) return table;
  }
  throw std::invalid_argument("no table " + name);
}

/// a * b + c with one rounding, or with two on an ISA without fused multiply-add.
inline float multiply_add(bool fused, float a, float b, float c) {
  if (fused) return std::fma(a, b, c);
  const volatile float product = a * b;  // volatile: no compiler may contract it
  return product + c;
}

inline float clamped(float y, const kernels::Epilogue& clamp) {
  if (y < clamp.lo) return clamp.lo;
  return y > clamp.hi ? clamp.hi : y;
}

inline bool same_bits(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

/// Input of a type, which a kernel reads, and its values, with which the test computes.
class Elements : public GuardedInput {
 public:
  Elements(const char* name, DataType type, const std::vector<float>& values, Placement placement)
      : GuardedInput(name, values, placement, type), values_(load_elements(type, data(), values.size())) {}
  [[nodiscard]] float operator[](std::int64_t i) const { return values_[static_cast<std::size_t>(i)]; }

 private:
  std::vector<float> values_;
};

/// Output of a type. It starts poisoned: with a NaN that no kernel makes of finite numbers.
class OutputElements : public GuardedOutput {
 public:
  OutputElements(const char* name, DataType type, std::int64_t count, Placement placement)
      : GuardedOutput(name, static_cast<std::size_t>(count) * element_bytes(type), placement, element_bytes(type)),
        type_(type) {}
  [[nodiscard]] DataType type() const noexcept { return type_; }
  [[nodiscard]] std::uint32_t poison() const noexcept { return type_ == DataType::kF32 ? kPoison : kHalfPoison; }
  [[nodiscard]] std::uint32_t bits(std::int64_t i) { return element_at(type_, data(), i); }

 private:
  DataType type_;
};

/// [rows, columns] of `stride` elements against the bits of `expected`, and nothing written between the rows. Adds one
/// failure at most.
template <class Expected>
void expect_element_bits(OutputElements& got, std::int64_t rows, std::int64_t columns, std::int64_t stride,
                         const Expected& expected) {
  EXPECT_TRUE(got.intact()) << "written around the destination";
  for (std::int64_t i = 0; i < (rows - 1) * stride + columns; ++i) {
    const std::int64_t r = i / stride;
    const std::int64_t j = i % stride;
    const std::uint32_t bits = got.bits(i);
    if (j >= columns) {
      if (bits == got.poison()) continue;
      ADD_FAILURE() << "row " << r << ": written at column " << j << " of " << columns;
      return;
    }
    const std::uint32_t wanted = expected(r, j);
    if (bits == wanted) continue;
    ADD_FAILURE() << '[' << r << ", " << j << "] is " << element_value(got.type(), bits)
                  << (bits == got.poison() ? " (never written)" : "") << ", not " << element_value(got.type(), wanted);
    return;
  }
}

/// The same against values in fp32, which are rounded once.
template <class Expected>
void expect_bits(OutputElements& got, std::int64_t rows, std::int64_t columns, std::int64_t stride,
                 const Expected& expected) {
  expect_element_bits(got, rows, columns, stride,
                      [&](std::int64_t r, std::int64_t j) { return element_bits(got.type(), expected(r, j)); });
}

/// Rows of `columns` random elements with `gap` elements of poison between them.
inline std::vector<float> strided(std::int64_t rows, std::int64_t columns, std::int64_t gap, Random& random) {
  std::vector<float> values;
  for (std::int64_t r = 0; r < rows; ++r) {
    if (r != 0) values.insert(values.end(), static_cast<std::size_t>(gap), std::bit_cast<float>(kPoison));
    for (std::int64_t j = 0; j < columns; ++j) values.push_back(random.value());
  }
  return values;
}

class KernelTest : public testing::TestWithParam<std::string> {
 protected:
  /// True if TANDEM_TEST_STEP leaves out the next case of a sweep: of all cases, every list_step()th is tested.
  bool left_out() { return cases_++ % list_step() != 0; }
  const kernels::KernelTable& table() const { return table_; }
  DataType tensor() const { return table().types.tensor; }
  DataType weight() const { return table().types.weight; }
  /// Bytes of so many elements of a tensor.
  std::ptrdiff_t bytes(std::int64_t elements) const { return elements * table().tensor_bytes(); }
  Elements tensor_of(const char* name, const std::vector<float>& values, Placement placement) const {
    return {name, tensor(), values, placement};
  }
  OutputElements output_of(std::int64_t count, Placement placement) const {
    return {"output", tensor(), count, placement};
  }

 private:
  const kernels::KernelTable& table_ = kernel_table(GetParam());  // found by its name, which takes long
  int cases_ = 0;
};

}  // namespace tandem::test
