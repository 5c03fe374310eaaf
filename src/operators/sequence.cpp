// A Sequence: decides which of its plans share a fork, and runs them.
#include "src/operators/sequence.hpp"

#include <algorithm>
#include <utility>
#include <vector>

#include "src/base/error.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/operators/run_checks.hpp"
#include "src/run/tasks.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {

/// Plans [begin, end) of a sequence, which run in one fork.
struct Section {
  std::size_t begin;
  std::size_t end;
  std::int32_t workers;
  bool workers_are_fixed;  // a plan has own pieces in the workspace for exactly `workers`

  /// Adds the next plan to the section if possible, and says whether it did.
  bool admit(const PlanInfo& first, const PlanImpl& plan) noexcept {
    if (!first.executor.is(plan.info.executor)) return false;
    const bool fixed = plan.pieces.own_bytes() > 0;
    const std::int32_t most = std::max(workers, plan.info.workers);
    if (workers_are_fixed && most > workers) return false;
    if (fixed && most > plan.info.workers) return false;
    workers = most;
    workers_are_fixed = workers_are_fixed || fixed;
    ++end;
    return true;
  }
};

class SequenceImpl {
 public:
  /// Throws std::bad_alloc.
  explicit SequenceImpl(std::vector<std::shared_ptr<const PlanImpl>> plans) : plans_(std::move(plans)) {
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      workspace_bytes_ = std::max(workspace_bytes_, plans_[i]->info.workspace_bytes);
      if (!sections_.empty() && sections_.back().admit(plans_[sections_.back().begin]->info, *plans_[i])) continue;
      sections_.push_back({i, i + 1, plans_[i]->info.workers, plans_[i]->pieces.own_bytes() > 0});
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return plans_.size(); }
  [[nodiscard]] std::size_t workspace_bytes() const noexcept { return workspace_bytes_; }

  [[nodiscard]] Status check(const SequenceArgs& args) const noexcept {
    for (std::size_t i = 0; i < plans_.size(); ++i) {
      const PlanInfo& info = plans_[i]->info;
      const Status status = check_run(info, with_workspace_bytes(info, args[i]));
      if (!status.ok()) return error(status.code(), "plan %zu: %s", i, status.message());
    }
    return {};
  }

  void run(const SequenceArgs& args) const noexcept {
    for (const Section& section : sections_) {
      fork(plans_[section.begin]->info.executor, section.workers, [&](Worker& worker) {
        for (std::size_t i = section.begin; i < section.end; ++i) {
          plans_[i]->run(with_workspace_bytes(plans_[i]->info, args[i]), worker);
        }
      });
    }
  }

 private:
  std::vector<std::shared_ptr<const PlanImpl>> plans_;
  std::vector<Section> sections_;
  std::size_t workspace_bytes_ = 0;
};

Status run_sequence(const Sequence& sequence, const SequenceArgs& args) noexcept {
  if (sequence.empty()) return is_empty("sequence");
  const SequenceImpl& impl = *sequence.impl_;
  if (args.count != impl.size()) {
    return error(StatusCode::kInvalidArgument, "arguments of %zu runs are given, but the sequence has %zu plans",
                 args.count, impl.size());
  }
  if (args.list == nullptr) return Status(StatusCode::kInvalidArgument, "args is null");
  const Status status = impl.check(args);
  if (status.ok()) impl.run(args);
  return status;
}

}  // namespace internal

Result<Sequence> Sequence::create(const Plan* plans, std::size_t count) noexcept {
  return internal::no_throw<Sequence>([&]() -> Result<Sequence> {
    if (count == 0) {
      return Status(StatusCode::kInvalidArgument, "a sequence needs at least one plan, but is given 0");
    }
    if (plans == nullptr) return internal::error(StatusCode::kInvalidArgument, "plans is null, not %zu plans", count);
    std::vector<std::shared_ptr<const internal::PlanImpl>> parts;
    parts.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      if (plans[i].empty()) return internal::is_empty("plan", static_cast<std::int64_t>(i));
      parts.push_back(plans[i].impl_);
    }
    return Sequence(std::make_shared<const internal::SequenceImpl>(std::move(parts)));
  });
}

Status Sequence::run(const RunArgs* args, std::size_t count) const noexcept {
  return internal::run_sequence(*this, {args, count, [](const void* list, std::size_t i) noexcept {
                                          return static_cast<const RunArgs*>(list)[i];
                                        }});
}

std::size_t Sequence::size() const noexcept { return empty() ? 0 : impl_->size(); }
std::size_t Sequence::workspace_bytes() const noexcept { return empty() ? 0 : impl_->workspace_bytes(); }

}  // namespace tandem::inline TANDEM_ABI
