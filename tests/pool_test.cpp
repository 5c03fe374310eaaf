// Global average pooling on every ISA against the reference.
#include "isas.hpp"
#include "layer_check.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

class PoolTest : public testing::TestWithParam<std::string> {
 protected:
  static GlobalAveragePoolParams params(std::int32_t channels, const Activation& activation = {}) {
    return {channels, activation};
  }

  void expect(const GlobalAveragePoolParams& p, const Shape& image, std::uint64_t seed = 1) const {
    expect_layer({p, {image.n, image.h, image.w, p.channels}}, GetParam(), seed);
  }
};

TEST_P(PoolTest, ChannelsAtTheEdgesOfAVector) {
  for (const std::int32_t channels : channel_edges(GetParam())) {
    for (const Shape& image : edge_images(channels)) expect(params(channels), image);
  }
}

TEST_P(PoolTest, EveryActivation) {
  const std::vector<float> slope = slopes(21);
  for (const Activation& activation : every_activation(slope)) {
    expect(params(21, activation), {3, 5, 5});
  }
}

TEST_P(PoolTest, LayersLargeEnoughToBeShared) {
  expect(params(1280), {1, 7, 7});
  expect(params(1024), {4, 14, 14});
  expect(params(32), {1, 112, 112});
}

TEST_P(PoolTest, RandomCases) {
  for (const std::uint64_t seed : sweep(100).seeds()) {
    Random random(seed);
    const std::int32_t channels = random.size(1, 100);
    const Activation activation = random_activation(random);
    expect(params(channels, activation), {random.integer(1, 4), random.integer(1, 12), random.integer(1, 12)}, seed);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, PoolTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
