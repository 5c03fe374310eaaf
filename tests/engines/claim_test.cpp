// Groups and the reasons for what is left, on small graphs.
#include "engines/graph/claim.hpp"

#include <gtest/gtest.h>

#include "engines/graph/estimate.hpp"
#include "engines/graph/infer.hpp"
#include "engines/graph/regions.hpp"
#include "tests/engines/small_graph.hpp"

namespace tandem::test {
namespace {

using namespace graph;

const Dims kDims{1, 32, 28, 28};

Claims claim_all(const SmallGraph& s) {
  ClaimOptions options;
  options.least_gain = 0;
  Result<Claims> claims = claim(s.g, options);
  EXPECT_TRUE(claims.ok()) << claims.status().message();
  return std::move(claims.value());
}

TEST(Regions, ANodeOfTheEngineBetweenTwoBranchesDividesThem) {
  SmallGraph s;
  const ValueId a = s.conv(s.input(kDims), kDims, 32);
  const ValueId b = s.node(Op::kForeign, {a}, kDims);
  const ValueId c = s.conv(a, kDims, 32);
  s.output(s.node(Op::kAdd, {s.conv(b, kDims, 32), c}, kDims));
  std::vector<bool> taken{true, false, true, true, true};
  std::vector<std::string> why(5);
  EXPECT_EQ(find_regions(s.g, taken, why), (std::vector<std::int32_t>{0, -1, 0, 1, 1}));
}

TEST(Regions, ANodeOfTheEngineBesideThemDoesNot) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  const ValueId b = s.node(Op::kForeign, {x}, kDims);
  const ValueId a = s.conv(x, kDims, 32);
  s.output(s.node(Op::kAdd, {a, b}, kDims));
  std::vector<bool> taken{false, true, true};
  std::vector<std::string> why(3);
  EXPECT_EQ(find_regions(s.g, taken, why), (std::vector<std::int32_t>{-1, 0, 0}));
}

TEST(Regions, ASourceIsTakenWholeOrNotAtAll) {
  SmallGraph s;
  const ValueId a = s.conv(s.input(kDims), kDims, 32);
  s.output(s.node(Op::kForeign, {a}, kDims));
  s.g.nodes[1].sources = {0};
  std::vector<bool> taken{true, false};
  std::vector<std::string> why(2);
  EXPECT_EQ(find_regions(s.g, taken, why), (std::vector<std::int32_t>{-1, -1}));
  EXPECT_NE(why[0], "");
}

TEST(Regions, PartsThatNothingConnects) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  const ValueId a = s.conv(x, kDims, 32), b = s.conv(x, kDims, 32);
  s.output(s.conv(a, kDims, 32));
  s.output(b);
  EXPECT_EQ(connected_parts(s.g, {0, 0, 0}), (std::vector<std::int32_t>{0, 1, 0}));
  EXPECT_EQ(connected_parts(s.g, {0, -1, 1}), (std::vector<std::int32_t>{0, -1, 1}));
}

TEST(Claim, OneGroupOfANetwork) {
  SmallGraph s;
  ValueId x = s.conv(s.input(kDims), kDims, 64, 3);
  const Dims wide{1, 64, 28, 28};
  x = s.conv(s.conv(x, wide, 64, 3, 64), wide, 64);
  s.output(s.activation(x, wide, Activation::relu()));
  const Result<Claims> claims = claim(s.g);
  ASSERT_TRUE(claims.ok()) << claims.status().message();
  ASSERT_EQ(claims->groups.size(), 1U) << print(*claims);
  EXPECT_EQ(claims->groups[0].sources, (std::vector<std::int32_t>{0, 1, 2, 3}));
  EXPECT_EQ(claims->multiply_adds, 28 * 28 * (32 * 9 * 64 + 9 * 64 + 64 * 64));
  EXPECT_EQ(claims->claimed_multiply_adds, claims->multiply_adds);
  EXPECT_GT(claims->groups[0].conversion_seconds, 0);
}

// Seconds of a multiply-add of a 3 x 3 convolution.
double rate_of(std::int64_t channels, std::int32_t groups) {
  SmallGraph s;
  const Dims dims{1, channels, 28, 28};
  s.output(s.conv(s.input(dims), dims, channels, 3, groups));
  const AllDims all = infer_what_is_known(s.g);
  const Estimate e = Estimator(s.g, all, 1).node(s.g, s.g.nodes[0], all);
  return e.seconds / static_cast<double>(e.multiply_adds);
}

TEST(Estimator, GroupsOfManyChannelsCostLessThanThoseOfOne) {
  EXPECT_GT(rate_of(128, 128), 0);
  EXPECT_LT(rate_of(256, 2), rate_of(256, 256));
  EXPECT_LT(rate_of(256, 2), rate_of(256, 64));
}

TEST(Claim, AnIdentityThatTheEngineReadsDoesNotBelongToALaterNode) {
  SmallGraph s;  // the engine's node waits for the identity, and a convolution of the same group waits for both
  const ValueId x = s.activation(s.input(kDims), kDims, Activation::relu());
  const ValueId same = s.node(Op::kMul, {x, s.number(1)}, kDims);
  const ValueId b = s.node(Op::kForeign, {same}, kDims);
  const ValueId c = s.conv(same, kDims, 32);
  s.output(s.node(Op::kAdd, {s.conv(b, kDims, 32), c}, kDims));
  const Claims claims = claim_all(s);
  ASSERT_EQ(claims.decisions.size(), 6U);
  EXPECT_EQ(claims.decisions[1].group, claims.decisions[0].group) << print(claims);
  EXPECT_NE(claims.decisions[1].group, claims.decisions[5].group) << print(claims);
}

TEST(Claim, SaysWhyNot) {
  SmallGraph s;
  const ValueId x = s.input(kDims), filter = s.input({8, 32, 1, 1});
  s.output(s.node(Op::kForeign, {x}, kDims));
  s.output(s.node(Op::kConv, {x, filter}, {1, 8, 28, 28}, ConvAttributes{}));
  s.output(s.node(Op::kConv, {s.input({1, 32, 28}), s.weights({8, 32, 1})}, {1, 8, 28}, ConvAttributes{}));
  s.output(s.node(Op::kReduceMean, {x}, {1, 32, 28, 1}, ReduceAttributes{{3}, true}));
  s.output(s.node(Op::kSlice, {x}, {1, 32, 14, 28}, SliceAttributes{{2}, {0}, {28}, {2}}));
  const ValueId half = s.g.tensor("half", kDims, ElementType::kOther);
  s.g.inputs.push_back(half);
  s.output(s.conv(half, kDims, 8));
  const Claims claims = claim_all(s);
  EXPECT_TRUE(claims.groups.empty()) << print(claims);
  ASSERT_EQ(claims.decisions.size(), 6U);
  EXPECT_EQ(claims.decisions[2].multiply_adds, 28 * 32 * 8) << "a convolution along one axis";
  const char* const reasons[] = {"no such operator", "not constant", "3 axes", "other axes", "steps", "not fp32"};
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_NE(claims.decisions[i].reason.find(reasons[i]), std::string::npos) << claims.decisions[i].reason;
  }
}

TEST(Claim, LeavesWhatWouldFailLater) {
  SmallGraph s;
  const ValueId x = s.input(kDims);
  ConvAttributes grouped;
  grouped.groups = 2;
  ConvTransposeAttributes far;
  far.output_padding_h = 1;
  s.output(s.node(Op::kConv, {x, s.weights({3, 16, 1, 1})}, {}, grouped));
  s.output(s.node(Op::kConv, {x, s.weights({8, 16, 1, 1})}, {}, ConvAttributes{}));
  s.output(s.node(Op::kConvTranspose, {x, s.weights({32, 4, 1, 1})}, {}, far));
  s.output(s.node(Op::kDepthToSpace, {x}, {}, BlockAttributes{3, true}));
  s.output(s.node(Op::kSplit, {x}, {}, SplitAttributes{1, {5}}));
  s.output(s.activation(x, {1, 32, 28, 27}, Activation::relu()));
  s.output(s.node(Op::kPrelu, {x, s.weights({32, 28, 1})}, kDims));
  const Claims claims = claim_all(s);
  EXPECT_TRUE(claims.groups.empty()) << print(claims);
  const char* const reasons[] = {"groups", "number of channels", "output padding", "not whole", "do not fit", "expects",
                                 "slopes"};
  ASSERT_EQ(claims.decisions.size(), std::size(reasons));
  for (std::size_t i = 0; i < std::size(reasons); ++i) {
    EXPECT_NE(claims.decisions[i].reason.find(reasons[i]), std::string::npos) << claims.decisions[i].reason;
  }
}

TEST(Claim, LeavesWhatTheConversionsWouldEatUp) {
  SmallGraph s;  // one multiply-add for each element, and two conversions
  s.output(s.conv(s.input({1, 64, 100, 100}), {1, 64, 100, 100}, 1));
  const Result<Claims> claims = claim(s.g);
  ASSERT_TRUE(claims.ok());
  ASSERT_TRUE(claims->groups.empty()) << print(*claims);
  EXPECT_NE(claims->decisions[0].reason.find("not faster"), std::string::npos) << claims->decisions[0].reason;
  EXPECT_EQ(claim_all(s).groups.size(), 1U);
}

TEST(Claim, RefusesWrongOptionsAndDamagedGraphs) {
  SmallGraph s;
  s.output(s.conv(s.input(kDims), kDims, 8));
  ClaimOptions options;
  options.threads = 0;
  EXPECT_EQ(claim(s.g, options).status().code(), StatusCode::kInvalidArgument);
  options = {};
  options.least_gain = -1;
  EXPECT_EQ(claim(s.g, options).status().code(), StatusCode::kInvalidArgument);
  s.g.outputs.push_back(99);
  EXPECT_EQ(claim(s.g).status().code(), StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace tandem::test
