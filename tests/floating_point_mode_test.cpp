// The floating-point mode in which runs compute: denormals as planned, nothing of the calling thread's own mode.
#include <algorithm>
#include <cfenv>
#include <limits>
#include <vector>

#include "creation.hpp"
#include "elements.hpp"
#include "machines.hpp"
#include "refusal.hpp"
#include "subjects.hpp"
#include "test_pools.hpp"
#include "typed_isas.hpp"

namespace tandem::test {
namespace {

constexpr float kDenormal = std::numeric_limits<float>::denorm_min();

/// The smallest positive number of a type.
float denormal_of(DataType type) { return type == DataType::kF32 ? kDenormal : half_value(type, 1); }

void flush_denormals_of_this_thread() {
#if defined(__x86_64__)
  __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040U);
#elif defined(__aarch64__)
  std::uint64_t mode = 0;
  __asm__ volatile("mrs %0, fpcr" : "=r"(mode));
  __asm__ volatile("msr fpcr, %0" ::"r"(mode | std::uint64_t{1} << 24U));
#endif
}

class FloatingPointModeTest : public testing::TestWithParam<TypedIsa> {
 protected:
  /// Of the tensors.
  static DataType type() { return GetParam().types.tensors; }
};

// On every worker of a pool, and only while they work. A denormal f16 is no denormal float.
TEST_P(FloatingPointModeTest, DenormalsAreFlushedWhereThatIsPlanned) {
  const volatile float denormal_float = kDenormal;
  const float denormal = denormal_of(type());
  const reference::Weights weights = {std::vector<float>(64 * 64, 1.0F), std::vector<float>(64, -0.0F)};
  const Result<Operator> op = create(PointwiseParams{64, 64, Activation::none(), false}, {weights}, GetParam());
  ASSERT_TRUE(op.ok()) << op.status().message();
  BackwardPool pool(8);
  const std::int64_t size = GetParam().f32() ? 56 : 20;
  const Subject subject = {"", *op, {1, size, size, 64}, false, false, true, type()};
  Tensors tensors(subject);
  std::fill(tensors.src.begin(), tensors.src.end(), denormal);
  PlanOptions options;
  options.executor = pool.executor();
  for (const float y : run_once(subject, tensors, options)) ASSERT_EQ(y, 64 * denormal);
  options.flush_denormals = true;
  if (!kFlushesDenormals) {
    expect_refused("flushing", op->plan(subject.input, options).status(), StatusCode::kUnsupported,
                   {"flush_denormals"});
    return;
  }
  const float flushed = type() == DataType::kF16 ? 64 * denormal : 0.0F;
  for (const float y : run_once(subject, tensors, options)) ASSERT_EQ(y, flushed);
  options.threads = 1;
  for (const float y : run_once(subject, tensors, options)) ASSERT_EQ(y, flushed);
  EXPECT_EQ(denormal_float + denormal_float, 2 * kDenormal) << "run() left the CPU's flags as they were while it ran";
}

// Programs that were linked with -ffast-math start with denormals flushed, and some set another rounding. Neither
// reaches a run, on the caller's thread or a worker's, and the run leaves both as they were.
TEST_P(FloatingPointModeTest, TheModeOfTheCallersThreadDoesNotMatter) {
  if (!kFlushesDenormals) GTEST_SKIP() << "this CPU has no such flags";
  const float denormal = denormal_of(type());
  const reference::Weights weights = {std::vector<float>(64 * 64, 1.0F / 3.0F), std::vector<float>(64, -0.0F)};
  const Result<Operator> op = create(PointwiseParams{64, 64, Activation::none(), false}, {weights}, GetParam());
  ASSERT_TRUE(op.ok()) << op.status().message();
  const Subject subject = {"", *op, {1, 20, 20, 64}, false, false, true, type()};
  Tensors values(subject);
  std::fill(values.src.begin(), values.src.begin() + 6400, denormal);
  const EncodedTensors tensors(subject, values);
  BackwardPool pool(8);
  for (const PlanOptions& options : {PlanOptions{1}, PlanOptions{0, pool.executor(), 0, sharing()}}) {
    const Plan plan = *op->plan(subject.input, options);
    Workspace workspace(plan);
    const std::size_t bytes = static_cast<std::size_t>(plan.output_shape().elements()) * element_bytes(type());
    std::vector<std::byte> expected(bytes), got(bytes);
    ASSERT_TRUE(plan.run({tensors.src.data(), expected.data(), nullptr, workspace.data()}).ok());

    std::fenv_t before;
    ASSERT_EQ(std::fegetenv(&before), 0);
    ASSERT_EQ(std::fesetround(FE_UPWARD), 0);
    flush_denormals_of_this_thread();
    const Status status = plan.run({tensors.src.data(), got.data(), nullptr, workspace.data()});
    const int rounding = std::fegetround();
    const volatile float denormal_float = kDenormal;
    const volatile float twice = denormal_float + denormal_float;  // volatile: before the mode is restored
    std::fesetenv(&before);
    EXPECT_TRUE(status.ok()) << status.message();
    EXPECT_EQ(rounding, FE_UPWARD);
    EXPECT_EQ(twice, 0.0F);
    EXPECT_EQ(got, expected);
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, FloatingPointModeTest, testing::ValuesIn(typed_isas_under_test()), typed_isa_test_name);

}  // namespace
}  // namespace tandem::test
