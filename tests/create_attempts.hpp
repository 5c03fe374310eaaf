// Parameters and weights that create() accepts, for tests to spoil one thing and see it refused.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "creation.hpp"
#include "refusal.hpp"

namespace tandem::test {

inline constexpr StatusCode kInvalid = StatusCode::kInvalidArgument;

/// 4 -> 6 channels, 3 x 3: a filter of 216, and nothing wrong.
struct Conv2dAttempt {
  Conv2dParams params;
  std::vector<float> values = std::vector<float>(216, 0.5F);
  std::vector<float> bias_values = std::vector<float>(6, 0.5F);
  Weights weights = {values, FilterLayout::kOihw, bias_values};

  Conv2dAttempt() {
    params.in_channels = 4;
    params.out_channels = 6;
    params.kernel_h = params.kernel_w = 3;
  }
  [[nodiscard]] Status create() const { return Operator::conv2d(params, weights).status(); }
};

inline void expect_conv2d_refused(const char* what, StatusCode code, const std::vector<std::string>& says,
                                  const std::function<void(Conv2dAttempt&)>& spoil) {
  Conv2dAttempt attempt;
  spoil(attempt);
  expect_refused(what, attempt.create(), code, says);
}

/// 3 channels all through: filters of 9, 27 and 9.
struct BlockAttempt {
  InvertedResidualParams params;
  reference::Weights expand = {std::vector<float>(9), std::vector<float>(3)};
  reference::Weights depthwise = {std::vector<float>(27), std::vector<float>(3)};
  reference::Weights project = {std::vector<float>(9), std::vector<float>(3)};

  BlockAttempt() {
    params.expand = {3, 3, {}, false};
    params.depthwise.channels = 3;
    params.depthwise.padding = Padding::same();
    params.project = {3, 3, {}, false};
    params.residual = true;
  }
  [[nodiscard]] Status create_inverted_residual() const {
    return create(params, expand, depthwise, project, "scalar").status();
  }
  [[nodiscard]] Status create_separable() const {
    return create(SeparableParams{params.depthwise, params.project}, depthwise, project, "scalar").status();
  }
};

inline void expect_block_refused(const char* what, const std::vector<std::string>& says,
                                 const std::function<void(BlockAttempt&)>& spoil, StatusCode code = kInvalid) {
  BlockAttempt attempt;
  spoil(attempt);
  expect_refused(what, attempt.create_inverted_residual(), code, says);
}

}  // namespace tandem::test
