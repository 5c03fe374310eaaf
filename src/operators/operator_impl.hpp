// The implementation behind the public Operator and Plan: one pair of subclasses per operator, in src/operators/.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "kernels/kernel_table.hpp"
#include "src/machine/machine.hpp"
#include "src/plan/candidates.hpp"
#include "src/run/executor.hpp"
#include "src/run/tasks.hpp"
#include "src/run/workspace.hpp"
#include "tandem/operator.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The types of an operator's tensors, which create() checked.
struct OperatorTypes {
  DataType src = DataType::kF32;
  DataType dst = DataType::kF32;
};

/// The pixel strides of a run's tensors in bytes.
struct ByteStrides {
  std::ptrdiff_t src;
  std::ptrdiff_t dst;
  std::ptrdiff_t residual;
};

/// The part of a Plan that all operators share. Operator::plan() and the subclass fill it.
struct PlanInfo {
  Shape input;
  Shape output;
  Shape residual;        // of the output, unless dimensions of it are broadcast
  PixelStrides strides;  // elements; none is 0
  OperatorTypes types;
  std::int64_t op_count = 0;
  std::size_t workspace_bytes = 0;
  std::int32_t workers = 1;
  std::int32_t threads = 1;  // most workers that the caller allows
  bool takes_residual = false;
  bool runs_in_place = false;  // dst may be src
  bool far_src = false;        // see lies_far()
  bool far_dst = false;        // see lies_far(); false on machines that gain nothing by knowing it
  const char* isa = nullptr;
  BoundExecutor executor;
  PlanReport report;
  std::string explanation;  // the report as one line

  [[nodiscard]] ByteStrides byte_strides() const noexcept {
    const auto src_bytes = static_cast<std::ptrdiff_t>(element_bytes(types.src));
    const auto dst_bytes = static_cast<std::ptrdiff_t>(element_bytes(types.dst));
    return {strides.src * src_bytes, strides.dst * dst_bytes, strides.residual * dst_bytes};
  }
};

/// The conditions under which a plan is chosen.
struct Planning {
  const kernels::KernelTable& kernels;
  Machine machine;
  std::int32_t candidate;  // number of the candidate to run; 0: the fastest
};

/// Reports where sums become outputs.
inline void report_epilogue(const kernels::Epilogue& e, PlanInfo& info) noexcept {
  const bool clamps = element_bytes(info.types.dst) == 4 && e.function == kernels::Function::kClamp &&
                      e.scale == nullptr && !(e.residual_last && info.takes_residual);
  info.report.epilogue = clamps ? "registers" : "memory";
}

/// Reports the estimate of the chosen candidate.
template <class Blocking>
void report_estimate(const Candidate<Blocking>& chosen, PlanInfo& info) noexcept {
  const auto bytes = [](double count) {  // they may exceed 64 bits for a tensor larger than any memory
    return count < 0x1p63 ? static_cast<std::int64_t>(count) : std::numeric_limits<std::int64_t>::max();
  };
  info.workers = chosen.workers;
  info.report.balance = chosen.balance;
  info.report.l2_bytes = bytes(chosen.estimate.l2_bytes);
  info.report.l3_bytes = bytes(chosen.estimate.l3_bytes);
  info.report.memory_bytes = bytes(chosen.estimate.memory_bytes);
  info.report.predicted_seconds = chosen.estimate.seconds;
}

/// Reports which of the candidates was chosen, and its estimate.
template <class Blocking>
void report_choice(const std::vector<Candidate<Blocking>>& ways, std::size_t chosen, PlanInfo& info) noexcept {
  info.report.candidates = static_cast<std::int32_t>(ways.size());
  info.report.candidate = static_cast<std::int32_t>(chosen) + 1;
  report_estimate(ways[chosen], info);
}

class PlanImpl {
 public:
  PlanImpl() = default;
  PlanImpl(const PlanImpl&) = delete;
  PlanImpl& operator=(const PlanImpl&) = delete;
  virtual ~PlanImpl() = default;

  /// One worker's part of a run. Every worker of the fork gets the same arguments. They were checked; workspace_bytes
  /// is the real size of the workspace.
  virtual void run(const RunArgs& args, Worker& worker) const noexcept = 0;

  PlanInfo info;
  WorkspaceLayout pieces;                  // of the workspace; filled by the subclass
  std::shared_ptr<const OperatorImpl> op;  // keeps the packed weights alive

 protected:
  [[nodiscard]] Workspace workspace(const RunArgs& args) const noexcept {
    return {pieces, info.workers, info.threads, args.workspace, args.workspace_bytes};
  }
};

class OperatorImpl {
 public:
  OperatorImpl(const kernels::KernelTable& kernels, const OperatorTypes& types) noexcept
      : kernels_(kernels), types_(types) {}
  OperatorImpl(const OperatorImpl&) = delete;
  OperatorImpl& operator=(const OperatorImpl&) = delete;
  virtual ~OperatorImpl() = default;

  [[nodiscard]] virtual const char* name() const noexcept = 0;
  [[nodiscard]] virtual std::size_t packed_bytes() const noexcept = 0;
  /// Checks the input and gives the output's shape.
  [[nodiscard]] virtual Result<Shape> output_shape(const Shape& input) const noexcept = 0;
  /// Multiply-adds; the input was checked.
  [[nodiscard]] virtual std::int64_t op_count(const Shape& input, const Shape& output) const noexcept = 0;
  [[nodiscard]] virtual bool takes_residual() const noexcept = 0;
  [[nodiscard]] virtual Shape residual_shape(const Shape& output) const noexcept { return output; }
  /// Refuses strides, as the caller gave them, that this operator cannot have; plan() does the checks that all share.
  [[nodiscard]] virtual Status check_strides(const PixelStrides&) const noexcept { return {}; }
  /// Sets info.workers (its input is the maximum) and fills in the choices and expected times of the report. Throws
  /// std::bad_alloc.
  [[nodiscard]] virtual std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const = 0;

  /// The kernel table of the last stage with weights, or of the tensors.
  [[nodiscard]] const kernels::KernelTable& kernels() const noexcept { return kernels_; }
  [[nodiscard]] const OperatorTypes& types() const noexcept { return types_; }

 private:
  const kernels::KernelTable& kernels_;
  OperatorTypes types_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
