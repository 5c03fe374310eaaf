// Expand (if any) and depthwise of a block, a group of channels at a time; see FusedBlocking.
#pragma once

#include "src/plan/fused_blocking.hpp"
#include "src/stages/block_stages.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The buffers of one worker.
struct GroupBuffers {
  void* strip;    ///< output rows
  void* ring;     ///< expanded rows; null without expand
  void* scratch;  ///< of the depthwise stage
};

class GroupStages {
 public:
  /// All must outlive this object. next: the matrix that comes after, whose first panel an expansion prefetches.
  GroupStages(const BlockStages& stages, const FusedBlocking& blocking, const PackedGemm& next) noexcept
      : s_(stages), b_(blocking), next_(next) {}

  [[nodiscard]] std::ptrdiff_t strip_stride() const noexcept { return b_.strip_pitch * geometry().element_bytes(); }
  [[nodiscard]] std::int64_t ring_bytes() const noexcept {
    return b_.ring_rows * geometry().in_w() * b_.ring_pitch * geometry().element_bytes();
  }
  /// The output channels of a group.
  [[nodiscard]] Range channels(std::int64_t group) const noexcept;

  /// One group into the rows [strip_rows) of the strip. fresh: input rows that are not in the ring yet.
  void fill(const kernels::ConstRows& src, const GroupBuffers& own, std::int64_t group, Range strip_rows,
            Range fresh) const noexcept;

 private:
  [[nodiscard]] SourceRows ring_of(Range channels, const void* rings) const noexcept;
  [[nodiscard]] const DepthwiseGeometry& geometry() const noexcept { return s_.depthwise.geometry(); }

  const BlockStages& s_;
  const FusedBlocking& b_;
  const PackedGemm& next_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
