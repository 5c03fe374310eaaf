// Several Plans, one after the other, as one run: all layers of a network, or consecutive ones.
#pragma once

#include <cstddef>
#include <memory>

#include "tandem/operator.hpp"
#include "tandem/status.hpp"
#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

class Sequence;

namespace internal {
class SequenceImpl;
struct SequenceArgs;
Status run_sequence(const Sequence& sequence, const SequenceArgs& args) noexcept;
}  // namespace internal

/// Plans in the order in which they run. The result has the same bits as single runs. A Sequence is faster than single
/// runs because the workers stay together from one plan to the next: the executor is called once. Stages of different
/// plans are never fused. Immutable, cheap to copy (copies share), safe to run from several threads at once as long as
/// each run has its own workspace. Keeps its Plans alive. A default-constructed Sequence, or one that was moved from,
/// is empty: run() answers kInvalidArgument, and numbers are 0.
class Sequence {
 public:
  Sequence() noexcept = default;
  [[nodiscard]] bool empty() const noexcept { return impl_ == nullptr; }

  /// @param plans  [count], copied. The executor is called anew between plans that differ in executor or in
  ///               flush_denormals, or in the number of workers if workers have private parts of the workspace.
  /// Errors: kInvalidArgument if there is no plan, or for an empty one; kOutOfMemory.
  TANDEM_API static Result<Sequence> create(const Plan* plans, std::size_t count) noexcept;
  /// From anything with data() and size(): std::vector, std::array, std::span.
  template <class Plans>
  static Result<Sequence> create(const Plans& plans) noexcept {
    return create(plans.data(), plans.size());
  }

  /// Runs plan i with args[i]; see Plan::run() for what args[i] must be. One plan's dst may be the src or residual of
  /// later plans, and all may share a workspace. All arguments are checked before the first plan runs: on error nothing
  /// is written, and the sentence begins with the plan's number, from 0. Like Plan::run() it allocates nothing, locks
  /// nothing, throws nothing, prints nothing.
  TANDEM_API Status run(const RunArgs* args, std::size_t count) const noexcept;
  template <class Args>
  Status run(const Args& args) const noexcept {
    return run(args.data(), args.size());
  }

  /// The number of plans.
  [[nodiscard]] TANDEM_API std::size_t size() const noexcept;
  /// Bytes of the largest workspace that any of the plans needs.
  [[nodiscard]] TANDEM_API std::size_t workspace_bytes() const noexcept;

 private:
  friend Status internal::run_sequence(const Sequence& sequence, const internal::SequenceArgs& args) noexcept;
  explicit Sequence(std::shared_ptr<const internal::SequenceImpl> impl) noexcept : impl_(std::move(impl)) {}
  std::shared_ptr<const internal::SequenceImpl> impl_;
};

}  // namespace TANDEM_ABI
}  // namespace tandem
