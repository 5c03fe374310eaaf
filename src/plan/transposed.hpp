// Transposed convolutions as regular ones, and the ways to run them: pure arithmetic.
//
// Along one axis input i adds its product with tap k to output o = i * S + k * D - P. So outputs whose o + P leave the
// same remainder modulo S use the same taps, each S / gcd(S, D) after the one before; and from one such output to the
// next, S further on, the inputs move by one. These outputs are a phase: a regular convolution of stride 1 by some of
// the taps, in descending order. A whole layer is one such convolution for each pair of a phase of the rows and one of
// the columns. Every output is written once, and its sum stays in registers.
#pragma once

#include <cstdint>
#include <vector>

#include "src/plan/candidates.hpp"
#include "src/plan/conv2d_taps.hpp"
#include "src/plan/matrix_geometry.hpp"
#include "tandem/params.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The sets into which the phases of an axis part its taps. Every tap is in one set, and no set is empty.
std::int64_t tap_sets(std::int64_t kernel, std::int64_t stride, std::int64_t dilation) noexcept;
Progression tap_set(std::int64_t kernel, std::int64_t stride, std::int64_t dilation, std::int64_t set) noexcept;

/// A transposed convolution laid over an input of known size.
struct TransposedSize {
  std::int64_t out_h, out_w;
  std::int64_t pad_top, pad_left;
};
/// Resolves the padding and the size of the output. An empty output is an error.
Result<TransposedSize> resolve_transposed(const ConvTranspose2dParams& params, std::int64_t in_h,
                                          std::int64_t in_w) noexcept;

/// Outputs first + j + q * stride of one axis, for j in [0, width) and the outputs q of taps.axis.
struct Phase {
  std::int64_t first;
  std::int64_t width;    ///< 1, unless no tap reaches these outputs
  std::int64_t tap_set;  ///< 0 if no tap reaches them
  AxisTaps taps;         ///< the regular convolution; its kernel is 0 if no tap reaches the outputs
};
/// Calls body(y, x) for each of the outputs of a period that are in both phases.
template <class Body>
void for_each_place(const Phase& rows, const Phase& columns, const Body& body) noexcept {
  for (std::int64_t y = rows.first; y < rows.first + rows.width; ++y) {
    for (std::int64_t x = columns.first; x < columns.first + columns.width; ++x) body(y, x);
  }
}
/// The phases of an axis, whose kernel, stride and dilation are those of the transposed convolution. Each output is in
/// one of them. There are at most two for each set of taps and two more. Throws std::bad_alloc.
std::vector<Phase> phases_of(const ConvAxis& axis);

/// True if all phases of both axes have the same window, so that one product computes a block of S_h x S_w outputs.
bool phases_join(const ConvTranspose2dParams& params) noexcept;
/// One axis of such blocks, of which the first and the last may be partly outside: block q holds the outputs
/// q * S - before + j, j in [0, S).
struct JoinedAxis {
  std::int64_t before;
  AxisTaps taps;  ///< the regular convolution whose outputs are the blocks
};
/// Throws std::bad_alloc.
JoinedAxis joined_axis(const ConvAxis& axis);

struct TransposedGeometry {
  ConvAxis y, x;  ///< as for phases_of()
  std::vector<Phase> rows, columns;
  JoinedAxis joined_rows, joined_columns;  ///< empty if the phases do not join
  std::int64_t images;
  std::int64_t groups;
  std::int64_t channels;   ///< input channels of one group
  std::int64_t row_bytes;  ///< as in RegularGeometry
  MatrixGeometry matrix;   ///< of one group and all taps
  MatrixGeometry joined;   ///< likewise, with a column for each output of a block; k is 0 if there is none

  /// Runs of `stride` output rows, of which workers take whole ones.
  [[nodiscard]] std::int64_t periods(bool of_blocks) const noexcept {
    return of_blocks ? joined_rows.taps.axis.out : ceil_div(y.out, y.stride);
  }
};

/// A part of the outputs of an image.
struct TransposedTask {
  std::int64_t image, group;
  Range periods, panels;
};

struct TransposedBlocking {
  std::int64_t row_chunks;  ///< chunks of periods
  std::int64_t panel_groups;
  bool joined;  ///< all phases at once

  [[nodiscard]] std::int64_t tasks(const TransposedGeometry& g) const noexcept {
    return g.images * row_chunks * g.groups * panel_groups;
  }
  [[nodiscard]] TransposedTask task(const TransposedGeometry& geometry, std::int64_t i) const noexcept;
};

std::vector<Candidate<TransposedBlocking>> transposed_candidates(const Machine& machine,
                                                                 const TransposedGeometry& geometry,
                                                                 std::int32_t workers);

}  // namespace tandem::inline TANDEM_ABI::internal
