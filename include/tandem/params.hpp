// The parameters of each operator, without its weights and the size of its input.
//
// Notation, here and everywhere: N images, H x W input pixels, OH x OW output pixels, C input channels,
// M output channels, KH x KW kernel.
//
// Types: a stage reads src_type, multiplies by weight_type, sums in fp32 and rounds once, to nearest, to dst_type. In
// this version src_type, dst_type and residual_type are equal, and these combinations exist:
//   tensors kF32, weights kF32          tensors kBf16, weights kBf16
//   tensors kF32, weights kBf16         tensors kF16, weights kF16
// Convolutions and fully connected layers also have quantised forms, see Rounding and Quantization:
//   tensors kU8 or kS8, dst_type the same or kF32; weights kS8 (zero point 0) or kU8 (zero point 128)
// Their sums are exact, in 32 bits, so a result has the same bits on every ISA. create() refuses weights and biases whose
// sum could need more. Padding is the zero point of src. They take clamps as activations, whose bounds are rounded:
// round(lo / dst_scale) + zero_point in fp32, ties as Rounding says; and no residual of their own. An output of kF32 is the sum
// in fp32 times src_scale * weight_scale, clamped. Blocks (SeparableParams, InvertedResidualParams) are quantised if their stages
// are: the quantisation that a stage stores is the one that the next stage reads, and each stage has its own rounding.
// Operators without weights on tensors kU8 or kS8, all of one type, each with its own scale and zero point (z). Each operation
// is rounded to fp32, and an element of dst is clamp(round(real) + z) with the bounds of the activation as above; a, b and the
// scales of src, residual and dst, S_a, S_b, S_d:
//   elementwise   no constants and no division. real = (a - z_a) * (S_a / S_d) OP (b - z_b) * (S_b / S_d); of a product
//                 real = (a - z_a) * (b - z_b) * (S_a * S_b / S_d)
//   pools         the greatest: src and dst have one quantisation. The mean: real = sum(a - z_a) * (S_a / S_d * (1 / count)),
//                 where the sum is exact; TFLite's roundings: see AveragePoolParams
//   activation    any, with one number for all channels: quantize(act(dequantize(a))), a table of 256 elements
//   copy, depth-to-space, layout conversion, nearest resizing: every byte stays
// All other combinations are kUnsupported.
#pragma once

#include <cstdint>
#include <optional>

#include "tandem/activation.hpp"
#include "tandem/data_type.hpp"
#include "tandem/padding.hpp"
#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// Where a residual is added; engines differ.
enum class ResidualOrder : std::int32_t {
  kBeforeActivation = 0,  ///< dst = act(sum + residual): ResNet
  kAfterActivation = 1,   ///< dst = act(sum) + residual: YOLO, some exporters of EfficientNet
};

/// 2-D convolution (ONNX Conv). Output channel m belongs to group g = m / (M / groups). The group reads the input
/// channels [g * C / groups, (g + 1) * C / groups); c counts from the first of them:
///   dst[n,oy,ox,m] = act(bias[m] + sum_{ky,kx,c} src[n, oy*SH - top + ky*DH, ox*SW - left + kx*DW, c] * f[m,c,ky,kx]
///                        + residual[n,oy,ox,m])
/// The filter has C / groups input channels: [M, C/groups, KH, KW] in OIHW. A 1x1 kernel with one group, stride 1 and
/// no padding runs as a pointwise convolution, groups == C as a depthwise one, with the bits and the speed of these.
struct Conv2dParams {
  std::int32_t in_channels = 0;   ///< C, >= 1
  std::int32_t out_channels = 0;  ///< M, >= 1
  std::int32_t kernel_h = 1;      ///< >= 1
  std::int32_t kernel_w = 1;      ///< >= 1
  std::int32_t stride_h = 1;      ///< >= 1
  std::int32_t stride_w = 1;      ///< >= 1
  std::int32_t dilation_h = 1;    ///< >= 1; 1 is a dense kernel
  std::int32_t dilation_w = 1;    ///< >= 1
  Padding padding;
  Activation activation;
  bool residual = false;  ///< add a tensor of the output's shape
  ResidualOrder residual_order = ResidualOrder::kBeforeActivation;
  std::int32_t groups = 1;  ///< >= 1, divides C and M
  TensorType src_type = {};
  TensorType dst_type = {};
  TensorType residual_type = {};  ///< read only with a residual
  DataType weight_type = DataType::kF32;
  Rounding rounding = Rounding::kNearestEven;  ///< read only for quantised tensors
};

/// Transposed 2-D convolution (ONNX ConvTranspose, TFLite TransposeConv; "deconvolution"): every input pixel adds its
/// products with the KH x KW taps to the outputs from (iy*SH - top, ix*SW - left) on:
///   dst[n,oy,ox,m] = act(bias[m] + sum_{iy,ix,ky,kx,c} src[n,iy,ix,c] * f[m,c,ky,kx] + residual[n,oy,ox,m])
/// over all iy*SH + ky*DH == oy + top, ix*SW + kx*DW == ox + left. Groups work as in Conv2dParams. The filter has M
/// outputs with C / groups inputs each; ONNX stores it as IOHW, TFLite as OHWI. The output has
///   OH = SH*(H - 1) + output_padding_h + DH*(KH - 1) + 1 - top - bottom
/// rows for explicit padding, and SH*H for SAME, unless output_h says how many (columns likewise). SAME takes the
/// difference off both sides, the odd row off the bottom (kSameUpper) or the top (kSameLower). Outputs that no tap
/// reaches are act(bias + residual).
///
/// ONNX's output_shape is output_h and output_w with auto_pad's mode, kSameLower for NOTSET. TFLite's output shape is
/// the same with kSameUpper for SAME, and without padding for VALID.
struct ConvTranspose2dParams {
  std::int32_t in_channels = 0;   ///< C, >= 1
  std::int32_t out_channels = 0;  ///< M, >= 1
  std::int32_t kernel_h = 1;      ///< >= 1
  std::int32_t kernel_w = 1;      ///< >= 1
  std::int32_t stride_h = 1;      ///< >= 1
  std::int32_t stride_w = 1;      ///< >= 1
  std::int32_t dilation_h = 1;    ///< >= 1
  std::int32_t dilation_w = 1;    ///< >= 1
  Padding padding;                ///< rows and columns taken off the output
  Activation activation;
  bool residual = false;  ///< add a tensor of the output's shape
  ResidualOrder residual_order = ResidualOrder::kBeforeActivation;
  std::int32_t groups = 1;            ///< >= 1, divides C and M
  std::int32_t output_padding_h = 0;  ///< rows more at the bottom: 0 .. max(SH, DH) - 1
  std::int32_t output_padding_w = 0;  ///< columns more at the right: 0 .. max(SW, DW) - 1
  std::int32_t output_h = 0;          ///< >= 0; rows of the output, padding.bottom is then not read; 0: by the formula
  std::int32_t output_w = 0;          ///< >= 0; columns of the output, likewise
  TensorType src_type = {};
  TensorType dst_type = {};
  TensorType residual_type = {};  ///< read only with a residual
  DataType weight_type = DataType::kF32;
  Rounding rounding = Rounding::kNearestEven;  ///< read only for quantised tensors
};

/// Depthwise convolution with `multiplier` filters per channel (ONNX Conv with group = C, M = C * multiplier). Output
/// channel m = c * multiplier + j applies filter j of input channel c:
///   dst[n,oy,ox,m] = act(bias[m] + sum_{ky,kx} src[n, oy*SH - top + ky*DH, ox*SW - left + kx*DW, c] * f[m,ky,kx]
///                        + residual[n,oy,ox,m])
/// The filter has M output channels with one input channel each: [M, 1, KH, KW] in OIHW, [1, KH, KW, M] in 1HWC.
struct DepthwiseParams {
  std::int32_t channels = 0;    ///< C, >= 1
  std::int32_t kernel_h = 3;    ///< >= 1
  std::int32_t kernel_w = 3;    ///< >= 1
  std::int32_t stride_h = 1;    ///< >= 1
  std::int32_t stride_w = 1;    ///< >= 1
  std::int32_t dilation_h = 1;  ///< >= 1
  std::int32_t dilation_w = 1;  ///< >= 1
  Padding padding;
  Activation activation;
  bool residual = false;  ///< add a tensor of the output's shape
  ResidualOrder residual_order = ResidualOrder::kBeforeActivation;
  std::int32_t multiplier = 1;  ///< >= 1, filters per channel
  TensorType src_type = {};
  TensorType dst_type = {};
  TensorType residual_type = {};  ///< read only with a residual
  DataType weight_type = DataType::kF32;
  Rounding rounding = Rounding::kNearestEven;  ///< read only for quantised tensors
};

/// Pointwise (1x1) convolution without padding: a matrix product over channels, pixel by pixel.
struct PointwiseParams {
  std::int32_t in_channels = 0;   ///< C, >= 1
  std::int32_t out_channels = 0;  ///< M, >= 1
  Activation activation;
  bool residual = false;  ///< add a tensor of the output's shape
  ResidualOrder residual_order = ResidualOrder::kBeforeActivation;
  std::int32_t stride_h = 1;  ///< >= 1; output row oy is input row oy * SH
  std::int32_t stride_w = 1;  ///< >= 1
  TensorType src_type = {};
  TensorType dst_type = {};
  TensorType residual_type = {};  ///< read only with a residual
  DataType weight_type = DataType::kF32;
  Rounding rounding = Rounding::kNearestEven;  ///< read only for quantised tensors
};

/// Squeeze-and-excite (Hu et al., Squeeze-and-Excitation Networks, arXiv:1709.01507), as in MobileNet V3 and
/// EfficientNet:
///   mean[n,c] = sum_{y,x} src[n,y,x,c] / (H*W)
///   hidden[n,r] = activation(reduce_bias[r] + sum_c reduce[r,c] * mean[n,c])
///   dst[n,y,x,c] = src[n,y,x,c] * gate(expand_bias[c] + sum_r expand[c,r] * hidden[n,r])
/// The filters are laid out as for fully connected layers: reduce [R, C] and expand [C, R].
///
/// On tensors kU8 or kS8, with all types below the same, it has the bits of these operators one after the other:
///   mean   = global_average_pool(src), stored as mean_type
///   hidden = fully_connected(mean, reduce, activation), stored as hidden_type
///   gates  = fully_connected(hidden, expand, gate), stored as gate_type
///   dst    = elementwise(src * gates)
/// If the activation is no clamp, the first product is stored as reduced_type, and the activation() of that is the hidden
/// tensor. Likewise expanded_type and the gate.
struct SqueezeExciteParams {
  std::int32_t channels = 0;                   ///< C, >= 1
  std::int32_t reduced_channels = 0;           ///< R, >= 1
  Activation activation = Activation::relu();  ///< EfficientNet: silu
  Activation gate = Activation::sigmoid();     ///< MobileNet V3: hard_sigmoid
  TensorType src_type = {};
  TensorType dst_type = {};
  DataType weight_type = DataType::kF32;
  // Read only for quantised tensors:
  TensorType mean_type = {};
  TensorType reduced_type = {};  ///< read only if the activation is no clamp
  TensorType hidden_type = {};
  TensorType expanded_type = {};  ///< read only if the gate is no clamp
  TensorType gate_type = {};
  Rounding rounding = Rounding::kNearestEven;  ///< of the products
};

/// Depthwise, then pointwise: the depthwise-separable convolution (Howard et al., MobileNets, arXiv:1704.04861).
/// depthwise.channels * depthwise.multiplier == pointwise.in_channels; depthwise.residual is false; pointwise has
/// stride 1. Without a squeeze-and-excite depthwise.dst_type == pointwise.src_type is the type of the tensor between them.
///
/// squeeze_excite, if set, comes between them, as in PP-LCNet: squeeze_excite.channels == pointwise.in_channels. It reads
/// depthwise.dst_type == squeeze_excite.src_type and stores squeeze_excite.dst_type == pointwise.src_type. The result has the
/// bits of the three operators one after the other.
struct SeparableParams {
  DepthwiseParams depthwise;
  PointwiseParams pointwise;
  std::optional<SqueezeExciteParams> squeeze_excite = std::nullopt;
};

/// Expand, depthwise, project (Sandler et al., MobileNetV2, arXiv:1801.04381). The output channels of one stage are the
/// input channels of the next. residual adds the block's own input to its output, before or after project.activation as
/// project.residual_order says. It needs depthwise stride 1 and an output of the input's size and channels. The stages'
/// own residual flags are false; expand and project have stride 1. The dst_type of one stage is the src_type of the
/// next; project.residual_type is the type of the block's input.
///
/// Quantised blocks with a residual end as engines write them, with an addition by itself: the projection is stored as
/// project.dst_type, and the sum as sum_type,
///   kBeforeActivation   dst = elementwise(pointwise(..) without activation + src, project.activation)
///   kAfterActivation    dst = elementwise(pointwise(.., project.activation) + src)
/// with the bits of these operators, both with project.rounding.
///
/// squeeze_excite, if set, comes between depthwise and project, as in MobileNet V3 and EfficientNet:
/// squeeze_excite.channels == project.in_channels. It reads depthwise.dst_type == squeeze_excite.src_type and stores
/// squeeze_excite.dst_type == project.src_type. The result has the bits of the four operators one after the other.
struct InvertedResidualParams {
  PointwiseParams expand;
  DepthwiseParams depthwise;
  PointwiseParams project;
  bool residual = false;
  std::optional<SqueezeExciteParams> squeeze_excite = std::nullopt;
  TensorType sum_type = {};  ///< read only with a residual of quantised tensors: the type of dst
};

/// Mean over all pixels of an image: [N, H, W, C] -> [N, 1, 1, C] (ONNX GlobalAveragePool, TFLite MEAN).
///
/// Quantised with one of TFLite's roundings R(s, m) (see Rounding):
///   real = R(sum(a - z_a), m / count)
/// where m = S_a / S_d has the integer M and the shift of Rounding, and those of m / count are floor(M * 2^e / count) and
/// shift - e with e = min(floor(log2(count)), 32, 31 + shift). This is QuantizedMeanOrSum of TFLite's reference kernels.
struct GlobalAveragePoolParams {
  std::int32_t channels = 0;  ///< C, >= 1
  Activation activation;
  TensorType src_type = {};
  TensorType dst_type = {};
  Rounding rounding = Rounding::kNearestEven;  ///< read only for quantised tensors
};

/// The order of a tensor's dimensions in memory before and after a conversion, outermost first.
enum class LayoutConversion : std::int32_t {
  kNchwToNhwc = 0,
  kNhwcToNchw = 1,
};

/// Converts between the layout of this library, [N, H, W, C], and the layout of PyTorch and ONNX, [N, C, H, W]. Every
/// element is moved once, bit by bit. The Shape is {N, H, W, C} on both sides, whichever way the elements lie.
struct ConvertLayoutParams {
  std::int32_t channels = 0;  ///< C, >= 1
  LayoutConversion conversion = LayoutConversion::kNchwToNhwc;
  TensorType type = {};  ///< of src and dst: f32, bf16, f16, u8 or s8
};

/// Operations on elements a of the first operand and b of the second (ONNX Add, Sub, Mul, Div, Max, Min). The result is
/// rounded once to fp32, with the same bits on every ISA. NaN of either element stays NaN.
enum class ElementwiseOperation : std::int32_t {
  kAdd = 0,           ///< a + b
  kSubtract = 1,      ///< a - b
  kSubtractFrom = 2,  ///< b - a
  kMultiply = 3,      ///< a * b
  kDivide = 4,        ///< a / b
  kDivideInto = 5,    ///< b / a
  kMaximum = 6,       ///< a < b ? b : a
  kMinimum = 7,       ///< a > b ? b : a
};

/// The dimensions in which a tensor has size 1 and its elements stand for all of the output's (ONNX multidirectional
/// broadcasting of one operand).
struct Broadcast {
  bool n = false;
  bool h = false;
  bool w = false;
  bool c = false;
};

/// Element by element on two operands, then an activation:
///   dst[n,y,x,c] = act(a OP b)   a = src[n,y,x,c]
/// b is a constant of create(): constants[0] if there is one, constants[c] if there are C. Without constants b is
/// RunArgs::residual, [N, H, W, C], with size 1 in the dimensions of `broadcast`: {n, h, w} is a row [1, 1, 1, C],
/// {h, w} a gate [N, 1, 1, C] for each image, {c} a mask [N, H, W, 1]. dst may be src or residual itself.
///
/// Quantised sums, differences and products with one of TFLite's roundings R(s, m), where m is as Rounding says:
///   real = R(R((a - z_a) * 2^20, S_a / t) OP R((b - z_b) * 2^20, S_b / t), t / (2^20 * S_d)),   t = 2 * max(S_a, S_b)
///   real = R((a - z_a) * (b - z_b), S_a * S_b / S_d)                                            of a product, m in fp32
/// These are ADD, SUB and MUL of TFLite's kernels.
struct ElementwiseParams {
  std::int32_t channels = 0;  ///< C, >= 1
  ElementwiseOperation operation = ElementwiseOperation::kAdd;
  FloatSpan constants;  ///< [1] or [C], used as fp32 with tensors of any type; copied by create(); empty: residual is b
  Broadcast broadcast;  ///< of residual; read only without constants
  Activation activation;
  TensorType src_type = {};
  TensorType dst_type = {};
  TensorType residual_type = {};               ///< read only without constants
  Rounding rounding = Rounding::kNearestEven;  ///< read only for quantised tensors
};

/// An activation by itself: dst[n,y,x,c] = act(src[n,y,x,c]). dst may be src itself.
struct ActivationParams {
  std::int32_t channels = 0;  ///< C, >= 1
  Activation activation;
  TensorType src_type = {};
  TensorType dst_type = {};
  /// Of quantised tensors: 256 elements of dst, copied by create(), or null. dst[n,y,x,c] = table[i], where i are the bits of
  /// src[n,y,x,c] as a number from 0 to 255. `activation` and the scales then say nothing.
  const std::uint8_t* table = nullptr;
};

/// Softmax over the channels of each pixel (ONNX Softmax over the last axis, TFLite Softmax):
///   dst[n,y,x,c] = exp(beta * (src[n,y,x,c] - most)) / sum_c' exp(beta * (src[n,y,x,c'] - most))
/// where `most` is the pixel's largest element. The error of an output y with exponent e = beta * (src - most) is at
/// most 2^-24 * y * (2 * |e| + 2 * ln C + 16) before it is rounded to the type of dst, plus 2^-150. A pixel with a NaN,
/// with +infinity, or with nothing but -infinity becomes all NaN; else -infinity becomes 0. dst may be src itself.
struct SoftmaxParams {
  std::int32_t channels = 0;  ///< C, >= 1
  float beta = 1.0F;          ///< finite, > 0
  TensorType src_type = {};
  TensorType dst_type = {};
};

/// Copies every element, bit by bit, from one pixel stride to another: into a part of a concatenation, for example.
struct CopyParams {
  std::int32_t channels = 0;  ///< C, >= 1
  TensorType type = {};       ///< of src and dst: f32, bf16, f16, u8 or s8
};

/// From real numbers to a quantised tensor (ONNX QuantizeLinear, TFLite QUANTIZE):
///   dst[n,y,x,c] = clamp(round(src[n,y,x,c] / scale) + zero_point)
/// in fp32, to the nearest integer, ties to even. A NaN becomes the least integer of dst_type.
struct QuantizeParams {
  std::int32_t channels = 0;              ///< C, >= 1
  TensorType src_type = {};               ///< kF32
  TensorType dst_type = {DataType::kU8};  ///< kU8 or kS8, with its scale and zero point
};

/// From a quantised tensor to real numbers (ONNX DequantizeLinear, TFLite DEQUANTIZE):
///   dst[n,y,x,c] = scale * (src[n,y,x,c] - zero_point)
struct DequantizeParams {
  std::int32_t channels = 0;              ///< C, >= 1
  TensorType src_type = {DataType::kU8};  ///< kU8 or kS8, with its scale and zero point
  TensorType dst_type = {};               ///< kF32
};

/// Which channels of a pixel become one pixel of the output, see DepthToSpaceParams.
enum class DepthToSpaceMode : std::int32_t {
  kDcr = 0,  ///< depth, column, row: c of (by, bx) is channel (by * B + bx) * C' + c (ONNX DCR, TFLite, TensorFlow)
  kCrd = 1,  ///< column, row, depth: c of (by, bx) is channel (c * B + by) * B + bx (ONNX CRD, PyTorch PixelShuffle)
};

/// Moves channels into space, bit by bit: [N, H, W, C] -> [N, B*H, B*W, C'] with C' = C / B^2 (ONNX DepthToSpace):
///   dst[n, y*B + by, x*B + bx, c] = src[n, y, x, channel(by, bx, c)]
struct DepthToSpaceParams {
  std::int32_t channels = 0;  ///< C of the input, >= 1, a multiple of block * block
  std::int32_t block = 2;     ///< B, >= 1
  DepthToSpaceMode mode = DepthToSpaceMode::kDcr;
  TensorType type = {};  ///< of src and dst: f32, bf16, f16, u8 or s8
};

/// Fully connected: [N, H, W, C] -> [N, 1, 1, M]. The input is flattened to H * W * C == in_features (ONNX Gemm).
struct FullyConnectedParams {
  std::int32_t in_features = 0;   ///< >= 1
  std::int32_t out_features = 0;  ///< >= 1
  Activation activation;
  bool residual = false;  ///< add a tensor of the output's shape
  ResidualOrder residual_order = ResidualOrder::kBeforeActivation;
  TensorType src_type = {};
  TensorType dst_type = {};
  TensorType residual_type = {};  ///< read only with a residual
  DataType weight_type = DataType::kF32;
  Rounding rounding = Rounding::kNearestEven;  ///< read only for quantised tensors
};

/// The greatest element of each window, channel by channel (ONNX MaxPool, TFLite MAX_POOL_2D):
///   dst[n,oy,ox,c] = act(max_{ky,kx} src[n, oy*SH - top + ky*DH, ox*SW - left + kx*DW, c])
/// over the pixels inside the input: padding never wins. A window without any pixel gives act(-infinity). A NaN in the
/// window gives a NaN, as in PyTorch. A zero is +0. All else is exact, so any order of the taps has the same bits.
///
/// ceil_mode is that of ONNX and PyTorch: the output has a window more where stride steps leave a rest of the padded
/// input, unless this window would begin in the padding after the input. SAME leaves no rest.
struct MaxPoolParams {
  std::int32_t channels = 0;    ///< C, >= 1
  std::int32_t kernel_h = 2;    ///< >= 1
  std::int32_t kernel_w = 2;    ///< >= 1
  std::int32_t stride_h = 1;    ///< >= 1
  std::int32_t stride_w = 1;    ///< >= 1
  std::int32_t dilation_h = 1;  ///< >= 1
  std::int32_t dilation_w = 1;  ///< >= 1
  Padding padding;
  bool ceil_mode = false;  ///< round the number of windows up, not down; for explicit padding
  Activation activation;
  TensorType src_type = {};
  TensorType dst_type = {};
};

/// The mean of each window, channel by channel (ONNX AveragePool, TFLite AVERAGE_POOL_2D); windows as in MaxPoolParams:
///   dst[n,oy,ox,c] = act(sum_{ky,kx} src[n, oy*SH - top + ky*DH, ox*SW - left + kx*DW, c] / count)
/// count is the number of pixels of the window inside the input, or with count_include_pad (ONNX, PyTorch) inside the
/// padded input. Neither counts what a last window of ceil_mode covers beyond the padded input. A window
/// without any pixel gives act(0). TFLite: count_include_pad false, and its fused activation.
///
/// Each row of the window is added from left to right in fp32, then the rows from top to bottom. The sum is multiplied
/// by 1 / count in double and rounded once. So the error of the mean is at most gamma_(KH+KW+1) * sum of abs(x) / count
/// with gamma_n = n * 2^-24 / (1 - n * 2^-24), and the bits are the same for all ISAs. A sum beyond the largest fp32 is
/// infinite.
///
/// Quantised with one of TFLite's roundings, where src and dst have one quantisation: sum(a) / count to the nearest integer,
/// half away from zero, where padding that counts is the zero point. This is AveragePool of TFLite's kernels, which divides
/// the elements as they are, zero points and all. Between two quantisations, which TFLite does not have here, it is the
/// formula of GlobalAveragePoolParams.
struct AveragePoolParams {
  std::int32_t channels = 0;    ///< C, >= 1
  std::int32_t kernel_h = 2;    ///< >= 1
  std::int32_t kernel_w = 2;    ///< >= 1
  std::int32_t stride_h = 1;    ///< >= 1
  std::int32_t stride_w = 1;    ///< >= 1
  std::int32_t dilation_h = 1;  ///< >= 1
  std::int32_t dilation_w = 1;  ///< >= 1
  Padding padding;
  bool ceil_mode = false;  ///< see MaxPoolParams
  bool count_include_pad = false;
  Activation activation;
  TensorType src_type = {};
  TensorType dst_type = {};
  Rounding rounding = Rounding::kNearestEven;  ///< read only for quantised tensors
};

/// How a resized pixel is made of the pixels of the input.
enum class ResizeMode : std::int32_t {
  kNearest = 0,  ///< one of them, bit by bit
  kLinear = 1,   ///< the four around it, weighted by their distances along both axes (bilinear)
};

/// The place x of output pixel i along an axis of `in` input and `out` output pixels, all in fp32 and in the order of
/// these formulas, as ONNX Runtime and TFLite compute them. scale is out / in, or the one that the caller gave. x is i
/// where scale is 1 and out is in.
enum class CoordinateMode : std::int32_t {
  kHalfPixel = 0,         ///< (i + 0.5) / scale - 0.5 (ONNX's default; PyTorch, TFLite half_pixel_centers)
  kPytorchHalfPixel = 1,  ///< the same, but 0 for an output of one pixel
  kAsymmetric = 2,        ///< i / scale (TFLite and TensorFlow 1 by default)
  kAlignCorners = 3,      ///< i * (in - 1) / (out - 1), but 0 for an output of one pixel (also of TFLite and PyTorch)
  /// (i + 0.5) / scale, by size (i + 0.5) * (in / out): TFLite half_pixel_centers with kFloor, tf_half_pixel_for_nn
  kTfHalfPixelForNearest = 4,
};

/// The input pixel of kNearest, for a place x between two. Places outside the input take its border.
enum class NearestRounding : std::int32_t {
  kRoundPreferFloor = 0,  ///< the nearer one, the lower of two at the same distance (ONNX's default)
  kRoundPreferCeil = 1,   ///< the nearer one, else the upper (TFLite with align_corners)
  kFloor = 2,             ///< the lower one (TFLite otherwise, PyTorch)
  kCeil = 3,              ///< the upper one
};

/// Resizes H and W (ONNX Resize, Upsample; TFLite RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR): [N, H, W, C] ->
/// [N, OH, OW, C]. Each axis is given either its output size or a scale; with a scale the size is
/// floor(scale * H), computed in fp32. Sizes, of input and output, go up to 2^24, beyond which fp32 counts no pixels.
///
/// Linear, with the places y, x clamped to the input, y0 = floor(y), v = y - y0, and likewise x0 and u:
///   dst = (1-v) * ((1-u) * src[y0,x0] + u * src[y0,x0+1]) + v * ((1-u) * src[y0+1,x0] + u * src[y0+1,x0+1])
/// in fp32, multiply-adds fused where the ISA has them, so the error is at most gamma_4 of the same sum over the
/// absolute values. A pixel of weight 0 is not looked at: no NaN or infinity comes from there. An output that is on an
/// input pixel is equal to it.
struct ResizeParams {
  std::int32_t channels = 0;  ///< C, >= 1
  ResizeMode mode = ResizeMode::kNearest;
  CoordinateMode coordinates = CoordinateMode::kHalfPixel;
  NearestRounding rounding = NearestRounding::kRoundPreferFloor;  ///< read for kNearest only
  std::int32_t output_h = 0;                                      ///< rows, >= 1; 0: by scale_h
  std::int32_t output_w = 0;                                      ///< columns, >= 1; 0: by scale_w
  float scale_h = 0.0F;                                           ///< finite, > 0; 0: by output_h
  float scale_w = 0.0F;                                           ///< finite, > 0; 0: by output_w
  TensorType src_type = {};
  TensorType dst_type = {};
};

/// Sets the type of all tensors of an operator, and the type of the weights of all its stages.
template <class Params>
void set_types(Params& p, const TensorType& tensors, DataType weights) noexcept {
  p.src_type = tensors;
  p.dst_type = tensors;
  p.weight_type = weights;
}
inline void set_types(Conv2dParams& p, const TensorType& tensors, DataType weights) noexcept {
  set_types<>(p, tensors, weights);
  p.residual_type = tensors;
}
inline void set_types(ConvTranspose2dParams& p, const TensorType& tensors, DataType weights) noexcept {
  set_types<>(p, tensors, weights);
  p.residual_type = tensors;
}
inline void set_types(DepthwiseParams& p, const TensorType& tensors, DataType weights) noexcept {
  set_types<>(p, tensors, weights);
  p.residual_type = tensors;
}
inline void set_types(PointwiseParams& p, const TensorType& tensors, DataType weights) noexcept {
  set_types<>(p, tensors, weights);
  p.residual_type = tensors;
}
inline void set_types(SqueezeExciteParams& p, const TensorType& tensors, DataType weights) noexcept {
  set_types<>(p, tensors, weights);
  p.mean_type = p.reduced_type = p.hidden_type = p.expanded_type = p.gate_type = tensors;
}
inline void set_types(FullyConnectedParams& p, const TensorType& tensors, DataType weights) noexcept {
  set_types<>(p, tensors, weights);
  p.residual_type = tensors;
}
inline void set_types(SeparableParams& p, const TensorType& tensors, DataType weights) noexcept {
  set_types(p.depthwise, tensors, weights);
  set_types(p.pointwise, tensors, weights);
  if (p.squeeze_excite) set_types(*p.squeeze_excite, tensors, weights);
}
inline void set_types(InvertedResidualParams& p, const TensorType& tensors, DataType weights) noexcept {
  set_types(p.expand, tensors, weights);
  set_types(p.depthwise, tensors, weights);
  set_types(p.project, tensors, weights);
  if (p.squeeze_excite) set_types(*p.squeeze_excite, tensors, weights);
  p.sum_type = tensors;
}
inline void set_types(GlobalAveragePoolParams& p, const TensorType& tensors, DataType /*weights*/) noexcept {
  p.src_type = tensors;
  p.dst_type = tensors;
}
inline void set_types(ConvertLayoutParams& p, const TensorType& tensors, DataType /*weights*/) noexcept {
  p.type = tensors;
}
inline void set_types(MaxPoolParams& p, const TensorType& tensors, DataType /*weights*/) noexcept {
  p.src_type = tensors;
  p.dst_type = tensors;
}
inline void set_types(AveragePoolParams& p, const TensorType& tensors, DataType /*weights*/) noexcept {
  p.src_type = tensors;
  p.dst_type = tensors;
}
inline void set_types(ResizeParams& p, const TensorType& tensors, DataType /*weights*/) noexcept {
  p.src_type = tensors;
  p.dst_type = tensors;
}

inline void set_types(ElementwiseParams& p, const TensorType& tensors, DataType /*weights*/) noexcept {
  p.src_type = tensors;
  p.dst_type = tensors;
  p.residual_type = tensors;
}
inline void set_types(ActivationParams& p, const TensorType& tensors, DataType /*weights*/) noexcept {
  p.src_type = tensors;
  p.dst_type = tensors;
}
inline void set_types(SoftmaxParams& p, const TensorType& tensors, DataType /*weights*/) noexcept {
  p.src_type = tensors;
  p.dst_type = tensors;
}
inline void set_types(CopyParams& p, const TensorType& tensors, DataType /*weights*/) noexcept { p.type = tensors; }
inline void set_types(DepthToSpaceParams& p, const TensorType& tensors, DataType /*weights*/) noexcept {
  p.type = tensors;
}

}  // namespace TANDEM_ABI
}  // namespace tandem
