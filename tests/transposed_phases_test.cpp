// The phases of a transposed convolution, against a loop over inputs and taps.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <utility>

#include "src/plan/transposed.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

using Products = std::vector<std::pair<std::int64_t, std::int64_t>>;  // of an output: (input, tap), ascending inputs

Products by_definition(const ConvAxis& a, std::int64_t output) {
  Products products;
  for (std::int64_t i = 0; i < a.in; ++i) {
    for (std::int64_t k = 0; k < a.kernel; ++k) {
      if (i * a.stride + k * a.dilation - a.pad == output) products.emplace_back(i, k);
    }
  }
  return products;
}

// As stages/windows.cpp reads them: tap j of the regular convolution is the j-th last of the set.
Products by_phase(const ConvAxis& a, const Phase& phase, std::int64_t q) {
  const ConvAxis& r = phase.taps.axis;
  Products products;
  for (const TapClass& c : phase.taps.classes) {
    if (q < c.begin || q >= c.end) continue;
    const Progression taps = tap_set(a.kernel, a.stride, a.dilation, phase.tap_set);
    for (std::int64_t j = c.first_tap; j < c.last_tap; ++j) {
      products.emplace_back(q * r.stride - r.pad + j * r.dilation, taps.first + (r.kernel - 1 - j) * taps.step);
    }
  }
  return products;
}

void expect_phases(const ConvAxis& a) {
  std::map<std::int64_t, Products> outputs;
  const std::vector<Phase> phases = phases_of(a);
  for (const Phase& phase : phases) {
    for (std::int64_t j = 0; j < phase.width; ++j) {
      for (std::int64_t q = 0; q < phase.taps.axis.out; ++q) {
        const bool is_new = outputs.emplace(phase.first + j + q * a.stride, by_phase(a, phase, q)).second;
        ASSERT_TRUE(is_new) << "an output in two phases";
      }
    }
  }
  ASSERT_EQ(static_cast<std::int64_t>(outputs.size()), a.out);
  for (const auto& [output, products] : outputs) {
    ASSERT_EQ(products, by_definition(a, output))
        << a.in << " -> " << a.out << ", kernel " << a.kernel << " stride " << a.stride << " dilation " << a.dilation
        << " pad " << a.pad << ", output " << output;
  }
  EXPECT_LE(static_cast<std::int64_t>(phases.size()), 2 * tap_sets(a.kernel, a.stride, a.dilation) + 2);
}

TEST(TransposedPhasesTest, HoldEveryProductOnce) {
  for (std::int64_t in = 1; in <= 5; ++in) {
    for (std::int64_t kernel = 1; kernel <= 6; ++kernel) {
      for (std::int64_t stride = 1; stride <= 6; ++stride) {
        for (std::int64_t dilation = 1; dilation <= 4; ++dilation) {
          for (const std::int64_t pad : {0, 1, 2, 7}) {
            for (const std::int64_t out : {1, 2, 5, 11, 24}) {
              expect_phases({in, out, kernel, stride, dilation, pad});
            }
          }
        }
      }
    }
  }
}

TEST(TransposedPhasesTest, EveryTapIsInOneSet) {
  for (std::int64_t kernel = 1; kernel <= 9; ++kernel) {
    for (std::int64_t stride = 1; stride <= 6; ++stride) {
      for (std::int64_t dilation = 1; dilation <= 6; ++dilation) {
        std::vector<int> seen(static_cast<std::size_t>(kernel));
        for (std::int64_t set = 0; set < tap_sets(kernel, stride, dilation); ++set) {
          const Progression taps = tap_set(kernel, stride, dilation, set);
          ASSERT_GE(taps.count, 1);
          for (std::int64_t j = 0; j < taps.count; ++j) ++seen.at(static_cast<std::size_t>(taps.first + j * taps.step));
        }
        EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), kernel);
      }
    }
  }
}

}  // namespace
}  // namespace tandem::inline TANDEM_ABI::internal
