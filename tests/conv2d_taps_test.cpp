// Which outputs of a convolution see which taps, against a loop over all of them; and which way to walk them is chosen.
#include "src/plan/conv2d_taps.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace tandem::inline TANDEM_ABI::internal {

std::ostream& operator<<(std::ostream& out, const ConvAxis& a) {
  return out << a.in << " -> " << a.out << ", kernel " << a.kernel << " stride " << a.stride << " dilation "
             << a.dilation << " pad " << a.pad;
}

namespace {

bool sees(const ConvAxis& a, std::int64_t output, std::int64_t tap) {
  const std::int64_t i = output * a.stride - a.pad + tap * a.dilation;
  return i >= 0 && i < a.in;
}

void expect_taps(const ConvAxis& a) {
  std::int64_t next = 0;
  for (const TapClass& c : classify_outputs(a)) {
    ASSERT_EQ(c.begin, next) << a;
    ASSERT_LT(c.begin, c.end) << a;
    for (std::int64_t o = c.begin; o < c.end; ++o) {
      for (std::int64_t tap = 0; tap < a.kernel; ++tap) {
        ASSERT_EQ(c.first_tap <= tap && tap < c.last_tap, sees(a, o, tap)) << a << ", output " << o << ", tap " << tap;
      }
    }
    next = c.end;
  }
  ASSERT_EQ(next, a.out) << a;
  for (std::int64_t tap = 0; tap < a.kernel; ++tap) {
    const Range seen = outputs_of_tap(a, tap);
    for (std::int64_t o = 0; o < a.out; ++o) {
      ASSERT_EQ(seen.begin <= o && o < seen.end, sees(a, o, tap)) << a << ", output " << o << ", tap " << tap;
    }
  }
}

TEST(Conv2dTaps, AreThoseInTheImage) {
  for (std::int64_t in = 1; in <= 9; ++in) {
    for (std::int64_t kernel = 1; kernel <= 6; ++kernel) {
      for (std::int64_t stride = 1; stride <= 4; ++stride) {
        for (std::int64_t dilation = 1; dilation <= 3; ++dilation) {
          for (const std::int64_t pad : {0, 1, 2, 5, 12}) {
            const std::int64_t room = in + 2 * pad - (kernel - 1) * dilation - 1;
            if (room >= 0) expect_taps({in, room / stride + 1, kernel, stride, dilation, pad});
          }
        }
      }
    }
  }
}

TEST(Conv2dTaps, RowsJoinIfTheirPixelsLieAtOneDistance) {
  EXPECT_TRUE(rows_join({9, 9, 1, 1, 1, 0}, {7, 7, 1, 1, 1, 0}));
  EXPECT_TRUE(rows_join({9, 4, 2, 2, 1, 0}, {1, 1, 1, 2, 1, 0}));
  EXPECT_FALSE(rows_join({9, 7, 3, 1, 1, 0}, {7, 5, 3, 1, 1, 0}));  // two pixels are skipped
  EXPECT_FALSE(rows_join({8, 4, 2, 2, 1, 0}, {8, 4, 2, 2, 1, 0}));  // a row is
}

}  // namespace
}  // namespace tandem::inline TANDEM_ABI::internal
