/* The C interface's report of a plan. Included by tandem.h. Its members may change in every minor version before 1.0;
 * to only show the report, use tandem_plan_explain(). */
#ifndef TANDEM_C_REPORT_H
#define TANDEM_C_REPORT_H

#include "tandem/c_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The values of tandem::PlanKind. */
typedef enum tandem_plan_kind {
  TANDEM_PLAN_MATRIX_PRODUCT = 0,
  TANDEM_PLAN_REGULAR = 1,
  TANDEM_PLAN_DEPTHWISE = 2,
  TANDEM_PLAN_POOLING = 3,
  TANDEM_PLAN_FUSED_BLOCK = 4,
  TANDEM_PLAN_UNFUSED_BLOCK = 5,
  TANDEM_PLAN_LAYOUT = 6,
  TANDEM_PLAN_SQUEEZE_EXCITE = 7,
  TANDEM_PLAN_TRANSPOSED = 8,
  TANDEM_PLAN_ELEMENTWISE = 9,
  TANDEM_PLAN_SOFTMAX = 10,
  TANDEM_PLAN_RESIZE = 11
} tandem_plan_kind;

/* The values of tandem::Partition. */
typedef enum tandem_partition {
  TANDEM_PARTITION_NONE = 0,
  TANDEM_PARTITION_ROWS = 1,
  TANDEM_PARTITION_CHANNELS = 2,
  TANDEM_PARTITION_BOTH = 3
} tandem_partition;

/* What was chosen, why, and the time that is expected; the members are those of tandem::PlanReport. The names in
 * it live as long as the program. */
typedef struct tandem_report {
  size_t struct_size;
  tandem_plan_kind kind;
  int32_t vector_floats;
  const char* isa;
  int32_t tile_rows, tile_columns;
  const char *kernel, *walk, *epilogue; /* or null */
  tandem_partition partition;
  int32_t workers;
  int64_t row_block, channel_block;
  int64_t strip_rows, ring_rows;
  double balance;
  int64_t multiply_adds, recomputed_multiply_adds;
  int64_t l2_bytes, l3_bytes, memory_bytes;
  size_t workspace_bytes, unfused_workspace_bytes;
  double predicted_seconds, fused_seconds, unfused_seconds;
  const char* why_not_fused; /* set for a block that cannot be fused, else null */
  int32_t candidate, candidates;
  const char *tensor_type, *weight_type; /* of the chosen kernels */
  const char* machine;                   /* the row that the prediction is based on */
} tandem_report;

static inline tandem_report tandem_report_init(void) {
  tandem_report r;
  memset(&r, 0, sizeof r);
  r.struct_size = sizeof r;
  return r;
}

#ifdef __cplusplus
}
#endif

#endif /* TANDEM_C_REPORT_H */
