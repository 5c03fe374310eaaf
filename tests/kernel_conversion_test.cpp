// What the kernels' loads make of a half and their stores of a float, for every half and for floats around each: the
// same as the scalar conversions of src/base/convert.hpp, which data_type_test.cpp compares with the definition of the
// formats.
//
// The sums of a matrix product that is cut along k are fp32 in memory. A product that is suspended shows how a half was
// widened, and one that is resumed without steps rounds any float.
#include <algorithm>
#include <bit>
#include <cstdint>
#include <vector>

#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "src/base/convert.hpp"

namespace tandem::test {
namespace {

constexpr std::int64_t kHalves = 0x10000;  // every one there is
constexpr float kMinusZero = -0.0F;        // x + (-0) is x, for -0 as well
constexpr std::uint16_t kHalfOfMinusZero = 0x8000;

/// The bits of a float times 1.
std::uint32_t times_one(std::uint32_t float_bits) {
  if ((float_bits & 0x7fffffffU) <= 0x7f800000U) return float_bits;
  return kKeepsNans ? float_bits | 0x00400000U : 0x7fc00000U;
}

class ConversionTest : public KernelTest {
 protected:
  /// The bits of the float that is the half, after a multiplication by 1.
  static std::uint32_t widened(DataType type, std::int64_t half) {
    const auto bits = static_cast<std::uint16_t>(half);
    return times_one(std::bit_cast<std::uint32_t>(internal::load_element(type, &bits, 0)));
  }
  static std::uint32_t narrowed(DataType type, float value) {
    std::uint16_t bits = 0;
    internal::store_element(type, &bits, 0, value);
    return bits;
  }
  /// A half that was widened and narrowed.
  static std::uint32_t there_and_back(DataType type, std::int64_t half) {
    return narrowed(type, std::bit_cast<float>(widened(type, half)));
  }
  /// `count` halves, 0, 1, 2 and so on. After 0xffff they begin again.
  static std::vector<std::byte> all_halves(std::int64_t count) {
    std::vector<std::byte> bytes(static_cast<std::size_t>(count) * 2);
    for (std::int64_t i = 0; i < count; ++i) {
      put_element(DataType::kBf16, bytes.data(), i, static_cast<std::uint32_t>(i));
    }
    return bytes;
  }
  [[nodiscard]] bool halves_are_tensors() const { return element_bytes(tensor()) == 2; }
  [[nodiscard]] std::vector<std::byte> ones(DataType type, std::int64_t count) const {
    return encoded(type, std::vector<float>(static_cast<std::size_t>(count), 1.0F));
  }

  /// A row of A for each half, times a panel whose weights are 1 at `place` and 2 elsewhere.
  void expect_widened(const std::vector<std::uint16_t>& a, std::int64_t k, std::int64_t place,
                      std::int32_t vectors) const {
    const std::int64_t width = std::int64_t{vectors} * table().lanes;
    std::vector<float> weights(static_cast<std::size_t>(k * width), 2.0F);
    std::fill_n(weights.begin() + place * width, width, 1.0F);
    const std::vector<std::byte> b = encoded(weight(), weights);
    const std::vector<float> bias(static_cast<std::size_t>(width), kMinusZero);
    std::vector<float> sums(static_cast<std::size_t>(kHalves * width));
    kernels::GemmArgs args{};
    args.rows = kHalves;
    args.a = {a.data(), bytes(k)};
    args.panel = {b.data(), bias.data(), vectors, vectors * table().lanes};
    args.steps.k = k;
    args.partial = {{sums.data(), width * std::ptrdiff_t{sizeof(float)}}, false, true};
    table().gemm_kernel(args.panel).function(args);
    const float* sum = sums.data();
    for (std::int64_t half = 0; half < kHalves; ++half) {
      const std::uint32_t expected = widened(tensor(), half);
      for (std::int64_t j = 0; j < width; ++j, ++sum) {
        if (std::bit_cast<std::uint32_t>(*sum) == expected) continue;
        FAIL() << "half " << half << " in column " << j << " is " << *sum << ", not " << std::bit_cast<float>(expected);
      }
    }
  }

  /// The channels of a single pixel with a kernel of 1x1 and a bias of -0, by the row that takes every layer.
  [[nodiscard]] std::vector<std::byte> depthwise(const std::vector<std::byte>& src,
                                                 const std::vector<std::byte>& filter) const {
    std::vector<std::byte> dst(static_cast<std::size_t>(bytes(kHalves)));
    const std::vector<float> bias(kHalves, kMinusZero);
    const void* const row = src.data();
    kernels::DepthwiseArgs args{};
    args.rows = &row;
    args.filter = filter.data();
    args.bias = bias.data();
    args.dst = dst.data();
    args.src_stride = args.dst_stride = bytes(kHalves);
    args.filter_stride = kHalves * table().weight_bytes();
    args.in_width = args.out_width = 1;
    args.channels = kHalves;
    args.kernel_h = args.kernel_w = args.stride_h = args.stride_w = args.dilation_w = 1;
    table().depthwise.end()[-1].function(args);
    return dst;
  }
};

class TensorConversionTest : public ConversionTest {};  // tensors are halves
class WeightConversionTest : public ConversionTest {};  // weights are, perhaps tensors as well

// An element of A stands alone, or shares 32 bits with its neighbour. It is widened in each place of a row; the row's
// other elements are -0.
TEST_P(TensorConversionTest, EveryHalfAsAnElementOfA) {
  for (const std::int64_t k : {1, 5}) {
    for (std::int64_t place = 0; place < k; ++place) {
      std::vector<std::uint16_t> a(static_cast<std::size_t>(kHalves * k), kHalfOfMinusZero);
      for (std::int64_t half = 0; half < kHalves; ++half) {
        a[static_cast<std::size_t>(half * k + place)] = static_cast<std::uint16_t>(half);
      }
      for (std::int32_t vectors = 1; vectors <= kernels::kMaxPanelVectors; ++vectors) {
        const CurrentCase described(text(vectors, " vectors, element ", place, " of ", k));
        expect_widened(a, k, place, vectors);
      }
    }
  }
}

TEST_P(WeightConversionTest, EveryHalfAsAWeightOfAPanel) {
  for (std::int32_t vectors = 1; vectors <= kernels::kMaxPanelVectors; ++vectors) {
    const CurrentCase described(text(vectors, " vectors"));
    const std::int64_t width = std::int64_t{vectors} * table().lanes;
    const std::vector<std::byte> a = ones(tensor(), 1);
    const std::vector<std::byte> b = all_halves(kHalves + width);
    const std::vector<float> bias(static_cast<std::size_t>(width), kMinusZero);
    std::vector<float> sums(static_cast<std::size_t>(width));
    for (std::int64_t first = 0; first < kHalves; first += width) {
      kernels::GemmArgs args{};
      args.rows = 1;
      args.a = {a.data(), bytes(1)};
      args.panel = {b.data() + first * table().weight_bytes(), bias.data(), vectors, vectors * table().lanes};
      args.steps.k = 1;
      args.partial = {{sums.data(), 0}, false, true};
      table().gemm_kernel(args.panel).function(args);
      for (std::int64_t j = 0; j < width; ++j) {
        const std::uint32_t got = std::bit_cast<std::uint32_t>(sums[static_cast<std::size_t>(j)]);
        ASSERT_EQ(got, widened(weight(), first + j)) << "half " << first + j;
      }
    }
  }
}

// By stores of a whole vector and of each part of one.
TEST_P(TensorConversionTest, FloatsAroundEveryHalfAsOutputs) {
  const std::vector<float> floats = floats_around_halves(tensor());
  std::vector<std::uint32_t> halves;
  for (const float v : floats) halves.push_back(narrowed(tensor(), v));
  for (std::int32_t columns = 1; columns <= table().lanes; ++columns) {
    const CurrentCase described(text(columns, " columns"));
    const std::int64_t width = table().lanes;
    const std::int64_t rows = (static_cast<std::int64_t>(floats.size()) + columns - 1) / columns;
    // Each row of sums is a whole vector; its first `columns` become outputs.
    const auto of = [&](std::int64_t i) { return static_cast<std::size_t>(i) % floats.size(); };
    std::vector<float> sums(static_cast<std::size_t>(rows * width));
    for (std::int64_t i = 0; i < rows * width; ++i) {
      sums[static_cast<std::size_t>(i)] = floats[of(i / width * columns + i % width)];
    }
    std::vector<std::byte> dst(static_cast<std::size_t>(bytes(rows * columns)));
    kernels::GemmArgs args{};
    args.rows = rows;
    const std::vector<std::byte> nothing(static_cast<std::size_t>(bytes(1)));
    const std::vector<float> bias(static_cast<std::size_t>(width));
    args.a = {nothing.data(), 0};
    args.panel = {nothing.data(), bias.data(), 1, columns};
    args.steps.outer = 0;
    args.partial = {{sums.data(), width * std::ptrdiff_t{sizeof(float)}}, true, false};
    args.c = {dst.data(), bytes(columns)};
    table().gemm_tile(1).function(args);
    for (std::int64_t i = 0; i < rows * columns; ++i) {
      ASSERT_EQ(element_at(tensor(), dst.data(), i), halves[of(i)])
          << "of " << floats[of(i)] << ", bits " << std::bit_cast<std::uint32_t>(floats[of(i)]);
    }
  }
}

// Of f32 tensors each product with 1 is the widened half itself.
TEST_P(WeightConversionTest, EveryHalfAsADepthwiseWeight) {
  const std::vector<std::byte> dst = depthwise(ones(tensor(), kHalves), all_halves(kHalves));
  for (std::int64_t half = 0; half < kHalves; ++half) {
    const std::uint32_t expected = halves_are_tensors() ? there_and_back(tensor(), half) : widened(weight(), half);
    ASSERT_EQ(element_at(tensor(), dst.data(), half), expected) << "half " << half;
  }
}

TEST_P(TensorConversionTest, EveryHalfThroughADepthwise) {
  const std::vector<std::byte> dst = depthwise(all_halves(kHalves), ones(weight(), kHalves));
  for (std::int64_t half = 0; half < kHalves; ++half) {
    ASSERT_EQ(element_at(tensor(), dst.data(), half), there_and_back(tensor(), half)) << "half " << half;
  }
}

// Of fewer channels than a vector, of whole vectors, and of a vector and a rest.
TEST_P(TensorConversionTest, EveryHalfTimesOne) {
  for (std::int64_t channels = 1; channels <= 2 * table().lanes; ++channels) {
    const std::int64_t pixels = (kHalves + channels - 1) / channels;
    const std::vector<std::byte> src = all_halves(pixels * channels);
    const std::vector<std::byte> scale = ones(tensor(), channels);
    std::vector<std::byte> dst(src.size());
    table().scale_channels(
        {{src.data(), bytes(channels)}, scale.data(), {dst.data(), bytes(channels)}, pixels, channels});
    for (std::int64_t half = 0; half < kHalves; ++half) {
      ASSERT_EQ(element_at(tensor(), dst.data(), half), there_and_back(tensor(), half))
          << "half " << half << ", " << channels << " channels";
    }
  }
}

// The sum starts at +0, so that the mean of -0 is +0.
TEST_P(TensorConversionTest, EveryHalfAsAMean) {
  const std::int64_t channels = kHalves + 1;  // a rest on every vector ISA
  const std::vector<std::byte> src = all_halves(channels);
  std::vector<std::byte> dst(src.size());
  table().global_average_pool({{src.data(), bytes(channels)}, dst.data(), 1, channels, {}});
  for (std::int64_t half = 0; half < channels; ++half) {
    const std::uint32_t expected = half % kHalves == 0x8000 ? 0 : there_and_back(tensor(), half % kHalves);
    ASSERT_EQ(element_at(tensor(), dst.data(), half), expected) << "half " << half;
  }
}

std::vector<std::string> tables_with_halves(DataType kernels::TypeRow::* type) {
  std::vector<std::string> names = tables_under_test();
  std::erase_if(names, [&](const std::string& name) { return element_bytes(kernel_table(name).types.*type) != 2; });
  return names;
}

INSTANTIATE_TEST_SUITE_P(Tables, TensorConversionTest, testing::ValuesIn(tables_with_halves(&kernels::TypeRow::tensor)),
                         isa_test_name);
INSTANTIATE_TEST_SUITE_P(Tables, WeightConversionTest, testing::ValuesIn(tables_with_halves(&kernels::TypeRow::weight)),
                         isa_test_name);

}  // namespace
}  // namespace tandem::test
