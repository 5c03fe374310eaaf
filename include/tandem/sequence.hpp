// Several Plans, one after the other, as one run: the layers of a network, or those of them that follow each other.
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

/// Plans in the order in which they run. The result has the bits of running them one by one. A Sequence is faster than
/// single runs because the workers stay together from one plan to the next: the executor calls them once. No stage of a
/// plan is fused with one of another plan. Immutable, cheap to copy (copies share), safe to run from several threads at
/// once as long as each run has its own workspace. Keeps its Plans alive.
class Sequence {
 public:
  /// @param plans  [count], copied. Plans of different executors, of different flush_denormals, or of different numbers
  ///               of workers that each need a workspace of their own, follow each other like separate runs.
  /// kInvalidArgument without a plan, and for one that was moved from; kOutOfMemory.
  TANDEM_API static Result<Sequence> create(const Plan* plans, std::size_t count) noexcept;
  /// Of anything with data() and size(): std::vector, std::array, std::span.
  template <class Plans>
  static Result<Sequence> create(const Plans& plans) noexcept {
    return create(plans.data(), plans.size());
  }

  /// Runs plan i with args[i], which must be as Plan::run() wants them. One plan's dst may be the src or residual of
  /// later ones, and all may have the same workspace. All arguments are checked before the first plan runs: on error
  /// nothing is written, and the sentence begins with the plan's number, from 0. Like Plan::run() it allocates nothing,
  /// locks nothing, throws nothing, prints nothing.
  TANDEM_API Status run(const RunArgs* args, std::size_t count) const noexcept;
  template <class Args>
  Status run(const Args& args) const noexcept {
    return run(args.data(), args.size());
  }

  /// The number of plans.
  [[nodiscard]] TANDEM_API std::size_t size() const noexcept;
  /// Bytes: the largest workspace that one of the plans needs.
  [[nodiscard]] TANDEM_API std::size_t workspace_bytes() const noexcept;

 private:
  friend Status internal::run_sequence(const Sequence& sequence, const internal::SequenceArgs& args) noexcept;
  explicit Sequence(std::shared_ptr<const internal::SequenceImpl> impl) noexcept : impl_(std::move(impl)) {}
  std::shared_ptr<const internal::SequenceImpl> impl_;
};

}  // namespace TANDEM_ABI
}  // namespace tandem
