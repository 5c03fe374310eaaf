// The C99 interface: each function translates its structs, calls the C++ one and translates the Status back.
#include "tandem/tandem.h"

#include <cstring>
#include <new>
#include <utility>
#include <vector>

#include "src/base/error.hpp"
#include "src/operators/sequence.hpp"
#include "tandem/tandem.hpp"

struct tandem_operator {
  tandem::Operator op;
};
struct tandem_plan {
  tandem::Plan plan;
};
struct tandem_sequence {
  tandem::Sequence sequence;
};

namespace {

using tandem::FloatSpan;

static_assert(TANDEM_WORKSPACE_ALIGNMENT == tandem::Plan::kWorkspaceAlignment);

bool report(const tandem::Status& status, tandem_status* out) noexcept {
  if (out != nullptr) {
    out->code = static_cast<tandem_status_code>(status.code());
    std::strncpy(out->message, status.message(), sizeof(out->message) - 1);
    out->message[sizeof(out->message) - 1] = '\0';
  }
  return status.ok();
}

bool refuse_null(const char* what, tandem_status* out) noexcept {
  char sentence[64] = {};
  std::strncat(sentence, what, 40);
  std::strncat(sentence, " is null", 10);
  return report(tandem::Status(tandem::StatusCode::kInvalidArgument, sentence), out);
}

// Moves a result into a handle of the caller's.
template <class Handle, class Value>
bool deliver(tandem::Result<Value> result, Handle** out, tandem_status* status) noexcept {
  *out = nullptr;
  if (!result.ok()) return report(result.status(), status);
  *out = new (std::nothrow) Handle{*std::move(result)};
  if (*out != nullptr) return report({}, status);
  return report(tandem::Status(tandem::StatusCode::kOutOfMemory, "out of memory for a handle"), status);
}

tandem::Weights of(tandem_filter f, tandem_bias b) noexcept {
  return {{f.values, f.count}, static_cast<tandem::FilterLayout>(f.layout), {b.values, b.count}, {}};
}
tandem::Activation of(const tandem_activation& a) noexcept {
  tandem::Activation cpp = tandem::Activation::clamp(a.lo, a.hi);
  cpp.kind = static_cast<tandem::Activation::Kind>(a.kind);
  cpp.alpha = a.alpha;
  cpp.beta = a.beta;
  cpp.slopes = {a.slopes, a.slope_count};
  return cpp;
}
tandem_activation of(const tandem::Activation& a) noexcept {
  return {a.lo, a.hi, static_cast<tandem_activation_kind>(a.kind), a.alpha, a.beta, a.slopes.data, a.slopes.size};
}
tandem::ResidualOrder of(tandem_residual_order order) noexcept { return static_cast<tandem::ResidualOrder>(order); }
tandem::Padding of(tandem_padding p) noexcept {
  return {static_cast<tandem::Padding::Mode>(p.mode), p.top, p.bottom, p.left, p.right};
}
tandem::Shape of(tandem_shape s) noexcept { return {s.n, s.h, s.w, s.c}; }
tandem_shape of(tandem::Shape s) noexcept { return {s.n, s.h, s.w, s.c}; }
tandem::MachineModel of(const tandem_machine_model& m) noexcept {
  return {m.l1_bytes,     m.l2_bytes,     m.l3_bytes,         m.multiply_adds, m.l1_bandwidth,
          m.l2_bandwidth, m.l3_bandwidth, m.memory_bandwidth, m.fork_seconds};
}
tandem_report of(const tandem::PlanReport& r) noexcept {
  return {static_cast<tandem_plan_kind>(r.kind),
          r.isa,
          r.vector_floats,
          r.tile_rows,
          r.tile_columns,
          r.kernel,
          r.epilogue,
          static_cast<tandem_partition>(r.partition),
          r.workers,
          r.row_block,
          r.channel_block,
          r.strip_rows,
          r.ring_rows,
          r.balance,
          r.multiply_adds,
          r.recomputed_multiply_adds,
          r.l2_bytes,
          r.l3_bytes,
          r.memory_bytes,
          r.workspace_bytes,
          r.unfused_workspace_bytes,
          r.predicted_seconds,
          r.fused_seconds,
          r.unfused_seconds,
          r.why_not_fused,
          r.candidate,
          r.candidates};
}

tandem::Conv2dParams of(const tandem_conv2d_params& p) noexcept {
  return {p.in_channels, p.out_channels, p.kernel_h,       p.kernel_w, p.stride_h,           p.stride_w, p.dilation_h,
          p.dilation_w,  of(p.padding),  of(p.activation), p.residual, of(p.residual_order), p.groups};
}
tandem::DepthwiseParams of(const tandem_depthwise_params& p) noexcept {
  return {p.channels,   p.kernel_h,    p.kernel_w,       p.stride_h, p.stride_w,           p.dilation_h,
          p.dilation_w, of(p.padding), of(p.activation), p.residual, of(p.residual_order), p.multiplier};
}
tandem::PointwiseParams of(const tandem_pointwise_params& p) noexcept {
  return {p.in_channels, p.out_channels, of(p.activation), p.residual, of(p.residual_order), p.stride_h, p.stride_w};
}
tandem::FullyConnectedParams of(const tandem_fully_connected_params& p) noexcept {
  return {p.in_features, p.out_features, of(p.activation), p.residual, of(p.residual_order)};
}

}  // namespace

extern "C" {

tandem_activation tandem_activation_none(void) { return of(tandem::Activation::none()); }
tandem_activation tandem_activation_relu(void) { return of(tandem::Activation::relu()); }
tandem_activation tandem_activation_relu6(void) { return of(tandem::Activation::relu6()); }
tandem_activation tandem_activation_clamp(float lo, float hi) { return of(tandem::Activation::clamp(lo, hi)); }
tandem_activation tandem_activation_leaky_relu(float slope) { return of(tandem::Activation::leaky_relu(slope)); }
tandem_activation tandem_activation_prelu(const float* slopes, size_t count) {
  return of(tandem::Activation::prelu({slopes, count}));
}
tandem_activation tandem_activation_sigmoid(void) { return of(tandem::Activation::sigmoid()); }
tandem_activation tandem_activation_silu(void) { return of(tandem::Activation::silu()); }
tandem_activation tandem_activation_hard_sigmoid(float alpha, float beta) {
  return of(tandem::Activation::hard_sigmoid(alpha, beta));
}
tandem_activation tandem_activation_hard_swish(void) { return of(tandem::Activation::hard_swish()); }
tandem_activation tandem_activation_tanh(void) { return of(tandem::Activation::tanh()); }

tandem_conv2d_params tandem_conv2d_params_init(int32_t in_channels, int32_t out_channels, int32_t kernel) {
  return {in_channels,
          out_channels,
          kernel,
          kernel,
          1,
          1,
          1,
          1,
          {},
          tandem_activation_none(),
          false,
          TANDEM_RESIDUAL_BEFORE_ACTIVATION,
          1};
}
tandem_depthwise_params tandem_depthwise_params_init(int32_t channels) {
  return {channels, 3, 3, 1, 1, 1, 1, {}, tandem_activation_none(), false, TANDEM_RESIDUAL_BEFORE_ACTIVATION, 1};
}
tandem_pointwise_params tandem_pointwise_params_init(int32_t in_channels, int32_t out_channels) {
  return {in_channels, out_channels, tandem_activation_none(), false, TANDEM_RESIDUAL_BEFORE_ACTIVATION, 1, 1};
}
tandem_fully_connected_params tandem_fully_connected_params_init(int32_t in_features, int32_t out_features) {
  return {in_features, out_features, tandem_activation_none(), false, TANDEM_RESIDUAL_BEFORE_ACTIVATION};
}
tandem_global_average_pool_params tandem_global_average_pool_params_init(int32_t channels) {
  return {channels, tandem_activation_none()};
}

tandem_squeeze_excite_params tandem_squeeze_excite_params_init(int32_t channels, int32_t reduced_channels) {
  return {channels, reduced_channels, tandem_activation_relu(), tandem_activation_sigmoid()};
}

const char* tandem_version(void) { return tandem::version(); }

size_t tandem_isa_count(void) { return tandem::isas().size; }
const char* tandem_isa_name(size_t index) {
  return index < tandem::isas().size ? tandem::isas().data[index].name : nullptr;
}
bool tandem_isa_available(size_t index) { return index < tandem::isas().size && tandem::isas().data[index].available; }
const char* tandem_select_isa(const char* name, tandem_status* status) {
  const tandem::Result<const char*> isa = tandem::select_isa(name);
  report(isa.status(), status);
  return isa.ok() ? *isa : nullptr;
}

bool tandem_conv2d_create(const tandem_conv2d_params* params, tandem_filter filter, tandem_bias bias, const char* isa,
                          tandem_operator** op, tandem_status* status) {
  if (op == nullptr) return refuse_null("op", status);
  *op = nullptr;
  if (params == nullptr) return refuse_null("params", status);
  return deliver(tandem::Operator::conv2d(of(*params), of(filter, bias), {isa}), op, status);
}

bool tandem_depthwise_create(const tandem_depthwise_params* params, tandem_filter filter, tandem_bias bias,
                             const char* isa, tandem_operator** op, tandem_status* status) {
  if (op == nullptr) return refuse_null("op", status);
  *op = nullptr;
  if (params == nullptr) return refuse_null("params", status);
  return deliver(tandem::Operator::depthwise(of(*params), of(filter, bias), {isa}), op, status);
}

bool tandem_pointwise_create(const tandem_pointwise_params* params, tandem_filter filter, tandem_bias bias,
                             const char* isa, tandem_operator** op, tandem_status* status) {
  if (op == nullptr) return refuse_null("op", status);
  *op = nullptr;
  if (params == nullptr) return refuse_null("params", status);
  return deliver(tandem::Operator::pointwise(of(*params), of(filter, bias), {isa}), op, status);
}

bool tandem_separable_create(const tandem_separable_params* params, tandem_filter depthwise_filter,
                             tandem_bias depthwise_bias, tandem_filter pointwise_filter, tandem_bias pointwise_bias,
                             const char* isa, tandem_operator** op, tandem_status* status) {
  if (op == nullptr) return refuse_null("op", status);
  *op = nullptr;
  if (params == nullptr) return refuse_null("params", status);
  return deliver(
      tandem::Operator::separable({of(params->depthwise), of(params->pointwise)}, of(depthwise_filter, depthwise_bias),
                                  of(pointwise_filter, pointwise_bias), {isa}),
      op, status);
}

bool tandem_inverted_residual_create(const tandem_inverted_residual_params* params, tandem_filter expand_filter,
                                     tandem_bias expand_bias, tandem_filter depthwise_filter,
                                     tandem_bias depthwise_bias, tandem_filter project_filter, tandem_bias project_bias,
                                     const char* isa, tandem_operator** op, tandem_status* status) {
  if (op == nullptr) return refuse_null("op", status);
  *op = nullptr;
  if (params == nullptr) return refuse_null("params", status);
  return deliver(tandem::Operator::inverted_residual(
                     {of(params->expand), of(params->depthwise), of(params->project), params->residual},
                     of(expand_filter, expand_bias), of(depthwise_filter, depthwise_bias),
                     of(project_filter, project_bias), {isa}),
                 op, status);
}

bool tandem_global_average_pool_create(const tandem_global_average_pool_params* params, const char* isa,
                                       tandem_operator** op, tandem_status* status) {
  if (op == nullptr) return refuse_null("op", status);
  *op = nullptr;
  if (params == nullptr) return refuse_null("params", status);
  return deliver(tandem::Operator::global_average_pool({params->channels, of(params->activation)}, {isa}), op, status);
}

bool tandem_fully_connected_create(const tandem_fully_connected_params* params, tandem_filter filter, tandem_bias bias,
                                   const char* isa, tandem_operator** op, tandem_status* status) {
  if (op == nullptr) return refuse_null("op", status);
  *op = nullptr;
  if (params == nullptr) return refuse_null("params", status);
  return deliver(tandem::Operator::fully_connected(of(*params), of(filter, bias), {isa}), op, status);
}

bool tandem_squeeze_excite_create(const tandem_squeeze_excite_params* params, tandem_filter reduce_filter,
                                  tandem_bias reduce_bias, tandem_filter expand_filter, tandem_bias expand_bias,
                                  const char* isa, tandem_operator** op, tandem_status* status) {
  if (op == nullptr) return refuse_null("op", status);
  *op = nullptr;
  if (params == nullptr) return refuse_null("params", status);
  return deliver(tandem::Operator::squeeze_excite(
                     {params->channels, params->reduced_channels, of(params->activation), of(params->gate)},
                     of(reduce_filter, reduce_bias), of(expand_filter, expand_bias), {isa}),
                 op, status);
}

bool tandem_convert_layout_create(const tandem_convert_layout_params* params, const char* isa, tandem_operator** op,
                                  tandem_status* status) {
  if (op == nullptr) return refuse_null("op", status);
  *op = nullptr;
  if (params == nullptr) return refuse_null("params", status);
  const tandem::ConvertLayoutParams cpp{params->channels, static_cast<tandem::LayoutConversion>(params->conversion)};
  return deliver(tandem::Operator::convert_layout(cpp, {isa}), op, status);
}

void tandem_operator_destroy(tandem_operator* op) { delete op; }
const char* tandem_operator_name(const tandem_operator* op) { return op->op.name(); }
const char* tandem_operator_isa(const tandem_operator* op) { return op->op.isa(); }
size_t tandem_operator_packed_bytes(const tandem_operator* op) { return op->op.packed_bytes(); }
int64_t tandem_operator_op_count(const tandem_operator* op, tandem_shape input, tandem_status* status) {
  const tandem::Result<std::int64_t> count = op->op.op_count(of(input));
  report(count.status(), status);
  return count.ok() ? *count : -1;
}

bool tandem_plan_create(const tandem_operator* op, tandem_shape input, const tandem_plan_options* options,
                        tandem_plan** plan, tandem_status* status) {
  if (plan == nullptr) return refuse_null("plan", status);
  *plan = nullptr;
  if (op == nullptr) return refuse_null("op", status);
  tandem::PlanOptions cpp;
  if (options != nullptr) {
    cpp.threads = options->threads;
    cpp.candidate = options->candidate;
    cpp.machine = of(options->machine);
    cpp.strides = {options->src_stride, options->dst_stride, options->residual_stride};
    cpp.flush_denormals = options->flush_denormals;
    if (options->pool != nullptr) {
      const tandem_thread_pool& pool = *options->pool;
      cpp.executor = tandem::Executor::pool({pool.self, pool.concurrency, pool.parallel});
    }
  }
  return deliver(op->op.plan(of(input), cpp), plan, status);
}

int64_t tandem_unaliased_stride(int64_t channels) { return tandem::unaliased_stride(channels); }

void tandem_plan_destroy(tandem_plan* plan) { delete plan; }
tandem_shape tandem_plan_input_shape(const tandem_plan* plan) { return of(plan->plan.input_shape()); }
tandem_shape tandem_plan_output_shape(const tandem_plan* plan) { return of(plan->plan.output_shape()); }
size_t tandem_plan_workspace_bytes(const tandem_plan* plan) { return plan->plan.workspace_bytes(); }
int32_t tandem_plan_threads(const tandem_plan* plan) { return plan->plan.threads(); }
const char* tandem_plan_isa(const tandem_plan* plan) { return plan->plan.isa(); }
int64_t tandem_plan_op_count(const tandem_plan* plan) { return plan->plan.op_count(); }
tandem_report tandem_plan_report(const tandem_plan* plan) { return of(plan->plan.report()); }
const char* tandem_plan_explain(const tandem_plan* plan) { return plan->plan.explain(); }

bool tandem_plan_run(const tandem_plan* plan, const float* src, float* dst, const float* residual, void* workspace,
                     size_t workspace_bytes, tandem_status* status) {
  if (plan == nullptr) return refuse_null("plan", status);
  return report(plan->plan.run({src, dst, residual, workspace, workspace_bytes}), status);
}

bool tandem_sequence_create(const tandem_plan* const* plans, size_t count, tandem_sequence** sequence,
                            tandem_status* status) {
  if (sequence == nullptr) return refuse_null("sequence", status);
  *sequence = nullptr;
  if (plans == nullptr && count > 0) return refuse_null("plans", status);
  return deliver(tandem::internal::no_throw<tandem::Sequence>([&]() -> tandem::Result<tandem::Sequence> {
                   std::vector<tandem::Plan> copies;
                   for (size_t i = 0; i < count; ++i) {
                     if (plans[i] == nullptr) {
                       return tandem::internal::error(tandem::StatusCode::kInvalidArgument, "plan %zu is null", i);
                     }
                     copies.push_back(plans[i]->plan);
                   }
                   return tandem::Sequence::create(copies);
                 }),
                 sequence, status);
}

void tandem_sequence_destroy(tandem_sequence* sequence) { delete sequence; }
size_t tandem_sequence_size(const tandem_sequence* sequence) { return sequence->sequence.size(); }
size_t tandem_sequence_workspace_bytes(const tandem_sequence* sequence) { return sequence->sequence.workspace_bytes(); }

bool tandem_sequence_run(const tandem_sequence* sequence, const tandem_run_args* args, size_t count,
                         tandem_status* status) {
  if (sequence == nullptr) return refuse_null("sequence", status);
  const auto at = [](const void* list, size_t i) noexcept {
    const tandem_run_args& a = static_cast<const tandem_run_args*>(list)[i];
    return tandem::RunArgs{a.src, a.dst, a.residual, a.workspace, a.workspace_bytes};
  };
  return report(tandem::internal::run_sequence(sequence->sequence, {args, count, at}), status);
}

bool tandem_fold_batch_norm(const tandem_batch_norm* norm, int32_t out_channels, tandem_filter filter, tandem_bias bias,
                            float* folded_filter, float* folded_bias, tandem_status* status) {
  if (norm == nullptr) return refuse_null("norm", status);
  const auto vector = [&](const float* values) {
    return FloatSpan(values, values == nullptr || out_channels < 0 ? 0 : static_cast<std::size_t>(out_channels));
  };
  const tandem::BatchNorm cpp{vector(norm->gamma), vector(norm->beta), vector(norm->mean), vector(norm->variance),
                              norm->epsilon};
  return report(tandem::fold_batch_norm(cpp, out_channels, of(filter, bias), folded_filter, folded_bias), status);
}

}  // extern "C"
