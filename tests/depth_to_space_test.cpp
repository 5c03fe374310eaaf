// Depth-to-space and copies on every ISA against the reference, which they meet exactly.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "creation.hpp"
#include "isas.hpp"
#include "layer_check.hpp"
#include "subjects.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

constexpr DepthToSpaceMode kModes[] = {DepthToSpaceMode::kDcr, DepthToSpaceMode::kCrd};

class DepthToSpaceTest : public testing::TestWithParam<std::string> {
 protected:
  /// In every type of tensors.
  static void expect(AnyParams p, const Shape& input) {
    for (const DataType type : {DataType::kF32, DataType::kBf16, DataType::kF16}) {
      set_types(p, type, std::vector<DataType>());
      expect_layer({p, input}, GetParam(), 1);
    }
  }
};

TEST_P(DepthToSpaceTest, BlocksAndChannels) {
  for (const DepthToSpaceMode mode : kModes) {
    for (const std::int32_t block : {1, 2, 3, 4}) {
      for (const std::int32_t channels : {1, 2, 3, 5, 8, 17, 33}) {
        const std::int32_t in = channels * block * block;
        expect(DepthToSpaceParams{in, block, mode}, {2, 3, 4, in});
      }
    }
  }
}

TEST_P(DepthToSpaceTest, LayersLargeEnoughToBeShared) {
  for (const DepthToSpaceMode mode : kModes) {
    expect(DepthToSpaceParams{64, 2, mode}, {1, 28, 27, 64});
    expect(DepthToSpaceParams{48, 4, mode}, {1, 1, 200, 48});
    expect(DepthToSpaceParams{1024, 2, mode}, {2, 7, 7, 1024});
  }
}

TEST_P(DepthToSpaceTest, Copies) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const Shape& image : edge_images(channels))
      expect(CopyParams{channels}, {image.n, image.h, image.w, channels});
  }
  expect(CopyParams{72}, {1, 56, 56, 72});
}

// No element is looked at: a NaN keeps its payload, a zero its sign.
TEST_P(DepthToSpaceTest, EveryBitIsTheSame) {
  const float odd[] = {-0.0F, std::numeric_limits<float>::denorm_min(), -std::numeric_limits<float>::infinity(),
                       std::nanf("0x1234"), std::numeric_limits<float>::signaling_NaN()};
  const AnyParams layers[] = {CopyParams{12}, DepthToSpaceParams{12, 2, DepthToSpaceMode::kDcr},
                              DepthToSpaceParams{12, 2, DepthToSpaceMode::kCrd}};
  for (const AnyParams& layer : layers) {
    const Subject subject = {"", create(layer, {}, TypedIsa{GetParam()}).value(), {1, 3, 5, 12}, false, false};
    Tensors tensors(subject);
    for (std::size_t i = 0; i < tensors.src.size(); ++i) tensors.src[i] = odd[i % std::size(odd)];
    // Each element comes out once; with as many of each kind as went in.
    std::vector<std::uint32_t> in, out;
    for (const float x : tensors.src) in.push_back(std::bit_cast<std::uint32_t>(x));
    for (const float y : run_once(subject, tensors, {8, Executor()})) out.push_back(std::bit_cast<std::uint32_t>(y));
    EXPECT_TRUE(std::is_permutation(in.begin(), in.end(), out.begin(), out.end()));
  }
}

TEST_P(DepthToSpaceTest, CountsElementsAndTellsItsKind) {
  const Operator op = create(DepthToSpaceParams{24, 2}, GetParam()).value();
  EXPECT_STREQ(op.name(), "depth_to_space");
  const Plan plan = op.plan({2, 5, 6, 24}).value();
  EXPECT_EQ(plan.output_shape(), (Shape{2, 10, 12, 6}));
  EXPECT_EQ(plan.op_count(), 2 * 5 * 6 * 24);
  EXPECT_EQ(plan.report().kind, PlanKind::kLayout);
  EXPECT_STREQ(create(CopyParams{24}, GetParam()).value().name(), "copy");
}

INSTANTIATE_TEST_SUITE_P(Isas, DepthToSpaceTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
