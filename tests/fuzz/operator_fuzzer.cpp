// libFuzzer over create(), plan() and run() with hostile parameters: no sanitizer finds anything, an error has a code and
// a sentence and leaves dst as it was, a run that worked has written every element.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iostream>

#include "hostile.hpp"
#include "tandem/isa.hpp"
#include "tests/printers.hpp"
#include "tests/test_pools.hpp"

namespace tandem::test {
namespace {

// A run has at most so many elements in each tensor, and multiply-adds; whatever is larger is only planned.
constexpr std::int64_t kMostElements = 1 << 17;
constexpr std::int64_t kMostMultiplyAdds = 1 << 21;

void require(bool holds, const char* what) {
  if (holds) return;
  std::cerr << "not so: " << what << '\n';
  std::abort();
}

/// With TANDEM_FUZZ_VERBOSE set: what a finding is made of, and how far it came.
template <class... Parts>
void tell(const Parts&... parts) {
  static const bool verbose = std::getenv("TANDEM_FUZZ_VERBOSE") != nullptr;
  if (verbose) (std::cerr << ... << parts) << '\n';
}

void require_sentence(const Status& status) {
  const std::string_view sentence = status.message();
  require(status.code() >= StatusCode::kOk && status.code() <= StatusCode::kOutOfMemory, "a status has a code");
  require(status.ok() == sentence.empty(), "an error has a sentence, success has none");
  require(sentence.find('\n') == std::string_view::npos, "a sentence is one line");
}

const char* hostile_isa(Bytes& bytes) {
  if (bytes.ConsumeBool()) return nullptr;
  const auto names = isas();
  const auto i = bytes.ConsumeIntegralInRange<std::size_t>(0, names.size + 1);
  if (i < names.size) return names.data[i].name;
  return i == names.size ? "bogus" : "";
}

PlanOptions hostile_options(Bytes& bytes, BackwardPool& pool) {
  PlanOptions o;
  o.threads = hostile_int(bytes);
  o.candidate = bytes.ConsumeBool() ? hostile_int(bytes) : 0;
  switch (bytes.ConsumeIntegralInRange(0, 3)) {
    case 0:
      pool.concurrency = hostile_int(bytes);
      o.executor = pool.executor();
      break;
    case 1: {
      ThreadPool without_functions;
      if (bytes.ConsumeBool()) without_functions.concurrency = [](void*) { return 2; };
      o.executor = Executor::pool(without_functions);
      break;
    }
    default:
      o.executor = Executor::inline_only();
  }
  MachineModel& m = o.machine;
  if (bytes.ConsumeBool()) return o;
  for (std::int64_t* cache : {&m.l1_bytes, &m.l2_bytes, &m.l3_bytes}) *cache = hostile_long(bytes);
  for (double* rate :
       {&m.multiply_adds, &m.l1_bandwidth, &m.l2_bandwidth, &m.l3_bandwidth, &m.memory_bandwidth, &m.fork_seconds}) {
    *rate = hostile_rate(bytes);
  }
  return o;
}

template <class T>
T* moved(T* pointer, std::ptrdiff_t by) {
  return reinterpret_cast<T*>(reinterpret_cast<std::uintptr_t>(pointer) + static_cast<std::uintptr_t>(by));
}

/// Makes one argument wrong, or none; returns whether run() must refuse what is left.
bool spoil(Bytes& bytes, const Plan& plan, RunArgs& args) {
  const bool takes_workspace = plan.workspace_bytes() > 0;
  switch (bytes.ConsumeIntegralInRange(0, 11)) {
    case 1:
      args.src = nullptr;
      return true;
    case 2:
      args.dst = nullptr;
      return true;
    case 3:
      args.residual = args.residual == nullptr ? args.src : nullptr;
      return true;
    case 4:
      args.workspace = nullptr;
      return takes_workspace;
    case 5:
      args.workspace = moved(static_cast<char*>(args.workspace), bytes.ConsumeIntegralInRange(1, 63));
      return takes_workspace;
    case 6:
      args.workspace_bytes = bytes.ConsumeIntegralInRange<std::size_t>(0, 2 * plan.workspace_bytes());
      return args.workspace_bytes < plan.workspace_bytes();
    case 7:
      args.src = moved(args.src, bytes.ConsumeIntegralInRange(1, 3));
      return true;
    case 8:
      args.src = moved(args.dst, (plan.output_shape().elements() - 1) * std::ptrdiff_t{sizeof(float)});
      return true;
    case 9:
      args.dst = takes_workspace ? static_cast<float*>(args.workspace) : nullptr;
      return true;
    case 10:
      if (args.residual != nullptr) args.residual = args.dst;
      return false;
    default:
      return false;
  }
}

void run(Bytes& bytes, const Plan& plan, bool residual) {
  const std::int64_t in = plan.input_shape().elements();
  const std::int64_t out = plan.output_shape().elements();
  const std::size_t scratch = plan.workspace_bytes();
  if (in > kMostElements || out > kMostElements || plan.op_count() > kMostMultiplyAdds) return;
  if (scratch > kMostElements * std::size_t{64}) return;

  // The kernels are not instrumented, which would take Clang minutes a file: guard pages tell of what they touch.
  const Placement placement = bytes.PickValueInArray(kPlacements);
  const GuardedInput src("src", std::vector<float>(static_cast<std::size_t>(in), 0.5F), placement);
  const GuardedInput added("residual", std::vector<float>(static_cast<std::size_t>(residual ? out : 0), 1.0F),
                           placement);
  GuardedOutput dst("dst", static_cast<std::size_t>(out) * sizeof(float), placement);
  GuardedOutput workspace("workspace", scratch, placement, Plan::kWorkspaceAlignment);

  RunArgs args{src.floats(), dst.floats(), residual ? added.floats() : nullptr, workspace.data()};
  const bool refused = spoil(bytes, plan, args);
  if (args.residual == dst.floats()) std::fill_n(dst.floats(), out, 1.0F);
  const std::vector<float> before(dst.floats(), dst.floats() + out);
  const Status status = plan.run(args);
  require_sentence(status);
  tell("run: ", status.message());
  require(status.ok() != refused, "run() refuses what is wrong, and nothing else");
  require(dst.intact() && workspace.intact(), "run() writes nothing around dst and the workspace");
  if (!status.ok()) {
    require(std::memcmp(before.data(), dst.floats(), before.size() * sizeof(float)) == 0,
            "an error leaves dst as it was");
  } else {
    require(std::none_of(dst.floats(), dst.floats() + out, is_poison), "run() writes every element");
  }
}

void plan_and_run(Bytes& bytes, const AnyParams& params, const Operator& op) {
  const Shape input = hostile_shape(bytes, params);
  BackwardPool pool(1);
  const Result<Plan> plan = op.plan(input, hostile_options(bytes, pool));
  const Result<Shape> output = op.output_shape(input);
  const Result<std::int64_t> op_count = op.op_count(input);
  for (const Status& status : {plan.status(), output.status(), op_count.status()}) require_sentence(status);
  require(output.ok() == op_count.ok(), "output_shape() and op_count() agree on what they accept");
  tell("plan of ", input, ": ", plan.ok() ? plan->explain() : plan.status().message());
  if (!plan.ok()) return;
  require(output.ok() && plan->output_shape() == *output, "plan() and output_shape() agree");
  require(plan->op_count() == *op_count && *op_count > 0, "plan() and op_count() agree");
  require(plan->threads() >= 1 && std::strlen(plan->explain()) > 0, "a plan has workers and says what they do");
  run(bytes, *plan, takes_residual(params));
}

}  // namespace
}  // namespace tandem::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  test::Bytes bytes(data, size);
  const test::AnyParams params = test::hostile_params(bytes);
  test::tell(params);

  std::deque<test::HostileWeights> weights;
  std::vector<test::StageWeights> stages;
  for (const test::FilterShape& shape : test::filter_shapes(params)) {
    stages.push_back(weights.emplace_back(bytes, shape).stage());
  }
  const Result<Operator> op = test::create(params, stages, {test::hostile_isa(bytes)});
  test::require_sentence(op.status());
  test::tell("create: ", op.status().message());
  if (op.ok()) test::plan_and_run(bytes, params, *op);
  return 0;
}
