/* A copy of the C headers of version 0.2, in one file, as a program was compiled with them that never was compiled anew. Not
 * to be changed: caller.c includes it, and must work with every later version of the library. */
/* TANDEM_API marks what the library offers; everything else in it is hidden.
 *
 * A static library ends up inside somebody's program or plug-in. There the functions keep their names, but no other
 * module can take their place ("protected"): two plug-ins in one process call each its own Tandem. */
#ifndef TANDEM_API_H
#define TANDEM_API_H

#if defined(TANDEM_SHARED)
#define TANDEM_API __attribute__((visibility("default")))
#elif defined(__ELF__)
#define TANDEM_API __attribute__((visibility("protected")))
#else
#define TANDEM_API __attribute__((visibility("default")))
#endif

#endif /* TANDEM_API_H */
/* What the C interface is made of: status, shapes, types of elements, activations, padding, weights. Included by tandem.h.
 *
 * Two kinds of structs. Those here that begin with struct_size, like the parameters, may grow at their end in a later
 * version. Their struct_size is sizeof the struct as the caller compiled it: init functions fill it in, designated
 * initialisers have to. The library reads so many bytes and takes the defaults for members behind them; bytes behind the
 * members that it knows have to be zero. All other structs never change. */
#ifndef TANDEM_C_TYPES_H
#define TANDEM_C_TYPES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* "ok", "invalid argument", ... Never null. */
TANDEM_API const char* tandem_status_code_name(tandem_status_code code);

/* ---- Tensors --------------------------------------------------------------------------------------------------- */

typedef struct tandem_shape { /* [N, H, W, C], elements, each >= 1 */
  int64_t n, h, w, c;
} tandem_shape;

/* The values of tandem::DataType. */
typedef enum tandem_data_type {
  TANDEM_F32 = 0,
  TANDEM_BF16 = 1,
  TANDEM_F16 = 2,
  TANDEM_U8 = 3, /* the rest is reserved for quantised operators */
  TANDEM_S8 = 4,
  TANDEM_S32 = 5
} tandem_data_type;

/* "f32", "bf16", ... Never null. */
TANDEM_API const char* tandem_data_type_name(tandem_data_type type);
/* Bytes of an element; 0 for a value that is no type. */
TANDEM_API size_t tandem_element_bytes(tandem_data_type type);
/* Converts count elements between F32, BF16 and F16. See tandem::convert. Returns false, and writes nothing, for another
 * type and where src or dst is null. */
TANDEM_API bool tandem_convert(tandem_data_type src_type, const void* src, tandem_data_type dst_type, void* dst,
                               size_t count);

/* What the elements of a tensor are; all zeros: floats. */
typedef struct tandem_tensor_type {
  tandem_data_type type;
  float scale;        /* real = scale * (q - zero_point) of a quantised tensor; 0 stands for 1 */
  int32_t zero_point; /* 0 where nothing is quantised */
} tandem_tensor_type;

/* ---- Activation ------------------------------------------------------------------------------------------------ */

/* See tandem::Activation::Kind for the formulas, errors and special values. */
typedef enum tandem_activation_kind {
  TANDEM_ACTIVATION_NONE = 0,
  TANDEM_ACTIVATION_CLAMP = 1,
  TANDEM_ACTIVATION_LEAKY_RELU = 2,
  TANDEM_ACTIVATION_PRELU = 3,
  TANDEM_ACTIVATION_SIGMOID = 4,
  TANDEM_ACTIVATION_SILU = 5,
  TANDEM_ACTIVATION_HARD_SIGMOID = 6,
  TANDEM_ACTIVATION_HARD_SWISH = 7,
  TANDEM_ACTIVATION_TANH = 8
} tandem_activation_kind;

typedef struct tandem_activation { /* all zeros: none. NaN stays NaN */
  tandem_activation_kind kind;
  float lo, hi;        /* clamp: min(max(x, lo), hi) */
  float alpha, beta;   /* leaky relu: slope alpha; hard sigmoid: min(max(alpha * x + beta, 0), 1) */
  const float* slopes; /* prelu: one an output channel, copied by create */
  size_t slope_count;
} tandem_activation;

static inline tandem_activation tandem_activation_of(tandem_activation_kind kind, float alpha, float beta) {
  tandem_activation a;
  memset(&a, 0, sizeof a);
  a.kind = kind;
  a.alpha = alpha;
  a.beta = beta;
  return a;
}
static inline tandem_activation tandem_activation_none(void) {
  return tandem_activation_of(TANDEM_ACTIVATION_NONE, 0.0F, 0.0F);
}
static inline tandem_activation tandem_activation_clamp(float lo, float hi) {
  tandem_activation a = tandem_activation_of(TANDEM_ACTIVATION_CLAMP, 0.0F, 0.0F);
  a.lo = lo;
  a.hi = hi;
  return a;
}
static inline tandem_activation tandem_activation_relu(void) { return tandem_activation_clamp(0.0F, INFINITY); }
static inline tandem_activation tandem_activation_relu6(void) { return tandem_activation_clamp(0.0F, 6.0F); }
static inline tandem_activation tandem_activation_leaky_relu(float slope) {
  return tandem_activation_of(TANDEM_ACTIVATION_LEAKY_RELU, slope, 0.0F);
}
static inline tandem_activation tandem_activation_prelu(const float* slopes, size_t count) {
  tandem_activation a = tandem_activation_of(TANDEM_ACTIVATION_PRELU, 0.0F, 0.0F);
  a.slopes = slopes;
  a.slope_count = count;
  return a;
}
static inline tandem_activation tandem_activation_sigmoid(void) {
  return tandem_activation_of(TANDEM_ACTIVATION_SIGMOID, 0.0F, 0.0F);
}
static inline tandem_activation tandem_activation_silu(void) {
  return tandem_activation_of(TANDEM_ACTIVATION_SILU, 0.0F, 0.0F);
}
static inline tandem_activation tandem_activation_hard_sigmoid(float alpha, float beta) { /* MobileNet V3: 1/6, 1/2 */
  return tandem_activation_of(TANDEM_ACTIVATION_HARD_SIGMOID, alpha, beta);
}
static inline tandem_activation tandem_activation_hard_swish(void) {
  return tandem_activation_of(TANDEM_ACTIVATION_HARD_SWISH, 0.0F, 0.0F);
}
static inline tandem_activation tandem_activation_tanh(void) {
  return tandem_activation_of(TANDEM_ACTIVATION_TANH, 0.0F, 0.0F);
}

/* ---- Padding --------------------------------------------------------------------------------------------------- */

typedef enum tandem_padding_mode {
  TANDEM_PADDING_EXPLICIT = 0,
  TANDEM_PADDING_SAME_UPPER = 1, /* TensorFlow SAME: an odd element goes to bottom/right */
  TANDEM_PADDING_SAME_LOWER = 2
} tandem_padding_mode;

typedef struct tandem_padding { /* all zeros: none */
  tandem_padding_mode mode;
  int32_t top, bottom, left, right; /* for TANDEM_PADDING_EXPLICIT, each >= 0 */
} tandem_padding;

static inline tandem_padding tandem_padding_explicit(int32_t top, int32_t bottom, int32_t left, int32_t right) {
  tandem_padding p;
  p.mode = TANDEM_PADDING_EXPLICIT;
  p.top = top;
  p.bottom = bottom;
  p.left = left;
  p.right = right;
  return p;
}
static inline tandem_padding tandem_padding_valid(void) { return tandem_padding_explicit(0, 0, 0, 0); }
static inline tandem_padding tandem_padding_uniform(int32_t p) { return tandem_padding_explicit(p, p, p, p); }
static inline tandem_padding tandem_padding_same(void) {
  tandem_padding p = {TANDEM_PADDING_SAME_UPPER, 0, 0, 0, 0};
  return p;
}
static inline tandem_padding tandem_padding_same_lower(void) {
  tandem_padding p = {TANDEM_PADDING_SAME_LOWER, 0, 0, 0, 0};
  return p;
}

/* ---- Weights --------------------------------------------------------------------------------------------------- */

typedef enum tandem_filter_layout {
  TANDEM_FILTER_OIHW = 0, /* PyTorch, ONNX; [M, C] for pointwise and fully connected */
  TANDEM_FILTER_OHWI = 1, /* TFLite; likewise */
  TANDEM_FILTER_HWIO = 2, /* TensorFlow; [C, M] for pointwise and fully connected */
  TANDEM_FILTER_1HWC = 3  /* TFLite depthwise only */
} tandem_filter_layout;

/* The weights of one stage; create copies and packs them, the caller may free them afterwards. */
typedef struct tandem_weights {
  size_t struct_size;
  const void* filter;
  size_t filter_count; /* elements; a count that does not fit the parameters is an error */
  tandem_data_type filter_type;
  tandem_filter_layout layout;
  const void* bias;  /* null: zeros */
  size_t bias_count; /* one an output channel, or 0 with a null pointer */
  tandem_data_type bias_type;
  const float* scales; /* of a quantised filter, one an output channel (reserved); else null */
  size_t scale_count;
} tandem_weights;

/* Floats in OIHW; bias may be null, then bias_count is 0. */
static inline tandem_weights tandem_weights_init(const float* filter, size_t filter_count, const float* bias,
                                                 size_t bias_count) {
  tandem_weights w;
  memset(&w, 0, sizeof w);
  w.struct_size = sizeof w;
  w.filter = filter;
  w.filter_count = filter_count;
  w.bias = bias;
  w.bias_count = bias_count;
  return w;
}

#ifdef __cplusplus
}
#endif

#endif /* TANDEM_C_TYPES_H */
/* The parameters of the C interface's operators. Included by tandem.h. See tandem/params.hpp for the mathematics. Each
 * struct may grow at its end (see c_types.h); start from its init function. */
#ifndef TANDEM_C_PARAMS_H
#define TANDEM_C_PARAMS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tandem_residual_order {
  TANDEM_RESIDUAL_BEFORE_ACTIVATION = 0,
  TANDEM_RESIDUAL_AFTER_ACTIVATION = 1
} tandem_residual_order;

/* The init functions set strides, dilations, groups and multiplier to 1, and everything that they take no argument for to
 * zero: no padding, no activation, no residual, all types F32. Those are the defaults of members that an old caller does
 * not know as well. */

typedef struct tandem_conv2d_params {
  size_t struct_size;
  int32_t in_channels, out_channels;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  int32_t groups; /* >= 1, divides both channels; the filter has in_channels / groups inputs */
  tandem_padding padding;
  tandem_activation activation;
  bool residual;
  tandem_residual_order residual_order;
  tandem_tensor_type src_type, dst_type, residual_type; /* residual_type is read only with a residual */
  tandem_data_type weight_type;
} tandem_conv2d_params;

static inline tandem_conv2d_params tandem_conv2d_params_init(int32_t in_channels, int32_t out_channels,
                                                             int32_t kernel) {
  tandem_conv2d_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.in_channels = in_channels;
  p.out_channels = out_channels;
  p.kernel_h = p.kernel_w = kernel;
  p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = p.groups = 1;
  return p;
}

typedef struct tandem_depthwise_params {
  size_t struct_size;
  int32_t channels;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  int32_t multiplier; /* >= 1, filters a channel */
  tandem_padding padding;
  tandem_activation activation;
  bool residual;
  tandem_residual_order residual_order;
  tandem_tensor_type src_type, dst_type, residual_type;
  tandem_data_type weight_type;
} tandem_depthwise_params;

/* 3 x 3 */
static inline tandem_depthwise_params tandem_depthwise_params_init(int32_t channels) {
  tandem_depthwise_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.kernel_h = p.kernel_w = 3;
  p.stride_h = p.stride_w = p.dilation_h = p.dilation_w = p.multiplier = 1;
  return p;
}

typedef struct tandem_pointwise_params {
  size_t struct_size;
  int32_t in_channels, out_channels;
  int32_t stride_h, stride_w;
  tandem_activation activation;
  bool residual;
  tandem_residual_order residual_order;
  tandem_tensor_type src_type, dst_type, residual_type;
  tandem_data_type weight_type;
} tandem_pointwise_params;

static inline tandem_pointwise_params tandem_pointwise_params_init(int32_t in_channels, int32_t out_channels) {
  tandem_pointwise_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.in_channels = in_channels;
  p.out_channels = out_channels;
  p.stride_h = p.stride_w = 1;
  return p;
}

/* Pointers, so that the stages can grow. */
typedef struct tandem_separable_params {
  size_t struct_size;
  const tandem_depthwise_params* depthwise;
  const tandem_pointwise_params* pointwise;
} tandem_separable_params;

static inline tandem_separable_params tandem_separable_params_init(const tandem_depthwise_params* depthwise,
                                                                   const tandem_pointwise_params* pointwise) {
  tandem_separable_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.depthwise = depthwise;
  p.pointwise = pointwise;
  return p;
}

typedef struct tandem_inverted_residual_params {
  size_t struct_size;
  bool residual; /* adds the block's own input, as project->residual_order says */
  const tandem_pointwise_params* expand;
  const tandem_depthwise_params* depthwise;
  const tandem_pointwise_params* project;
} tandem_inverted_residual_params;

static inline tandem_inverted_residual_params tandem_inverted_residual_params_init(
    const tandem_pointwise_params* expand, const tandem_depthwise_params* depthwise,
    const tandem_pointwise_params* project) {
  tandem_inverted_residual_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.expand = expand;
  p.depthwise = depthwise;
  p.project = project;
  return p;
}

typedef struct tandem_global_average_pool_params {
  size_t struct_size;
  int32_t channels;
  tandem_activation activation;
  tandem_tensor_type src_type, dst_type;
} tandem_global_average_pool_params;

static inline tandem_global_average_pool_params tandem_global_average_pool_params_init(int32_t channels) {
  tandem_global_average_pool_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  return p;
}

typedef struct tandem_fully_connected_params {
  size_t struct_size;
  int32_t in_features, out_features;
  tandem_activation activation;
  bool residual;
  tandem_residual_order residual_order;
  tandem_tensor_type src_type, dst_type, residual_type;
  tandem_data_type weight_type;
} tandem_fully_connected_params;

static inline tandem_fully_connected_params tandem_fully_connected_params_init(int32_t in_features,
                                                                               int32_t out_features) {
  tandem_fully_connected_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.in_features = in_features;
  p.out_features = out_features;
  return p;
}

typedef struct tandem_squeeze_excite_params {
  size_t struct_size;
  int32_t channels, reduced_channels;
  tandem_data_type weight_type;
  tandem_activation activation; /* after the reduction */
  tandem_activation gate;       /* after the expansion */
  tandem_tensor_type src_type, dst_type;
} tandem_squeeze_excite_params;

/* relu and sigmoid */
static inline tandem_squeeze_excite_params tandem_squeeze_excite_params_init(int32_t channels,
                                                                             int32_t reduced_channels) {
  tandem_squeeze_excite_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.reduced_channels = reduced_channels;
  p.activation = tandem_activation_relu();
  p.gate = tandem_activation_sigmoid();
  return p;
}

/* The values of tandem::LayoutConversion. */
typedef enum tandem_layout_conversion { TANDEM_NCHW_TO_NHWC = 0, TANDEM_NHWC_TO_NCHW = 1 } tandem_layout_conversion;

typedef struct tandem_convert_layout_params {
  size_t struct_size;
  int32_t channels;
  tandem_layout_conversion conversion;
  tandem_tensor_type type; /* of src and dst */
  int32_t reserved;        /* 0 */
} tandem_convert_layout_params;

static inline tandem_convert_layout_params tandem_convert_layout_params_init(int32_t channels,
                                                                             tandem_layout_conversion conversion) {
  tandem_convert_layout_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.conversion = conversion;
  return p;
}

#ifdef __cplusplus
}
#endif

#endif /* TANDEM_C_PARAMS_H */
/* The C interface's report of a plan. Included by tandem.h. Its members may change in every minor version before 1.0; who only
 * wants to show the report takes tandem_plan_explain(). */
#ifndef TANDEM_C_REPORT_H
#define TANDEM_C_REPORT_H

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
  TANDEM_PLAN_SQUEEZE_EXCITE = 7
} tandem_plan_kind;

/* The values of tandem::Partition. */
typedef enum tandem_partition {
  TANDEM_PARTITION_NONE = 0,
  TANDEM_PARTITION_ROWS = 1,
  TANDEM_PARTITION_CHANNELS = 2,
  TANDEM_PARTITION_BOTH = 3
} tandem_partition;

/* What was chosen, why, and what is expected of it; member by member as in tandem::PlanReport. The names in it live as long
 * as the program. */
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
  const char* why_not_fused; /* of a block that cannot be fused, else null */
  int32_t candidate, candidates;
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
/* Tandem's C99 interface: the same concepts as the C++ headers, whose comments give the mathematics, the shapes and the
 * errors in full.
 *
 *   tandem_operator* op; tandem_plan* plan; tandem_status status;
 *   tandem_depthwise_params params = tandem_depthwise_params_init(channels);
 *   tandem_weights weights = tandem_weights_init(filter, filter_count, bias, bias_count);
 *   if (!tandem_depthwise_create(&params, &weights, NULL, &op, &status)) { puts(status.message); ... }
 *
 * The one thing that C++ offers and C does not is an executor in the caller's own tbb::task_arena, which is a C++ class.
 *
 * Null: a fallible function says which of its arguments is null; a function that tells something of a null handle says "",
 * 0 or a shape of zeros; destroying null does nothing. */
#ifndef TANDEM_TANDEM_H
#define TANDEM_TANDEM_H

#ifdef __cplusplus
extern "C" {
#endif

/* ---- Library and ISA ------------------------------------------------------------------------------------------- */

/* "major.minor.patch" of the linked library. */
TANDEM_API const char* tandem_version(void);

/* Number of ISAs this library was built with, fastest first. */
TANDEM_API size_t tandem_isa_count(void);
/* Name of ISA `index`, whether this CPU can run it, and the floats of its vectors; null, false and 0 past the end. */
TANDEM_API const char* tandem_isa_name(size_t index);
TANDEM_API bool tandem_isa_available(size_t index);
TANDEM_API int32_t tandem_isa_vector_floats(size_t index);
/* What create would use for `name` (null: TANDEM_ISA, else the fastest); null and a status on error. */
TANDEM_API const char* tandem_select_isa(const char* name, tandem_status* status);

/* ---- Operator -------------------------------------------------------------------------------------------------- */

/* Immutable; may be shared between threads. */
typedef struct tandem_operator tandem_operator;

/* Each create function validates, packs the weights and stores the operator in *op; on error it returns false, sets
 * *op to null and fills *status. isa: a name, or null for TANDEM_ISA, else the fastest this CPU has. */
TANDEM_API bool tandem_conv2d_create(const tandem_conv2d_params* params, const tandem_weights* weights, const char* isa,
                                     tandem_operator** op, tandem_status* status);
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

/* Plans made from the operator stay valid. */
TANDEM_API void tandem_operator_destroy(tandem_operator* op);
TANDEM_API const char* tandem_operator_name(const tandem_operator* op);
TANDEM_API const char* tandem_operator_isa(const tandem_operator* op);
TANDEM_API size_t tandem_operator_packed_bytes(const tandem_operator* op);
/* The output's shape for this input; zeros and a status on error. */
TANDEM_API tandem_shape tandem_operator_output_shape(const tandem_operator* op, tandem_shape input,
                                                     tandem_status* status);
/* Multiply-adds for this input by the cost formulas below, of pooling and conversions the elements of the input; -1 and a
 * status on error. */
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

/* What predictions go by; 0: the library's own figure. See tandem::MachineModel for the units. */
typedef struct tandem_machine_model {
  size_t struct_size;
  int64_t l1_bytes, l2_bytes, l3_bytes;
  double multiply_adds;                                              /* a second, of a core */
  double l1_bandwidth, l2_bandwidth, l3_bandwidth, memory_bandwidth; /* bytes a second */
  double fork_seconds;
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

typedef struct tandem_plan_options {
  size_t struct_size;
  int32_t threads;   /* 0: as many as the executor offers, at most 256; 1: the calling thread alone */
  int32_t candidate; /* 0: the way predicted to be the fastest; else 1 to tandem_report.candidates */
  tandem_executor executor;
  bool flush_denormals;                /* run treats denormals as zeros */
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

/* A pixel stride for a tensor between two layers at which no rows need to be copied. See tandem::unaliased_stride. */
TANDEM_API int64_t tandem_unaliased_stride(int64_t channels, tandem_data_type type);

/* Immutable; may run on several threads at once, each run with its own workspace. */
typedef struct tandem_plan tandem_plan;

/* Bytes to which a workspace is aligned. */
#define TANDEM_WORKSPACE_ALIGNMENT 64

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
/* What was chosen and why. Fills report->struct_size bytes, which the caller has set: tandem_report_init(). */
TANDEM_API bool tandem_plan_report(const tandem_plan* plan, tandem_report* report, tandem_status* status);
/* The report as one line. */
TANDEM_API const char* tandem_plan_explain(const tandem_plan* plan);

/* The tensors of one run; may grow at its end. */
typedef struct tandem_run_args {
  size_t struct_size;
  const void* src; /* [N, H, W, C] as planned, but [N, C, H, W] on one side of a layout conversion */
  void* dst;
  const void* residual; /* of dst's shape if the operator was created with one (it may be dst itself), else null */
  void* workspace;      /* aligned to TANDEM_WORKSPACE_ALIGNMENT; null when the plan needs none */
  /* What workspace holds; 0: what the plan needs. Layers that share a workspace should all be told the whole of it, so
   * that each worker keeps its part. */
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

/* Nothing may overlap dst or the workspace, but residual may be dst, and so may src of a squeeze-and-excite. Allocates
 * nothing; on error nothing is written. */
TANDEM_API bool tandem_plan_run(const tandem_plan* plan, const tandem_run_args* args, tandem_status* status);

/* ---- Sequence -------------------------------------------------------------------------------------------------- */

/* Plans that run one after the other as one run, with the same bits. See tandem::Sequence. */
typedef struct tandem_sequence tandem_sequence;

/* plans: count of them, which may be destroyed afterwards. On error returns false, sets *sequence to null and fills
 * *status. */
TANDEM_API bool tandem_sequence_create(const tandem_plan* const* plans, size_t count, tandem_sequence** sequence,
                                       tandem_status* status);
TANDEM_API void tandem_sequence_destroy(tandem_sequence* sequence);
/* Its plans. */
TANDEM_API size_t tandem_sequence_size(const tandem_sequence* sequence);
/* The most that one of the plans needs. */
TANDEM_API size_t tandem_sequence_workspace_bytes(const tandem_sequence* sequence);
/* Runs plan i with args[i], all of one struct_size; one plan's dst may be the src or residual of later ones, and all may
 * have the same workspace. Allocates nothing; on error, in whichever of them, nothing is written. */
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

/* ---- Cost ------------------------------------------------------------------------------------------------------ */

/* The multiply-adds of the theory, by the formulas of tandem/cost.hpp; products are not checked. */
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
