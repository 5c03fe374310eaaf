// The candidates to run a regular convolution, each with its predicted time: pure arithmetic.
//
// A convolution walks by windows, all taps of an output at once, whose sums stay in registers; on a small map the
// rectangles of the border are rows of a pixel or two. Or it walks by taps, each tap a product over all outputs that see
// it, whose sums rest in the workspace in between. Workers share rows, groups and panels.
#pragma once

#include <cstdint>
#include <vector>

#include "src/plan/candidates.hpp"
#include "src/plan/conv2d_taps.hpp"
#include "src/plan/matrix_geometry.hpp"

namespace tandem::inline TANDEM_ABI::internal {

struct RegularGeometry {
  ConvAxis y, x;
  std::int64_t images;
  std::int64_t groups;
  std::int64_t channels;  ///< of the input, of one group
  MatrixGeometry matrix;  ///< of one group
};

struct RegularBlocking {
  std::int64_t
      row_chunks;  ///< the output's rows are cut into; with the groups and the panel groups the tasks of an image
  std::int64_t panel_groups;
  std::int64_t channel_block;  ///< of a product, tap by tap; 0: by windows

  [[nodiscard]] std::int64_t row_chunk(const RegularGeometry& g) const noexcept {
    return ceil_div(g.y.out, row_chunks);
  }
};

std::vector<Candidate<RegularBlocking>> regular_candidates(const Machine& machine, const RegularGeometry& geometry,
                                                           std::int32_t workers);

}  // namespace tandem::inline TANDEM_ABI::internal
