// What stands behind the public Operator and Plan: one subclass pair an operator, in src/operators/.
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

/// The types of an operator's tensors, which it checked.
struct OperatorTypes {
  DataType src = DataType::kF32;
  DataType dst = DataType::kF32;
};

/// The strides of a run's tensors in bytes.
struct ByteStrides {
  std::ptrdiff_t src;
  std::ptrdiff_t dst;
  std::ptrdiff_t residual;
};

/// What every Plan knows. Filled by OperatorImpl::plan() and the subclass.
struct PlanInfo {
  Shape input;
  Shape output;
  PixelStrides strides;  // elements; none is 0
  OperatorTypes types;
  std::int64_t op_count = 0;
  std::size_t workspace_bytes = 0;
  std::int32_t workers = 1;
  std::int32_t threads = 1;  // most workers that the caller allows
  bool takes_residual = false;
  bool runs_in_place = false;  // dst may be src
  bool far_dst = false;        // see lies_far()
  const char* isa = nullptr;
  BoundExecutor executor;
  PlanReport report;
  std::string explanation;  // the report as a line

  [[nodiscard]] ByteStrides byte_strides() const noexcept {
    const auto src_bytes = static_cast<std::ptrdiff_t>(element_bytes(types.src));
    const auto dst_bytes = static_cast<std::ptrdiff_t>(element_bytes(types.dst));
    return {strides.src * src_bytes, strides.dst * dst_bytes, strides.residual * dst_bytes};
  }
};

/// What a plan is chosen for.
struct Planning {
  const kernels::KernelTable& kernels;
  Machine machine;
  std::int32_t candidate;  // number of the one to run, 0: the fastest
};

/// Takes over how the output ends.
inline void report_epilogue(const kernels::Epilogue& e, PlanInfo& info) noexcept {
  const bool clamps = element_bytes(info.types.dst) == 4 && e.function == kernels::Function::kClamp &&
                      !(e.residual_last && info.takes_residual);
  info.report.epilogue = clamps ? "registers" : "memory";
}

/// Takes over what the chosen candidate is expected to do.
template <class Blocking>
void report_estimate(const Candidate<Blocking>& chosen, PlanInfo& info) noexcept {
  const auto bytes = [](double count) {  // of a tensor larger than any machine's they may be beyond 64 bits
    return count < 0x1p63 ? static_cast<std::int64_t>(count) : std::numeric_limits<std::int64_t>::max();
  };
  info.workers = chosen.workers;
  info.report.balance = chosen.balance;
  info.report.l2_bytes = bytes(chosen.estimate.l2_bytes);
  info.report.l3_bytes = bytes(chosen.estimate.l3_bytes);
  info.report.memory_bytes = bytes(chosen.estimate.memory_bytes);
  info.report.predicted_seconds = chosen.estimate.seconds;
}

class PlanImpl {
 public:
  PlanImpl() = default;
  PlanImpl(const PlanImpl&) = delete;
  PlanImpl& operator=(const PlanImpl&) = delete;
  virtual ~PlanImpl() = default;

  /// One worker's part of a run; every worker of the fork is given the same arguments. They were checked; workspace_bytes
  /// is what the workspace really holds.
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
  /// Refuses strides that this operator cannot have, as the caller gave them; plan() checks what all have in common.
  [[nodiscard]] virtual Status check_strides(const PixelStrides&) const noexcept { return {}; }
  /// Fills info.workers (given the most) and of the report what it chose and expects; may throw std::bad_alloc.
  [[nodiscard]] virtual std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const = 0;

  /// The table of its last stage with weights, or of its tensors.
  [[nodiscard]] const kernels::KernelTable& kernels() const noexcept { return kernels_; }
  [[nodiscard]] const OperatorTypes& types() const noexcept { return types_; }

 private:
  const kernels::KernelTable& kernels_;
  OperatorTypes types_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
