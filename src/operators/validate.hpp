// What create() and plan() refuse, and how they say it. `stage` is "" or, inside a block, the stage's name with a dot:
// it leads the parameter's name in the sentence, "expand.in_channels must be at least 1, but is 0".
#pragma once

#include <cstdint>

#include "src/base/error.hpp"
#include "src/plan/window.hpp"
#include "tandem/params.hpp"
#include "tandem/shape.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A kind that there is, its bounds, slopes or coefficients as tandem/activation.hpp wants them.
Status check_activation(const char* stage, const Activation& activation, std::int64_t channels) noexcept;
Status check_residual_order(const char* stage, ResidualOrder order) noexcept;
Status check_padding(const char* stage, const Padding& padding) noexcept;
/// Every size at least 1, the product representable, c as the operator wants it.
Status check_input(const Shape& shape, std::int64_t channels) noexcept;

Status check_window(const char* stage, const Window& window) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
