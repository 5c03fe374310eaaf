// What create() checks of each kind of stage, alone or inside a block. `stage` is "" or the stage's name with a dot,
// "expand.", and leads every parameter's name in the sentence.
#pragma once

#include "tandem/params.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

Status check_conv2d(const Conv2dParams& params, const Filter& filter, FloatSpan bias) noexcept;
Status check_depthwise(const char* stage, const DepthwiseParams& params, const Filter& filter, FloatSpan bias) noexcept;
Status check_pointwise(const char* stage, const PointwiseParams& params, const Filter& filter, FloatSpan bias) noexcept;
Status check_fully_connected(const FullyConnectedParams& params, const Filter& filter, FloatSpan bias) noexcept;

/// A stage inside a block takes its input from the stage before, and no residual of its own.
Status check_inner_stage(const char* stage, bool residual) noexcept;
/// The pointwise stages of a block keep the size; its stride is the depthwise stage's.
Status check_unit_stride(const char* stage, const PointwiseParams& params) noexcept;
Status check_same_channels(const char* giver, std::int64_t given, const char* taker, std::int64_t taken) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
