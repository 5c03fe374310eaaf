// Random layers, on every ISA that the machine has: each element against the reference in double, guard pages on, and
// the same bits however the layer is run. TANDEM_PROPERTY_COUNT=1000000 for more of them, TANDEM_PROPERTY_SEED for
// others; a failure prints the two that give its configuration back alone.
#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <limits>

#include "configuration.hpp"
#include "execution.hpp"
#include "tests/current_case.hpp"
#include "tests/elements.hpp"
#include "tests/environment.hpp"
#include "tests/isas.hpp"
#include "tests/operator_check.hpp"
#include "tests/printers.hpp"
#include "tests/same_bits.hpp"
#include "tests/test_pools.hpp"

namespace tandem::test {
namespace {

std::vector<float> draw_values(Random& random, std::int64_t count, Values kind, DataType type) {
  std::vector<float> values = random.values(count);
  if (kind == Values::kDenormal) {
    for (float& v : values) v *= type == DataType::kF16 ? 0x1p-16F : 0x1p-130F;
  }
  if (kind == Values::kNotFinite && type == DataType::kF16) {  // sums of these may overflow
    for (float& v : values) v *= 0x1p13F;
  }
  if (kind == Values::kNotFinite) {
    constexpr float kInf = std::numeric_limits<float>::infinity();
    for (int i = 0; i < 3; ++i) {
      values[static_cast<std::size_t>(random.integer(0, count - 1))] =
          random.pick({std::numeric_limits<float>::quiet_NaN(), kInf, -kInf});
    }
  }
  return rounded(type, std::move(values));
}

/// The tensors of a configuration, and what must come out.
class Layer {
 public:
  Layer(const Configuration& configuration, Random& random)
      : c_(configuration), type_(tensor_type(configuration.params)), weight_types_(weight_types(configuration.params)) {
    const std::vector<FilterShape> shapes = filter_shapes(c_.params);
    for (std::size_t i = 0; i < shapes.size(); ++i) {
      weights_.push_back(random_weights(shapes[i], c_.biases[i], random));
      weights_[i].filter = rounded(weight_types_[i], std::move(weights_[i].filter));
    }
    const Shape output = output_shape(c_.params, c_.input);
    src_ = draw_values(random, c_.input.elements(), c_.values, type_);
    residual_shape_ = residual_shape(c_.params, output);
    if (takes_residual(c_.params)) residual_ = draw_values(random, residual_shape_.elements(), c_.values, type_);
    const reference::Tensor src = reference::exact(c_.input, src_);
    const reference::Tensor added = reference::exact(residual_shape_, residual_);
    expected_ = compute(c_.params, weights_, src, residual_.empty() ? nullptr : &added);
  }

  /// From weights in guarded memory that is gone when it returns.
  [[nodiscard]] Result<Operator> make(const std::string& isa, Placement placement) const {
    return create_guarded(c_, weights_, isa, placement);
  }

  /// The same with its weights packed, and its kernels chosen, for another microarchitecture.
  [[nodiscard]] Result<Operator> make_for(const char* row, const std::string& isa, Placement placement) const {
    const ScopedVariable named("TANDEM_MACHINE", row);
    return make(isa, placement);
  }

  /// Empty when a failure was added.
  [[nodiscard]] std::vector<float> run(const Operator& op, const Execution& e) const {
    return run(op, c_.input, src_, residual_, e);
  }

  /// Image i of the batch, as a batch of one.
  [[nodiscard]] std::vector<float> run_image(const Operator& op, std::int64_t i, const Execution& e) const {
    Shape one = c_.input;
    one.n = 1;
    return run(op, one, image(src_, i), residual_shape_.n == c_.input.n ? image(residual_, i) : residual_, e);
  }

  [[nodiscard]] std::vector<float> image(const std::vector<float>& all, std::int64_t i) const {
    const auto size = static_cast<std::ptrdiff_t>(all.size()) / c_.input.n;
    return {all.begin() + i * size, all.begin() + (i + 1) * size};
  }

  [[nodiscard]] const reference::Tensor& expected() const { return expected_; }

 private:
  [[nodiscard]] std::vector<float> run(const Operator& op, const Shape& input, const std::vector<float>& src,
                                       const std::vector<float>& residual, const Execution& e) const {
    BackwardPool backward(e.threads);
    const bool onto_residual = e.onto_residual && !residual.empty() && residual_shape_ == expected_.shape;
    PixelStrides strides;
    const auto* conversion = std::get_if<ConvertLayoutParams>(&c_.params);  // the side that is NCHW has no pixels
    const bool dense_src = conversion != nullptr && conversion->conversion == LayoutConversion::kNchwToNhwc;
    const bool dense_dst = conversion != nullptr && !dense_src;
    if (e.gaps.src > 0 && !dense_src) strides.src = input.c + e.gaps.src;
    const std::int64_t channels = expected_.shape.c;
    if (e.gaps.dst > 0 && !dense_dst) strides.dst = channels + e.gaps.dst;
    if (e.gaps.residual > 0 && !residual.empty()) strides.residual = residual_shape_.c + e.gaps.residual;
    if (onto_residual) strides.residual = strides.dst;
    const bool flush_denormals = e.flush_denormals && c_.values != Values::kDenormal && kFlushesDenormals;
    const Result<Plan> plan = plan_for(op, input, e, backward, strides, flush_denormals);
    if (!plan.ok()) {
      ADD_FAILURE() << plan.status().message();
      return {};
    }
    Shape output = expected_.shape;
    output.n = input.n;
    EXPECT_EQ(plan->output_shape(), output);
    if (plan->output_shape() != output) return {};
    const CurrentCase described(plan->explain());
    return run_guarded(*plan, src, residual, e.placement, onto_residual, strides, type_, residual_shape_.c);
  }

  Configuration c_;
  DataType type_;
  std::vector<DataType> weight_types_;
  std::vector<reference::Weights> weights_;
  std::vector<float> src_;
  std::vector<float> residual_;  // empty: none
  Shape residual_shape_;
  reference::Tensor expected_;
};

/// Returns what the plain execution gave: the library's own choice on the calling thread.
std::vector<float> expect_on_isa(const Configuration& c, const Layer& layer, const std::string& isa, Random& random) {
  const CurrentCase on_isa(isa);
  Execution plain;
  plain.placement = random.pick({Placement::kEndsAtGuard, Placement::kStartsAtGuard});
  const Result<Operator> op = layer.make(isa, plain.placement);
  if (!op.ok()) {
    ADD_FAILURE() << op.status().message();
    return {};
  }
  std::vector<float> dst = layer.run(*op, plain);
  if (!dst.empty()) expect_near(dst.data(), layer.expected());

  for (int i = 0; i < kExecutions; ++i) {
    Execution e = draw_execution(random);
    if (i == 0) e.candidate = 1;  // of a block: stage by stage, not fused
    const CurrentCase executed(text(e));
    const Result<Operator> other = e.row == nullptr ? op : layer.make_for(e.row, isa, e.placement);
    if (!other.ok()) {
      ADD_FAILURE() << other.status().message();
      return {};
    }
    expect_same_bits(layer.run(*other, e), dst, "run in another way", e.flush_denormals);
  }
  if (c.input.n > 1) {
    const std::int64_t image = random.integer(0, c.input.n - 1);
    const Execution e = draw_execution(random);
    const CurrentCase executed(text("image ", image, " alone, ", e));
    expect_same_bits(layer.run_image(*op, image, e), layer.image(dst, image), "an image by itself", e.flush_denormals);
  }
  return dst;
}

bool is_f32(const AnyParams& params) {
  const std::vector<DataType> weights = weight_types(params);
  return tensor_type(params) == DataType::kF32 &&
         std::all_of(weights.begin(), weights.end(), [](DataType t) { return t == DataType::kF32; });
}

/// Appends "seed isa hash" to the file that TANDEM_PROPERTY_DIGEST names, if it does, for a comparison with another
/// version of the library. FNV-1a over the bits of `dst`, any NaN as the same one.
void append_digest(std::uint64_t seed, const std::string& isa, const std::vector<float>& dst) {
  static const char* const name = std::getenv("TANDEM_PROPERTY_DIGEST");
  if (name == nullptr) return;
  std::uint64_t hash = 0xcbf29ce484222325U;
  for (const float value : dst) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    hash = (hash ^ (std::isnan(value) ? 0x7fc00000U : bits)) * 0x100000001b3U;
  }
  static std::FILE* const file = std::fopen(name, "a");
  ASSERT_NE(file, nullptr) << name;
  std::fprintf(file, "%llu %s %016llx\n", static_cast<unsigned long long>(seed), isa.c_str(),
               static_cast<unsigned long long>(hash));
  std::fflush(file);
}

// Within the bound of the reference means within twice the bound of each other, for ISAs that fuse multiply-adds; sse41
// does not, and has the very bits of the scalar kernels, unless groups narrower than its vector sum in another order.
void expect_configuration(std::uint64_t seed, const Configuration& c, Random& random) {
  const Layer layer(c, random);
  std::vector<float> scalar;
  std::vector<float> sse41;
  for (const std::string& isa : isas_under_test()) {
    const std::vector<float> dst = expect_on_isa(c, layer, isa, random);
    if (is_f32(c.params)) append_digest(seed, isa, dst);
    if (isa == "scalar") scalar = dst;
    if (isa == "sse41") sse41 = dst;
  }
  const auto* conv2d = std::get_if<Conv2dParams>(&c.params);
  if (conv2d == nullptr || conv2d->groups == 1) expect_same_bits(sse41, scalar, "sse41 against scalar");
}

TEST(PropertyTest, RandomConfigurations) {
  const Sweep cases = sweep(kPropertyCount, "TANDEM_PROPERTY");
  for (const std::uint64_t seed : cases.seeds()) {
    Random random(seed);
    const Configuration c = draw_configuration(random);
    const CurrentCase described(text("TANDEM_PROPERTY_SEED=", seed, " TANDEM_PROPERTY_COUNT=1: ", c));
    expect_configuration(seed, c, random);
    ASSERT_FALSE(HasFailure()) << "after " << seed - cases.seed << " others that were right";
  }
}

}  // namespace
}  // namespace tandem::test
