// The choices of plan() and the time it expects, as data. Plan::explain() prints this report in one line.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tandem/version.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

/// The kind of work that a plan runs.
enum class PlanKind : std::int32_t {
  kMatrixProduct = 0,  ///< pointwise, fully connected
  kRegular = 1,        ///< a regular convolution as matrix products
  kDepthwise = 2,
  kPooling = 3,
  kFusedBlock = 4,    ///< the stages of a block in one pass; with a squeeze-and-excite in two
  kUnfusedBlock = 5,  ///< the stages of a block one after the other, with whole tensors between them
  kLayout = 6,        ///< moves elements: a layout conversion, a copy, a depth-to-space
  kSqueezeExcite = 7,
  kTransposed = 8,   ///< a transposed convolution as regular ones, one for each phase of the output
  kElementwise = 9,  ///< an element-wise operator, an activation
  kSoftmax = 10,
  kResize = 11,
};

/// How the workers of a plan divide the work.
enum class Partition : std::int32_t {
  kNone = 0,      ///< one worker does everything
  kRows = 1,      ///< pixels of a matrix product, a conversion, a pool over windows or a resize, else rows of the
                  ///< output; the images of a batch
  kChannels = 2,  ///< output channels
  kBoth = 3,      ///< a grid of both; in an unfused block or a squeeze-and-excite: stages differ
};

/// A value; the names in it live as long as the program. A depthwise or regular convolution of a single row is planned
/// like one of a single column, so `rows` below are its pixels.
struct PlanReport {
  PlanKind kind = PlanKind::kMatrixProduct;
  const char* isa = nullptr;          ///< name of the ISA
  const char* machine = nullptr;      ///< name of the row that the prediction is based on, see MachineModel::row
  const char* tensor_type = nullptr;  ///< name of the tensors' type, see to_string(DataType)
  const char* weight_type = nullptr;  ///< name of the packed weights' type; in a block, of its last stage
  std::int32_t vector_floats = 1;     ///< fp32 lanes of a vector
  /// Register tile of the matrix products, rows x columns, for full panels, which have two or three vectors by the
  /// machine. The last panels may be wider or narrower by a vector. 0: no matrix product
  std::int32_t tile_rows = 0;
  std::int32_t tile_columns = 0;
  /// The kernel that runs, by its name in the kernel table, e.g. "depthwise_3x3s1_pair". A matrix product names the
  /// kernel of its first panel (the last two panels may have other ones), or "gemv" for a single row. A block names the
  /// kernel of its depthwise stage. Null for operators without a filter and for a squeeze-and-excite
  const char* kernel = nullptr;
  /// How a depthwise stage reads its input: "spread" (copied so that every output has its own lane: multipliers, narrow
  /// groups), "copied" (to a pixel stride that does not alias) or "direct". How a regular convolution walks: "windows"
  /// (all taps of an output at once) or "taps" (tap by tap over all outputs). A transposed one: "phases" (a regular
  /// convolution for each) or "blocks" (all phases as the columns of one product). Else null
  const char* walk = nullptr;
  /// Where sums become outputs: in "registers" (a clamp on fp32 tensors, and of a pool over windows), or in "memory",
  /// tile by tile in L1 (any other activation, a residual after it, 16-bit tensors, the product of a single row). A
  /// block reports its last stage. Null if the operator has no activation of its output
  const char* epilogue = nullptr;

  Partition partition = Partition::kNone;
  std::int32_t workers = 1;
  std::int64_t row_block = 0;      ///< rows of a task, see Partition; unfused block: of its depthwise stage;
                                   ///< squeeze-and-excite: pixels of its last step
  std::int64_t channel_block = 0;  ///< channels of a task or a fused group; unfused block: of its depthwise stage
  std::int64_t strip_rows = 0;     ///< fused block: output rows that pass all stages of a pass together; else 0
  std::int64_t ring_rows = 0;      ///< fused block: expanded rows that are kept; 0: no expand stage
  /// Mean work of the workers / work of the busiest one, in multiply-adds, in (0, 1].
  double balance = 1.0;

  std::int64_t multiply_adds = 0;             ///< by the formulas of cost.hpp; two flops each
  std::int64_t recomputed_multiply_adds = 0;  ///< in addition: expanded rows that two workers both need
  std::int64_t l2_bytes = 0;                  ///< expected transfers from or to L2
  std::int64_t l3_bytes = 0;                  ///< expected transfers from or to L3
  std::int64_t memory_bytes = 0;              ///< expected transfers from or to memory
  std::size_t workspace_bytes = 0;
  std::size_t unfused_workspace_bytes = 0;  ///< block: workspace of the unfused plan; else 0

  double predicted_seconds = 0.0;
  const char* why_not_fused = nullptr;  ///< block: a clause that says why it cannot be fused; else null
  double fused_seconds = 0.0;           ///< block: prediction for the best fused candidate; else 0
  /// block: prediction for the unfused candidate. It runs if it saves 3 % (on 8 bits: unless fusing saves 2 %); else 0
  double unfused_seconds = 0.0;
  std::int32_t candidate = 1;   ///< this plan's number, for PlanOptions::candidate
  std::int32_t candidates = 1;  ///< number of ways to run this layer with the given threads
};

}  // namespace TANDEM_ABI
}  // namespace tandem
