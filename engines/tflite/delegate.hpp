// The delegate: it looks at an interpreter's graph and puts kernels in the place of the nodes that Tandem takes.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <mutex>

#include "engines/common/options.hpp"
#include "tandem/status.hpp"

namespace tandem_tflite {

class Claiming;

/// One delegate may serve several interpreters, also at the same time.
class Delegate {
 public:
  explicit Delegate(tandem::engines::Options options);
  Delegate(const Delegate&) = delete;
  Delegate& operator=(const Delegate&) = delete;

  /// What TFLite knows the delegate by; lives as long as this object.
  [[nodiscard]] TfLiteDelegate* handle() noexcept { return &handle_; }
  static Delegate& of(TfLiteDelegate* handle) noexcept { return *static_cast<Delegate*>(handle->data_); }

 private:
  tandem::Status prepare(TfLiteContext* context);

  TfLiteDelegate handle_{};
  tandem::engines::Options options_;
  std::mutex one_at_a_time_;
  // The graph that prepare() works on. TFLite makes the kernels while it does, and tells them the delegate alone.
  Claiming* claiming_ = nullptr;
};

}  // namespace tandem_tflite
