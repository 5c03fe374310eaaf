// The groups of a regular convolution as matrices.
#pragma once

#include <cstdint>
#include <vector>

#include "src/weights/pack.hpp"
#include "tandem/params.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The filter of one group, or of several consecutive groups that fit into one vector.
struct GroupMatrix {
  PackedGemm weights;
  std::int64_t first_input;   ///< the input channel with which a row of A begins
  std::int64_t first_output;  ///< the output channel of the first column
};

/// True if the groups run as a depthwise convolution, see make_spread_groups().
bool spreads_groups(const kernels::KernelTable& kernels, const Conv2dParams& params) noexcept;

/// All groups, in order. All matrices but the last have the same shape. Throws std::bad_alloc.
std::vector<GroupMatrix> pack_groups(const kernels::KernelTable& kernels, const Conv2dParams& params,
                                     const Weights& weights);

}  // namespace tandem::inline TANDEM_ABI::internal
