// The ways in which each case is run.
#include "operator_check.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <string_view>

#include "current_case.hpp"
#include "printers.hpp"
#include "test_pools.hpp"

namespace tandem::test {
namespace {

bool agrees(float got, double expected, double bound) {
  if (is_poison(got)) return false;
  if (!std::isfinite(bound)) return true;
  if (std::isnan(expected)) return std::isnan(got);
  if (std::isinf(expected)) return static_cast<double>(got) == expected;
  return std::abs(static_cast<double>(got) - expected) <= bound;
}

/// `values` as pixels of `channels`, `stride` apart, poison between them.
std::vector<float> spaced(const std::vector<float>& values, std::int64_t channels, std::int64_t stride) {
  if (values.empty() || stride == channels) return values;
  const auto c = static_cast<std::size_t>(channels);
  const auto s = static_cast<std::size_t>(stride);
  std::vector<float> all((values.size() / c - 1) * s + c, std::bit_cast<float>(kPoison));
  for (std::size_t i = 0; i < values.size(); ++i) all[i / c * s + i % c] = values[i];
  return all;
}

/// What spaced() has put apart; a failure if anything between is no longer as `before`.
std::vector<float> gathered(const std::vector<float>& all, const std::vector<float>& before, std::int64_t channels,
                            std::int64_t stride, std::size_t count) {
  if (stride == channels) return all;
  std::vector<float> values;
  for (std::size_t i = 0; values.size() < count; ++i) {
    const float value = all[i];
    if (static_cast<std::int64_t>(i) % stride < channels) {
      values.push_back(value);
    } else if (std::bit_cast<std::uint32_t>(value) != std::bit_cast<std::uint32_t>(before[i])) {
      ADD_FAILURE() << "run() wrote between two pixels of dst, at element " << i;
      break;
    }
  }
  values.resize(count);
  return values;
}

void expect_run(const Plan& plan, const Expectation& e, Placement placement, bool onto_residual,
                const PixelStrides& strides = {}) {
  const std::vector<float> dst =
      run_guarded(plan, e.src, e.residual, placement, onto_residual, strides, e.type, e.residual_shape.c);
  if (!dst.empty()) expect_near(dst.data(), e.output);
}

/// Every tensor a slice of channels of a wider one, each of another width.
void expect_slices(const Operator& op, const Expectation& e, Placement placement, PlanOptions options) {
  PixelStrides strides = {e.input.c + 3, e.output.shape.c + 5, e.residual_shape.c + 1};
  const std::string_view name = op.name();  // what is NCHW is always dense
  if (name == "nchw_to_nhwc") strides.src = 0;
  if (name == "nhwc_to_nchw") strides.dst = 0;
  if (e.residual.empty()) strides.residual = 0;
  options.strides = strides;
  const Result<Plan> plan = op.plan(e.input, options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  const CurrentCase described(text("slices of wider tensors, ", plan->explain()));
  expect_run(*plan, e, placement, false, strides);
}

/// Every way to run the operator but the one that it chooses by itself, once; or every list_step()th.
void expect_candidates(const Operator& op, const Expectation& e, Placement placement, PlanOptions options) {
  const Result<Plan> chosen = op.plan(e.input, options);
  ASSERT_TRUE(chosen.ok()) << chosen.status().message();
  for (options.candidate = 1; options.candidate <= chosen->report().candidates; options.candidate += list_step()) {
    if (options.candidate == chosen->report().candidate) continue;
    const Result<Plan> plan = op.plan(e.input, options);
    ASSERT_TRUE(plan.ok()) << plan.status().message();
    const CurrentCase described(plan->explain());
    expect_run(*plan, e, placement, false);
  }
}

}  // namespace

Expectation expectation(const Shape& input, const ResidualShape& residual, Random& random,
                        const ComputeReference& compute, DataType type) {
  Expectation e;
  e.input = input;
  e.type = type;
  e.src = rounded(type, random.values(input.elements()));
  const reference::Tensor src = reference::exact(input, e.src);
  e.output = compute(src, nullptr);
  if (residual) {
    e.residual_shape = residual(e.output.shape);
    e.residual = rounded(type, random.values(e.residual_shape.elements()));
    const reference::Tensor added = reference::exact(e.residual_shape, e.residual);
    e.output = compute(src, &added);
  }
  return e;
}

std::vector<float> run_guarded(const Plan& plan, const std::vector<float>& src_values,
                               const std::vector<float>& residual_values, Placement placement, bool onto_residual,
                               const PixelStrides& strides, TensorTypes types, std::int64_t residual_channels) {
  const std::int64_t channels = plan.output_shape().c;
  const std::int64_t src_stride = strides.src == 0 ? plan.input_shape().c : strides.src;
  const std::int64_t dst_stride = strides.dst == 0 ? channels : strides.dst;
  const GuardedInput src("src", spaced(src_values, plan.input_shape().c, src_stride), placement, types.src);
  if (residual_channels == 0) residual_channels = channels;
  const std::vector<float> addend =
      spaced(residual_values, residual_channels, strides.residual == 0 ? residual_channels : strides.residual);
  const GuardedInput residual("residual", addend, placement, types.dst);
  const auto elements = static_cast<std::size_t>(plan.output_shape().elements());
  const std::int64_t span = (plan.output_shape().elements() / channels - 1) * dst_stride + channels;
  const std::size_t element = element_bytes(types.dst);
  GuardedOutput dst("dst", static_cast<std::size_t>(span) * element, placement, element);
  // Just enough, or more than that, which parts the workers: no piece may depend on either.
  const std::size_t spare = placement == Placement::kStartsAtGuard ? plan.workspace_bytes() / 3 : 0;
  GuardedOutput workspace("workspace", plan.workspace_bytes() + spare, placement, Plan::kWorkspaceAlignment);

  RunArgs args;
  args.src = src.data();
  args.dst = dst.data();
  args.workspace = workspace.bytes() == 0 ? nullptr : workspace.data();
  args.workspace_bytes = workspace.bytes();
  if (onto_residual) {
    store_elements(types.dst, addend, dst.data());
    args.residual = dst.data();
  } else if (!residual_values.empty()) {
    args.residual = residual.data();
  }

  const auto contents = [&] { return load_elements(types.dst, dst.data(), static_cast<std::size_t>(span)); };
  const std::vector<float> before = contents();
  const Status status = plan.run(args);
  if (!status.ok()) {
    ADD_FAILURE() << status.message();
    return {};
  }
  EXPECT_TRUE(dst.intact()) << "run() wrote around dst";
  EXPECT_TRUE(workspace.intact()) << "run() wrote around the workspace";
  return gathered(contents(), before, channels, dst_stride, elements);
}

void expect_near(const float* got, const reference::Tensor& expected) {
  std::size_t wrong = 0;
  std::size_t first = 0;
  for (std::size_t i = 0; i < expected.value.size(); ++i) {
    if (agrees(got[i], expected.value[i], expected.bound[i])) continue;
    if (wrong++ == 0) first = i;
  }
  if (wrong == 0) return;
  const Shape& s = expected.shape;
  const auto i = static_cast<std::int64_t>(first);
  ADD_FAILURE() << wrong << " of " << s.elements() << " elements are wrong; the first, [" << i / (s.h * s.w * s.c)
                << ", " << i / (s.w * s.c) % s.h << ", " << i / s.c % s.w << ", " << i % s.c << "] of " << s << ", is "
                << got[first] << (is_poison(got[first]) ? " (never written)" : "") << ", not " << expected.value[first]
                << " +- " << expected.bound[first];
}

void expect_operator(const MakeOperator& make, const Expectation& e) {
  for (const Placement placement : kPlacements) {
    const CurrentCase placed(to_string(placement));
    const Result<Operator> op = make(placement);
    ASSERT_TRUE(op.ok()) << op.status().message();

    BackwardPool pool(8);
    for (const std::int32_t threads : {1, 8}) {
      const Result<Plan> plan = op->plan(e.input, {threads, pool.executor()});
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      PlanOptions options;
      options.threads = threads;
      options.executor = pool.executor();
      expect_candidates(*op, e, placement, options);
      expect_slices(*op, e, placement, options);
      ASSERT_EQ(plan->output_shape(), e.output.shape);
      ASSERT_EQ(plan->input_shape(), e.input);
      // A layer too small to share runs as it did on one thread.
      if (threads > 1 && plan->threads() == 1) continue;
      const CurrentCase described(plan->explain());
      expect_run(*plan, e, placement, false);
      if (!e.residual.empty() && e.residual_shape == e.output.shape) expect_run(*plan, e, placement, true);
    }
  }
}

}  // namespace tandem::test
