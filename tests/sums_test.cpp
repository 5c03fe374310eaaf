// Sums do not drift as they grow: equal values, whose roundings all fall to one side, in means of many pixels and in
// products of many steps. A running sum in fp32 fails all of these tests.
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "creation.hpp"
#include "current_case.hpp"
#include "elements.hpp"
#include "layer_check.hpp"
#include "operator_check.hpp"
#include "printers.hpp"
#include "subjects.hpp"
#include "typed_isas.hpp"

namespace tandem::test {
namespace {

class SumsTest : public testing::TestWithParam<TypedIsa> {
 protected:
  static DataType tensors() { return GetParam().types.tensors; }
  static float stored(float x) { return static_cast<float>(rounded(tensors(), static_cast<double>(x))); }

  /// Values of the tensors' type, finite.
  static std::vector<float> values() {
    std::vector<float> all = {element_value(tensors(), 1),
                              element_value(tensors(), element_bits(tensors(), HUGE_VALF) - 1)};
    for (const float x : {1.0F, 0.1F, -0.1F, 1.0F / 3.0F, 1e30F, -7e-39F, 0.0F}) {
      if (std::isfinite(stored(x))) all.push_back(stored(x));
    }
    return all;
  }

  static GlobalAveragePoolParams pool(std::int32_t channels) { return {channels, Activation::none()}; }

  /// Runs the layer once, on one thread, on an image of equal values.
  static std::vector<float> of_equal(const AnyParams& params, const std::vector<reference::Weights>& weights,
                                     const Shape& image, float value) {
    const Result<Operator> op = create(params, weights, GetParam());
    if (!op.ok()) {
      ADD_FAILURE() << op.status().message();
      return {};
    }
    const Subject subject = {"", *op, image, false, false, true, tensors()};
    EncodedTensors encoded_tensors(subject, Tensors({"", *op, {1, 1, 1, image.c}, false, false}));
    encoded_tensors.src = encoded(tensors(), std::vector<float>(static_cast<std::size_t>(image.elements()), value));
    return run_once(subject, encoded_tensors, {1, Executor::inline_only()});
  }

  static void expect_all(const std::vector<float>& got, float expected, float value) {
    for (const float y : got) EXPECT_EQ(y, expected) << "of " << value;
  }
};

// They are exact: a sum of 2^29 equal floats fits a double.
TEST_P(SumsTest, MeanOfEqualValues) {
  for (const Shape& image : {Shape{1, 1, 1, 40}, {2, 7, 7, 21}, {1, 14, 13, 70}, {1, 56, 57, 3}, {1, 112, 112, 19}}) {
    const CurrentCase described(text(image));
    for (const float value : values()) {
      expect_all(of_equal(pool(static_cast<std::int32_t>(image.c)), {}, image, value), value, value);
    }
  }
}

// 2^24 ones are the last that a float counts; so many pixels are tried in 16 bits, which take less memory.
TEST_P(SumsTest, MeanOfMorePixelsThanAFloatCounts) {
  if (list_step() > 1) GTEST_SKIP() << "takes an emulator long";
  const std::int64_t side = tensors() == DataType::kF32 ? 2048 : 5000;
  for (const float value : {1.0F, stored(0.1F)}) {
    expect_all(of_equal(pool(1), {}, {1, side, side, 1}, value), value, value);
  }
}

// With weights of one a gate is the mean, so that an output is the square of the value.
TEST_P(SumsTest, SqueezeOfEqualValues) {
  SqueezeExciteParams p;
  p.channels = p.reduced_channels = 1;
  p.activation = p.gate = Activation::none();
  const reference::Weights one = {{1.0F}, {}};
  for (const float value : {1.0F, stored(0.1F), stored(1.0F / 3.0F)}) {
    expect_all(of_equal(p, {one, one}, {1, 112, 113, 1}, value), stored(value * value), value);
  }
}

// Every way to run them, within the bound of sums in blocks.
TEST_P(SumsTest, LongProductsOfEqualValues) {
  const auto conv = [](std::int32_t channels, std::int32_t out, std::int32_t kernel, std::int32_t dilation) {
    Conv2dParams p;
    p.in_channels = channels;
    p.out_channels = out;
    p.kernel_h = p.kernel_w = kernel;
    p.dilation_h = p.dilation_w = dilation;
    p.padding = Padding::same();
    return p;
  };
  const Activation none = Activation::none();
  const std::vector<LayerCase> layers = {{FullyConnectedParams{131072, 40, none}, {1, 1, 1, 131072}},
                                         {FullyConnectedParams{60000, 3, none}, {2, 5, 3, 4000}},
                                         {PointwiseParams{30000, 37, none}, {1, 2, 3, 30000}},
                                         {PointwiseParams{30000, 5, none}, {1, 7, 5, 30000}},
                                         {conv(3000, 9, 3, 1), {1, 3, 4, 3000}},
                                         {conv(10000, 9, 2, 2), {1, 3, 3, 10000}},
                                         {conv(2, 3, 101, 1), {1, 9, 120, 2}}};
  const std::size_t step = GetParam().f32() ? 1 : 3;
  for (std::size_t i = 0; i < layers.size(); i += step) {
    LayerCase layer = layers[i];
    const CurrentCase described(text(layer));
    set_types(layer.params, tensors(), std::vector<DataType>{GetParam().types.weights});
    const FilterShape shape = filter_shapes(layer.params)[0];
    const auto each = static_cast<float>(rounded(GetParam().types.weights, 0.1));
    const reference::Weights weights = {
        std::vector<float>(static_cast<std::size_t>(shape.o * shape.i * shape.h * shape.w), each), {}};
    Expectation e;
    e.input = layer.input;
    e.type = tensors();
    e.src.assign(static_cast<std::size_t>(layer.input.elements()), stored(0.1F));
    e.output = compute(layer.params, {weights}, reference::exact(e.input, e.src), nullptr);
    expect_operator([&](Placement) { return create(layer.params, {weights}, GetParam()); }, e);
  }
}

// A block that adds nothing changes nothing: the sum of a bias of -0 and products of -0 is -0, as in a single block.
TEST_P(SumsTest, NegativeZeroThroughBlocks) {
  for (const std::int32_t features : {100, 9000}) {
    const FullyConnectedParams p{features, 40, Activation::none()};
    const reference::Weights weights = {std::vector<float>(40 * static_cast<std::size_t>(features), -1.0F),
                                        std::vector<float>(40, -0.0F)};
    for (const std::int64_t batch : {1, 3}) {
      for (const float y : of_equal(p, {weights}, {batch, 1, 1, features}, 0.0F)) {
        EXPECT_TRUE(y == 0.0F && std::signbit(y)) << y << ", " << features << " features, batch " << batch;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, SumsTest, testing::ValuesIn(typed_isas_under_test()), typed_isa_test_name);

}  // namespace
}  // namespace tandem::test
