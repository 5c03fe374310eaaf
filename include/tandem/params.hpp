// What describes an operator, apart from its weights and from the size of its input.
//
// Notation, here and everywhere: N images, H x W input pixels, OH x OW output pixels, C input channels,
// M output channels, KH x KW kernel.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tandem/activation.hpp"
#include "tandem/padding.hpp"

namespace tandem {

/// A read-only view of floats with its length, so that a wrong count is an error and not a wild read.
/// Anything with data() and size() (std::vector, std::array, std::span) converts to it.
struct FloatSpan {
  const float* data = nullptr;
  std::size_t size = 0;  ///< in elements

  constexpr FloatSpan() noexcept = default;
  constexpr FloatSpan(const float* d, std::size_t n) noexcept : data(d), size(n) {}
  template <class Container,
            class = decltype(static_cast<const float*>(static_cast<const Container*>(nullptr)->data()))>
  constexpr FloatSpan(const Container& c) noexcept
      : data(c.data()), size(c.size()) {}  // NOLINT(google-explicit-constructor)
};

/// The order in which the caller's filter lies in memory, outermost first.
/// O: output channels, I: input channels (1 for depthwise), H x W: the kernel.
enum class FilterLayout : std::int32_t {
  kOihw = 0,  ///< PyTorch, ONNX. Pointwise and fully connected: [M, C].
  kOhwi = 1,  ///< TFLite convolution. Pointwise and fully connected: [M, C].
  kHwio = 2,  ///< TensorFlow, Keras. Pointwise and fully connected: [C, M] (ONNX MatMul). Depthwise: [KH, KW, C, 1].
  k1hwc = 3,  ///< TFLite depthwise: [1, KH, KW, C]. Depthwise only.
};

/// Filter values and their order. Copied and repacked by create(); the caller may free them afterwards.
struct Filter {
  FloatSpan values;
  FilterLayout layout = FilterLayout::kOihw;
};

/// Regular 2-D convolution (ONNX Conv with group = 1):
///   dst[n,oy,ox,m] = act(bias[m] + sum_{ky,kx,c} src[n, oy*SH - top + ky*DH, ox*SW - left + kx*DW, c] * f[m,c,ky,kx]
///                        + residual[n,oy,ox,m])
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
  bool residual = false;  ///< add a tensor of the output's shape before the activation
};

/// Depthwise convolution, one filter a channel (ONNX Conv with group = C = M):
///   dst[n,oy,ox,c] = act(bias[c] + sum_{ky,kx} src[n, oy*SH - top + ky*DH, ox*SW - left + kx*DW, c] * f[c,ky,kx]
///                        + residual[n,oy,ox,c])
struct DepthwiseParams {
  std::int32_t channels = 0;    ///< C, >= 1
  std::int32_t kernel_h = 3;    ///< 1 .. 128
  std::int32_t kernel_w = 3;    ///< >= 1
  std::int32_t stride_h = 1;    ///< >= 1
  std::int32_t stride_w = 1;    ///< >= 1
  std::int32_t dilation_h = 1;  ///< >= 1
  std::int32_t dilation_w = 1;  ///< >= 1
  Padding padding;
  Activation activation;
  bool residual = false;  ///< add a tensor of the output's shape before the activation
};

/// Pointwise (1x1, stride 1) convolution: a matrix product over channels, pixel by pixel.
struct PointwiseParams {
  std::int32_t in_channels = 0;   ///< C, >= 1
  std::int32_t out_channels = 0;  ///< M, >= 1
  Activation activation;
  bool residual = false;  ///< add a tensor of the output's shape before the activation
};

/// Depthwise, then pointwise: the depthwise-separable convolution (Howard et al., MobileNets, arXiv:1704.04861).
/// depthwise.channels == pointwise.in_channels, and depthwise.residual is false.
struct SeparableParams {
  DepthwiseParams depthwise;
  PointwiseParams pointwise;
};

/// Expand, depthwise, project (Sandler et al., MobileNetV2, arXiv:1801.04381). The channels of one stage are the
/// input channels of the next. residual adds the block's own input to its output before project.activation; it needs
/// depthwise stride 1, an output of the input's size and as many channels. The stages' own residual flags are false.
struct InvertedResidualParams {
  PointwiseParams expand;
  DepthwiseParams depthwise;
  PointwiseParams project;
  bool residual = false;
};

/// Mean over all pixels of an image: [N, H, W, C] -> [N, 1, 1, C] (ONNX GlobalAveragePool).
struct GlobalAveragePoolParams {
  std::int32_t channels = 0;  ///< C, >= 1
  Activation activation;
};

/// Fully connected: [N, H, W, C] -> [N, 1, 1, M], the input flattened to H * W * C == in_features (ONNX Gemm).
struct FullyConnectedParams {
  std::int32_t in_features = 0;   ///< >= 1
  std::int32_t out_features = 0;  ///< >= 1
  Activation activation;
  bool residual = false;  ///< add a tensor of the output's shape before the activation
};

}  // namespace tandem
