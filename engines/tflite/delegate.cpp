#include "engines/tflite/delegate.hpp"

#include <tensorflow/lite/builtin_ops.h>

#include <exception>
#include <memory>
#include <new>
#include <utility>
#include <vector>

#include "engines/tflite/claiming.hpp"
#include "engines/tflite/int_array.hpp"
#include "engines/tflite/kernel.hpp"
#include "tandem/isa.hpp"

namespace tandem_tflite {
namespace {

using tandem::Result;
using tandem::Status;
using tandem::StatusCode;

// No exception leaves the functions that TFLite calls.
template <class Function>
Status guarded(const Function& function) noexcept {
  try {
    return function();
  } catch (const std::bad_alloc&) {
    return {StatusCode::kOutOfMemory, "out of memory"};
  } catch (const std::exception& error) {
    return {StatusCode::kInvalidArgument, error.what()};
  }
}

TfLiteStatus report(TfLiteContext* context, const Status& status) noexcept {
  if (status.ok()) return kTfLiteOk;
  context->ReportError(context, "Tandem: %s", status.message());
  return kTfLiteError;
}

// What the interpreter keeps for a kernel: the kernel, or why there is none, which only prepare can tell.
struct KernelSlot {
  std::unique_ptr<Kernel> kernel;
  Status status;
};

template <class Function>
TfLiteStatus with_kernel(TfLiteContext* context, TfLiteNode* node, const Function& function) noexcept {
  const auto* slot = static_cast<KernelSlot*>(node->user_data);
  if (slot == nullptr) return report(context, {StatusCode::kOutOfMemory, "out of memory"});
  if (!slot->status.ok()) return report(context, slot->status);
  return report(context, guarded([&] { return function(*slot->kernel); }));
}

TfLiteRegistration registration(void* (*init)(TfLiteContext*, const char*, std::size_t)) noexcept {
  TfLiteRegistration registration{};
  registration.builtin_code = kTfLiteBuiltinDelegate;
  registration.custom_name = "TandemDelegate";
  registration.version = 1;
  registration.init = init;
  registration.free = [](TfLiteContext*, void* slot) { delete static_cast<KernelSlot*>(slot); };
  registration.prepare = [](TfLiteContext* context, TfLiteNode* node) {
    return with_kernel(context, node, [&](Kernel& kernel) { return kernel.prepare(context); });
  };
  registration.invoke = [](TfLiteContext* context, TfLiteNode* node) {
    return with_kernel(context, node, [&](Kernel& kernel) { return kernel.invoke(context); });
  };
  return registration;
}

}  // namespace

Delegate::Delegate(tandem::engines::Options options) : options_(std::move(options)) {
  handle_.data_ = this;
  handle_.flags = kTfLiteDelegateFlagsAllowDynamicTensors;
  handle_.Prepare = [](TfLiteContext* context, TfLiteDelegate* handle) {
    return report(context, guarded([&] { return of(handle).prepare(context); }));
  };
}

Status Delegate::prepare(TfLiteContext* context) {
  const std::lock_guard lock(one_at_a_time_);
  if (const Result<const char*> isa = tandem::select_isa(); !isa) {  // the interpreter works without Tandem
    context->ReportError(context, "Tandem takes no node: %s", isa.status().message());
    return {};
  }
  Claiming claiming(context, options_);
  const Result<std::vector<int>> chosen = claiming.choose();
  if (!chosen) return chosen.status();
  if (chosen->empty()) return {};
  claiming_ = &claiming;
  auto* const init = +[](TfLiteContext*, const char* buffer, std::size_t) -> void* {
    const auto& params = *reinterpret_cast<const TfLiteDelegateParams*>(buffer);
    auto* const slot = new (std::nothrow) KernelSlot;
    if (slot == nullptr) return nullptr;
    slot->status = guarded([&] {
      Result<std::unique_ptr<Kernel>> kernel = of(params.delegate).claiming_->compile(params);
      if (kernel) slot->kernel = *std::move(kernel);
      return kernel.status();
    });
    return slot;
  };
  const TfLiteStatus status =
      context->ReplaceNodeSubsetsWithDelegateKernels(context, registration(init), to_array(*chosen).get(), &handle_);
  claiming_ = nullptr;
  if (status == kTfLiteOk) return {};
  return {StatusCode::kInvalidArgument, "TFLite could not put the kernels into its graph"};
}

}  // namespace tandem_tflite
