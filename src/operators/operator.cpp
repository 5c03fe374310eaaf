// The public Operator and Plan: checks that all operators share, and forwarding.
#include "tandem/operator.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <new>
#include <utility>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/base/pitch.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/operators/run_checks.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/explain.hpp"
#include "src/plan/tiling.hpp"

namespace tandem::inline TANDEM_ABI {
namespace {

using internal::error;

// The output must be addressable, and its multiply-adds must fit an std::int64_t. Each element of the larger tensor
// takes part in at most one multiply-add per weight, and `weights`, a size in bytes, is no less than their number.
Status check_sizes(const internal::OperatorImpl& op, const Shape& in, const Shape& out) noexcept {
  if (!internal::checked_product({out.n, out.h, out.w, out.c}, internal::kMaxElements)) {
    return error(StatusCode::kOutOfRange,
                 "the output's %lld x %lld x %lld x %lld elements are more than can be addressed",
                 static_cast<long long>(out.n), static_cast<long long>(out.h), static_cast<long long>(out.w),
                 static_cast<long long>(out.c));
  }
  const std::int64_t elements = std::max(in.elements(), out.elements());
  const auto weights = static_cast<std::int64_t>(op.packed_bytes());
  if (!internal::checked_product({elements, weights}, std::numeric_limits<std::int64_t>::max())) {
    return error(StatusCode::kOutOfRange,
                 "%lld elements and %lld bytes of weights make more multiply-adds than can be counted",
                 static_cast<long long>(elements), static_cast<long long>(weights));
  }
  return {};
}

// The pixel stride of one tensor: 0 stands for its channels. The whole tensor, gaps included, must be addressable.
Result<std::int64_t> resolve_stride(const char* name, std::int64_t stride, const Shape& shape) noexcept {
  if (stride == 0) return shape.c;
  if (stride < shape.c) {
    return error(StatusCode::kInvalidArgument,
                 "strides.%s is %lld, but must be 0 or at least the tensor's %lld channels", name,
                 static_cast<long long>(stride), static_cast<long long>(shape.c));
  }
  if (!internal::checked_product({shape.n, shape.h, shape.w, stride}, internal::kMaxElements)) {
    return error(StatusCode::kOutOfRange,
                 "strides.%s of %lld makes %lld x %lld x %lld pixels more than can be addressed", name,
                 static_cast<long long>(stride), static_cast<long long>(shape.n), static_cast<long long>(shape.h),
                 static_cast<long long>(shape.w));
  }
  return stride;
}

Result<PixelStrides> resolve_strides(const PixelStrides& given, const Shape& input, const Shape& output,
                                     const Shape& residual_shape, bool takes_residual) noexcept {
  const Result<std::int64_t> src = resolve_stride("src", given.src, input);
  if (!src.ok()) return src.status();
  const Result<std::int64_t> dst = resolve_stride("dst", given.dst, output);
  if (!dst.ok()) return dst.status();
  if (given.residual != 0 && !takes_residual) {
    return error(StatusCode::kInvalidArgument, "strides.residual is %lld, but the operator takes no residual",
                 static_cast<long long>(given.residual));
  }
  const Result<std::int64_t> residual = resolve_stride("residual", given.residual, residual_shape);
  if (!residual.ok()) return residual.status();
  return PixelStrides{*src, *dst, *residual};
}

bool multiplies_matrices(PlanKind kind) noexcept {
  switch (kind) {
    case PlanKind::kDepthwise:
    case PlanKind::kPooling:
    case PlanKind::kLayout:
    case PlanKind::kElementwise:
    case PlanKind::kSoftmax:
    case PlanKind::kResize:
      return false;
    default:
      return true;
  }
}

// Fills in the members of the report that every plan has.
void complete_report(const kernels::KernelTable& kernels, internal::PlanInfo& info) {
  PlanReport& r = info.report;
  r.isa = info.isa;
  r.vector_floats = kernels.lanes;
  r.tensor_type = to_string(kernels.types.tensor);
  r.weight_type = to_string(kernels.types.weight);
  if (multiplies_matrices(r.kind)) {
    r.tile_rows = kernels.gemm_tile(kernels.tuning.panel_vectors).tile_rows;
    r.tile_columns = kernels.tuning.panel_vectors * kernels.lanes;
  }
  r.workers = info.workers;
  r.multiply_adds = info.op_count;
  r.workspace_bytes = info.workspace_bytes;
  info.explanation = internal::explain(r);
}

// An empty batch is planned, and refused, as one image.
Shape at_least_one_image(Shape input) noexcept {
  if (input.n == 0) input.n = 1;
  return input;
}

// Nothing to do: the plan of a batch without images.
class EmptyBatchPlan final : public internal::PlanImpl {
 public:
  /// plan: of one image.
  explicit EmptyBatchPlan(const internal::PlanImpl& plan) {
    info = plan.info;
    info.input.n = info.output.n = 0;
    info.op_count = 0;
    info.workers = 1;
    PlanReport& r = info.report;
    r.partition = Partition::kNone;
    r.balance = 1.0;
    r.recomputed_multiply_adds = r.l2_bytes = r.l3_bytes = r.memory_bytes = 0;
    r.predicted_seconds = 0.0;
  }
  void run(const RunArgs&, internal::Worker&) const noexcept override {}
};

// The info of a Plan, which may be empty. That of an empty one is never destroyed: destructors of static objects may
// ask.
const internal::PlanInfo& info_of(const internal::PlanImpl* plan) noexcept {
  alignas(internal::PlanInfo) static std::byte memory[sizeof(internal::PlanInfo)];
  static const internal::PlanInfo* const none = [] {
    auto* const info = new (memory) internal::PlanInfo;
    info->input = info->output = {0, 0, 0, 0};
    info->workers = 0;
    info->isa = "";
    return info;
  }();
  return plan == nullptr ? *none : plan->info;
}

}  // namespace

std::int64_t unaliased_stride(std::int64_t channels, DataType type) noexcept {
  const auto bytes = static_cast<std::int64_t>(element_bytes(type));
  if (channels < 1 || bytes == 0 || channels > internal::kMaxElements) return channels;
  return internal::pitch_aliases(channels * bytes) ? channels + internal::kLineBytes / bytes : channels;
}

Status Plan::run(const RunArgs& args) const noexcept {
  if (empty()) return internal::is_empty("plan");
  const RunArgs exact = internal::with_workspace_bytes(impl_->info, args);
  const Status status = internal::check_run(impl_->info, exact);
  if (status.ok()) {
    internal::fork(impl_->info.executor, impl_->info.workers,
                   [&](internal::Worker& worker) { impl_->run(exact, worker); });
  }
  return status;
}

const Shape& Plan::input_shape() const noexcept { return info_of(impl_.get()).input; }
const Shape& Plan::output_shape() const noexcept { return info_of(impl_.get()).output; }
std::size_t Plan::workspace_bytes() const noexcept { return info_of(impl_.get()).workspace_bytes; }
std::int32_t Plan::threads() const noexcept { return info_of(impl_.get()).workers; }
const char* Plan::isa() const noexcept { return info_of(impl_.get()).isa; }
std::int64_t Plan::op_count() const noexcept { return info_of(impl_.get()).op_count; }
const PlanReport& Plan::report() const noexcept { return info_of(impl_.get()).report; }
const char* Plan::explain() const noexcept { return info_of(impl_.get()).explanation.c_str(); }

Result<Plan> Operator::plan(const Shape& input, const PlanOptions& options) const noexcept {
  if (empty()) return internal::is_empty("operator");
  return internal::no_throw<Plan>([&]() -> Result<Plan> {
    if (options.threads < 0) {
      return error(StatusCode::kInvalidArgument, "threads must not be negative, but is %d", options.threads);
    }
    if (options.candidate < 0) {
      return error(StatusCode::kInvalidArgument, "candidate must not be negative, but is %d", options.candidate);
    }
    const Status machine = internal::check_machine(options.machine);
    if (!machine.ok()) return machine;
    internal::PlanInfo info;
    info.input = at_least_one_image(input);
    const Result<Shape> output = output_shape(info.input);
    if (!output.ok()) return output.status();
    const Result<internal::BoundExecutor> executor =
        internal::BoundExecutor::bind(options.executor, options.flush_denormals);
    if (!executor.ok()) return executor.status();
    info.output = *output;
    info.op_count = impl_->op_count(info.input, *output);
    info.takes_residual = impl_->takes_residual();
    const Status possible = impl_->check_strides(options.strides);
    if (!possible.ok()) return possible;
    info.residual = impl_->residual_shape(*output);
    const Result<PixelStrides> strides =
        resolve_strides(options.strides, info.input, *output, info.residual, info.takes_residual);
    if (!strides.ok()) return strides.status();
    info.strides = *strides;
    info.isa = isa();
    info.types = impl_->types();
    info.executor = *executor;
    const std::int32_t offered = executor->concurrency();
    info.threads = options.threads == 0 ? offered : std::min(options.threads, offered);
    info.workers = info.threads;
    const kernels::KernelTable& kernels = impl_->kernels();
    const internal::Planning planning{kernels, internal::resolve_machine(options.machine, kernels), options.candidate};
    info.report.machine = planning.machine.row;
    info.far_src =
        internal::lies_far(static_cast<double>(input.elements()) * static_cast<double>(element_bytes(info.types.src)),
                           planning.machine.caches);
    info.far_dst =
        planning.machine.prefetches_results &&
        internal::lies_far(static_cast<double>(output->elements()) * static_cast<double>(element_bytes(info.types.dst)),
                           planning.machine.caches);
    std::unique_ptr<internal::PlanImpl> plan = impl_->make_plan(std::move(info), planning);
    const std::int32_t candidates = plan->info.report.candidates;
    if (options.candidate > candidates) {
      return error(StatusCode::kInvalidArgument, "candidate is %d, but this layer has only %d of them",
                   options.candidate, candidates);
    }
    if (input.n == 0) plan = std::make_unique<EmptyBatchPlan>(*plan);
    plan->info.workspace_bytes = plan->pieces.bytes(plan->info.workers);
    complete_report(kernels, plan->info);
    plan->op = impl_;
    return Plan(std::shared_ptr<const internal::PlanImpl>(std::move(plan)));
  });
}

Result<Shape> Operator::output_shape(const Shape& input) const noexcept {
  if (empty()) return internal::is_empty("operator");
  const Shape planned = at_least_one_image(input);
  Result<Shape> output = impl_->output_shape(planned);
  if (!output.ok()) return output;
  const Status status = check_sizes(*impl_, planned, *output);
  if (!status.ok()) return status;
  if (input.n == 0) output->n = 0;
  return output;
}

Result<std::int64_t> Operator::op_count(const Shape& input) const noexcept {
  const Result<Shape> output = output_shape(input);
  if (!output.ok()) return output.status();
  return impl_->op_count(input, *output);
}

const char* Operator::name() const noexcept { return empty() ? "" : impl_->name(); }
const char* Operator::isa() const noexcept { return empty() ? "" : impl_->kernels().isa; }
std::size_t Operator::packed_bytes() const noexcept { return empty() ? 0 : impl_->packed_bytes(); }

}  // namespace tandem::inline TANDEM_ABI
