/* The parameters of the C interface's operators. Included by tandem.h. See tandem/params.hpp for the mathematics. Each
 * struct may grow at its end (see c_types.h); start from its init function. */
#ifndef TANDEM_C_PARAMS_H
#define TANDEM_C_PARAMS_H

#include "tandem/c_types.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum tandem_residual_order {
  TANDEM_RESIDUAL_BEFORE_ACTIVATION = 0,
  TANDEM_RESIDUAL_AFTER_ACTIVATION = 1
} tandem_residual_order;

/* The init functions set strides, dilations, groups and multiplier to 1, and all members without an argument to zero:
 * no padding, no activation, no affine, no residual, all types F32. Members that an older caller does not know have the same
 * defaults. */

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
  tandem_affine affine;     /* after the activation */
  tandem_rounding rounding; /* read only for quantised tensors */
  int32_t reserved;         /* 0 */
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

typedef struct tandem_conv_transpose2d_params {
  size_t struct_size;
  int32_t in_channels, out_channels;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  int32_t groups;                             /* >= 1, divides both channels */
  int32_t output_padding_h, output_padding_w; /* rows and columns more at the end, less than stride or dilation */
  int32_t output_h, output_w;                 /* size of the output; 0: by the formula */
  tandem_padding padding;                     /* taken off the output */
  tandem_activation activation;
  bool residual;
  tandem_residual_order residual_order;
  tandem_tensor_type src_type, dst_type, residual_type;
  tandem_data_type weight_type;
  tandem_affine affine;     /* after the activation */
  tandem_rounding rounding; /* read only for quantised tensors */
  int32_t reserved;         /* 0 */
} tandem_conv_transpose2d_params;

static inline tandem_conv_transpose2d_params tandem_conv_transpose2d_params_init(int32_t in_channels,
                                                                                 int32_t out_channels, int32_t kernel,
                                                                                 int32_t stride) {
  tandem_conv_transpose2d_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.in_channels = in_channels;
  p.out_channels = out_channels;
  p.kernel_h = p.kernel_w = kernel;
  p.stride_h = p.stride_w = stride;
  p.dilation_h = p.dilation_w = p.groups = 1;
  return p;
}

typedef struct tandem_depthwise_params {
  size_t struct_size;
  int32_t channels;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  int32_t multiplier; /* >= 1, filters per channel */
  tandem_padding padding;
  tandem_activation activation;
  bool residual;
  tandem_residual_order residual_order;
  tandem_tensor_type src_type, dst_type, residual_type;
  tandem_data_type weight_type;
  tandem_affine affine;     /* after the activation */
  tandem_rounding rounding; /* read only for quantised tensors */
  int32_t reserved;         /* 0 */
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
  tandem_affine affine;     /* after the activation */
  tandem_rounding rounding; /* read only for quantised tensors */
  int32_t reserved;         /* 0 */
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

typedef struct tandem_squeeze_excite_params {
  size_t struct_size;
  int32_t channels, reduced_channels;
  tandem_data_type weight_type;
  tandem_activation activation; /* after the reduction */
  tandem_activation gate;       /* after the expansion */
  tandem_tensor_type src_type, dst_type;
  tandem_affine activation_affine, gate_affine; /* after each */
  /* read only for quantised tensors, see tandem::SqueezeExciteParams */
  tandem_tensor_type mean_type, reduced_type, hidden_type, expanded_type, gate_type;
  tandem_rounding rounding;
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

/* The stages are pointers, so that their structs can grow. */
typedef struct tandem_separable_params {
  size_t struct_size;
  const tandem_depthwise_params* depthwise;
  const tandem_pointwise_params* pointwise;
  const tandem_squeeze_excite_params* squeeze_excite; /* between the two; null: none */
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
  const tandem_squeeze_excite_params* squeeze_excite; /* before project; null: none */
  tandem_tensor_type sum_type;                        /* of dst; read only with a residual of quantised tensors */
  int32_t reserved;                                   /* 0 */
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
  tandem_affine affine;     /* after the activation */
  tandem_rounding rounding; /* read only for quantised tensors */
  int32_t reserved;         /* 0 */
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
  tandem_affine affine;     /* after the activation */
  tandem_rounding rounding; /* read only for quantised tensors */
  int32_t reserved;         /* 0 */
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

typedef struct tandem_max_pool_params {
  size_t struct_size;
  int32_t channels;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  bool ceil_mode; /* round the number of windows up; see tandem::MaxPoolParams */
  tandem_padding padding;
  tandem_activation activation;
  tandem_tensor_type src_type, dst_type;
  tandem_affine affine; /* after the activation */
} tandem_max_pool_params;

static inline tandem_max_pool_params tandem_max_pool_params_init(int32_t channels, int32_t kernel, int32_t stride) {
  tandem_max_pool_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.kernel_h = p.kernel_w = kernel;
  p.stride_h = p.stride_w = stride;
  p.dilation_h = p.dilation_w = 1;
  return p;
}

typedef struct tandem_average_pool_params {
  size_t struct_size;
  int32_t channels;
  int32_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  bool ceil_mode;
  bool count_include_pad; /* padding counts as zeros; see tandem::AveragePoolParams */
  tandem_padding padding;
  tandem_activation activation;
  tandem_tensor_type src_type, dst_type;
  tandem_affine affine;     /* after the activation */
  tandem_rounding rounding; /* read only for quantised tensors */
  int32_t reserved;         /* 0 */
} tandem_average_pool_params;

static inline tandem_average_pool_params tandem_average_pool_params_init(int32_t channels, int32_t kernel,
                                                                         int32_t stride) {
  tandem_average_pool_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.kernel_h = p.kernel_w = kernel;
  p.stride_h = p.stride_w = stride;
  p.dilation_h = p.dilation_w = 1;
  return p;
}

/* The values of tandem::ResizeMode. */
typedef enum tandem_resize_mode { TANDEM_RESIZE_NEAREST = 0, TANDEM_RESIZE_LINEAR = 1 } tandem_resize_mode;

/* The values of tandem::CoordinateMode. */
typedef enum tandem_coordinate_mode {
  TANDEM_COORDINATES_HALF_PIXEL = 0,
  TANDEM_COORDINATES_PYTORCH_HALF_PIXEL = 1,
  TANDEM_COORDINATES_ASYMMETRIC = 2,
  TANDEM_COORDINATES_ALIGN_CORNERS = 3,
  TANDEM_COORDINATES_TF_HALF_PIXEL_FOR_NEAREST = 4
} tandem_coordinate_mode;

/* The values of tandem::NearestRounding. */
typedef enum tandem_nearest_rounding {
  TANDEM_ROUND_PREFER_FLOOR = 0,
  TANDEM_ROUND_PREFER_CEIL = 1,
  TANDEM_FLOOR = 2,
  TANDEM_CEIL = 3
} tandem_nearest_rounding;

typedef struct tandem_resize_params {
  size_t struct_size;
  int32_t channels;
  tandem_resize_mode mode;
  tandem_coordinate_mode coordinates;
  tandem_nearest_rounding rounding; /* read for TANDEM_RESIZE_NEAREST only */
  int32_t output_h, output_w;       /* size of the output; 0: by scale_h and scale_w */
  float scale_h, scale_w;           /* 0: by output_h and output_w */
  tandem_tensor_type src_type, dst_type;
} tandem_resize_params;

/* To this size, half_pixel, round_prefer_floor. For scales set output_h and output_w to 0. */
static inline tandem_resize_params tandem_resize_params_init(int32_t channels, tandem_resize_mode mode,
                                                             int32_t output_h, int32_t output_w) {
  tandem_resize_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.mode = mode;
  p.output_h = output_h;
  p.output_w = output_w;
  return p;
}

/* The values of tandem::ElementwiseOperation. */
typedef enum tandem_elementwise_operation {
  TANDEM_ADD = 0,           /* a + b */
  TANDEM_SUBTRACT = 1,      /* a - b */
  TANDEM_SUBTRACT_FROM = 2, /* b - a */
  TANDEM_MULTIPLY = 3,      /* a * b */
  TANDEM_DIVIDE = 4,        /* a / b */
  TANDEM_DIVIDE_INTO = 5,   /* b / a */
  TANDEM_MAXIMUM = 6,
  TANDEM_MINIMUM = 7
} tandem_elementwise_operation;

/* b is a constant if there are constants, else tandem_run_args.residual. */
typedef struct tandem_elementwise_params {
  size_t struct_size;
  int32_t channels;
  tandem_elementwise_operation operation;
  const float* constants; /* [1] or [channels], copied by create; null: residual is b */
  size_t constant_count;
  tandem_activation activation;
  tandem_tensor_type src_type, dst_type, residual_type;
  bool broadcast_n, broadcast_h, broadcast_w, broadcast_c; /* dimensions in which residual has size 1 */
  tandem_affine affine;                                    /* after the activation */
  tandem_rounding rounding;                                /* read only for quantised tensors */
  int32_t reserved;                                        /* 0 */
} tandem_elementwise_params;

/* Of src and residual, which have the same shape. */
static inline tandem_elementwise_params tandem_elementwise_params_init(int32_t channels,
                                                                       tandem_elementwise_operation operation) {
  tandem_elementwise_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.operation = operation;
  return p;
}

typedef struct tandem_activation_params {
  size_t struct_size;
  int32_t channels;
  tandem_activation activation;
  tandem_tensor_type src_type, dst_type;
  tandem_affine affine; /* after the activation */
  const uint8_t* table; /* of quantised tensors: 256 elements of dst, or NULL; see ActivationParams */
} tandem_activation_params;

static inline tandem_activation_params tandem_activation_params_init(int32_t channels, tandem_activation activation) {
  tandem_activation_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.activation = activation;
  return p;
}

typedef struct tandem_softmax_params {
  size_t struct_size;
  int32_t channels;
  float beta; /* > 0; the factor of the exponents */
  tandem_tensor_type src_type, dst_type;
} tandem_softmax_params;

/* beta 1 */
static inline tandem_softmax_params tandem_softmax_params_init(int32_t channels) {
  tandem_softmax_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.beta = 1.0F;
  return p;
}

/* From F32 to a quantised tensor. See tandem::QuantizeParams. */
typedef struct tandem_quantize_params {
  size_t struct_size;
  int32_t channels;
  tandem_tensor_type dst_type; /* U8 or S8 */
} tandem_quantize_params;

static inline tandem_quantize_params tandem_quantize_params_init(int32_t channels, tandem_tensor_type dst_type) {
  tandem_quantize_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.dst_type = dst_type;
  return p;
}

/* From a quantised tensor to F32. See tandem::DequantizeParams. */
typedef struct tandem_dequantize_params {
  size_t struct_size;
  int32_t channels;
  tandem_tensor_type src_type; /* U8 or S8 */
} tandem_dequantize_params;

static inline tandem_dequantize_params tandem_dequantize_params_init(int32_t channels, tandem_tensor_type src_type) {
  tandem_dequantize_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.src_type = src_type;
  return p;
}

typedef struct tandem_copy_params {
  size_t struct_size;
  int32_t channels;
  tandem_tensor_type type; /* of src and dst */
} tandem_copy_params;

static inline tandem_copy_params tandem_copy_params_init(int32_t channels) {
  tandem_copy_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  return p;
}

/* The values of tandem::DepthToSpaceMode. */
typedef enum tandem_depth_to_space_mode {
  TANDEM_DEPTH_TO_SPACE_DCR = 0, /* ONNX DCR, TFLite */
  TANDEM_DEPTH_TO_SPACE_CRD = 1  /* ONNX CRD, PyTorch PixelShuffle */
} tandem_depth_to_space_mode;

typedef struct tandem_depth_to_space_params {
  size_t struct_size;
  int32_t channels; /* of the input */
  int32_t block;
  tandem_depth_to_space_mode mode;
  tandem_tensor_type type; /* of src and dst */
} tandem_depth_to_space_params;

static inline tandem_depth_to_space_params tandem_depth_to_space_params_init(int32_t channels, int32_t block,
                                                                             tandem_depth_to_space_mode mode) {
  tandem_depth_to_space_params p;
  memset(&p, 0, sizeof p);
  p.struct_size = sizeof p;
  p.channels = channels;
  p.block = block;
  p.mode = mode;
  return p;
}

#ifdef __cplusplus
}
#endif

#endif /* TANDEM_C_PARAMS_H */
