// Translates the other structs of the C interface: status, plan options, arguments of a run, report.
#include "src/operators/c_structs.hpp"

#include <cstring>

#include "src/operators/c_struct_size.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

Status read(const char* what, const tandem_thread_pool* given, Executor& cpp) noexcept {
  tandem_thread_pool p = tandem_thread_pool_init(nullptr, nullptr, nullptr);
  const Status status = read_struct(what, given, sizeof p, p);
  cpp = Executor::pool({p.self, p.concurrency, p.parallel});
  return status;
}

Status read(const char* what, const tandem_machine_model* given, MachineModel& cpp) noexcept {
  tandem_machine_model m = tandem_machine_model_init();
  const Status status = read_struct(what, given, offsetof(tandem_machine_model, l1_bytes), m);
  cpp = {m.l1_bytes,     m.l2_bytes,     m.l3_bytes,         m.multiply_adds, m.l1_bandwidth,
         m.l2_bandwidth, m.l3_bandwidth, m.memory_bandwidth, m.fork_seconds,  m.row};
  return status;
}

Status read_executor(const tandem_plan_options& o, Executor& cpp) noexcept {
  const std::int32_t executor = value_of(o.executor);
  if (executor != TANDEM_EXECUTOR_DEFAULT && executor != TANDEM_EXECUTOR_INLINE) {
    return error(StatusCode::kInvalidArgument, "executor is %d, expected %d or %d", executor, TANDEM_EXECUTOR_DEFAULT,
                 TANDEM_EXECUTOR_INLINE);
  }
  if (o.pool == nullptr) {
    if (executor == TANDEM_EXECUTOR_INLINE) cpp = Executor::inline_only();
    return {};
  }
  if (executor == TANDEM_EXECUTOR_DEFAULT) return read("pool", o.pool, cpp);
  return error(StatusCode::kInvalidArgument, "a pool was given, but executor is %d, inline", executor);
}

tandem_report of(const PlanReport& r) noexcept {
  tandem_report c = tandem_report_init();
  c.kind = static_cast<tandem_plan_kind>(r.kind);
  c.isa = r.isa;
  c.machine = r.machine;
  c.vector_floats = r.vector_floats;
  c.tile_rows = r.tile_rows;
  c.tile_columns = r.tile_columns;
  c.kernel = r.kernel;
  c.walk = r.walk;
  c.epilogue = r.epilogue;
  c.partition = static_cast<tandem_partition>(r.partition);
  c.workers = r.workers;
  c.row_block = r.row_block;
  c.channel_block = r.channel_block;
  c.strip_rows = r.strip_rows;
  c.ring_rows = r.ring_rows;
  c.balance = r.balance;
  c.multiply_adds = r.multiply_adds;
  c.recomputed_multiply_adds = r.recomputed_multiply_adds;
  c.l2_bytes = r.l2_bytes;
  c.l3_bytes = r.l3_bytes;
  c.memory_bytes = r.memory_bytes;
  c.workspace_bytes = r.workspace_bytes;
  c.unfused_workspace_bytes = r.unfused_workspace_bytes;
  c.predicted_seconds = r.predicted_seconds;
  c.fused_seconds = r.fused_seconds;
  c.unfused_seconds = r.unfused_seconds;
  c.why_not_fused = r.why_not_fused;
  c.candidate = r.candidate;
  c.candidates = r.candidates;
  c.tensor_type = r.tensor_type;
  c.weight_type = r.weight_type;
  return c;
}

}  // namespace

bool report(const Status& status, tandem_status* out) noexcept {
  if (out != nullptr) {
    out->code = static_cast<tandem_status_code>(status.code());
    std::strncpy(out->message, status.message(), sizeof(out->message) - 1);
    out->message[sizeof(out->message) - 1] = '\0';
  }
  return status.ok();
}

Status is_null(const char* what) noexcept { return error(StatusCode::kInvalidArgument, "%s is null", what); }

Status read(const char* what, const tandem_plan_options* given, PlanOptions& cpp) noexcept {
  tandem_plan_options o = tandem_plan_options_init();
  Status status = read_struct(what, given, offsetof(tandem_plan_options, threads), o);
  if (!status.ok()) return status;
  cpp.threads = o.threads;
  cpp.candidate = o.candidate;
  cpp.flush_denormals = o.flush_denormals;
  cpp.strides = {o.src_stride, o.dst_stride, o.residual_stride};
  status = read_executor(o, cpp.executor);
  if (!status.ok() || o.machine == nullptr) return status;
  return read("machine", o.machine, cpp.machine);
}

Status read(const char* what, const tandem_run_args* given, RunArgs& cpp) noexcept {
  tandem_run_args a = tandem_run_args_init(nullptr, nullptr);
  const Status status = read_struct(what, given, offsetof(tandem_run_args, residual), a);
  cpp = {a.src, a.dst, a.residual, a.workspace};
  if (a.workspace_bytes != 0) cpp.workspace_bytes = a.workspace_bytes;
  return status;
}

Status read(const char* what, const tandem_batch_norm* given, std::int32_t out_channels, BatchNorm& cpp) noexcept {
  tandem_batch_norm n = tandem_batch_norm_init(nullptr, nullptr);
  const Status status = read_struct(what, given, offsetof(tandem_batch_norm, epsilon), n);
  const auto vector = [&](const float* values) {
    return FloatSpan(values, values == nullptr || out_channels < 0 ? 0 : static_cast<std::size_t>(out_channels));
  };
  cpp = {vector(n.gamma), vector(n.beta), vector(n.mean), vector(n.variance), static_cast<float>(n.epsilon)};
  return status;
}

Status write(const PlanReport& cpp, tandem_report* out) noexcept {
  const std::size_t size = out->struct_size;
  const Status status = check_struct_size("report", size, offsetof(tandem_report, isa));
  if (!status.ok()) return status;
  const tandem_report known = of(cpp);
  std::memset(static_cast<void*>(out), 0, size);
  std::memcpy(static_cast<void*>(out), &known, size < sizeof known ? size : sizeof known);
  out->struct_size = size;
  return {};
}

}  // namespace tandem::inline TANDEM_ABI::internal
