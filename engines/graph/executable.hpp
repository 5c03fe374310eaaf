// A program planned for its shapes, and the memory of its runs.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "engines/graph/compile.hpp"
#include "engines/graph/steps.hpp"
#include "tandem/sequence.hpp"

namespace tandem::graph {

/// Immutable after create() but for its pool of arenas, which a mutex guards.
class Executable {
 public:
  static Result<std::shared_ptr<Executable>> create(Program program, std::vector<Dims> outputs, std::int32_t threads);

  /// The tensors have been checked. Allocates only if more runs than ever before are under way.
  Status run(const GraphRun& run);

  [[nodiscard]] const std::vector<Dims>& outputs() const noexcept { return outputs_; }
  [[nodiscard]] std::size_t bytes() const noexcept { return arenas_ * arena_bytes_; }
  [[nodiscard]] double predicted_seconds() const noexcept;
  [[nodiscard]] std::string explain() const;

 private:
  struct Arena;
  struct Lease;

  Arena* new_arena();

  Program program_;
  std::vector<Dims> outputs_;
  std::vector<Plan> plans_;
  Sequence sequence_;
  std::size_t arena_bytes_ = 0;
  std::mutex mutex_;                          // guards the two below
  std::vector<std::unique_ptr<Arena>> free_;  // has room for all arenas
  std::atomic<std::size_t> arenas_ = 0;
};

}  // namespace tandem::graph
