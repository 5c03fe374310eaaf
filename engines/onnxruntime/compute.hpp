// A claimed group as ONNX Runtime runs it: one node with inputs and outputs.
#pragma once

#include <atomic>
#include <cstdint>

#include "engines/explain/explain.hpp"
#include "engines/graph/compile.hpp"
#include "engines/onnxruntime/api.hpp"

namespace tandem_onnxruntime {

/// Immutable but for the measured times; ONNX Runtime may run it from many threads at once.
class GroupNode : public OrtNodeComputeInfo {
 public:
  /// @param inputs    how many the node has
  /// @param profiled  measure each run
  GroupNode(tandem::graph::Compiled compiled, std::size_t inputs, bool profiled);

  /// Reads the context's inputs, allocates its outputs, and computes them on its threads.
  OrtStatus* compute(OrtKernelContext* context) noexcept;

  [[nodiscard]] tandem::explain::Measured measured() const noexcept;

 private:
  void run(OrtKernelContext* context);
  void record(std::int64_t nanoseconds) noexcept;

  tandem::graph::Compiled compiled_;
  std::size_t inputs_;
  bool profiled_;
  std::atomic<std::int64_t> runs_{0};
  std::atomic<std::int64_t> fastest_{0};  // nanoseconds; 0: none yet
};

}  // namespace tandem_onnxruntime
