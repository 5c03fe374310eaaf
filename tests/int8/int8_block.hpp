// A quantised block, its values, and its outputs by the formulas of its stages, one after the other.
#pragma once

#include <iosfwd>
#include <optional>
#include <vector>

#include "int8_case.hpp"
#include "int8_squeeze_excite.hpp"

namespace tandem::test::int8 {

/// Each stage reads what the one before stores, as `src` and `params.src_type` of its case say.
struct Block {
  std::optional<Case> expand;  ///< none: a separable block
  Case depthwise;
  std::int32_t squeezed = 0;  ///< channels after the reduction of a squeeze-and-excite; 0: none
  std::optional<SqueezeExcite> squeeze_excite;
  Case project;
  bool residual = false;  ///< the block's own input is added, before the activation of project or after it
  ResidualOrder order = ResidualOrder::kBeforeActivation;
  TensorType sum_type = {};  ///< with a residual

  [[nodiscard]] const Case& first() const noexcept { return expand ? *expand : depthwise; }
  [[nodiscard]] TensorType dst_type() const noexcept { return residual ? sum_type : project.params.dst_type; }
};
std::ostream& operator<<(std::ostream& out, const Block& b);

/// What a block is made of, apart from its values.
struct BlockSizes {
  Shape input;
  std::int32_t hidden = 0;  ///< channels of the expansion; 0: a separable block
  std::int32_t out = 0;
  std::int32_t kernel = 3;
  std::int32_t stride = 1;
  bool residual = false;
  std::int32_t squeezed = 0;  ///< channels of a squeeze-and-excite after its reduction; 0: none
};
/// With SAME padding, of tensors of this type.
Block block_of(const BlockSizes& sizes, DataType type, Random& random);

/// A block of at most about `most` multiply-adds and elements in its depthwise stage.
Block draw_block(Random& random, std::int64_t lanes, std::int64_t most = 1 << 16);

/// The operator, from weights in guarded memory that is gone when it returns.
Result<Operator> create(const Block& b, const char* isa, Placement placement);

/// Integers, or real numbers if dst is fp32.
std::vector<float> reference(const Block& b);

}  // namespace tandem::test::int8
