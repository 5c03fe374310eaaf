// What the tests of bare kernels share: the tables that this machine can run, arithmetic as the kernels promise it, and
// the comparison of bits.
//
// kernel_table.hpp fixes the order of every sum, so these tests ask for the very bits of a scalar loop in that order.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "guarded_buffer.hpp"
#include "isas.hpp"
#include "kernels/kernel_table.hpp"
#include "random.hpp"

namespace tandem::test {

inline const kernels::KernelTable& kernel_table(const std::string& isa) {
  const kernels::KernelTable* found = nullptr;
#define TANDEM_TEST_TABLE(name) \
  if (isa == #name) found = &kernels::name##_table;
  TANDEM_FOR_EACH_ISA(TANDEM_TEST_TABLE)
#undef TANDEM_TEST_TABLE
  return *found;
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

/// [rows, columns] of stride `stride` against `expected`, and nothing written between the rows. Adds one failure at most.
template <class Expected>
void expect_bits(const GuardedBuffer& got, std::int64_t rows, std::int64_t columns, std::int64_t stride,
                 const Expected& expected) {
  EXPECT_TRUE(got.intact()) << "written around the destination";
  for (std::int64_t i = 0; i < (rows - 1) * stride + columns; ++i) {
    const std::int64_t r = i / stride;
    const std::int64_t j = i % stride;
    const float value = got.floats()[i];
    if (j >= columns) {
      if (is_poison(value)) continue;
      ADD_FAILURE() << "row " << r << ": written at column " << j << " of " << columns;
      return;
    }
    const float wanted = expected(r, j);
    if (same_bits(value, wanted)) continue;
    ADD_FAILURE() << '[' << r << ", " << j << "] is " << value << (is_poison(value) ? " (never written)" : "")
                  << ", not " << wanted;
    return;
  }
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
  const kernels::KernelTable& table() const { return kernel_table(GetParam()); }
};

}  // namespace tandem::test
