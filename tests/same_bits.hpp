// One output against another, bit by bit.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "guarded_buffer.hpp"

namespace tandem::test {

/// Equal bits, or both NaN: which NaN it is differs between instructions. flushed: of a denormal a zero has become.
inline void expect_same_bits(const std::vector<float>& got, const std::vector<float>& expected, const char* what,
                             bool flushed = false) {
  if (got.empty() || expected.empty()) return;  // it has failed already
  ASSERT_EQ(got.size(), expected.size()) << what;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (std::isnan(got[i]) && std::isnan(expected[i]) && !is_poison(got[i])) continue;
    if (flushed && std::fpclassify(expected[i]) == FP_SUBNORMAL && got[i] == 0.0F) continue;
    ASSERT_EQ(std::bit_cast<std::uint32_t>(got[i]), std::bit_cast<std::uint32_t>(expected[i]))
        << what << ": element " << i << " is " << got[i] << ", not " << expected[i];
  }
}

}  // namespace tandem::test
