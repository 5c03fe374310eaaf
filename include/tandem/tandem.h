/* Tandem's C99 interface. It has the concepts of the C++ headers, whose comments give the mathematics, the shapes and
 * the errors in full.
 *
 *   tandem_operator* op; tandem_plan* plan; tandem_status status;
 *   tandem_depthwise_params params = tandem_depthwise_params_init(channels);
 *   tandem_weights weights = tandem_weights_init(filter, filter_count, bias, bias_count);
 *   if (!tandem_depthwise_create(&params, &weights, NULL, &op, &status)) { puts(status.message); ... }
 *
 * Only C++ has an executor in the caller's own tbb::task_arena, which is a C++ class.
 *
 * Null: a fallible function says which of its arguments is null; a getter returns "", 0 or a shape of zeros for a null
 * handle; destroying null does nothing. */
#ifndef TANDEM_TANDEM_H
#define TANDEM_TANDEM_H

#include "tandem/c_params.h"
#include "tandem/c_report.h"
#include "tandem/c_types.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Library and ISA ------------------------------------------------------------------------------------------- */

/* "major.minor.patch" of the linked library. */
TANDEM_API const char* tandem_version(void);

/* Number of ISAs this library was built with, fastest first. */
TANDEM_API size_t tandem_isa_count(void);
/* Name of ISA `index`, whether this CPU can run it, and the floats in a vector; null, false and 0 past the end. */
TANDEM_API const char* tandem_isa_name(size_t index);
TANDEM_API bool tandem_isa_available(size_t index);
TANDEM_API int32_t tandem_isa_vector_floats(size_t index);
/* The ISA that create uses for `name` (null: TANDEM_ISA, else the fastest); null and a status on error. */
TANDEM_API const char* tandem_select_isa(const char* name, tandem_status* status);

/* ---- Operator -------------------------------------------------------------------------------------------------- */

/* Immutable; may be shared between threads. */
typedef struct tandem_operator tandem_operator;

/* Each create function validates, packs the weights and stores the operator in *op; on error it returns false, sets
 * *op to null and fills *status. isa: a name, or null for TANDEM_ISA, else the fastest this CPU has. */
TANDEM_API bool tandem_conv2d_create(const tandem_conv2d_params* params, const tandem_weights* weights, const char* isa,
                                     tandem_operator** op, tandem_status* status);
/* The filter as ONNX has it: TANDEM_FILTER_IOHW; as TFLite has it: TANDEM_FILTER_OHWI. */
TANDEM_API bool tandem_conv_transpose2d_create(const tandem_conv_transpose2d_params* params,
                                               const tandem_weights* weights, const char* isa, tandem_operator** op,
                                               tandem_status* status);
TANDEM_API bool tandem_depthwise_create(const tandem_depthwise_params* params, const tandem_weights* weights,
                                        const char* isa, tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_pointwise_create(const tandem_pointwise_params* params, const tandem_weights* weights,
                                        const char* isa, tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_separable_create(const tandem_separable_params* params, const tandem_weights* depthwise,
                                        const tandem_weights* pointwise, const char* isa, tandem_operator** op,
                                        tandem_status* status);
TANDEM_API bool tandem_inverted_residual_create(const tandem_inverted_residual_params* params,
                                                const tandem_weights* expand, const tandem_weights* depthwise,
                                                const tandem_weights* project, const char* isa, tandem_operator** op,
                                                tandem_status* status);
/* Blocks whose params->squeeze_excite is set. reduce, gate: the weights of its two products, [R, C] and [C, R]. */
TANDEM_API bool tandem_separable_squeeze_excite_create(const tandem_separable_params* params,
                                                       const tandem_weights* depthwise, const tandem_weights* reduce,
                                                       const tandem_weights* gate, const tandem_weights* pointwise,
                                                       const char* isa, tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_inverted_residual_squeeze_excite_create(const tandem_inverted_residual_params* params,
                                                               const tandem_weights* expand,
                                                               const tandem_weights* depthwise,
                                                               const tandem_weights* reduce, const tandem_weights* gate,
                                                               const tandem_weights* project, const char* isa,
                                                               tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_global_average_pool_create(const tandem_global_average_pool_params* params, const char* isa,
                                                  tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_fully_connected_create(const tandem_fully_connected_params* params,
                                              const tandem_weights* weights, const char* isa, tandem_operator** op,
                                              tandem_status* status);
TANDEM_API bool tandem_squeeze_excite_create(const tandem_squeeze_excite_params* params, const tandem_weights* reduce,
                                             const tandem_weights* expand, const char* isa, tandem_operator** op,
                                             tandem_status* status);
/* The shape given to tandem_plan_create() is [N, H, W, C] in either direction. */
TANDEM_API bool tandem_convert_layout_create(const tandem_convert_layout_params* params, const char* isa,
                                             tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_max_pool_create(const tandem_max_pool_params* params, const char* isa, tandem_operator** op,
                                       tandem_status* status);
TANDEM_API bool tandem_average_pool_create(const tandem_average_pool_params* params, const char* isa,
                                           tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_resize_create(const tandem_resize_params* params, const char* isa, tandem_operator** op,
                                     tandem_status* status);
TANDEM_API bool tandem_elementwise_create(const tandem_elementwise_params* params, const char* isa,
                                          tandem_operator** op, tandem_status* status);
TANDEM_API bool tandem_activation_create(const tandem_activation_params* params, const char* isa, tandem_operator** op,
                                         tandem_status* status);
TANDEM_API bool tandem_softmax_create(const tandem_softmax_params* params, const char* isa, tandem_operator** op,
                                      tandem_status* status);
TANDEM_API bool tandem_quantize_create(const tandem_quantize_params* params, const char* isa, tandem_operator** op,
                                       tandem_status* status);
TANDEM_API bool tandem_dequantize_create(const tandem_dequantize_params* params, const char* isa, tandem_operator** op,
                                         tandem_status* status);
TANDEM_API bool tandem_copy_create(const tandem_copy_params* params, const char* isa, tandem_operator** op,
                                   tandem_status* status);
TANDEM_API bool tandem_depth_to_space_create(const tandem_depth_to_space_params* params, const char* isa,
                                             tandem_operator** op, tandem_status* status);

/* Plans made from the operator stay valid. */
TANDEM_API void tandem_operator_destroy(tandem_operator* op);
TANDEM_API const char* tandem_operator_name(const tandem_operator* op);
TANDEM_API const char* tandem_operator_isa(const tandem_operator* op);
TANDEM_API size_t tandem_operator_packed_bytes(const tandem_operator* op);
/* The output's shape for this input; zeros and a status on error. */
TANDEM_API tandem_shape tandem_operator_output_shape(const tandem_operator* op, tandem_shape input,
                                                     tandem_status* status);
/* Multiply-adds for this input by the cost formulas below; operators without a filter count the elements of the input, a
 * resize one or (linear) four times those of the output. -1 and a status on error. */
TANDEM_API int64_t tandem_operator_op_count(const tandem_operator* op, tandem_shape input, tandem_status* status);

/* ---- Executor and plan ----------------------------------------------------------------------------------------- */

typedef void (*tandem_worker_function)(void* context, int32_t index);

/* An engine's own pool; see tandem::ThreadPool. */
typedef struct tandem_thread_pool {
  size_t struct_size;
  void* self;
  int32_t (*concurrency)(void* self);
  void (*parallel)(void* self, int32_t count, tandem_worker_function worker, void* context);
} tandem_thread_pool;

static inline tandem_thread_pool tandem_thread_pool_init(void* self, int32_t (*concurrency)(void* self),
                                                         void (*parallel)(void* self, int32_t count,
                                                                          tandem_worker_function worker,
                                                                          void* context)) {
  tandem_thread_pool p;
  p.struct_size = sizeof p;
  p.self = self;
  p.concurrency = concurrency;
  p.parallel = parallel;
  return p;
}

/* The machine to predict times for; 0 or null: the library's own figure. See tandem::MachineModel for the units. */
typedef struct tandem_machine_model {
  size_t struct_size;
  int64_t l1_bytes, l2_bytes, l3_bytes;
  double multiply_adds;                                              /* per second and core */
  double l1_bandwidth, l2_bandwidth, l3_bandwidth, memory_bandwidth; /* bytes a second */
  double fork_seconds;
  const char* row; /* the name of a microarchitecture, for figures that are 0; null: TANDEM_MACHINE, or this CPU's */
} tandem_machine_model;

/* All zeros. */
static inline tandem_machine_model tandem_machine_model_init(void) {
  tandem_machine_model m;
  memset(&m, 0, sizeof m);
  m.struct_size = sizeof m;
  return m;
}

typedef enum tandem_executor {
  TANDEM_EXECUTOR_DEFAULT = 0, /* oneTBB when the library was built with it, else inline; the pool if there is one */
  TANDEM_EXECUTOR_INLINE = 1   /* the calling thread alone */
} tandem_executor;

/* Ends the threads of oneTBB that runs have used, before the library is unloaded. See tandem::end_workers. */
TANDEM_API bool tandem_end_workers(void);

typedef struct tandem_plan_options {
  size_t struct_size;
  int32_t threads;   /* 0: as many as the executor offers, at most 256; 1: the calling thread alone */
  int32_t candidate; /* 0: the way predicted to be the fastest; else 1 to tandem_report.candidates */
  tandem_executor executor;
  bool flush_denormals;                /* run treats denormals as zeros; only on x86-64 and aarch64 */
  const tandem_thread_pool* pool;      /* null: none; copied, like machine */
  const tandem_machine_model* machine; /* null: the library's own figures */
  /* Elements from one pixel of a tensor to the next; 0: its channels. See tandem::PixelStrides. */
  int64_t src_stride, dst_stride, residual_stride;
} tandem_plan_options;

/* All zeros: a good choice. */
static inline tandem_plan_options tandem_plan_options_init(void) {
  tandem_plan_options o;
  memset(&o, 0, sizeof o);
  o.struct_size = sizeof o;
  return o;
}

/* A pixel stride for a tensor between two layers that spares copies of rows. See tandem::unaliased_stride. */
TANDEM_API int64_t tandem_unaliased_stride(int64_t channels, tandem_data_type type);

/* Immutable; may run on several threads at once, each run with its own workspace. */
typedef struct tandem_plan tandem_plan;

/* Bytes to which a workspace is aligned. */
#define TANDEM_WORKSPACE_ALIGNMENT 64

/* Memory for a workspace of this many bytes, aligned as it must be; null if there is none left, or for 0 bytes. It is
 * freed by tandem_workspace_free alone, which does nothing for null. */
TANDEM_API void* tandem_workspace_alloc(size_t bytes);
TANDEM_API void tandem_workspace_free(void* workspace);

/* options may be null. On error returns false, sets *plan to null and fills *status. */
TANDEM_API bool tandem_plan_create(const tandem_operator* op, tandem_shape input, const tandem_plan_options* options,
                                   tandem_plan** plan, tandem_status* status);
TANDEM_API void tandem_plan_destroy(tandem_plan* plan);
TANDEM_API tandem_shape tandem_plan_input_shape(const tandem_plan* plan);
TANDEM_API tandem_shape tandem_plan_output_shape(const tandem_plan* plan);
TANDEM_API size_t tandem_plan_workspace_bytes(const tandem_plan* plan);
TANDEM_API int32_t tandem_plan_threads(const tandem_plan* plan);
TANDEM_API const char* tandem_plan_isa(const tandem_plan* plan);
TANDEM_API int64_t tandem_plan_op_count(const tandem_plan* plan);
/* Fills report->struct_size bytes; the caller has set struct_size by tandem_report_init(). */
TANDEM_API bool tandem_plan_report(const tandem_plan* plan, tandem_report* report, tandem_status* status);
/* The report as one line. */
TANDEM_API const char* tandem_plan_explain(const tandem_plan* plan);

/* The tensors of one run; may grow at its end. */
typedef struct tandem_run_args {
  size_t struct_size;
  const void* src; /* [N, H, W, C] as planned, but [N, C, H, W] on one side of a layout conversion */
  void* dst;
  const void* residual; /* shape of dst, if the operator was created with one (may be dst itself), or b of an
                         * element-wise operator without constants; else null */
  void* workspace;      /* aligned to TANDEM_WORKSPACE_ALIGNMENT; null when the plan needs none */
  /* The size of workspace; 0: the size that the plan needs. Give the whole size to layers that share a workspace, so
   * that each worker keeps its part. All of these bytes may be written. */
  size_t workspace_bytes;
} tandem_run_args;

static inline tandem_run_args tandem_run_args_init(const void* src, void* dst) {
  tandem_run_args a;
  memset(&a, 0, sizeof a);
  a.struct_size = sizeof a;
  a.src = src;
  a.dst = dst;
  return a;
}

/* Nothing may overlap dst or the workspace. Two exceptions at equal strides: a residual of dst's shape may be dst itself,
 * and so may src of an element-wise operator, an activation, a softmax or a squeeze-and-excite. See tandem::RunArgs.
 * Allocates nothing; on error nothing is written. */
TANDEM_API bool tandem_plan_run(const tandem_plan* plan, const tandem_run_args* args, tandem_status* status);

/* ---- Sequence -------------------------------------------------------------------------------------------------- */

/* Several plans as one run, with the bits of single runs. See tandem::Sequence. */
typedef struct tandem_sequence tandem_sequence;

/* plans: [count]; the caller may destroy them afterwards. On error returns false, sets *sequence to null and fills
 * *status. */
TANDEM_API bool tandem_sequence_create(const tandem_plan* const* plans, size_t count, tandem_sequence** sequence,
                                       tandem_status* status);
TANDEM_API void tandem_sequence_destroy(tandem_sequence* sequence);
/* The number of plans. */
TANDEM_API size_t tandem_sequence_size(const tandem_sequence* sequence);
/* Bytes of the largest workspace that any of the plans needs. */
TANDEM_API size_t tandem_sequence_workspace_bytes(const tandem_sequence* sequence);
/* Runs plan i with args[i]; all args have the same struct_size. One plan's dst may be the src or residual of later
 * plans, and all may share a workspace. Allocates nothing; on an error in any plan's arguments nothing is written. */
TANDEM_API bool tandem_sequence_run(const tandem_sequence* sequence, const tandem_run_args* args, size_t count,
                                    tandem_status* status);

/* ---- Batch norm ------------------------------------------------------------------------------------------------ */

typedef struct tandem_batch_norm {
  size_t struct_size;
  const float* gamma;    /* [channels]; null: ones */
  const float* beta;     /* [channels]; null: zeros */
  const float* mean;     /* [channels] */
  const float* variance; /* [channels], >= 0 */
  double epsilon;        /* rounded to a float */
} tandem_batch_norm;

/* No gamma, no beta, epsilon 1e-5. */
static inline tandem_batch_norm tandem_batch_norm_init(const float* mean, const float* variance) {
  tandem_batch_norm n;
  memset(&n, 0, sizeof n);
  n.struct_size = sizeof n;
  n.mean = mean;
  n.variance = variance;
  n.epsilon = 1e-5;
  return n;
}

/* See tandem::fold_batch_norm. folded_filter: weights->filter_count elements; folded_bias: out_channels elements. */
TANDEM_API bool tandem_fold_batch_norm(const tandem_batch_norm* norm, int32_t out_channels,
                                       const tandem_weights* weights, float* folded_filter, float* folded_bias,
                                       tandem_status* status);

/* ---- Quantised weights ----------------------------------------------------------------------------------------- */

/* See tandem::quantize_weights. filter: weights->filter_count elements; scales and bias: out_channels elements. */
TANDEM_API bool tandem_quantize_weights(const tandem_weights* weights, int32_t out_channels, float src_scale,
                                        int8_t* filter, float* scales, int32_t* bias, tandem_status* status);

/* ---- Cost ------------------------------------------------------------------------------------------------------ */

/* Multiply-adds by the formulas of tandem/cost.hpp; overflow is not checked. */
TANDEM_API int64_t tandem_cost_regular(int64_t kernel_h, int64_t kernel_w, int64_t in_channels, int64_t out_h,
                                       int64_t out_w, int64_t out_channels);
TANDEM_API int64_t tandem_cost_depthwise(int64_t kernel_h, int64_t kernel_w, int64_t channels, int64_t out_h,
                                         int64_t out_w);
TANDEM_API int64_t tandem_cost_pointwise(int64_t in_channels, int64_t out_h, int64_t out_w, int64_t out_channels);
TANDEM_API int64_t tandem_cost_separable(int64_t kernel_h, int64_t kernel_w, int64_t in_channels, int64_t out_h,
                                         int64_t out_w, int64_t out_channels);
/* separable / regular */
TANDEM_API double tandem_cost_separable_ratio(int64_t kernel_h, int64_t kernel_w, int64_t out_channels);

#ifdef __cplusplus
}
#endif

#endif /* TANDEM_TANDEM_H */
