// The scalar reference: every operator in double, straight from the formulas of tandem/params.hpp, with the error that
// an fp32 computation may have. Shares no code with the library: padding is resolved and loops are written anew.
//
// The bound, for one output y = act(bias + sum_k a_k * b_k + residual) of `depth` products in fp32, added one after the
// other or, by matrix products, in blocks of 4096 steps whose sums are added one after the other: a product is rounded
// once when multiplied (not at all when fused), the bias and each product then pass at most min(depth, 4096) additions
// in their block and blocks - 1 after it, the residual's addition comes last. So each term carries at most n =
// min(depth, 4096) + blocks + 1 roundings, depth + 2 in one block, each a factor (1 + d), |d| <= u = 2^-24, and
// (Higham, Accuracy and Stability of Numerical Algorithms, lemma 3.1)
//   |computed - exact| <= gamma(n) * (|bias| + sum_k |a_k * b_k| + |residual|),   gamma(n) = n*u / (1 - n*u).
// A pixel of a mean passes 3 additions in fp32, in a tree of 8; the sums of the trees are added in double, multiplied
// by 1 / pixels in double, which is rounded itself, and rounded to fp32. So with v = 2^-53
//   |computed - exact| <= (gamma_u(4) + gamma_v(pixels + 2)) * mean of |x|.
// The mean of a window of kh rows by kw columns: its terms pass kw additions from 0 in their row and kh after it, and the
// end, so n = kh + kw + 1. A product or mean that underflows adds at most half the smallest denormal, 2^-150, whatever its size. Of a
// composition, a_k is itself off by at most e_k: that adds sum_k e_k * |b_k|, and |a_k| may be |a_k| + e_k. A residual
// after the activation is one addition more: its bound, the activation's and a roundoff of the sum. Stored as bf16 or
// f16, a value is rounded once more. Rounding is monotone: of a computed value c with |c - y| <= b the stored one lies
// between those of y - b and y + b, so the tensor holds the rounded y, and its bound is the distance to the farther of
// these two. That is 0 in most cases, and at most 2b and a unit in the last place. Where one of the two is infinite
// (f16, from 65520 on) and the other is not, either may come: the bound is infinite then, and says nothing of that
// element or of what is computed from it. Every tensor that the library stores is rounded, those between the stages of
// a block too; weights and given tensors must be values of their type already.
//
// An operation on two exact elements is rounded once. The exponent of a softmax is rounded twice, which changes its
// exponential by as many parts as it is large; the bound is that of tandem/params.hpp. Of the sum, the mean of the
// exponents that it weighs is at most ln C: it is the entropy of the outputs less the logarithm of the sum.
//
// An activation y = f(x) passes a bound on by its steepest slope L, |f(x + e) - f(x)| <= L * e (a clamp: 1), and adds
// its own error: so many units in the last place of y as tandem/activation.hpp states, 2u * |y| each, or for those that
// are products and sums two roundings of what they compute with.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "tandem/params.hpp"
#include "tandem/shape.hpp"

namespace tandem::test::reference {

/// A tensor in double; bound[i] says how far an fp32 computation may be from value[i].
struct Tensor {
  Shape shape;
  std::vector<double> value;
  std::vector<double> bound;
};

/// Given floats, values of the tensor's type, are exact: their bounds are zero.
Tensor exact(const Shape& shape, const std::vector<float>& values);

/// The filter in OIHW order ([C, 1, KH, KW] for depthwise, [M, C] for pointwise); an empty bias is zeros.
struct Weights {
  std::vector<float> filter;
  std::vector<float> bias;
};

/// What becomes of a tensor that is computed in fp32 and stored as `type`.
Tensor stored(Tensor computed, const TensorType& type);

/// What one spatial axis becomes: its output size (0 or less: none) and the padding before its first element.
struct Axis {
  std::int64_t out;
  std::int64_t before;
};
Axis resolve(Padding::Mode mode, std::int64_t before, std::int64_t after, std::int64_t in, std::int64_t kernel,
             std::int64_t stride, std::int64_t dilation);

/// The same of a pool: ONNX's ceil_mode, which no SAME padding needs.
Axis resolve_pool(Padding::Mode mode, std::int64_t before, std::int64_t after, std::int64_t in, std::int64_t kernel,
                  std::int64_t stride, std::int64_t dilation, bool ceil_mode);

/// Of a transposed convolution; a size of 0 or less: none.
Shape output_shape(const ConvTranspose2dParams& params, const Shape& input);

Shape output_shape(const ResizeParams& params, const Shape& input);

/// residual may be null.
Tensor conv2d(const Conv2dParams& params, const Weights& weights, const Tensor& src, const Tensor* residual = nullptr);
/// The filter of a group and its output channels in OIHW: [M, C / groups, KH, KW].
Tensor conv_transpose2d(const ConvTranspose2dParams& params, const Weights& weights, const Tensor& src,
                        const Tensor* residual = nullptr);
Tensor depthwise(const DepthwiseParams& params, const Weights& weights, const Tensor& src,
                 const Tensor* residual = nullptr);
Tensor pointwise(const PointwiseParams& params, const Weights& weights, const Tensor& src,
                 const Tensor* residual = nullptr);
/// weights: of the stages, then the two of the squeeze-and-excite, if there is one; likewise of an inverted residual.
Tensor separable(const SeparableParams& params, const std::vector<Weights>& weights, const Tensor& src,
                 const Tensor* residual = nullptr);
Tensor inverted_residual(const InvertedResidualParams& params, const std::vector<Weights>& weights, const Tensor& src);
Tensor global_average_pool(const GlobalAveragePoolParams& params, const Tensor& src);
Tensor squeeze_excite(const SqueezeExciteParams& params, const Weights& reduce, const Weights& expand,
                      const Tensor& src);
/// Of a tensor that is NCHW, value and bound lie in that order, too.
Tensor convert_layout(const ConvertLayoutParams& params, const Tensor& src);
Tensor max_pool(const MaxPoolParams& params, const Tensor& src);
Tensor average_pool(const AveragePoolParams& params, const Tensor& src);
/// The same by another formula, of integers: `mean` makes an output of the exact sum of a window.
using Mean = std::function<double(double sum, std::int64_t divisor)>;
Tensor average_pool(const AveragePoolParams& params, const Tensor& src, const Mean& mean);
/// Places along an axis are computed in fp32, as the operator defines them; all else in double.
Tensor resize(const ResizeParams& params, const Tensor& src);
Tensor fully_connected(const FullyConnectedParams& params, const Weights& weights, const Tensor& src,
                       const Tensor* residual = nullptr);
/// src and residual are exact. residual: null if the second operand is constant.
Tensor elementwise(const ElementwiseParams& params, const Tensor& src, const Tensor* residual = nullptr);
Tensor activation(const ActivationParams& params, const Tensor& src);
/// src is exact.
Tensor softmax(const SoftmaxParams& params, const Tensor& src);
Tensor depth_to_space(const DepthToSpaceParams& params, const Tensor& src);
/// The integers and the real numbers of fp32's own formulas, without a bound. src is exact.
Tensor quantize(const QuantizeParams& params, const Tensor& src);
Tensor dequantize(const DequantizeParams& params, const Tensor& src);

}  // namespace tandem::test::reference
