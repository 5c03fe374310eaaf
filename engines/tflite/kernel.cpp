#include "engines/tflite/kernel.hpp"

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <utility>

#include "engines/tflite/tensors.hpp"

namespace tandem_tflite {

using tandem::Status;
using tandem::StatusCode;
using tandem::graph::Dims;
using tandem::graph::GraphRun;
using tandem::graph::InputTensor;

namespace {

// TFLite frees the array with free().
TfLiteIntArray* new_sizes(const std::int64_t* dims, std::size_t rank) noexcept {
  auto* const sizes = static_cast<TfLiteIntArray*>(std::malloc(sizeof(int) * (rank + 1)));
  if (sizes == nullptr) return nullptr;
  sizes->size = static_cast<int>(rank);
  for (std::size_t i = 0; i < rank; ++i) sizes->data[i] = static_cast<int>(dims[i]);
  return sizes;
}

bool has_sizes(const TfLiteTensor& tensor, const std::int64_t* dims, std::size_t rank) noexcept {
  const std::span<const int> sizes = view(tensor.dims);
  return std::equal(sizes.begin(), sizes.end(), dims, dims + rank);
}

// A dynamic tensor gets its memory when it gets its sizes, any other one when the interpreter allocates all.
bool resize(TfLiteContext* context, TfLiteTensor& tensor, const std::int64_t* dims, std::size_t rank) noexcept {
  const bool has_memory = tensor.allocation_type != kTfLiteDynamic || tensor.data.raw != nullptr;
  if (has_memory && has_sizes(tensor, dims, rank)) return true;
  TfLiteIntArray* const sizes = new_sizes(dims, rank);
  return sizes != nullptr && context->ResizeTensor(context, &tensor, sizes) == kTfLiteOk;
}

}  // namespace

// One call of the graph library on the interpreter's tensors.
class Kernel::Run {
 public:
  Run(const Kernel& kernel, TfLiteContext* context) : kernel_(kernel), context_(context) {
    const std::size_t count = kernel.group_.inputs().size();
    dims_.reserve(count);  // the inputs point to them
    inputs_.reserve(count);
    for (const int index : kernel.group_.inputs()) {
      const TfLiteTensor& tensor = context->tensors[index];
      const std::span<const int> sizes = view(tensor.dims);
      const Dims& dims = dims_.emplace_back(sizes.begin(), sizes.end());
      inputs_.push_back({tensor.data.raw_const, dims.data(), dims.size()});
    }
    run_.inputs = inputs_.data();
    run_.input_count = count;
    run_.self = this;
    run_.output = [](void* self, std::size_t index, const std::int64_t* dims, std::size_t rank) {
      return static_cast<Run*>(self)->output(index, dims, rank);
    };
    run_.parallel = [](void* self, std::int32_t workers, tandem::WorkerFunction worker, void* worker_context) {
      static_cast<Run*>(self)->kernel_.shared_.pool->parallel(workers, worker, worker_context);
    };
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;

  [[nodiscard]] const GraphRun& operator*() const noexcept { return run_; }

 private:
  void* output(std::size_t index, const std::int64_t* dims, std::size_t rank) noexcept {
    TfLiteTensor& tensor = context_->tensors[kernel_.group_.outputs()[index]];
    return resize(context_, tensor, dims, rank) ? tensor.data.raw : nullptr;
  }

  const Kernel& kernel_;
  TfLiteContext* context_;
  std::vector<Dims> dims_;
  std::vector<InputTensor> inputs_;
  GraphRun run_;
};

Kernel::Kernel(tandem::graph::Compiled compiled, Group group, Shared shared, std::size_t number)
    : compiled_(std::move(compiled)), group_(std::move(group)), shared_(std::move(shared)), number_(number) {}

Status Kernel::fit(const TfLiteContext& context) {
  if (!group_.open(context)) return {};
  tandem::Result<tandem::graph::Compiled> compiled = group_.compile_again(context);
  if (compiled) compiled_ = *std::move(compiled);
  return compiled.status();
}

Status Kernel::prepare(TfLiteContext* context) {
  if (group_.outputs().empty()) return {};
  const std::vector<int>& inputs = group_.inputs();
  const bool dynamic = std::any_of(inputs.begin(), inputs.end(), [&](int index) {
    return context->tensors[index].allocation_type == kTfLiteDynamic;
  });
  if (dynamic) {
    for (const int index : group_.outputs()) {
      TfLiteTensor& tensor = context->tensors[index];
      if (tensor.allocation_type == kTfLiteDynamic) continue;
      tensor.allocation_type = kTfLiteDynamic;
      tensor.data.raw = nullptr;
    }
    return {};
  }
  if (const Status fits = fit(*context); !fits.ok()) return fits;
  const Run run(*this, context);
  const Status status = compiled_.output_shapes(*run);
  return status.ok() ? compiled_.prepare((*run).inputs, (*run).input_count) : status;
}

Status Kernel::invoke(TfLiteContext* context) {
  if (group_.outputs().empty()) return {};
  if (const Status fits = fit(*context); !fits.ok()) return fits;
  const Run run(*this, context);
  if (!shared_.profile) return compiled_.run(*run);
  const auto begin = std::chrono::steady_clock::now();
  const Status status = compiled_.run(*run);
  const std::chrono::duration<double> time = std::chrono::steady_clock::now() - begin;
  if (status.ok()) shared_.explanation->measured(number_, time.count());
  return status;
}

}  // namespace tandem_tflite
