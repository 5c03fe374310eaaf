/* Tandem's C99 interface: the same concepts as the C++ headers, whose comments give the mathematics, the shapes and
 * the errors in full. Every struct with defaults has an init function; start from it.
 *
 *   tandem_operator* op; tandem_plan* plan; tandem_status status;
 *   tandem_depthwise_params params = tandem_depthwise_params_init(channels);
 *   if (!tandem_depthwise_create(&params, filter, bias, NULL, &op, &status)) { puts(status.message); ... }
 */
#ifndef TANDEM_TANDEM_H
#define TANDEM_TANDEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tandem/api.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Status ---------------------------------------------------------------------------------------------------- */

/* The values of tandem::StatusCode. */
typedef enum tandem_status_code {
  TANDEM_OK = 0,
  TANDEM_INVALID_ARGUMENT = 1,
  TANDEM_OUT_OF_RANGE = 2,
  TANDEM_UNSUPPORTED = 3,
  TANDEM_UNKNOWN_ISA = 4,
  TANDEM_UNAVAILABLE_ISA = 5,
  TANDEM_OUT_OF_MEMORY = 6
} tandem_status_code;

/* Filled by every fallible function that is given one; a null status is allowed. message is "" on success. */
typedef struct tandem_status {
  tandem_status_code code;
  char message[252];
} tandem_status;

/* ---- Parameters ------------------------------------------------------------------------------------------------ */

typedef struct tandem_shape { /* [N, H, W, C], elements, each >= 1 */
  int64_t n, h, w, c;
} tandem_shape;

/* See tandem::Activation::Kind for the formulas, errors and special values. */
typedef enum tandem_activation_kind {
  TANDEM_ACTIVATION_CLAMP = 0,
  TANDEM_ACTIVATION_LEAKY_RELU = 1,
  TANDEM_ACTIVATION_PRELU = 2,
  TANDEM_ACTIVATION_SIGMOID = 3,
  TANDEM_ACTIVATION_SILU = 4,
  TANDEM_ACTIVATION_HARD_SIGMOID = 5,
  TANDEM_ACTIVATION_HARD_SWISH = 6,
  TANDEM_ACTIVATION_TANH = 7
} tandem_activation_kind;

typedef struct tandem_activation { /* NaN stays NaN */
  float lo, hi;                    /* clamp: min(max(x, lo), hi) */
  tandem_activation_kind kind;
  float alpha, beta;   /* leaky relu: slope alpha; hard sigmoid: min(max(alpha * x + beta, 0), 1) */
  const float* slopes; /* prelu: one an output channel, copied by create */
  size_t slope_count;
} tandem_activation;

TANDEM_API tandem_activation tandem_activation_none(void);
TANDEM_API tandem_activation tandem_activation_relu(void);
TANDEM_API tandem_activation tandem_activation_relu6(void);
TANDEM_API tandem_activation tandem_activation_clamp(float lo, float hi);
TANDEM_API tandem_activation tandem_activation_leaky_relu(float slope);
TANDEM_API tandem_activation tandem_activation_prelu(const float* slopes, size_t count);
TANDEM_API tandem_activation tandem_activation_sigmoid(void);
TANDEM_API tandem_activation tandem_activation_silu(void);
TANDEM_API tandem_activation tandem_activation_hard_sigmoid(float alpha, float beta); /* MobileNet V3: 1/6, 1/2 */
TANDEM_API tandem_activation tandem_activation_hard_swish(void);
TANDEM_API tandem_activation tandem_activation_tanh(void);

typedef enum tandem_residual_order {
  TANDEM_RESIDUAL_BEFORE_ACTIVATION = 0,
  TANDEM_RESIDUAL_AFTER_ACTIVATION = 1
} tandem_residual_order;

typedef enum tandem_padding_mode {
  TANDEM_PADDING_EXPLICIT = 0,
  TANDEM_PADDING_SAME_UPPER = 1, /* TensorFlow SAME: an odd element goes to bottom/right */
  TANDEM_PADDING_SAME_LOWER = 2
} tandem_padding_mode;

typedef struct tandem_padding {
  tandem_padding_mode mode;
  int32_t top, bottom, left, right; /* for TANDEM_PADDING_EXPLICIT, each >= 0 */
} tandem_padding;

typedef enum tandem_filter_layout {
  TANDEM_FILTER_OIHW = 0, /* PyTorch, ONNX; [M, C] for pointwise and fully connected */
  TANDEM_FILTER_OHWI = 1, /* TFLite; likewise */
  TANDEM_FILTER_HWIO = 2, /* TensorFlow; [C, M] for pointwise and fully connected */
  TANDEM_FILTER_1HWC = 3  /* TFLite depthwise only */
} tandem_filter_layout;

typedef struct tandem_filter {
  const float* values;
  size_t count; /* elements; a count that does not fit the parameters is an error */
  tandem_filter_layout layout;
} tandem_filter;

typedef struct tandem_bias {
  const float* values; /* null: zeros */
  size_t count;        /* one an output channel, or 0 with a null pointer */
} tandem_bias;

typedef struct tandem_conv2d_params {
  int32_t in_channels, out_channels;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  tandem_padding padding;
  tandem_activation activation;
  bool residual;
  tandem_residual_order residual_order;
  int32_t groups; /* >= 1, divides both channels; the filter has in_channels / groups inputs */
} tandem_conv2d_params;

typedef struct tandem_depthwise_params {
  int32_t channels;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  tandem_padding padding;
  tandem_activation activation;
  bool residual;
  tandem_residual_order residual_order;
  int32_t multiplier; /* >= 1, filters a channel */
} tandem_depthwise_params;

typedef struct tandem_pointwise_params {
  int32_t in_channels, out_channels;
  tandem_activation activation;
  bool residual;
  tandem_residual_order residual_order;
  int32_t stride_h, stride_w;
} tandem_pointwise_params;

typedef struct tandem_separable_params {
  tandem_depthwise_params depthwise;
  tandem_pointwise_params pointwise;
} tandem_separable_params;

typedef struct tandem_inverted_residual_params {
  tandem_pointwise_params expand;
  tandem_depthwise_params depthwise;
  tandem_pointwise_params project;
  bool residual; /* adds the block's own input, as project.residual_order says */
} tandem_inverted_residual_params;

typedef struct tandem_global_average_pool_params {
  int32_t channels;
  tandem_activation activation;
} tandem_global_average_pool_params;

typedef struct tandem_fully_connected_params {
  int32_t in_features, out_features;
  tandem_activation activation;
  bool residual;
  tandem_residual_order residual_order;
} tandem_fully_connected_params;

typedef struct tandem_squeeze_excite_params {
  int32_t channels, reduced_channels;
  tandem_activation activation; /* after the reduction */
  tandem_activation gate;       /* after the expansion */
} tandem_squeeze_excite_params;

/* The values of tandem::LayoutConversion. */
typedef enum tandem_layout_conversion { TANDEM_NCHW_TO_NHWC = 0, TANDEM_NHWC_TO_NCHW = 1 } tandem_layout_conversion;

typedef struct tandem_convert_layout_params {
  int32_t channels;
  tandem_layout_conversion conversion;
} tandem_convert_layout_params;

/* Stride, dilation, groups and multiplier 1, no padding, no activation, no residual. */
TANDEM_API tandem_conv2d_params tandem_conv2d_params_init(int32_t in_channels, int32_t out_channels, int32_t kernel);
TANDEM_API tandem_depthwise_params tandem_depthwise_params_init(int32_t channels); /* 3 x 3 */
TANDEM_API tandem_pointwise_params tandem_pointwise_params_init(int32_t in_channels, int32_t out_channels);
TANDEM_API tandem_fully_connected_params tandem_fully_connected_params_init(int32_t in_features, int32_t out_features);
TANDEM_API tandem_global_average_pool_params tandem_global_average_pool_params_init(int32_t channels);
/* relu and sigmoid */
TANDEM_API tandem_squeeze_excite_params tandem_squeeze_excite_params_init(int32_t channels, int32_t reduced_channels);

/* ---- Library and ISA ------------------------------------------------------------------------------------------- */

TANDEM_API const char* tandem_version(void);

/* Number of ISAs this library was built with, fastest first. */
TANDEM_API size_t tandem_isa_count(void);
/* Name of ISA `index`, and whether this CPU can run it; null and false past the end. */
TANDEM_API const char* tandem_isa_name(size_t index);
TANDEM_API bool tandem_isa_available(size_t index);
/* What create() would use for `name` (null: TANDEM_ISA, else the fastest); null and a status on error. */
TANDEM_API const char* tandem_select_isa(const char* name, tandem_status* status);

/* ---- Operator -------------------------------------------------------------------------------------------------- */

/* Immutable; may be shared between threads. */
typedef struct tandem_operator tandem_operator;

/* Each create function validates, packs the weights and stores the operator in *op; on error it returns false, sets
 * *op to null and fills *status. isa: a name, or null for TANDEM_ISA, else the fastest this CPU has. */
TANDEM_API bool tandem_conv2d_create(const tandem_conv2d_params* params, tandem_filter filter, tandem_bias bias,
                                     const char* isa, tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_depthwise_create(const tandem_depthwise_params* params, tandem_filter filter, tandem_bias bias,
                                        const char* isa, tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_pointwise_create(const tandem_pointwise_params* params, tandem_filter filter, tandem_bias bias,
                                        const char* isa, tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_separable_create(const tandem_separable_params* params, tandem_filter depthwise_filter,
                                        tandem_bias depthwise_bias, tandem_filter pointwise_filter,
                                        tandem_bias pointwise_bias, const char* isa, tandem_operator** op,
                                        tandem_status* status);
TANDEM_API bool tandem_inverted_residual_create(const tandem_inverted_residual_params* params,
                                                tandem_filter expand_filter, tandem_bias expand_bias,
                                                tandem_filter depthwise_filter, tandem_bias depthwise_bias,
                                                tandem_filter project_filter, tandem_bias project_bias, const char* isa,
                                                tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_global_average_pool_create(const tandem_global_average_pool_params* params, const char* isa,
                                                  tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_fully_connected_create(const tandem_fully_connected_params* params, tandem_filter filter,
                                              tandem_bias bias, const char* isa, tandem_operator** op,
                                              tandem_status* status);
TANDEM_API bool tandem_squeeze_excite_create(const tandem_squeeze_excite_params* params, tandem_filter reduce_filter,
                                             tandem_bias reduce_bias, tandem_filter expand_filter,
                                             tandem_bias expand_bias, const char* isa, tandem_operator** op,
                                             tandem_status* status);
/* The shape given to tandem_plan_create() is [N, H, W, C] in either direction. */
TANDEM_API bool tandem_convert_layout_create(const tandem_convert_layout_params* params, const char* isa,
                                             tandem_operator** op, tandem_status* status);

/* Null is allowed. Plans made from the operator stay valid. */
TANDEM_API void tandem_operator_destroy(tandem_operator* op);
TANDEM_API const char* tandem_operator_name(const tandem_operator* op);
TANDEM_API const char* tandem_operator_isa(const tandem_operator* op);
TANDEM_API size_t tandem_operator_packed_bytes(const tandem_operator* op);
/* Multiply-adds for this input by the formulas of cost.hpp, of pooling and conversions the elements of the input; -1 and
 * a status on error. */
TANDEM_API int64_t tandem_operator_op_count(const tandem_operator* op, tandem_shape input, tandem_status* status);

/* ---- Executor and plan ----------------------------------------------------------------------------------------- */

typedef void (*tandem_worker_function)(void* context, int32_t index);

/* An engine's own pool; see tandem::ThreadPool. */
typedef struct tandem_thread_pool {
  void* self;
  int32_t (*concurrency)(void* self);
  void (*parallel)(void* self, int32_t count, tandem_worker_function worker, void* context);
} tandem_thread_pool;

/* What predictions go by; 0: the library's own figure. See tandem::MachineModel for the units. */
typedef struct tandem_machine_model {
  int64_t l1_bytes, l2_bytes, l3_bytes;
  double multiply_adds;                                              /* a second, of a core */
  double l1_bandwidth, l2_bandwidth, l3_bandwidth, memory_bandwidth; /* bytes a second */
  double fork_seconds;
} tandem_machine_model;

/* All zeros is a good choice. */
typedef struct tandem_plan_options {
  int32_t threads;                /* 0: as many as the executor offers, at most 256; 1: the calling thread alone */
  const tandem_thread_pool* pool; /* null: oneTBB when the library was built with it; copied */
  int32_t candidate;              /* 0: the way predicted to be the fastest; else 1 to tandem_report.candidates */
  tandem_machine_model machine;
  /* Floats from one pixel of a tensor to the next; 0: its channels. See tandem::PixelStrides. */
  int64_t src_stride, dst_stride, residual_stride;
  bool flush_denormals; /* run() treats denormals as zeros */
} tandem_plan_options;

/* The values of tandem::PlanKind. */
typedef enum tandem_plan_kind {
  TANDEM_PLAN_MATRIX_PRODUCT = 0,
  TANDEM_PLAN_REGULAR = 1,
  TANDEM_PLAN_DEPTHWISE = 2,
  TANDEM_PLAN_POOLING = 3,
  TANDEM_PLAN_FUSED_BLOCK = 4,
  TANDEM_PLAN_UNFUSED_BLOCK = 5,
  TANDEM_PLAN_LAYOUT = 6,
  TANDEM_PLAN_SQUEEZE_EXCITE = 7
} tandem_plan_kind;

/* The values of tandem::Partition. */
typedef enum tandem_partition {
  TANDEM_PARTITION_NONE = 0,
  TANDEM_PARTITION_ROWS = 1,
  TANDEM_PARTITION_CHANNELS = 2,
  TANDEM_PARTITION_BOTH = 3
} tandem_partition;

/* What was chosen, why, and what is expected of it; field by field as in tandem::PlanReport. */
typedef struct tandem_report {
  tandem_plan_kind kind;
  const char* isa;
  int32_t vector_floats;
  int32_t tile_rows, tile_columns;
  const char *loops, *epilogue; /* or null */
  tandem_partition partition;
  int32_t workers;
  int64_t row_block, channel_block;
  int64_t strip_rows, ring_rows;
  double balance;
  int64_t multiply_adds, recomputed_multiply_adds;
  int64_t l2_bytes, l3_bytes, memory_bytes;
  size_t workspace_bytes, unfused_workspace_bytes;
  double predicted_seconds, fused_seconds, unfused_seconds;
  const char* why_not_fused; /* of a block that cannot be fused, else null */
  int32_t candidate, candidates;
} tandem_report;

/* Immutable; may run on several threads at once, each run with its own workspace. */
typedef struct tandem_plan tandem_plan;

/* Bytes to which a workspace is aligned. */
#define TANDEM_WORKSPACE_ALIGNMENT 64

/* options may be null. On error returns false, sets *plan to null and fills *status. */
TANDEM_API bool tandem_plan_create(const tandem_operator* op, tandem_shape input, const tandem_plan_options* options,
                                   tandem_plan** plan, tandem_status* status);
/* A pixel stride for a tensor between two layers at which no rows need to be copied. See tandem::unaliased_stride. */
TANDEM_API int64_t tandem_unaliased_stride(int64_t channels);
/* Null is allowed. */
TANDEM_API void tandem_plan_destroy(tandem_plan* plan);
TANDEM_API tandem_shape tandem_plan_input_shape(const tandem_plan* plan);
TANDEM_API tandem_shape tandem_plan_output_shape(const tandem_plan* plan);
TANDEM_API size_t tandem_plan_workspace_bytes(const tandem_plan* plan);
TANDEM_API int32_t tandem_plan_threads(const tandem_plan* plan);
TANDEM_API const char* tandem_plan_isa(const tandem_plan* plan);
TANDEM_API int64_t tandem_plan_op_count(const tandem_plan* plan);
TANDEM_API tandem_report tandem_plan_report(const tandem_plan* plan);
/* The report as one line. */
TANDEM_API const char* tandem_plan_explain(const tandem_plan* plan);

/* src, dst: [N, H, W, C] fp32 as planned, but [N, C, H, W] on one side of a layout conversion. residual: of dst's shape
 * if the operator was created with one (it may be dst itself), else null. workspace: workspace_bytes bytes, at least
 * tandem_plan_workspace_bytes(), aligned; null when that is 0; layers that share a workspace should all be told the whole
 * of it, so that each worker keeps its part. Nothing else may overlap dst or the workspace, but src of a
 * squeeze-and-excite may be dst. Allocates nothing; on error nothing is written. */
TANDEM_API bool tandem_plan_run(const tandem_plan* plan, const float* src, float* dst, const float* residual,
                                void* workspace, size_t workspace_bytes, tandem_status* status);

/* ---- Sequence -------------------------------------------------------------------------------------------------- */

/* Plans that run one after the other as one run, with the same bits. See tandem::Sequence. */
typedef struct tandem_sequence tandem_sequence;

/* As tandem_plan_run() takes them. */
typedef struct tandem_run_args {
  const float* src;
  float* dst;
  const float* residual;
  void* workspace;
  size_t workspace_bytes;
} tandem_run_args;

/* plans: count of them, which may be destroyed afterwards. On error returns false, sets *sequence to null and fills
 * *status. */
TANDEM_API bool tandem_sequence_create(const tandem_plan* const* plans, size_t count, tandem_sequence** sequence,
                                       tandem_status* status);
/* Null is allowed. */
TANDEM_API void tandem_sequence_destroy(tandem_sequence* sequence);
/* Its plans. */
TANDEM_API size_t tandem_sequence_size(const tandem_sequence* sequence);
/* The most that one of the plans needs. */
TANDEM_API size_t tandem_sequence_workspace_bytes(const tandem_sequence* sequence);
/* Runs plan i with args[i]; one plan's dst may be the src or residual of later ones, and all may have the same workspace.
 * Allocates nothing; on error, in whichever of them, nothing is written. */
TANDEM_API bool tandem_sequence_run(const tandem_sequence* sequence, const tandem_run_args* args, size_t count,
                                    tandem_status* status);

/* ---- Batch norm ------------------------------------------------------------------------------------------------ */

typedef struct tandem_batch_norm {
  const float* gamma;    /* [channels]; null: ones */
  const float* beta;     /* [channels]; null: zeros */
  const float* mean;     /* [channels] */
  const float* variance; /* [channels], >= 0 */
  float epsilon;
} tandem_batch_norm;

/* See tandem::fold_batch_norm. folded_filter: filter.count elements; folded_bias: out_channels elements. */
TANDEM_API bool tandem_fold_batch_norm(const tandem_batch_norm* norm, int32_t out_channels, tandem_filter filter,
                                       tandem_bias bias, float* folded_filter, float* folded_bias,
                                       tandem_status* status);

#ifdef __cplusplus
}
#endif

#endif /* TANDEM_TANDEM_H */
