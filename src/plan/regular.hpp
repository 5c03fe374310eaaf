// The ways to run a regular convolution, each with its expected time: pure arithmetic.
//
// By windows: all taps of an output at once, with the sums in registers; on a small map the rectangles at the border
// have rows of only a pixel or two. By taps: one product per tap over all outputs that use it, with the sums in the
// workspace in between. Workers share rows, groups and panels.
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
  std::int64_t groups;       ///< matrices, each of one group or of several
  std::int64_t channels;     ///< input channels of one group
  std::int64_t in_channels;  ///< of all groups
  std::int64_t row_bytes;    ///< from a row of the input to the next; 0: see runs_along_x()
  MatrixGeometry matrix;     ///< the first of them
  bool permutes;             ///< the kernel of a matrix permutes its inputs, see PanelGroups
  bool planes;               ///< see PanelGroups; only windows have this order
};

struct RegularBlocking {
  std::int64_t row_chunks;  ///< chunks of output rows; times groups times panel_groups: the tasks of an image
  std::int64_t panel_groups;
  std::int64_t channel_block;  ///< channels of a product by taps; 0: by windows

  [[nodiscard]] std::int64_t row_chunk(const RegularGeometry& g) const noexcept {
    return ceil_div(g.y.out, row_chunks);
  }
};

std::vector<Candidate<RegularBlocking>> regular_candidates(const Machine& machine, const RegularGeometry& geometry,
                                                           std::int32_t workers);

}  // namespace tandem::inline TANDEM_ABI::internal
