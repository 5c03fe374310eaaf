// Translates between the structs of the C interface and of C++. A C struct that may grow is read by its struct_size, so
// that the caller may have an older or a newer header than the library.
#pragma once

#include <cstddef>
#include <new>
#include <utility>

#include "src/base/error.hpp"
#include "tandem/tandem.h"
#include "tandem/tandem.hpp"

struct tandem_operator {
  tandem::Operator op;
};
struct tandem_plan {
  tandem::Plan plan;
};
struct tandem_sequence {
  tandem::Sequence sequence;
};

namespace tandem::inline TANDEM_ABI::internal {

/// Fills *out, which may be null. Returns status.ok().
bool report(const Status& status, tandem_status* out) noexcept;

Status is_null(const char* what) noexcept;

/// Moves a result into a handle of the caller's.
template <class Handle, class Value>
bool deliver(Result<Value> result, Handle** out, tandem_status* status) noexcept {
  *out = nullptr;
  if (!result.ok()) return report(result.status(), status);
  *out = new (std::nothrow) Handle{*std::move(result)};
  if (*out != nullptr) return report({}, status);
  return report(error(StatusCode::kOutOfMemory, "out of memory for a handle"), status);
}

inline Shape of(tandem_shape s) noexcept { return {s.n, s.h, s.w, s.c}; }
inline tandem_shape of(const Shape& s) noexcept { return {s.n, s.h, s.w, s.c}; }

/// Each checks struct_size, takes defaults for members beyond it, and translates. `what` is the caller's name for the
/// struct. create(), plan() and run() check the values.
Status read(const char* what, const tandem_weights* given, Weights& cpp) noexcept;
Status read(const char* what, const tandem_conv2d_params* given, Conv2dParams& cpp) noexcept;
Status read(const char* what, const tandem_conv_transpose2d_params* given, ConvTranspose2dParams& cpp) noexcept;
Status read(const char* what, const tandem_depthwise_params* given, DepthwiseParams& cpp) noexcept;
Status read(const char* what, const tandem_pointwise_params* given, PointwiseParams& cpp) noexcept;
Status read(const char* what, const tandem_separable_params* given, SeparableParams& cpp) noexcept;
Status read(const char* what, const tandem_inverted_residual_params* given, InvertedResidualParams& cpp) noexcept;
Status read(const char* what, const tandem_global_average_pool_params* given, GlobalAveragePoolParams& cpp) noexcept;
Status read(const char* what, const tandem_fully_connected_params* given, FullyConnectedParams& cpp) noexcept;
Status read(const char* what, const tandem_squeeze_excite_params* given, SqueezeExciteParams& cpp) noexcept;
Status read(const char* what, const tandem_convert_layout_params* given, ConvertLayoutParams& cpp) noexcept;
Status read(const char* what, const tandem_max_pool_params* given, MaxPoolParams& cpp) noexcept;
Status read(const char* what, const tandem_average_pool_params* given, AveragePoolParams& cpp) noexcept;
Status read(const char* what, const tandem_resize_params* given, ResizeParams& cpp) noexcept;
Status read(const char* what, const tandem_elementwise_params* given, ElementwiseParams& cpp) noexcept;
Status read(const char* what, const tandem_activation_params* given, ActivationParams& cpp) noexcept;
Status read(const char* what, const tandem_softmax_params* given, SoftmaxParams& cpp) noexcept;
Status read(const char* what, const tandem_quantize_params* given, QuantizeParams& cpp) noexcept;
Status read(const char* what, const tandem_dequantize_params* given, DequantizeParams& cpp) noexcept;
Status read(const char* what, const tandem_copy_params* given, CopyParams& cpp) noexcept;
Status read(const char* what, const tandem_depth_to_space_params* given, DepthToSpaceParams& cpp) noexcept;
Status read(const char* what, const tandem_plan_options* given, PlanOptions& cpp) noexcept;
Status read(const char* what, const tandem_run_args* given, RunArgs& cpp) noexcept;
Status read(const char* what, const tandem_batch_norm* given, std::int32_t out_channels, BatchNorm& cpp) noexcept;

/// Fills the first struct_size bytes of the report.
Status write(const PlanReport& cpp, tandem_report* out) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
