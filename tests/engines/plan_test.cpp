// Views, copies and buffers of a plan; the arithmetic of each alone.
#include <gtest/gtest.h>

#include <algorithm>

#include "engines/graph/infer.hpp"
#include "engines/graph/steps.hpp"
#include "engines/graph/views.hpp"
#include "tests/engines/small_graph.hpp"

namespace tandem::test {
namespace {

using namespace graph;

TEST(Views, OrdersDifferByAxesOfMoreThanOneElement) {
  EXPECT_TRUE(same_order({2, 1, 3, 4}, {0, 2, 3, 1}, {0, 1, 2, 3}));
  EXPECT_FALSE(same_order({2, 5, 3, 4}, {0, 2, 3, 1}, {0, 1, 2, 3}));
}

TEST(Views, OneRotationFromNchwToNhwc) {
  const auto there = rotations({2, 5, 3, 4}, {0, 1, 2, 3}, {0, 2, 3, 1});
  ASSERT_EQ(there.size(), 1U);
  EXPECT_EQ(there[0].prefix, 2);
  EXPECT_EQ(there[0].first, 5);
  EXPECT_EQ(there[0].second, 12);
  EXPECT_EQ(rotations({2, 5, 3, 4}, {0, 2, 3, 1}, {0, 1, 2, 3}).size(), 1U);
}

TEST(Views, RotationsLeadAnywhere) {
  const Dims dims{2, 3, 4, 5};
  Order to = in_order(4);
  do {
    std::vector<std::size_t> now{0, 1, 2, 3};
    for (const Rotation& r : rotations(dims, in_order(4), to)) {  // carry it out on the axes
      std::size_t prefix = 0, first = 0;
      for (std::int64_t p = 1; p != r.prefix; ++prefix) p *= dims[now[prefix]];
      for (std::int64_t p = 1; p != r.first; ++first) p *= dims[now[prefix + first]];
      std::rotate(now.begin() + static_cast<std::ptrdiff_t>(prefix),
                  now.begin() + static_cast<std::ptrdiff_t>(prefix + first), now.end());
    }
    EXPECT_EQ(now, to);
  } while (std::next_permutation(to.begin(), to.end()));
}

TEST(Views, Reshapes) {
  const Order nhwc{0, 2, 3, 1};
  // [N, C, H, W] in NHWC to [N, C, H * W]: still channels last.
  EXPECT_EQ(reshaped_order({2, 5, 3, 4}, nhwc, {2, 5, 12}), (Order{0, 2, 1}));
  // Squeezing a height of 1.
  EXPECT_EQ(reshaped_order({2, 5, 1, 4}, nhwc, {2, 5, 4}), (Order{0, 2, 1}));
  // Flattening channels and pixels moves them, unless one of both is 1.
  EXPECT_EQ(reshaped_order({2, 5, 3, 4}, nhwc, {2, 60}), std::nullopt);
  EXPECT_EQ(reshaped_order({2, 5, 1, 1}, nhwc, {2, 5}), (Order{0, 1}));
  EXPECT_EQ(reshaped_order({2, 1, 3, 4}, nhwc, {2, 12}), (Order{0, 1}));
}

Network network(const SmallGraph& s) {
  Result<Network> n = build(s.g);
  EXPECT_TRUE(n.ok()) << n.status().message();
  return std::move(n.value());
}

Program program(const Network& n) {
  Result<Program> p = emit(n, infer_what_is_known(n.graph));
  EXPECT_TRUE(p.ok()) << p.status().message();
  return std::move(p.value());
}

TEST(Copies, ConcatByChannelsNeedsNone) {
  SmallGraph s;
  const Dims dims{1, 8, 5, 6};
  const ValueId x = s.input(dims);
  const ValueId a = s.conv(x, dims, 8, 3), b = s.conv(x, dims, 16, 3);
  const ValueId joined = s.node(Op::kConcat, {a, b}, {1, 24, 5, 6}, AxisAttributes{1});
  s.output(s.conv(joined, {1, 24, 5, 6}, 4, 3));
  const Network n = network(s);
  Program p = program(n);
  EXPECT_EQ(p.steps.size(), 1U + 2 + 2 + 1 + 1 + 1);  // convert, conv x 2, copy x 2, conv, convert, copy
  eliminate_copies(p);
  ASSERT_EQ(p.steps.size(), 5U) << print(p);
  EXPECT_EQ(p.steps[1].dst.stride, 24);
  EXPECT_EQ(p.steps[1].dst.row, 8);
  EXPECT_EQ(p.steps[2].dst.offset, 8);
  EXPECT_EQ(p.buffers[static_cast<std::size_t>(p.steps[4].dst.buffer)].kind, Buffer::Kind::kOutput);
}

TEST(Copies, ASplitPartInAConcatStaysWhereItIs) {
  SmallGraph s;  // as in YOLO's C2f: both parts of a split and a convolution of the second
  s.g.layout = Layout::kNhwc;
  const ValueId x = s.input({1, 5, 6, 8});
  ConvAttributes same;
  same.filter_layout = FilterLayout::kOhwi;
  const ValueId y = s.node(Op::kConv, {x, s.weights({8, 1, 1, 8})}, {1, 5, 6, 8}, same);
  const ValueId a = s.g.tensor("a", {1, 5, 6, 4}), b = s.g.tensor("b", {1, 5, 6, 4});
  s.g.node(Op::kSplit, "split", {y}, {a, b}, SplitAttributes{3, {4, 4}}, 1);
  const ValueId c = s.node(Op::kConv, {b, s.weights({4, 1, 1, 4})}, {1, 5, 6, 4}, same);
  s.output(s.node(Op::kConcat, {a, b, c}, {1, 5, 6, 12}, AxisAttributes{3}));
  Program p = program(network(s));
  eliminate_copies(p);
  ASSERT_EQ(p.steps.size(), 2U) << print(p);
  EXPECT_EQ(p.steps[1].src.offset, 4);
  EXPECT_EQ(p.steps[1].src.stride, 12);
  EXPECT_EQ(p.steps[1].dst.offset, 8);
}

TEST(Copies, APartWhoseNeighbourIsInTheWayIsCopied) {
  SmallGraph s;
  s.g.layout = Layout::kNhwc;
  ConvAttributes same;
  same.filter_layout = FilterLayout::kOhwi;
  const ValueId x = s.input({1, 5, 6, 8});
  const ValueId y = s.node(Op::kConv, {x, s.weights({8, 1, 1, 8})}, {1, 5, 6, 8}, same);
  const ValueId c = s.node(Op::kConv, {x, s.weights({4, 1, 1, 8})}, {1, 5, 6, 4}, same);
  const ValueId b = s.node(Op::kSlice, {y}, {1, 5, 6, 4}, SliceAttributes{{3}, {4}, {8}, {1}});
  s.output(s.node(Op::kConcat, {c, b}, {1, 5, 6, 8}, AxisAttributes{3}));
  Program p = program(network(s));
  eliminate_copies(p);
  EXPECT_EQ(p.steps.size(), 3U) << print(p);
}

TEST(Copies, TheSameTensorTwiceNeedsOne) {
  SmallGraph s;
  s.g.layout = Layout::kNhwc;
  ConvAttributes same;
  same.filter_layout = FilterLayout::kOhwi;
  const ValueId y = s.node(Op::kConv, {s.input({1, 5, 6, 8}), s.weights({8, 1, 1, 8})}, {1, 5, 6, 8}, same);
  s.output(s.node(Op::kConcat, {y, y}, {1, 5, 6, 16}, AxisAttributes{3}));
  Program p = program(network(s));
  eliminate_copies(p);
  EXPECT_EQ(p.steps.size(), 2U) << print(p);
}

TEST(Place, BuffersShareMemoryIfTheyAreNeverNeededTogether) {
  SmallGraph s;
  const Dims dims{1, 16, 8, 8};
  ValueId x = s.input(dims);
  for (int i = 0; i < 6; ++i) x = s.conv(x, dims, 16, 3);
  s.output(x);
  Program p = program(network(s));
  eliminate_copies(p);
  place_buffers(p);
  EXPECT_EQ(p.arena_bytes, 2 * 16 * 64 * 4) << print(p);
  for (std::size_t i = 0; i < p.steps.size(); ++i) {
    const Operand &src = p.steps[i].src, &dst = p.steps[i].dst;
    const Buffer& a = p.buffers[static_cast<std::size_t>(src.buffer)];
    const Buffer& b = p.buffers[static_cast<std::size_t>(dst.buffer)];
    if (a.kind != Buffer::Kind::kArena || b.kind != Buffer::Kind::kArena) continue;
    EXPECT_TRUE(a.offset + 4 * a.elements <= b.offset || b.offset + 4 * b.elements <= a.offset) << i;
  }
}

}  // namespace
}  // namespace tandem::test
