/* A plug-in that runs a layer on two workers and is unloaded afterwards. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "tandem/tandem.h"

enum { kChannels = 64, kIn = 58, kOut = kIn - 2 };

static int wrong(const char* what) {
  printf("FAIL: %s\n", what);
  return 0;
}

/* Sums of small integers are exact: every output is the sum of its window. */
static int check(const float* dst) {
  for (int i = 0; i < kOut * kOut * kChannels; ++i) {
    if (dst[i] != (float)(9 * kChannels)) return wrong("the result is wrong");
  }
  return 1;
}

static int run(const tandem_plan* plan, const float* src, float* dst, void* workspace, int rounds) {
  tandem_run_args args = tandem_run_args_init(src, dst);
  args.workspace = workspace;
  for (int i = 0; i < rounds; ++i) {
    tandem_status status;
    if (!tandem_plan_run(plan, &args, &status)) return wrong(status.message);
  }
  return check(dst);
}

static float* ones(size_t count) {
  float* const values = malloc(count * sizeof(float));
  for (size_t i = 0; i < count; ++i) values[i] = 1.0F;
  return values;
}

/* 1 if all was right. workers: that the plan has at least. */
int plug_run(int rounds, int workers, int end_workers) {
  tandem_status status;
  tandem_operator* op = NULL;
  tandem_plan* plan = NULL;
  float* const filter = ones(9 * kChannels * kChannels);
  float* const src = ones(kIn * kIn * kChannels);
  float* const dst = malloc(sizeof(float) * kOut * kOut * kChannels);
  const tandem_conv2d_params params = tandem_conv2d_params_init(kChannels, kChannels, 3);
  const tandem_weights weights = tandem_weights_init(filter, 9 * kChannels * kChannels, NULL, 0);
  const tandem_shape shape = {1, kIn, kIn, kChannels};
  tandem_machine_model slow = tandem_machine_model_init();
  slow.multiply_adds = 1e6; /* so that a second worker pays */
  tandem_plan_options options = tandem_plan_options_init();
  options.machine = &slow;
  int right = tandem_conv2d_create(&params, &weights, NULL, &op, &status) &&
              tandem_plan_create(op, shape, &options, &plan, &status);
  if (!right) wrong(status.message);
  if (right && tandem_plan_threads(plan) < workers) right = wrong("the plan has too few workers");
  void* const workspace = tandem_workspace_alloc(tandem_plan_workspace_bytes(plan));
  right = right && run(plan, src, dst, workspace, rounds);
  if (end_workers && !tandem_end_workers()) right = wrong("threads of oneTBB are left");
  tandem_workspace_free(workspace);
  tandem_plan_destroy(plan);
  tandem_operator_destroy(op);
  free(filter);
  free(src);
  free(dst);
  return right;
}
