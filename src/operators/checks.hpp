// The checks of create() for each kind of stage, alone or inside a block. `stage` is "" or the stage's name with a dot,
// "expand."; it precedes every parameter's name in the sentence.
#pragma once

#include <optional>

#include "tandem/params.hpp"
#include "tandem/status.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

Status check_conv2d(const Conv2dParams& params, const Weights& weights) noexcept;
Status check_conv_transpose2d(const ConvTranspose2dParams& params, const Weights& weights) noexcept;
Status check_depthwise(const char* stage, const DepthwiseParams& params, const Weights& weights) noexcept;
Status check_pointwise(const char* stage, const PointwiseParams& params, const Weights& weights) noexcept;
Status check_fully_connected(const char* stage, const FullyConnectedParams& params, const Weights& weights) noexcept;
/// stage: "" or "squeeze_excite.".
Status check_squeeze_excite(const char* stage, const SqueezeExciteParams& params,
                            const SqueezeExciteWeights& weights) noexcept;
/// The squeeze-and-excite of a block, between its depthwise stage and `taker`, its last one. weights: null if the call
/// gave none; it must give them if and only if params is set.
Status check_inner_squeeze_excite(const std::optional<SqueezeExciteParams>& params, const SqueezeExciteWeights* weights,
                                  const TensorType& tensor, const char* taker, const PointwiseParams& taken) noexcept;

/// The type must exist. The quantisation must be possible for it: the default if it is no integer.
Status check_quantization(const char* stage, const char* what, const TensorType& type) noexcept;
/// The type must also be supported by an operator that is not quantised.
Status check_tensor_type(const char* stage, const char* what, const TensorType& type) noexcept;
/// The type must be supported by an operator that moves elements of any size.
Status check_moved_type(const char* what, const TensorType& type) noexcept;
/// dst must have the type of src.
Status check_tensor_types(const char* stage, const TensorType& src, const TensorType& dst) noexcept;
/// The tensor `what` must have the type of dst.
Status check_equal_types(const char* stage, const char* what, const TensorType& type, const TensorType& dst) noexcept;
/// The residual must have the type of dst.
Status check_residual_type(const char* stage, const TensorType& residual, const TensorType& dst) noexcept;
/// The weights must have the type of the tensors, or bf16 with fp32 tensors.
Status check_weight_type(const char* stage, const TensorType& tensors, DataType weights) noexcept;

/// A stage inside a block takes its input from the stage before and has no residual of its own.
Status check_inner_stage(const char* stage, bool residual) noexcept;
/// The pointwise stages of a block have stride 1; only the depthwise stage has a stride.
Status check_unit_stride(const char* stage, const PointwiseParams& params) noexcept;
/// The stages of a quantised block store the type of its input, each with its own quantisation.
Status check_stored_type(const char* stage, const TensorType& src, const TensorType& dst) noexcept;
/// Both have the same type, and maybe another quantisation.
Status check_data_type(const char* stage, const char* giver, const TensorType& given, const char* taker,
                       const TensorType& taken) noexcept;
/// One stage stores the type, and the quantisation, that the next one reads.
Status check_same_type(const char* giver, const TensorType& given, const char* taker, const TensorType& taken) noexcept;
Status check_same_channels(const char* giver, std::int64_t given, const char* taker, std::int64_t taken) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
