// The C99 interface of plans and sequences.
#include <cstdio>
#include <new>
#include <vector>

#include "src/operators/c_structs.hpp"
#include "src/operators/sequence.hpp"
#include "tandem/tandem.h"

namespace {

using namespace tandem::internal;  // NOLINT(google-build-using-namespace)
using tandem::Result;
using tandem::RunArgs;
using tandem::Status;
using tandem::StatusCode;

static_assert(TANDEM_WORKSPACE_ALIGNMENT == tandem::Plan::kWorkspaceAlignment);

// The arguments of a sequence's runs. The step between them is their struct_size, which may differ from this version's.
struct ArgsList {
  const tandem_run_args* first;

  [[nodiscard]] const tandem_run_args* operator[](std::size_t i) const noexcept {
    return reinterpret_cast<const tandem_run_args*>(reinterpret_cast<const char*>(first) + i * first->struct_size);
  }

  [[nodiscard]] Status check(std::size_t count) const noexcept {
    for (std::size_t i = 0; i < count; ++i) {
      char name[40] = "";
      std::snprintf(name, sizeof name, "args %zu", i);
      RunArgs ignored;
      const Status status = read(name, (*this)[i], ignored);
      if (!status.ok()) return status;
      if ((*this)[i]->struct_size != first->struct_size) {
        return error(StatusCode::kInvalidArgument,
                     "args 0 has struct_size %zu, but args %zu has %zu; they must be equal", first->struct_size, i,
                     (*this)[i]->struct_size);
      }
    }
    return {};
  }

  static RunArgs at(const void* list, std::size_t i) noexcept {
    RunArgs args;
    const Status checked = read("args", (*static_cast<const ArgsList*>(list))[i], args);
    static_cast<void>(checked);  // by check()
    return args;
  }
};

Result<tandem::Sequence> make_sequence(const tandem_plan* const* plans, std::size_t count) {
  std::vector<tandem::Plan> copies;
  for (std::size_t i = 0; i < count; ++i) {
    if (plans[i] == nullptr) return error(StatusCode::kInvalidArgument, "plan %zu is null", i);
    copies.push_back(plans[i]->plan);
  }
  return tandem::Sequence::create(copies);
}

}  // namespace

extern "C" {

bool tandem_end_workers(void) { return tandem::end_workers(); }

void* tandem_workspace_alloc(size_t bytes) {
  if (bytes == 0) return nullptr;
  return ::operator new(bytes, std::align_val_t{TANDEM_WORKSPACE_ALIGNMENT}, std::nothrow);
}

void tandem_workspace_free(void* workspace) {
  ::operator delete(workspace, std::align_val_t{TANDEM_WORKSPACE_ALIGNMENT}, std::nothrow);
}

bool tandem_plan_create(const tandem_operator* op, tandem_shape input, const tandem_plan_options* options,
                        tandem_plan** plan, tandem_status* status) {
  if (plan == nullptr) return report(is_null("plan"), status);
  *plan = nullptr;
  if (op == nullptr) return report(is_null("op"), status);
  tandem::PlanOptions cpp;
  if (options != nullptr) {
    const Status of_options = read("options", options, cpp);
    if (!of_options.ok()) return report(of_options, status);
  }
  return deliver(op->op.plan(of(input), cpp), plan, status);
}

void tandem_plan_destroy(tandem_plan* plan) { delete plan; }
tandem_shape tandem_plan_input_shape(const tandem_plan* plan) {
  return plan == nullptr ? tandem_shape{} : of(plan->plan.input_shape());
}
tandem_shape tandem_plan_output_shape(const tandem_plan* plan) {
  return plan == nullptr ? tandem_shape{} : of(plan->plan.output_shape());
}
size_t tandem_plan_workspace_bytes(const tandem_plan* plan) {
  return plan == nullptr ? 0 : plan->plan.workspace_bytes();
}
int32_t tandem_plan_threads(const tandem_plan* plan) { return plan == nullptr ? 0 : plan->plan.threads(); }
const char* tandem_plan_isa(const tandem_plan* plan) { return plan == nullptr ? "" : plan->plan.isa(); }
int64_t tandem_plan_op_count(const tandem_plan* plan) { return plan == nullptr ? 0 : plan->plan.op_count(); }
const char* tandem_plan_explain(const tandem_plan* plan) { return plan == nullptr ? "" : plan->plan.explain(); }

bool tandem_plan_report(const tandem_plan* plan, tandem_report* out, tandem_status* status) {
  if (plan == nullptr) return report(is_null("plan"), status);
  if (out == nullptr) return report(is_null("report"), status);
  return report(write(plan->plan.report(), out), status);
}

bool tandem_plan_run(const tandem_plan* plan, const tandem_run_args* args, tandem_status* status) {
  if (plan == nullptr) return report(is_null("plan"), status);
  RunArgs cpp;
  const Status of_args = read("args", args, cpp);
  return report(of_args.ok() ? plan->plan.run(cpp) : of_args, status);
}

bool tandem_sequence_create(const tandem_plan* const* plans, size_t count, tandem_sequence** sequence,
                            tandem_status* status) {
  if (sequence == nullptr) return report(is_null("sequence"), status);
  *sequence = nullptr;
  if (plans == nullptr && count > 0) return report(is_null("plans"), status);
  return deliver(no_throw<tandem::Sequence>([&] { return make_sequence(plans, count); }), sequence, status);
}

void tandem_sequence_destroy(tandem_sequence* sequence) { delete sequence; }
size_t tandem_sequence_size(const tandem_sequence* sequence) {
  return sequence == nullptr ? 0 : sequence->sequence.size();
}
size_t tandem_sequence_workspace_bytes(const tandem_sequence* sequence) {
  return sequence == nullptr ? 0 : sequence->sequence.workspace_bytes();
}

bool tandem_sequence_run(const tandem_sequence* sequence, const tandem_run_args* args, size_t count,
                         tandem_status* status) {
  if (sequence == nullptr) return report(is_null("sequence"), status);
  if (args == nullptr && count > 0) return report(is_null("args"), status);
  const ArgsList list = {args};
  const Status of_args = list.check(count);
  if (!of_args.ok()) return report(of_args, status);
  return report(run_sequence(sequence->sequence, {&list, count, ArgsList::at}), status);
}

}  // extern "C"
