#include "engines/onnxruntime/compute.hpp"

#include <chrono>
#include <utility>
#include <vector>

#include "engines/onnxruntime/status.hpp"

namespace tandem_onnxruntime {
namespace {

using tandem::WorkerFunction;
using tandem::graph::Compiled;
using tandem::graph::GraphRun;
using tandem::graph::InputTensor;

// One run: what GraphRun's functions need.
struct Run {
  OrtKernelContext* context;
  Ort::Status failure;  // of the host, when it allocated an output
};

void* allocate_output(void* self, std::size_t index, const std::int64_t* dims, std::size_t rank) noexcept {
  Run& run = *static_cast<Run*>(self);
  OrtValue* value = nullptr;
  void* elements = nullptr;
  OrtStatus* failure = Ort::GetApi().KernelContext_GetOutput(run.context, index, dims, rank, &value);
  if (failure == nullptr) failure = Ort::GetApi().GetTensorMutableData(value, &elements);
  if (failure != nullptr) {
    run.failure = Ort::Status(failure);
    return nullptr;
  }
  static float nothing;  // the host has no memory for a tensor without elements
  return elements == nullptr ? &nothing : elements;
}

// On the session's own threads. The host takes a function of another type.
void parallel(void* self, std::int32_t count, WorkerFunction worker, void* context) noexcept {
  struct Work {
    WorkerFunction worker;
    void* context;
  } work{worker, context};
  const auto call = [](void* w, std::size_t index) {
    const Work& own = *static_cast<Work*>(w);
    own.worker(own.context, static_cast<std::int32_t>(index));
  };
  const auto total = static_cast<std::size_t>(count);
  OrtStatus* failure =
      Ort::GetApi().KernelContext_ParallelFor(static_cast<Run*>(self)->context, call, total, total, &work);
  // It has not called any: it fails on wrong arguments alone.
  if (failure != nullptr) {
    Ort::GetApi().ReleaseStatus(failure);
    for (std::int32_t i = 0; i < count; ++i) worker(context, i);
  }
}

// The inputs of a run, and the memory of their dims.
struct Inputs {
  explicit Inputs(std::size_t count) : tensors(count), dims(count) {}

  void read(const OrtKernelContext* context, std::size_t i) {
    const OrtValue* value = nullptr;
    Ort::ThrowOnError(Ort::GetApi().KernelContext_GetInput(context, i, &value));
    if (value == nullptr) return;
    const Ort::ConstValue tensor{value};
    dims[i] = tensor.GetTensorTypeAndShapeInfo().GetShape();
    tensors[i] = {tensor.GetTensorRawData(), dims[i].data(), dims[i].size()};
  }

  std::vector<InputTensor> tensors;
  std::vector<std::vector<std::int64_t>> dims;
};

}  // namespace

GroupNode::GroupNode(Compiled compiled, std::size_t inputs, bool profiled)
    : OrtNodeComputeInfo{}, compiled_(std::move(compiled)), inputs_(inputs), profiled_(profiled) {
  ort_version_supported = ORT_API_VERSION;
  OrtNodeComputeInfo::CreateState = [](OrtNodeComputeInfo*, OrtNodeComputeContext*, void** state) -> OrtStatus* {
    *state = nullptr;
    return nullptr;
  };
  OrtNodeComputeInfo::Compute = [](OrtNodeComputeInfo* self, void*, OrtKernelContext* context) -> OrtStatus* {
    return static_cast<GroupNode*>(self)->compute(context);
  };
  OrtNodeComputeInfo::ReleaseState = [](OrtNodeComputeInfo*, void*) {};
}

OrtStatus* GroupNode::compute(OrtKernelContext* context) noexcept {
  return guard([&] {
    if (!profiled_) return run(context);
    const auto start = std::chrono::steady_clock::now();
    run(context);
    record(std::chrono::nanoseconds(std::chrono::steady_clock::now() - start).count());
  });
}

void GroupNode::run(OrtKernelContext* context) {
  Inputs inputs(inputs_);
  for (std::size_t i = 0; i < inputs_; ++i) inputs.read(context, i);
  Run own{context, Ort::Status{nullptr}};
  GraphRun run;
  run.inputs = inputs.tensors.data();
  run.input_count = inputs_;
  run.self = &own;
  run.output = allocate_output;
  run.parallel = parallel;
  const tandem::Status status = compiled_.run(run);
  if (!own.failure.IsOK()) throw Ort::Exception(own.failure.GetErrorMessage(), own.failure.GetErrorCode());
  check(status);
}

void GroupNode::record(std::int64_t nanoseconds) noexcept {
  runs_.fetch_add(1, std::memory_order_relaxed);
  std::int64_t fastest = fastest_.load(std::memory_order_relaxed);
  while ((fastest == 0 || nanoseconds < fastest) &&
         !fastest_.compare_exchange_weak(fastest, nanoseconds, std::memory_order_relaxed)) {
  }
}

tandem::explain::Measured GroupNode::measured() const noexcept {
  return {runs_.load(std::memory_order_relaxed), 1e-9 * static_cast<double>(fastest_.load(std::memory_order_relaxed))};
}

}  // namespace tandem_onnxruntime
