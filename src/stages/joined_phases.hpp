// All phases of a transposed convolution whose windows are the same, as one matrix product. Its rows hold a block of
// S_h x S_w output pixels each, and are copied to where these pixels lie.
#pragma once

#include <cstddef>
#include <cstdint>

#include "src/base/ranges.hpp"
#include "src/stages/windows.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The outputs of one axis: block q holds the outputs q * stride - before + j, j in [0, stride), of which those in
/// [0, out) exist.
struct BlockAxis {
  std::int64_t blocks;
  std::int64_t stride;
  std::int64_t before;  ///< [0, stride)
  std::int64_t out;

  /// The blocks whose output j exists.
  [[nodiscard]] Range with(std::int64_t j) const noexcept;
  /// The blocks all of whose outputs exist.
  [[nodiscard]] Range whole() const noexcept;
};

struct JoinedPhases {
  Windows windows;  ///< its dst and residual are a row of blocks, see row_bytes()
  BlockAxis y, x;
  std::ptrdiff_t pixel_bytes;  ///< of the channels of one pixel
  ImageStrides dst, residual;

  /// Bytes of a row of blocks: [x.blocks, y.stride, x.stride, channels].
  [[nodiscard]] std::int64_t row_bytes() const noexcept { return x.blocks * block_bytes(); }

  /// Some rows of blocks. scratch: of row_bytes().
  void run(const PackedGemm& weights, Range blocks, const ImagePointers& image, void* scratch) const noexcept;

 private:
  [[nodiscard]] std::ptrdiff_t block_bytes() const noexcept { return y.stride * x.stride * pixel_bytes; }
  // copy(in_image, stride, in_scratch, stride, bytes, count) for all pieces of a row of blocks; offsets in bytes.
  template <class Copy>
  void for_pieces(std::int64_t block, const ImageStrides& strides, const Copy& copy) const noexcept;
};

}  // namespace tandem::inline TANDEM_ABI::internal
