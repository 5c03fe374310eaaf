// The checks that create() and plan() share, and their sentences. `stage` is "" or, inside a block, the stage's name
// with a dot. It precedes the parameter's name: "expand.in_channels must be at least 1, but is 0".
#pragma once

#include <cstdint>

#include "src/base/error.hpp"
#include "src/plan/window.hpp"
#include "tandem/params.hpp"
#include "tandem/shape.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The kind must exist, with bounds, slopes and coefficients as tandem/activation.hpp demands.
Status check_activation(const char* stage, const Activation& activation, std::int64_t channels) noexcept;
Status check_residual_order(const char* stage, ResidualOrder order) noexcept;
Status check_padding(const char* stage, const Padding& padding) noexcept;
/// n may be 0, every other size must be at least 1, their product must fit, and c must be `channels`.
Status check_input(const Shape& shape, std::int64_t channels) noexcept;

Status check_window(const char* stage, const Window& window) noexcept;

/// The output of an operator that keeps the shape of its input, after check_input().
Result<Shape> same_shape(const Shape& input, std::int64_t channels) noexcept;
/// The output of `out_channels` channels of a window over an input of `channels`, after check_input().
Result<Shape> windowed_shape(const Shape& input, std::int64_t channels, const Window& window,
                             std::int64_t out_channels) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
