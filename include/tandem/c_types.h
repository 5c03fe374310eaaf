/* The C interface's status, shapes, types of elements, activations, padding and weights. Included by tandem.h.
 *
 * There are two kinds of structs. Structs that begin with struct_size may grow at their end in a later version. Their
 * struct_size is sizeof the struct as the caller compiled it: init functions set it, and a designated initialiser must
 * set it. The library reads that many bytes and takes defaults for members that the caller does not have. Bytes after
 * the members that the library knows must be zero. All other structs never change. (tandem_report is an
 * exception before 1.0, see c_report.h.) */
#ifndef TANDEM_C_TYPES_H
#define TANDEM_C_TYPES_H

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* The library expects enumerations in structs to have the size of an int. */
typedef char tandem_cannot_be_used_with_fshort_enums[sizeof(tandem_status_code) == sizeof(int) ? 1 : -1];

/* Every fallible function fills one; a null status is allowed. message is "" on success. */
typedef struct tandem_status {
  tandem_status_code code;
  char message[252];
} tandem_status;

/* "ok", "invalid argument", ... Never null. */
TANDEM_API const char* tandem_status_code_name(tandem_status_code code);

/* ---- Tensors --------------------------------------------------------------------------------------------------- */

typedef struct tandem_shape { /* [N, H, W, C], elements; n >= 0, the others >= 1 */
  int64_t n, h, w, c;
} tandem_shape;

/* The values of tandem::DataType. */
typedef enum tandem_data_type {
  TANDEM_F32 = 0,
  TANDEM_BF16 = 1,
  TANDEM_F16 = 2,
  TANDEM_U8 = 3, /* the rest is for quantised operators */
  TANDEM_S8 = 4,
  TANDEM_S32 = 5
} tandem_data_type;

/* "f32", "bf16", ... Never null. */
TANDEM_API const char* tandem_data_type_name(tandem_data_type type);
/* Bytes of an element; 0 for a value outside the enum. */
TANDEM_API size_t tandem_element_bytes(tandem_data_type type);
/* Converts count elements between F32, BF16 and F16. See tandem::convert. Returns false and writes
 * nothing for any other type, and if src or dst is null. */
TANDEM_API bool tandem_convert(tandem_data_type src_type, const void* src, tandem_data_type dst_type, void* dst,
                               size_t count);

/* The values of tandem::Rounding: how quantised operators make integers of their sums. */
typedef enum tandem_rounding {
  TANDEM_ROUND_NEAREST_EVEN = 0,
  TANDEM_ROUND_TFLITE_SINGLE = 1,
  TANDEM_ROUND_TFLITE_DOUBLE = 2
} tandem_rounding;

/* The type of the elements of a tensor; all zeros: floats. */
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
  TANDEM_ACTIVATION_TANH = 8,
  TANDEM_ACTIVATION_GELU = 9,
  TANDEM_ACTIVATION_GELU_TANH = 10
} tandem_activation_kind;

typedef struct tandem_activation { /* all zeros: none. NaN stays NaN */
  tandem_activation_kind kind;
  float lo, hi;        /* clamp: min(max(x, lo), hi) */
  float alpha, beta;   /* leaky relu: slope alpha; hard sigmoid: min(max(alpha * x + beta, 0), 1) */
  const float* slopes; /* prelu: one per output channel, copied by create */
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
static inline tandem_activation tandem_activation_gelu(void) { /* ONNX Gelu, approximate "none" */
  return tandem_activation_of(TANDEM_ACTIVATION_GELU, 0.0F, 0.0F);
}
static inline tandem_activation tandem_activation_gelu_tanh(void) { /* ONNX Gelu, approximate "tanh" */
  return tandem_activation_of(TANDEM_ACTIVATION_GELU_TANH, 0.0F, 0.0F);
}

/* scale * activation + shift, see tandem::Activation; all zeros: none. Copied by create. */
typedef struct tandem_affine {
  const float* scale; /* one per output channel, or one for all; null: 1 */
  size_t scale_count;
  const float* shift; /* likewise; null: nothing is added */
  size_t shift_count;
} tandem_affine;

static inline tandem_affine tandem_affine_of(const float* scale, size_t scale_count, const float* shift,
                                             size_t shift_count) {
  tandem_affine a;
  a.scale = scale;
  a.scale_count = scale_count;
  a.shift = shift;
  a.shift_count = shift_count;
  return a;
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
  TANDEM_FILTER_1HWC = 3, /* TFLite depthwise only */
  TANDEM_FILTER_IOHW = 4  /* PyTorch, ONNX transposed convolution only: [C, M/groups, KH, KW] */
} tandem_filter_layout;

/* The weights of one stage; create copies and packs them, the caller may free them afterwards. */
typedef struct tandem_weights {
  size_t struct_size;
  const void* filter;
  size_t filter_count; /* elements; a count that does not fit the parameters is an error */
  tandem_data_type filter_type;
  tandem_filter_layout layout;
  const void* bias;  /* null: zeros */
  size_t bias_count; /* one per output channel, or 0 with a null pointer */
  tandem_data_type bias_type;
  const float* scales; /* of a quantised filter: one per output channel, or one for all; else null */
  size_t scale_count;
} tandem_weights;

/* Floats in OIHW; a null bias has bias_count 0. For another type pass null, then set filter and filter_type. */
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
