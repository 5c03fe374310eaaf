// What run() refuses; nothing is written then.
#include <algorithm>
#include <cstdlib>

#include "creation.hpp"
#include "elements.hpp"
#include "guarded_buffer.hpp"
#include "isas.hpp"
#include "refusal.hpp"
#include "subjects.hpp"

namespace tandem::test {
namespace {

constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;

class RunValidationTest : public testing::TestWithParam<std::string> {
 protected:
  /// Calls refuse(plan, right arguments) for every subject; its output must stay poison.
  template <class Refuse>
  void for_each_subject(const Refuse& refuse) {
    for (const Subject& subject : subjects(GetParam())) {
      const Result<Plan> plan = subject.op.plan(subject.input, {1, Executor::inline_only()});
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      const Tensors tensors(subject);
      Workspace workspace(*plan);
      const auto elements = static_cast<std::size_t>(plan->output_shape().elements());
      GuardedOutput dst("dst", elements * sizeof(float), Placement::kEndsAtGuard);
      std::vector<float> unused;
      RunArgs args = arguments(tensors, unused, workspace);
      args.dst = dst.data();
      residual_bytes_ = static_cast<std::ptrdiff_t>(tensors.residual.size() * sizeof(float));
      refuse(*plan, args);
      for (std::size_t i = 0; i < elements; ++i) {
        ASSERT_TRUE(is_poison(dst.floats()[i])) << subject.name << ": element " << i << " was written";
      }
    }
  }

  std::ptrdiff_t residual_bytes_ = 0;  // of the subject's residual
};

TEST_P(RunValidationTest, NullTensors) {
  for_each_subject([](const Plan& plan, RunArgs args) {
    const RunArgs right = args;
    args.src = nullptr;
    expect_refused("src", plan.run(args), kInvalid, {"src"});
    args = right;
    args.dst = nullptr;
    expect_refused("dst", plan.run(args), kInvalid, {"dst"});
    expect_refused("nothing", plan.run({}), kInvalid, {"null"});
  });
}

TEST_P(RunValidationTest, ResidualAsDeclared) {
  for_each_subject([](const Plan& plan, RunArgs args) {
    const bool wanted = args.residual != nullptr;
    args.residual = wanted ? nullptr : args.src;
    expect_refused(wanted ? "missing" : "not declared", plan.run(args), kInvalid, {"residual"});
  });
}

TEST_P(RunValidationTest, Workspace) {
  int needed = 0;
  for_each_subject([&](const Plan& plan, RunArgs args) {
    if (plan.workspace_bytes() == 0) return;
    ++needed;
    const RunArgs right = args;
    args.workspace = nullptr;
    expect_refused("null", plan.run(args), kInvalid, {"workspace", std::to_string(plan.workspace_bytes())});
    args.workspace = static_cast<char*>(right.workspace) + 4;
    expect_refused("misaligned", plan.run(args), kInvalid, {"workspace", "64", "4"});
    args = right;
    args.workspace_bytes = plan.workspace_bytes() - 1;
    expect_refused("too small", plan.run(args), kInvalid,
                   {"workspace", std::to_string(args.workspace_bytes), std::to_string(plan.workspace_bytes())});
  });
  EXPECT_GT(needed, 0) << "no operator needs a workspace, so nothing was tested";
}

template <class T>
T* bytes_after(T* pointer, std::ptrdiff_t bytes) {
  return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(pointer) + static_cast<std::uintptr_t>(bytes));
}

TEST_P(RunValidationTest, MisalignedTensors) {
  for_each_subject([](const Plan& plan, RunArgs args) {
    const RunArgs right = args;
    args.src = bytes_after(right.src, 1);
    expect_refused("src", plan.run(args), kInvalid, {"src", "4", "1"});
    args = right;
    args.dst = bytes_after(right.dst, 2);
    expect_refused("dst", plan.run(args), kInvalid, {"dst", "4", "2"});
    if (right.residual == nullptr) return;
    args = right;
    args.residual = bytes_after(right.residual, 3);
    expect_refused("residual", plan.run(args), kInvalid, {"residual", "4", "3"});
  });
}

// Halves are aligned to 2 bytes and no more.
TEST_P(RunValidationTest, MisalignedHalves) {
  for (const DataType type : {DataType::kBf16, DataType::kF16}) {
    DepthwiseParams p;
    p.channels = 1;
    p.kernel_h = p.kernel_w = 1;
    p.residual = true;
    set_types(p, type, type);
    const std::uint16_t one = half_bits(type, 1.0F);
    const Result<Operator> op = Operator::depthwise(p, {{type, &one, 1}}, {GetParam().c_str()});
    ASSERT_TRUE(op.ok()) << op.status().message();
    const Plan plan = op->plan({1, 1, 3, 1}).value();
    const GuardedInput src("src", {1.0F, 2.0F, 3.0F, 4.0F}, Placement::kStartsAtGuard, type);
    GuardedOutput dst("dst", 8, Placement::kStartsAtGuard);
    const RunArgs right{src.data(), dst.data(), src.data()};
    RunArgs args = right;
    args.src = bytes_after(right.src, 1);
    expect_refused("src", plan.run(args), kInvalid, {"src", "2", "1"});
    args = right;
    args.dst = bytes_after(right.dst, 1);
    expect_refused("dst", plan.run(args), kInvalid, {"dst", "2", "1"});
    args = right;
    args.residual = bytes_after(right.residual, 1);
    expect_refused("residual", plan.run(args), kInvalid, {"residual", "2", "1"});
    for (const float y : load_elements(type, dst.data(), 4)) EXPECT_TRUE(is_poison(y)) << y;

    args = right;
    args.dst = bytes_after(right.dst, 2);
    const Status status = plan.run(args);
    EXPECT_TRUE(status.ok()) << status.message();
    const std::vector<float> written = load_elements(type, dst.data(), 4);
    EXPECT_TRUE(is_poison(written[0]));
    EXPECT_EQ(std::vector<float>(written.begin() + 1, written.end()), (std::vector<float>{2.0F, 4.0F, 6.0F}));
  }
}

// The first and the last element of each other, and all but one.
TEST_P(RunValidationTest, TensorsThatOverlap) {
  for_each_subject([&](const Plan& plan, RunArgs args) {
    const RunArgs right = args;
    const std::ptrdiff_t in = plan.input_shape().elements() * std::ptrdiff_t{sizeof(float)};
    const std::ptrdiff_t out = plan.output_shape().elements() * std::ptrdiff_t{sizeof(float)};
    for (const std::ptrdiff_t bytes : {std::ptrdiff_t{4}, std::ptrdiff_t{4 - in}, std::ptrdiff_t{out - 4}}) {
      args.src = bytes_after(right.dst, bytes);
      expect_refused("src", plan.run(args), kInvalid, {"src", "dst", std::to_string(std::abs(bytes))});
    }
    args = right;
    if (right.residual == nullptr) return;
    for (const std::ptrdiff_t bytes : {4 - residual_bytes_, std::ptrdiff_t{4}, std::ptrdiff_t{out - 4}}) {
      args.residual = bytes_after(right.dst, bytes);
      expect_refused("residual", plan.run(args), kInvalid, {"residual", "dst", std::to_string(std::abs(bytes))});
    }
  });
}

TEST_P(RunValidationTest, AConvolutionDoesNotRunInPlace) {
  std::vector<float> values(8, 1.0F);
  const auto plan = [](const Operator& op) { return op.plan({1, 2, 2, 2}).value(); };
  const Plan squeeze =
      plan(create(SqueezeExciteParams{2, 1, {}, {}}, {{1.0F, 1.0F}, {}}, {{1.0F, 1.0F}, {}}, GetParam()).value());
  Workspace workspace(squeeze);
  const Status status = squeeze.run(values.data(), values.data(), workspace.data());
  EXPECT_TRUE(status.ok()) << status.message();
  for (const float y : values) EXPECT_EQ(y, 2.0F);  // 1 * (1 + 1)

  const Plan pointwise =
      plan(create(PointwiseParams{2, 2, {}, false}, {std::vector<float>(4), {}}, GetParam()).value());
  expect_refused("pointwise", pointwise.run(values.data(), values.data(), nullptr), kInvalid, {"src", "dst", "0"});
}

TEST_P(RunValidationTest, AWorkspaceThatOverlaps) {
  for_each_subject([](const Plan& plan, RunArgs args) {
    if (plan.workspace_bytes() == 0) return;
    for (const void* tensor : {args.src, static_cast<const void*>(args.dst), args.residual}) {
      if (tensor == nullptr) continue;
      const std::uintptr_t past = reinterpret_cast<std::uintptr_t>(tensor) % Plan::kWorkspaceAlignment;
      args.workspace = const_cast<void*>(bytes_after(tensor, -static_cast<std::ptrdiff_t>(past)));
      expect_refused("workspace", plan.run(args), kInvalid, {"workspace", "overlap"});
    }
  });
}

TEST_P(RunValidationTest, AWorkspaceThatOverlapsWithWhatThePlanDoesNotNeed) {
  const SeparableParams p = [] {
    SeparableParams params;
    params.depthwise.channels = params.pointwise.in_channels = params.pointwise.out_channels = 1;
    params.depthwise.kernel_h = params.depthwise.kernel_w = 1;
    return params;
  }();
  const Result<Operator> op = create(p, {{1.0F}, {}}, {{1.0F}, {}}, GetParam());
  ASSERT_TRUE(op.ok()) << op.status().message();
  const Plan plan = op->plan({1, 1, 4, 1}, {1, Executor::inline_only()}).value();
  struct alignas(Plan::kWorkspaceAlignment) Memory {
    std::byte bytes[4096];
  } memory{};
  ASSERT_LE(plan.workspace_bytes(), 2048U);
  const float src[4] = {1.0F, 2.0F, 3.0F, 4.0F};
  RunArgs args{src, reinterpret_cast<float*>(memory.bytes + 2048), nullptr, memory.bytes};
  EXPECT_TRUE(plan.run(args).ok()) << "unless it is told, the workspace is what the plan needs";
  args.workspace_bytes = 2048;
  EXPECT_TRUE(plan.run(args).ok());
  args.workspace_bytes = sizeof(memory.bytes);
  expect_refused("workspace", plan.run(args), kInvalid, {"dst", "workspace", "2048"});
}

// What touches without overlapping is right, and so is a residual that is the source.
TEST_P(RunValidationTest, NeighboursAndASharedSourceAreAccepted) {
  const PointwiseParams p{1, 1, Activation::none(), true};
  const Result<Operator> op = create(p, {{2.0F}, {}}, GetParam());
  ASSERT_TRUE(op.ok()) << op.status().message();
  const Result<Plan> plan = op->plan({1, 1, 4, 1});
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  for (const std::size_t dst : {0U, 8U}) {  // the source lies in the middle
    float values[12];
    std::fill(std::begin(values), std::end(values), 1.0F);
    const Status status = plan->run({values + 4, values + dst, values + 4, nullptr, 0});
    EXPECT_TRUE(status.ok()) << status.message();
    for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(values[dst + i], 3.0F);
  }
}

// One buffer of 4 pixels of 6 floats: the source is its channels 0 and 1, the output 3 of the others, as an engine lays
// out a concatenation.
class InterleavedTest : public testing::Test {
 protected:
  static Status run(std::ptrdiff_t dst, std::int64_t dst_stride, bool onto_dst = false,
                    std::int64_t residual_stride = 6) {
    std::vector<float> buffer(64, 1.0F);
    const PointwiseParams p{2, 3, Activation::none(), true};
    const Operator op = create(p, {std::vector<float>(6, 1.0F), {}}, "scalar").value();
    PlanOptions options;
    options.strides = {6, dst_stride, residual_stride};
    const Plan plan = op.plan({1, 2, 2, 2}, options).value();
    float* const src = buffer.data() + 16;
    const std::vector<float> residual(24, 1.0F);
    return plan.run({src, src + dst, onto_dst ? src + dst : residual.data()});
  }
};

TEST_F(InterleavedTest, ChannelsBesideEachOtherDoNotOverlap) {
  for (const std::ptrdiff_t dst : {2, 3, -3, -4, 8, -9}) {
    const Status status = run(dst, 6);
    EXPECT_TRUE(status.ok()) << dst << ": " << status.message();
  }
}

TEST_F(InterleavedTest, OneSharedChannelOverlaps) {
  for (const std::ptrdiff_t dst : {1, 4, 5, -1, -2, -5, 6, 7}) {
    expect_refused("dst", run(dst, 6), kInvalid, {"src", "dst", std::to_string(4 * std::abs(dst))});
  }
}

TEST_F(InterleavedTest, OtherStridesOverlapWhereTheyInterleave) {
  expect_refused("dst", run(2, 7), kInvalid, {"src", "dst"});
  EXPECT_TRUE(run(20, 7).ok());
}

TEST_F(InterleavedTest, AResidualThatIsDstHasItsStride) {
  EXPECT_TRUE(run(2, 6, true).ok());
  expect_refused("residual", run(2, 6, true, 3), kInvalid, {"residual", "dst", "0 bytes"});
}

INSTANTIATE_TEST_SUITE_P(Isas, RunValidationTest, testing::ValuesIn(isas_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
