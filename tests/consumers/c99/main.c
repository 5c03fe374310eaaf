/* A depthwise convolution from C99: 3 x 3 ones over a 4 x 4 image of ones, one element of padding on each side. Every
 * output counts the pixels under the kernel: 4 in a corner, 6 on an edge, 9 inside. */
#define _POSIX_C_SOURCE 200112L /* posix_memalign */

#include <stdio.h>
#include <stdlib.h>
#include <tandem/tandem.h>

static int fail(const char* what, const tandem_status* status) {
  fprintf(stderr, "%s: %s\n", what, status->message);
  return 1;
}

int main(void) {
  const float filter_values[9] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  const tandem_weights weights = tandem_weights_init(filter_values, 9, NULL, 0);
  const tandem_shape input = {1, 4, 4, 1};
  tandem_depthwise_params params = tandem_depthwise_params_init(1);
  tandem_operator* op = NULL;
  tandem_plan* plan = NULL;
  tandem_status status;
  float src[16], dst[16];
  tandem_run_args args = tandem_run_args_init(src, dst);
  size_t bytes;
  int i;

  params.padding = tandem_padding_uniform(1);
  if (!tandem_depthwise_create(&params, &weights, NULL, &op, &status)) return fail("create", &status);
  if (!tandem_plan_create(op, input, NULL, &plan, &status)) return fail("plan", &status);
  tandem_operator_destroy(op); /* the plan keeps what it needs */

  bytes = tandem_plan_workspace_bytes(plan);
  if (bytes != 0 && posix_memalign(&args.workspace, TANDEM_WORKSPACE_ALIGNMENT, bytes) != 0) return 1;
  for (i = 0; i < 16; ++i) src[i] = 1.0F;
  if (!tandem_plan_run(plan, &args, &status)) return fail("run", &status);
  free(args.workspace);
  tandem_plan_destroy(plan);

  for (i = 0; i < 16; ++i) {
    const int y_border = i / 4 == 0 || i / 4 == 3;
    const int x_border = i % 4 == 0 || i % 4 == 3;
    const float expected = y_border && x_border ? 4.0F : (y_border || x_border ? 6.0F : 9.0F);
    if (dst[i] != expected) {
      fprintf(stderr, "output %d is %g, not %g\n", i, (double)dst[i], (double)expected);
      return 1;
    }
  }
  printf("tandem %s: %g %g %g %g\n", tandem_version(), (double)dst[0], (double)dst[1], (double)dst[2], (double)dst[3]);
  return 0;
}
