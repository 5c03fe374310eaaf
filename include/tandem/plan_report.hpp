// What plan() chose and the time it expects, as data. Plan::explain() is this report as one line.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// What runs.
enum class PlanKind : std::int32_t {
  kMatrixProduct = 0,  ///< pointwise, fully connected
  kRegular = 1,        ///< a regular convolution as matrix products
  kDepthwise = 2,
  kPooling = 3,
  kFusedBlock = 4,    ///< the stages of a block in one pass
  kUnfusedBlock = 5,  ///< the stages of a block one after the other, whole tensors between them
  kLayout = 6,        ///< a layout conversion
  kSqueezeExcite = 7,
};

/// What the workers of a plan divide between them.
enum class Partition : std::int32_t {
  kNone = 0,      ///< one worker does all
  kRows = 1,      ///< rows: pixels of a matrix product or a conversion, else rows of the output; the images of a batch
  kChannels = 2,  ///< output channels
  kBoth = 3,      ///< a grid of both; of an unfused block or a squeeze-and-excite: not the same in all stages
};

/// A value; the names in it are constants.
struct PlanReport {
  PlanKind kind = PlanKind::kMatrixProduct;
  const char* isa = nullptr;          ///< name of the ISA
  const char* tensor_type = nullptr;  ///< name of the tensors' type, see to_string(DataType)
  const char* weight_type = nullptr;  ///< name of the packed weights' type; in a block the type of its last stage
  std::int32_t vector_floats = 1;     ///< fp32 lanes of its vectors
  /// Register tile of the matrix products, rows x columns, for panels of two vectors: all but perhaps the last. 0: none
  std::int32_t tile_rows = 0;
  std::int32_t tile_columns = 0;
  /// The kernel that runs, by the name of its row in the kernel table, e.g. "depthwise_3x3s1_pair"; "gemv" for the
  /// product of a single row. A block names its depthwise stage's; a product that of all panels but perhaps the last.
  /// Null: a squeeze-and-excite, a mean, a layout conversion.
  const char* kernel = nullptr;
  /// How the input of a depthwise stage is read: "spread" (copied so that every output has a lane of its own:
  /// multipliers, narrow groups), "copied" (at a pixel stride that does not alias), else "direct". How a regular
  /// convolution walks: "windows" (all taps of an output at once) or "taps" (tap by tap over all outputs). Else null.
  const char* walk = nullptr;
  /// Where sums become outputs: in "registers" (a clamp on fp32 tensors), or in "memory", tile by tile in L1 (any other
  /// activation, a residual after it, tensors of 16 bits, the product of a single row). A block tells its last stage's.
  /// Null: the operator has no activation of its output.
  const char* epilogue = nullptr;

  Partition partition = Partition::kNone;
  std::int32_t workers = 1;
  std::int64_t row_block = 0;      ///< rows of a task, see Partition; of an unfused block its depthwise stage's,
                                   ///< of a squeeze-and-excite pixels of its last step
  std::int64_t channel_block = 0;  ///< channels that are worked on together; of an unfused block likewise
  std::int64_t strip_rows = 0;     ///< fused block: output rows that go through all stages together; else 0
  std::int64_t ring_rows = 0;      ///< fused block: expanded rows that are kept; 0: nothing is expanded
  /// Mean work of the workers / work of the busiest one, in multiply-adds, in (0, 1].
  double balance = 1.0;

  std::int64_t multiply_adds = 0;             ///< by the formulas of cost.hpp; two flops each
  std::int64_t recomputed_multiply_adds = 0;  ///< beyond them: expanded rows that two workers both need
  std::int64_t l2_bytes = 0;                  ///< expected to come from L2 or to go there
  std::int64_t l3_bytes = 0;                  ///< likewise L3
  std::int64_t memory_bytes = 0;              ///< likewise memory
  std::size_t workspace_bytes = 0;
  std::size_t unfused_workspace_bytes = 0;  ///< block: of the plan that does not fuse; else 0

  double predicted_seconds = 0.0;
  const char* why_not_fused = nullptr;  ///< block: why no candidate is fused, a clause; null: some are, or no block
  double fused_seconds = 0.0;           ///< block: predicted of the best fused candidate; else 0
  /// block: predicted of the unfused candidate, which runs where it saves more than 3 %; else 0
  double unfused_seconds = 0.0;
  std::int32_t candidate = 1;   ///< this plan's number: PlanOptions::candidate gives it again
  std::int32_t candidates = 1;  ///< how many ways there are to run this layer with that many threads
};

}  // namespace TANDEM_ABI
}  // namespace tandem
