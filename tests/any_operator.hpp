// An operator of any kind as one type: what the property test draws and what the fuzzer spoils.
#pragma once

#include <iosfwd>
#include <type_traits>
#include <variant>
#include <vector>

#include "elements.hpp"
#include "tandem/operator.hpp"
#include "weights.hpp"

namespace tandem::test {

using AnyParams =
    std::variant<Conv2dParams, DepthwiseParams, PointwiseParams, SeparableParams, InvertedResidualParams,
                 GlobalAveragePoolParams, FullyConnectedParams, SqueezeExciteParams, ConvertLayoutParams,
                 ConvTranspose2dParams, ElementwiseParams, ActivationParams, SoftmaxParams, CopyParams,
                 DepthToSpaceParams, MaxPoolParams, AveragePoolParams, ResizeParams, QuantizeParams, DequantizeParams>;

/// The parameters of operators that have no filter.
template <class Params>
concept WithoutFilter =
    std::is_same_v<Params, GlobalAveragePoolParams> || std::is_same_v<Params, ConvertLayoutParams> ||
    std::is_same_v<Params, ElementwiseParams> || std::is_same_v<Params, ActivationParams> ||
    std::is_same_v<Params, SoftmaxParams> || std::is_same_v<Params, CopyParams> ||
    std::is_same_v<Params, DepthToSpaceParams> || std::is_same_v<Params, MaxPoolParams> ||
    std::is_same_v<Params, AveragePoolParams> || std::is_same_v<Params, ResizeParams> ||
    std::is_same_v<Params, QuantizeParams> || std::is_same_v<Params, DequantizeParams>;

/// A filter for each stage that has one. Of the squeeze-and-excite in a block they come last.
std::vector<FilterShape> filter_shapes(const AnyParams& params);

/// The types of the first and of the last tensor. Only of a quantised operator they differ.
TensorTypes tensor_types(const AnyParams& params);
/// That of all tensors, where they are alike.
DataType tensor_type(const AnyParams& params);

/// A type for each stage that has a filter.
std::vector<DataType> weight_types(const AnyParams& params);

/// All tensors of one type, or of a conversion the quantised one; weights: as many as filter_shapes(params) has.
void set_types(AnyParams& params, const TensorType& tensors, const std::vector<DataType>& weights);

/// C of the input; of a fully connected layer all its features.
std::int64_t input_channels(const AnyParams& params);

/// Whether run() wants RunArgs::residual.
bool takes_residual(const AnyParams& params);

/// The shape of RunArgs::residual, if the operator takes one.
Shape residual_shape(const AnyParams& params, const Shape& output);

/// Whether dst may be src.
bool runs_in_place(const AnyParams& params);

/// weights: as many as filter_shapes(params) has.
Result<Operator> create(const AnyParams& params, const std::vector<Weights>& weights, const CreateOptions& options);

}  // namespace tandem::test

namespace tandem {

std::ostream& operator<<(std::ostream& out, const test::AnyParams& params);

}  // namespace tandem
