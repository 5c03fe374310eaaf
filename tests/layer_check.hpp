// A layer of any operator, with random weights and tensors in guarded memory, against the reference.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "any_operator.hpp"
#include "reference.hpp"

namespace tandem::test {

struct LayerCase {
  AnyParams params;
  Shape input;
  std::vector<FilterLayout> layouts = {};  ///< one for each of filter_shapes(params)
  std::vector<bool> biases = {};           ///< likewise
};

std::ostream& operator<<(std::ostream& out, const LayerCase& layer);

/// The reference's output. residual: null unless takes_residual().
reference::Tensor compute(const AnyParams& params, const std::vector<reference::Weights>& weights,
                          const reference::Tensor& src, const reference::Tensor* residual);

/// The operator, from weights in guarded memory that is gone when it returns.
Result<Operator> create_guarded(const LayerCase& layer, const std::vector<reference::Weights>& weights,
                                const std::string& isa, Placement placement);

/// expect_operator() of the layer, with all values drawn from the seed.
void expect_layer(const LayerCase& layer, const std::string& isa, std::uint64_t seed);

}  // namespace tandem::test
