// libFuzzer over create(), plan() and run() with hostile parameters: no sanitizer finds anything, an error has a code
// and a sentence and leaves dst as it was, a run that worked has written every element.
#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <iostream>

#include "hostile.hpp"
#include "tandem/isa.hpp"
#include "tests/elements.hpp"
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
  o.flush_denormals = bytes.ConsumeBool();
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

/// Makes one argument wrong, or none; returns whether run() must refuse what is left. dst_last: bytes from dst's first element to its last. scratch: bytes of the workspace,
/// which may be more than the plan needs.
bool spoil(Bytes& bytes, const Plan& plan, const PixelStrides& strides, const AnyParams& params,
           std::ptrdiff_t dst_last, std::size_t scratch, RunArgs& args) {
  const auto src_element = static_cast<std::ptrdiff_t>(element_bytes(tensor_types(params).src));
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
      args.workspace_bytes = bytes.ConsumeIntegralInRange<std::size_t>(0, scratch);
      return args.workspace_bytes < plan.workspace_bytes();
    case 7:
      if (src_element == 1) return false;
      args.src = moved(args.src, bytes.ConsumeIntegralInRange<std::ptrdiff_t>(1, src_element - 1));
      return true;
    case 8:
      args.src = moved(args.dst, bytes.ConsumeBool() ? dst_last : 0);
      return args.src != args.dst || !runs_in_place(params) || strides.src != strides.dst;
    case 9:
      args.dst = takes_workspace ? args.workspace : nullptr;
      return true;
    case 10:
      if (args.residual == nullptr) return false;
      args.residual = args.dst;
      return strides.residual != strides.dst || residual_shape(params, plan.output_shape()) != plan.output_shape();
    default:
      return false;
  }
}

/// Floats from the first of a tensor to its last.
std::int64_t extent(const Shape& shape, std::int64_t stride) {
  return (shape.n * shape.h * shape.w - 1) * stride + shape.c;
}

void run(Bytes& bytes, const Plan& plan, const AnyParams& params, PixelStrides strides) {
  const Shape& input = plan.input_shape();
  const Shape& output = plan.output_shape();
  const Shape of_residual = residual_shape(params, output);
  const TensorTypes types = tensor_types(params);
  const bool residual = takes_residual(params);
  if (strides.src == 0) strides.src = input.c;
  if (strides.dst == 0) strides.dst = output.c;
  if (strides.residual == 0) strides.residual = of_residual.c;
  const std::size_t scratch = plan.workspace_bytes();
  for (const std::int64_t floats : {extent(input, strides.src), extent(output, strides.dst),
                                    extent(of_residual, strides.residual), static_cast<std::int64_t>(scratch / 64)}) {
    if (floats > kMostElements) return;
  }
  if (plan.op_count() > kMostMultiplyAdds) return;

  // The kernels are not instrumented, which would take Clang minutes a file: guard pages tell of what they touch.
  const Placement placement = bytes.PickValueInArray(kPlacements);
  const auto ones = [](std::int64_t count) { return std::vector<float>(static_cast<std::size_t>(count), 1.0F); };
  const std::int64_t floats = extent(output, strides.dst);
  const GuardedInput src("src", ones(extent(input, strides.src)), placement, types.src);
  const GuardedInput added("residual", ones(residual ? extent(of_residual, strides.residual) : 0), placement,
                           types.dst);
  const std::size_t element = element_bytes(types.dst);
  GuardedOutput dst("dst", static_cast<std::size_t>(floats) * element, placement, element);
  const std::size_t spare = bytes.ConsumeBool() ? scratch : 0;
  GuardedOutput workspace("workspace", scratch + spare, placement, Plan::kWorkspaceAlignment);

  RunArgs args{src.data(), dst.data(), residual ? added.data() : nullptr, workspace.data()};
  const bool refused =
      spoil(bytes, plan, strides, params, (floats - 1) * static_cast<std::ptrdiff_t>(element), workspace.bytes(), args);
  const bool onto_input = args.residual == dst.data() || args.src == dst.data();
  if (onto_input) store_elements(types.dst, ones(floats), dst.data());
  const auto contents = [&] { return load_elements(types.dst, dst.data(), static_cast<std::size_t>(floats)); };
  const std::vector<float> before = contents();
  const Status status = plan.run(args);
  require_sentence(status);
  tell("run: ", status.message());
  require(status.ok() != refused, "run() refuses what is wrong, and nothing else");
  require(dst.intact() && workspace.intact(), "run() writes nothing around dst and the workspace");
  if (args.workspace_bytes == RunArgs().workspace_bytes) {
    const float* const needed_end = workspace.floats() + scratch / sizeof(float);
    require(std::all_of(needed_end, needed_end + spare / sizeof(float), is_poison),
            "run() writes no more of a workspace than the plan needs, unless it is told how large it is");
  }
  const std::vector<float> after = contents();
  for (std::int64_t i = 0; i < floats; ++i) {
    const float* now = &after[static_cast<std::size_t>(i)];
    if (!status.ok() || i % strides.dst >= output.c) {
      require(std::memcmp(now, &before[static_cast<std::size_t>(i)], sizeof(float)) == 0,
              "an error leaves dst as it was, a run what lies between its pixels");
    } else {
      require(is_quantised(types.dst) || !is_poison(*now), "run() writes every element");
    }
  }
}

void plan_and_run(Bytes& bytes, const AnyParams& params, const Operator& op) {
  const Shape input = hostile_shape(bytes, params);
  const Result<Shape> output = op.output_shape(input);
  const Result<std::int64_t> op_count = op.op_count(input);
  BackwardPool pool(1);
  PlanOptions options = hostile_options(bytes, pool);
  options.strides.src = hostile_stride(bytes, input.c);
  options.strides.dst = hostile_stride(bytes, output.ok() ? output->c : 1);
  if (takes_residual(params) || bytes.ConsumeBool())
    options.strides.residual = hostile_stride(bytes, output.ok() ? output->c : 0);
  const Result<Plan> plan = op.plan(input, options);
  for (const Status& status : {plan.status(), output.status(), op_count.status()}) require_sentence(status);
  require(output.ok() == op_count.ok(), "output_shape() and op_count() agree on what they accept");
  tell("plan of ", input, ": ", plan.ok() ? plan->explain() : plan.status().message());
  if (!plan.ok()) return;
  require(output.ok() && plan->output_shape() == *output, "plan() and output_shape() agree");
  require(plan->op_count() == *op_count && (*op_count > 0) == (input.n > 0), "plan() and op_count() agree");
  require(plan->threads() >= 1 && std::strlen(plan->explain()) > 0, "a plan has workers and says what they do");
  if (input.n == 0) return require(plan->run(nullptr, nullptr, nullptr).ok(), "an empty batch runs");
  run(bytes, *plan, params, options.strides);
}

}  // namespace
}  // namespace tandem::test

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem;
  test::Bytes bytes(data, size);
  const test::AnyParams params = test::hostile_params(bytes);
  test::tell(params);

  std::deque<test::HostileWeights> weights;
  std::vector<Weights> stages;
  const std::vector<DataType> types = test::weight_types(params);
  for (const test::FilterShape& shape : test::filter_shapes(params)) {
    stages.push_back(weights.emplace_back(bytes, shape, types[stages.size()]).stage());
  }
  const Result<Operator> op = test::create(params, stages, {test::hostile_isa(bytes)});
  test::require_sentence(op.status());
  test::tell("create: ", op.status().message());
  if (op.ok()) test::plan_and_run(bytes, params, *op);
  return 0;
}
