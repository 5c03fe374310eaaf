// A claimed group made ready to run: weights packed once; a plan for each shape of the inputs, made when it first comes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "engines/graph/graph.hpp"
#include "tandem/executor.hpp"
#include "tandem/status.hpp"

namespace tandem::graph {

struct CompileOptions {
  /// >= 1; workers of a run, if GraphRun::parallel is set. Results have the same bits for any number.
  std::int32_t threads = 1;
  Rounding rounding = Rounding::kNearestEven;  ///< of convolutions, matrix products, sums, products and means on 8 bits
  std::size_t plans = 8;  ///< >= 1; plans for this many input shapes are kept, the least recently used one goes
};

/// An input of one run, in Graph::inputs' order. Inputs that nothing reads may have null data.
struct InputTensor {
  const void* data = nullptr;  ///< elements of the input's type in row-major order of dims; floats are aligned
  const std::int64_t* dims = nullptr;
  std::size_t rank = 0;
};

/// The tensors and the threads of one run.
struct GraphRun {
  const InputTensor* inputs = nullptr;  ///< as many as Graph::inputs
  std::size_t input_count = 0;
  void* self = nullptr;  ///< handed back to both functions
  /// Called once for each output, in Graph::outputs' order, on the calling thread, before anything is computed: returns
  /// memory for a tensor of the output's type and of these dims, or null, which makes run() answer kOutOfMemory. Must
  /// not throw.
  void* (*output)(void* self, std::size_t index, const std::int64_t* dims, std::size_t rank) = nullptr;
  /// The engine's pool, as ThreadPool::parallel says; null: everything on the calling thread.
  void (*parallel)(void* self, std::int32_t count, WorkerFunction worker, void* context) = nullptr;
};

/// Immutable to its users, cheap to copy (copies share), safe to run from several threads at once.
class Compiled {
 public:
  Compiled() noexcept = default;
  [[nodiscard]] bool empty() const noexcept { return impl_ == nullptr; }

  /// Computes all outputs. The first run with new input shapes plans and allocates; later ones allocate nothing, unless
  /// more threads run at the same time than ever before. Throws nothing. Errors: kInvalidArgument for a missing or
  /// misaligned tensor, or shapes that do not fit the network, with the node's name; kOutOfMemory.
  Status run(const GraphRun& run) const noexcept;

  /// Plans for these input shapes without running (dims alone are read), so that the first run need not.
  Status prepare(const InputTensor* inputs, std::size_t input_count) const noexcept;

  /// The shapes of the outputs for these inputs: for an engine that allocates outputs by itself (TFLite). Calls
  /// `output` for each with self; the pointer it returns is not used.
  Status output_shapes(const GraphRun& run) const noexcept;

  /// Bytes that this holds: packed weights, and arenas of the plans that are kept.
  [[nodiscard]] std::size_t bytes() const noexcept;

  /// The steps of the most recently used plan: operator, nodes, shapes, predicted time, buffers. Empty before the first.
  [[nodiscard]] std::string explain() const;

 private:
  friend Result<Compiled> compile(const Graph& graph, const CompileOptions& options) noexcept;
  struct Impl;
  std::shared_ptr<Impl> impl_;
};

/// Normalises, fuses, packs. The graph is one group of claim(), read anew, with the group's borders as its inputs and
/// outputs; nothing of it is needed afterwards. If all input dims are known it is planned for them at once. Errors:
/// kUnsupported with the node's name for what claim() would have declined; kInvalidArgument; kOutOfMemory.
Result<Compiled> compile(const Graph& graph, const CompileOptions& options = {}) noexcept;

}  // namespace tandem::graph
