// Plans run as one Sequence: the bits of running them one by one, in as few forks as can be.
#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>
#include <utility>
#include <vector>

#include "creation.hpp"
#include "current_case.hpp"
#include "isas.hpp"
#include "machines.hpp"
#include "random.hpp"
#include "refusal.hpp"
#include "subjects.hpp"
#include "tandem/sequence.hpp"
#include "test_pools.hpp"
#include "weights.hpp"

namespace tandem::test {
namespace {

/// Plans of any operators, each with tensors of its own, in one workspace.
class Independent {
 public:
  explicit Independent(std::vector<Subject> subjects) : subjects_(std::move(subjects)) {
    for (const Subject& subject : subjects_) {
      tensors_.emplace_back(subject);
      expected_.push_back(run_once(subject, tensors_.back(), {1, Executor::inline_only()}));
    }
  }

  /// Plan i with options(i).
  template <class Options>
  void expect_same_bits(const Options& options) const {
    std::vector<Plan> plans;
    for (std::size_t i = 0; i < subjects_.size(); ++i) {
      Result<Plan> plan = subjects_[i].op.plan(subjects_[i].input, options(i));
      ASSERT_TRUE(plan.ok()) << plan.status().message();
      plans.push_back(*std::move(plan));
    }
    const Result<Sequence> sequence = Sequence::create(plans);
    ASSERT_TRUE(sequence.ok()) << sequence.status().message();
    const auto most = std::max_element(plans.begin(), plans.end(), [](const Plan& a, const Plan& b) {
      return a.workspace_bytes() < b.workspace_bytes();
    });
    EXPECT_EQ(sequence->workspace_bytes(), most->workspace_bytes());
    EXPECT_EQ(sequence->size(), plans.size());
    Workspace workspace(*most);
    std::vector<std::vector<float>> outputs;
    std::vector<RunArgs> args;
    for (std::size_t i = 0; i < plans.size(); ++i) outputs.emplace_back(expected_[i].size());
    for (std::size_t i = 0; i < plans.size(); ++i) {
      args.push_back(arguments(tensors_[i], outputs[i], workspace));
      args.back().workspace_bytes = sequence->workspace_bytes();
    }
    plans.clear();  // the sequence keeps them
    const Status status = sequence->run(args);
    ASSERT_TRUE(status.ok()) << status.message();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      EXPECT_EQ(first_difference(outputs[i], expected_[i]), -1) << subjects_[i].name;
    }
  }

 private:
  std::vector<Subject> subjects_;
  std::vector<Tensors> tensors_;
  std::vector<std::vector<float>> expected_;
};

class SequenceTest : public testing::TestWithParam<std::string> {};

TEST_P(SequenceTest, OfAllOperatorsOnOneTbb) {
  const Independent layers(subjects(GetParam()));
  for (const std::int32_t threads : {1, 2, 3, 8}) {
    const CurrentCase described(text(threads, " threads"));
    layers.expect_same_bits([&](std::size_t) { return PlanOptions{threads, Executor()}; });
  }
}

TEST_P(SequenceTest, OfAllOperatorsOnThreads) {
  const Independent layers(subjects(GetParam()));
  RealPool pool(8);
  for (const std::int32_t threads : {2, 3, 8}) {
    const CurrentCase described(text(threads, " threads"));
    layers.expect_same_bits([&](std::size_t) { return PlanOptions{threads, pool.executor()}; });
  }
}

TEST_P(SequenceTest, OfAllOperatorsOnWorkersThatRunBackwards) {
  const Independent layers(subjects(GetParam()));
  for (const std::int32_t workers : {2, 5, 64}) {
    const CurrentCase described(text(workers, " workers"));
    BackwardPool pool(workers);
    layers.expect_same_bits([&](std::size_t) { return PlanOptions{workers, pool.executor()}; });
  }
}

// Each plan has another number of workers, and every third one another executor.
TEST_P(SequenceTest, OfPlansThatDoNotShareAFork) {
  const Independent layers(subjects(GetParam()));
  BackwardPool pool(8);
  layers.expect_same_bits([&](std::size_t i) {
    return PlanOptions{static_cast<std::int32_t>(i % 4) + 1, i % 3 == 0 ? Executor::inline_only() : pool.executor()};
  });
}

/// 3x3 separable layers, each of which reads what the one before it wrote, a row of other workers' too.
class Chain {
 public:
  static constexpr Shape kShape{1, 24, 24, 16};

  Chain(const std::string& isa, std::size_t layers) {
    Random random(7);
    tensors_.push_back(random.values(kShape.elements()));
    SeparableParams p;
    p.depthwise.channels = p.pointwise.in_channels = p.pointwise.out_channels = static_cast<std::int32_t>(kShape.c);
    for (std::size_t i = 0; i < layers; ++i) {
      const reference::Weights depthwise = random_weights(filter_shape(p.depthwise), true, random);
      const Result<Operator> op = create(p, depthwise, random_weights(filter_shape(p.pointwise), true, random), isa);
      if (!op.ok()) throw std::runtime_error(op.status().message());
      operators_.push_back(*op);
      tensors_.emplace_back(tensors_[0].size());
    }
  }

  [[nodiscard]] std::vector<Plan> plans(const PlanOptions& options) const {
    std::vector<Plan> plans;
    for (const Operator& op : operators_) plans.push_back(op.plan(kShape, options).value());
    return plans;
  }
  [[nodiscard]] std::vector<RunArgs> args(Workspace& workspace) {
    std::vector<RunArgs> args;
    for (std::size_t i = 0; i < operators_.size(); ++i) {
      args.push_back({tensors_[i].data(), tensors_[i + 1].data(), nullptr, workspace.data()});
    }
    return args;
  }
  [[nodiscard]] const std::vector<float>& output() const { return tensors_.back(); }
  void clear_outputs() {
    for (std::size_t i = 1; i < tensors_.size(); ++i) std::fill(tensors_[i].begin(), tensors_[i].end(), 0.0F);
  }

 private:
  std::vector<Operator> operators_;
  std::vector<std::vector<float>> tensors_;  // the first one is the input
};

// The tensors are plain memory, for ThreadSanitizer to see whether a layer is ordered behind the one before.
TEST_P(SequenceTest, LayersReadWhatTheOnesBeforeWrote) {
  Chain chain(GetParam(), 20);
  const std::vector<Plan> alone = chain.plans({1, Executor::inline_only()});
  Workspace small(alone[0]);
  const std::vector<RunArgs> one_by_one = chain.args(small);
  for (std::size_t i = 0; i < alone.size(); ++i) ASSERT_TRUE(alone[i].run(one_by_one[i]).ok());
  const std::vector<float> expected = chain.output();

  RealPool pool(3);
  const std::vector<Plan> shared = chain.plans({3, pool.executor(), 0, sharing()});
  ASSERT_GT(shared[0].threads(), 1) << shared[0].explain();
  const Result<Sequence> sequence = Sequence::create(shared);
  ASSERT_TRUE(sequence.ok()) << sequence.status().message();
  Workspace workspace(shared[0]);
  const std::vector<RunArgs> args = chain.args(workspace);
  for (int run = 0; run < 10; ++run) {
    chain.clear_outputs();
    ASSERT_TRUE(sequence->run(args).ok());
    ASSERT_EQ(first_difference(chain.output(), expected), -1);
  }
}

TEST_P(SequenceTest, ForksOnceForAllItsPlans) {
  BackwardPool pool(2);
  Chain chain(GetParam(), 5);
  const std::vector<Plan> plans = chain.plans({2, pool.executor(), 0, sharing()});
  Workspace workspace(plans[0]);
  ASSERT_EQ(plans[0].threads(), 2) << plans[0].explain();
  ASSERT_TRUE(Sequence::create(plans)->run(chain.args(workspace)).ok());
  EXPECT_EQ(pool.calls, 1);
  EXPECT_EQ(pool.largest_count, 2);
}

// A worker treats denormals as all of the plans want it.
TEST_P(SequenceTest, ForksAgainForPlansThatFlushDenormals) {
  if (!kFlushesDenormals) GTEST_SKIP() << "this CPU has no flags for it";
  BackwardPool pool(2);
  Chain chain(GetParam(), 4);
  PlanOptions options{2, pool.executor(), 0, sharing()};
  std::vector<Plan> plans = chain.plans(options);
  options.flush_denormals = true;
  plans[2] = plans[3] = chain.plans(options)[2];
  Workspace workspace(plans[0]);
  ASSERT_TRUE(Sequence::create(plans)->run(chain.args(workspace)).ok());
  EXPECT_EQ(pool.calls, 2);
}

TEST_P(SequenceTest, RefusesBadArgumentsBeforeItRuns) {
  Chain chain(GetParam(), 3);
  const std::vector<Plan> plans = chain.plans({1, Executor::inline_only()});
  Workspace workspace(plans[0]);
  const Result<Sequence> sequence = Sequence::create(plans);
  ASSERT_TRUE(sequence.ok()) << sequence.status().message();
  constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;
  std::vector<RunArgs> args = chain.args(workspace);
  void* const last = args[2].dst;
  args[2].dst = nullptr;
  expect_refused("the last dst", sequence->run(args), kInvalid, {"plan 2: dst is null"});
  args[2].dst = last;
  args[1].workspace_bytes = plans[1].workspace_bytes() - 1;
  expect_refused("the second workspace", sequence->run(args), kInvalid, {"plan 1: workspace holds"});
  expect_refused("arguments", sequence->run(args.data(), 2), kInvalid, {"2 runs", "3 plans"});
  expect_refused("arguments", sequence->run(nullptr, 3), kInvalid, {"args is null"});
  for (const float value : std::vector<float>(static_cast<const float*>(args[0].dst),
                                              static_cast<const float*>(args[0].dst) + Chain::kShape.elements())) {
    ASSERT_EQ(value, 0.0F) << "something was written";
  }
}

INSTANTIATE_TEST_SUITE_P(Isas, SequenceTest, testing::ValuesIn(isas_under_test()), isa_test_name);

TEST(SequenceCreation, RefusesWhatIsNoPlan) {
  constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;
  expect_refused("no plans", Sequence::create(std::vector<Plan>()).status(), kInvalid, {"at least one plan", "0"});
  expect_refused("a null pointer", Sequence::create(nullptr, 7).status(), kInvalid, {"plans is null", "7"});
  std::vector<Plan> plans = Chain(isas_under_test().front(), 3).plans({});
  const Plan moved = std::move(plans[1]);
  expect_refused("a plan moved from", Sequence::create(plans).status(), kInvalid, {"plan 1", "moved from"});
}

}  // namespace
}  // namespace tandem::test
