/* A program that was compiled with the headers of version 0.2. */
#include "caller.h"

#include <stdlib.h>

#include "tandem_0_2.h"

const size_t frozen_layout[] = {
#define MEMBER(type, member) offsetof(type, member),
#define ENUMERATOR(name) (size_t)(name),
#include "layout.inc"
};
const size_t frozen_layout_count = sizeof frozen_layout / sizeof frozen_layout[0];

enum { kSize = 8, kChannels = 2, kOut = 3, kPixels = kSize * kSize };

static int32_t one_worker(void* self) {
  (void)self;
  return 1;
}
static void in_turn(void* self, int32_t count, tandem_worker_function worker, void* context) {
  int32_t i;
  ++*(int*)self;
  for (i = 0; i < count; ++i) worker(context, i);
}

static tandem_status status;

static void* workspace_of(const tandem_plan* plan) {
  return aligned_alloc(
      TANDEM_WORKSPACE_ALIGNMENT,
      (tandem_plan_workspace_bytes(plan) / TANDEM_WORKSPACE_ALIGNMENT + 1) * TANDEM_WORKSPACE_ALIGNMENT);
}

/* 3 x 3 ones over ones, padded by one pixel, then a sum over channels times the number of the output channel, at most 40. */
static float expected(int y, int x, int m) {
  const int rows = y == 0 || y == kSize - 1 ? 2 : 3;
  const int columns = x == 0 || x == kSize - 1 ? 2 : 3;
  const float sum = (float)(rows * columns * kChannels * (m + 1));
  return sum > 40.0F ? 40.0F : sum;
}

const char* frozen_caller(void) {
  float depthwise_values[9 * kChannels], pointwise_values[kChannels * kOut], src[kPixels * kChannels];
  float dst[kPixels * kOut];
  tandem_depthwise_params depthwise = tandem_depthwise_params_init(kChannels);
  tandem_pointwise_params pointwise = tandem_pointwise_params_init(kChannels, kOut);
  tandem_separable_params params = tandem_separable_params_init(&depthwise, &pointwise);
  tandem_weights depthwise_weights = tandem_weights_init(depthwise_values, 9 * kChannels, NULL, 0);
  tandem_weights pointwise_weights = tandem_weights_init(pointwise_values, kChannels * kOut, NULL, 0);
  tandem_plan_options options = tandem_plan_options_init();
  tandem_machine_model machine = tandem_machine_model_init();
  tandem_report report = tandem_report_init();
  tandem_run_args args[1];
  tandem_operator* op = NULL;
  tandem_plan* plan = NULL;
  tandem_sequence* sequence = NULL;
  const tandem_plan* plans[1];
  const tandem_shape input = {1, kSize, kSize, kChannels};
  int calls = 0, i, m;
  tandem_thread_pool pool = tandem_thread_pool_init(&calls, one_worker, in_turn);

  for (i = 0; i < 9 * kChannels; ++i) depthwise_values[i] = 1.0F;
  for (i = 0; i < kChannels * kOut; ++i) pointwise_values[i] = (float)(i / kChannels + 1);
  for (i = 0; i < kPixels * kChannels; ++i) src[i] = 1.0F;
  depthwise.padding = tandem_padding_uniform(1);
  pointwise.activation = tandem_activation_clamp(0.0F, 40.0F);
  if (!tandem_separable_create(&params, &depthwise_weights, &pointwise_weights, NULL, &op, &status)) {
    return status.message;
  }
  machine.l2_bytes = 1 << 18;
  options.pool = &pool;
  options.machine = &machine;
  if (!tandem_plan_create(op, input, &options, &plan, &status)) return status.message;
  if (tandem_plan_output_shape(plan).c != kOut) return "the output has other channels";
  if (!tandem_plan_report(plan, &report, &status)) return status.message;
  if (report.workspace_bytes != tandem_plan_workspace_bytes(plan)) return "the report tells of another workspace";
  if (report.candidates < 1) return "the report tells of no candidates";

  plans[0] = plan;
  if (!tandem_sequence_create(plans, 1, &sequence, &status)) return status.message;
  args[0] = tandem_run_args_init(src, dst);
  args[0].workspace = workspace_of(plan);
  if (!tandem_plan_run(plan, args, &status)) return status.message;
  for (i = 0; i < kPixels; ++i) {
    for (m = 0; m < kOut; ++m) {
      if (dst[i * kOut + m] != expected(i / kSize, i % kSize, m)) return "plan_run: the result is wrong";
      dst[i * kOut + m] = -1.0F;
    }
  }
  if (!tandem_sequence_run(sequence, args, 1, &status)) return status.message;
  for (i = 0; i < kPixels; ++i) {
    for (m = 0; m < kOut; ++m) {
      if (dst[i * kOut + m] != expected(i / kSize, i % kSize, m)) return "sequence_run: the result is wrong";
    }
  }
  free(args[0].workspace);
  tandem_sequence_destroy(sequence);
  tandem_plan_destroy(plan);
  tandem_operator_destroy(op);
  return NULL;
}
