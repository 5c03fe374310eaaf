// How much stack a run needs: threads of engines and of languages with small stacks call run(), too.
#include <gtest/gtest.h>
#include <pthread.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "sanitizers.hpp"
#include "subjects.hpp"

namespace tandem::test {
namespace {

constexpr std::size_t kPromised = std::size_t{16} << 10U;  // bytes, of one worker
constexpr std::size_t kStack = std::size_t{256} << 10U;
constexpr std::byte kUntouched{0xa5};

struct Call {
  const Plan* plan;
  RunArgs args;
  Status status;
};

// Bytes of a thread's stack that it used, the C library's own part included.
std::size_t stack_used(Call& call) {
  struct alignas(64) Page {
    std::byte bytes[4096];
  };
  const auto pages = std::make_unique<Page[]>(kStack / sizeof(Page));
  auto* const stack = reinterpret_cast<std::byte*>(pages.get());
  std::fill_n(stack, kStack, kUntouched);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  EXPECT_EQ(pthread_attr_setstack(&attributes, stack, kStack), 0);
  pthread_t thread{};
  const auto run = [](void* opaque) -> void* {
    Call& c = *static_cast<Call*>(opaque);
    c.status = c.plan->run(c.args);
    return nullptr;
  };
  EXPECT_EQ(pthread_create(&thread, &attributes, run, &call), 0);
  pthread_join(thread, nullptr);
  pthread_attr_destroy(&attributes);
  const std::byte* const deepest = std::find_if(stack, stack + kStack, [](std::byte b) { return b != kUntouched; });
  return static_cast<std::size_t>(stack + kStack - deepest);
}

class StackTest : public testing::TestWithParam<TypedIsa> {};

TEST_P(StackTest, OneWorkerRunsInTheStackThatTheContractNames) {
#if !defined(__OPTIMIZE__)
  GTEST_SKIP() << "the promise is one of optimised builds";
#endif
  if (kAddressSanitizer || kThreadSanitizer) GTEST_SKIP() << "sanitizers put red zones into every frame";
  std::size_t most = 0;
  for (const Subject& subject : subjects(GetParam())) {
    const Tensors values(subject);
    const EncodedTensors tensors(subject, values);
    const Result<Plan> first = subject.op.plan(subject.input, {1});
    ASSERT_TRUE(first.ok()) << first.status().message();
    for (std::int32_t candidate = 1; candidate <= first->report().candidates; ++candidate) {
      const Result<Plan> plan = subject.op.plan(subject.input, {1, {}, candidate});
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      Workspace workspace(*plan);
      std::vector<std::byte> dst(static_cast<std::size_t>(plan->output_shape().elements()) *
                                 element_bytes(subject.type));
      Call call{&*plan,
                {tensors.src.data(), dst.data(), tensors.residual.empty() ? nullptr : tensors.residual.data(),
                 workspace.data()},
                {}};
      const std::size_t used = stack_used(call);
      ASSERT_TRUE(call.status.ok()) << call.status.message();
      EXPECT_LE(used, kPromised) << plan->explain();
      most = std::max(most, used);
    }
  }
  RecordProperty("most_bytes", static_cast<int>(most));
}

INSTANTIATE_TEST_SUITE_P(Isas, StackTest, testing::ValuesIn(typed_isas_under_test()), typed_isa_test_name);

}  // namespace
}  // namespace tandem::test
