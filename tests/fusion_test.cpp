// Every way to run a block, fused or not, has the bits of its stages run one after the other, as operators of their
// own, on the same ISA, in every type.
#include <gtest/gtest.h>

#include "creation.hpp"
#include "current_case.hpp"
#include "printers.hpp"
#include "random.hpp"
#include "subjects.hpp"
#include "test_pools.hpp"
#include "typed_isas.hpp"
#include "weights.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

struct Block {
  InvertedResidualParams params;  // a separable block is its last two stages
  Shape input;
};

class FusionTest : public testing::TestWithParam<TypedIsa> {
 protected:
  static Block block(std::int32_t in, std::int32_t expanded, std::int32_t out, const Window& window, const Shape& image,
                     bool residual = false) {
    InvertedResidualParams p;
    p.expand = {in, expanded, Activation::relu6(), false};
    p.depthwise.channels = expanded;
    p.depthwise = with_window(p.depthwise, window);
    p.depthwise.activation = Activation::relu6();
    p.project = {expanded, out, Activation::clamp(-2.0F, 3.0F), false};
    p.residual = residual;
    return {p, {image.n, image.h, image.w, in}};
  }

  void expect_inverted_residual(const Block& b, std::uint64_t seed = 1) const {
    const CurrentCase described(text(b.params, " on ", b.input, ", seed ", seed));
    Random random(seed);
    const InvertedResidualParams& p = b.params;
    const reference::Weights expand = random_weights(filter_shape(p.expand), true, random);
    const reference::Weights depthwise = random_weights(filter_shape(p.depthwise), true, random);
    const reference::Weights project = random_weights(filter_shape(p.project), true, random);
    PointwiseParams project_and_add = p.project;
    project_and_add.residual = p.residual;
    const std::vector<float> src = random.values(b.input.elements());

    Shape shape = b.input;
    std::vector<float> stages = run(create(p.expand, {expand}, GetParam()), shape, src);
    stages = run(create(p.depthwise, {depthwise}, GetParam()), shape, stages);
    stages =
        run(create(project_and_add, {project}, GetParam()), shape, stages, p.residual ? src : std::vector<float>{});
    expect_bits(create(p, {expand, depthwise, project}, GetParam()), b.input, src, stages);
  }

  /// The block with a squeeze-and-excite before its projection, and the same without its expansion.
  void expect_squeezed(const Block& b, std::int32_t reduced, std::uint64_t seed = 1) const {
    InvertedResidualParams p = b.params;
    p.squeeze_excite = squeeze(p.project.in_channels, reduced);
    const CurrentCase described(text(p, " on ", b.input, ", seed ", seed));
    Random random(seed);
    std::vector<reference::Weights> w;
    for (const FilterShape& shape : filter_shapes(p)) w.push_back(random_weights(shape, true, random));
    PointwiseParams project_and_add = p.project;
    project_and_add.residual = p.residual;
    const std::vector<float> src = random.values(b.input.elements());

    Shape shape = b.input;
    std::vector<float> stages = run(create(p.expand, {w[0]}, GetParam()), shape, src);
    const Shape expanded = shape;
    const std::vector<float> of_expand = stages;
    stages = run(create(p.depthwise, {w[1]}, GetParam()), shape, stages);
    stages = run(create(*p.squeeze_excite, {w[3], w[4]}, GetParam()), shape, stages);
    stages = run(create(project_and_add, {w[2]}, GetParam()), shape, stages, p.residual ? src : std::vector<float>{});
    expect_bits(create(p, w, GetParam()), b.input, src, stages);

    // Without the expansion and the block's own input.
    const SeparableParams q = {p.depthwise, p.project, p.squeeze_excite};
    shape = expanded;
    stages = run(create(q.depthwise, {w[1]}, GetParam()), shape, of_expand);
    stages = run(create(*q.squeeze_excite, {w[3], w[4]}, GetParam()), shape, stages);
    stages = run(create(q.pointwise, {w[2]}, GetParam()), shape, stages);
    expect_bits(create(q, {w[1], w[2], w[3], w[4]}, GetParam()), expanded, of_expand, stages);
  }

  void expect_separable(const Block& b, std::uint64_t seed = 1) const {
    SeparableParams p = {b.params.depthwise, b.params.project};
    Shape shape = {b.input.n, b.input.h, b.input.w, p.depthwise.channels};
    const CurrentCase described(text(p, " on ", shape, ", seed ", seed));
    Random random(seed);
    const reference::Weights depthwise = random_weights(filter_shape(p.depthwise), true, random);
    const reference::Weights pointwise = random_weights(filter_shape(p.pointwise), true, random);
    const Shape input = shape;
    const std::vector<float> src = random.values(input.elements());

    std::vector<float> stages = run(create(p.depthwise, {depthwise}, GetParam()), shape, src);
    stages = run(create(p.pointwise, {pointwise}, GetParam()), shape, stages);
    expect_bits(create(p, {depthwise, pointwise}, GetParam()), input, src, stages);
  }

 private:
  static SqueezeExciteParams squeeze(std::int32_t channels, std::int32_t reduced) {
    SqueezeExciteParams p;
    p.channels = channels;
    p.reduced_channels = reduced;
    p.activation = Activation::silu();
    p.gate = Activation::hard_sigmoid();
    return p;
  }

  /// Runs one stage on `shape`, which becomes the shape of its output.
  std::vector<float> run(const Result<Operator>& op, Shape& shape, const std::vector<float>& src,
                         const std::vector<float>& residual = {}) const {
    if (!op.ok()) {
      ADD_FAILURE() << op.status().message();
      return {};
    }
    const Subject subject = {"stage", *op, shape, !residual.empty(), false, true, GetParam().types.tensors};
    Tensors tensors(subject);
    tensors.src = src;
    tensors.residual = residual;
    shape = op->output_shape(shape).value();
    return run_once(subject, tensors, {1, Executor::inline_only()});
  }

  void expect_bits(const Result<Operator>& op, Shape input, const std::vector<float>& src,
                   const std::vector<float>& expected) const {
    ASSERT_TRUE(op.ok()) << op.status().message();
    BackwardPool pool(8);
    const Subject subject = {"block", *op, input, false, false, true, GetParam().types.tensors};
    Tensors tensors(subject);
    tensors.src = src;
    const EncodedTensors inputs(subject, tensors);
    for (const std::int32_t threads : {1, 2, 3, 8}) {
      const Result<Plan> plan = op->plan(input, {threads, pool.executor()});
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      for (std::int32_t candidate = 0; candidate <= plan->report().candidates; candidate += list_step()) {
        EXPECT_EQ(first_difference(run_once(subject, inputs, {threads, pool.executor(), candidate}), expected), -1)
            << threads << " threads, candidate " << candidate;
      }
    }
  }
};

TEST_P(FusionTest, EdgesOfVectors) {
  for (const std::int32_t channels : channel_edges(GetParam().isa)) {
    const Block b = block(3, channels, 5, {3, 3}, {2, 9, 8});
    expect_inverted_residual(b);
    expect_separable(b);
    expect_squeezed(b, 3);
  }
}

TEST_P(FusionTest, EdgesOfImages) {
  // The type has no part in what happens at the edges of an image: some of the windows are enough.
  const std::vector<Window> windows = edge_windows();
  for (std::size_t i = 0; i < windows.size(); i += GetParam().f32() ? 1 : 7) {
    const Window& window = windows[i];
    for (const Shape& image : edge_images(3)) {
      if (!has_output(window, image)) continue;
      expect_inverted_residual(block(3, 10, 5, window, image));
      expect_separable(block(3, 10, 5, window, image));
      if (i % 5 == 0) expect_squeezed(block(3, 10, 5, window, image), 4);
    }
  }
}

TEST_P(FusionTest, BlocksOfNetworks) {
  for (const std::int32_t stride : {1, 2}) {
    for (const std::int32_t kernel : {3, 5}) {
      const Window window = {kernel, kernel, stride, stride};
      if (!GetParam().f32()) {  // smaller maps, and two of the windows
        if (kernel != 2 * stride + 1) continue;
        expect_inverted_residual(block(32, 192, 64, window, {1, 14, 14}));
        expect_separable(block(32, 320, 100, window, {1, 7, 7}));
        continue;
      }
      for (const Block& b : {block(16, 96, 24, window, {1, 56, 56}), block(32, 192, 64, window, {1, 28, 28}),
                             block(96, 576, 160, window, {1, 14, 14}), block(160, 960, 320, window, {2, 7, 7})}) {
        expect_inverted_residual(b);
        expect_separable(b);
      }
    }
  }
  const std::int64_t size = GetParam().f32() ? 56 : 14;
  expect_inverted_residual(block(24, 144, 24, {3, 3}, {1, size, size}, true));
  if (GetParam().f32()) expect_inverted_residual(block(160, 960, 160, {5, 5}, {1, 7, 7}, true));
}

TEST_P(FusionTest, SqueezedBlocksOfNetworks) {
  const Window half = {5, 5, 2, 2};
  if (!GetParam().f32()) {
    expect_squeezed(block(24, 120, 24, {5, 5}, {1, 14, 14}, true), 32);
    expect_squeezed(block(32, 330, 50, half, {1, 7, 9}), 70);
    return;
  }
  expect_squeezed(block(16, 96, 24, {3, 3, 2, 2}, {1, 57, 56}), 4);
  expect_squeezed(block(40, 240, 40, {5, 5}, {2, 28, 28}, true), 64);
  expect_squeezed(block(112, 672, 160, half, {1, 14, 14}), 168);
  expect_squeezed(block(80, 480, 112, {3, 3}, {1, 14, 13}), 20);
}

TEST_P(FusionTest, RandomBlocks) {
  for (const std::uint64_t seed : sweep(GetParam().f32() ? 100 : 5).seeds()) {
    Random random(seed);
    const auto [window, image] = random_window_and_image(random, 40);
    const Block b = block(random.size(1, 40), random.size(1, 150), random.size(1, 60), window, image);
    expect_inverted_residual(b, seed);
    expect_separable(b, seed);
    if (seed % 2 == 0) expect_squeezed(b, random.size(1, 40), seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, FusionTest, testing::ValuesIn(typed_isas_under_test()), typed_isa_test_name);

}  // namespace
}  // namespace tandem::test
