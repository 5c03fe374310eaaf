// A quantised layer, its values, and its outputs by the formulas of params.hpp and data_type.hpp: integer arithmetic and three
// operations of fp32, or TFLite's steps, which share nothing with the library.
#pragma once

#include <cstdint>
#include <iosfwd>
#include <vector>

#include "tandem/operator.hpp"
#include "tests/guarded_buffer.hpp"
#include "tests/random.hpp"

namespace tandem::test::int8 {

enum class Kind { kConv2d, kConvTranspose2d, kDepthwise, kPointwise, kFullyConnected, kQuantize, kDequantize };

/// Any of the operators as a convolution, a transposed one too; of the conversions only channels and types count.
struct Case {
  Kind kind = Kind::kConv2d;
  Conv2dParams params;
  Shape input;
  DataType weight_type = DataType::kS8;
  FilterLayout layout = FilterLayout::kOihw;
  std::int32_t output_padding_h = 0;  ///< of a transposed convolution, like output_padding_w
  std::int32_t output_padding_w = 0;
  std::vector<float> src;            ///< [N, H, W, C]: integers of src_type, or real numbers
  std::vector<std::int32_t> filter;  ///< [M, C / groups, KH, KW], less their zero point
  std::vector<std::int32_t> bias;    ///< [M], or empty
  std::vector<float> scales;         ///< [M] or [1]
};
std::ostream& operator<<(std::ostream& out, const Case& c);

/// A layer of any kind of at most about `most` multiply-adds and elements. Its sizes stand at the edges of vectors of
/// `lanes` channels as often as not.
Case draw(Random& random, std::int64_t lanes, std::int64_t most = 1 << 22);

/// The default twice as often as each of TFLite's.
Rounding draw_rounding(Random& random);

/// Fills in values and scales. Often they are the largest that exist, so that whatever saturates does; often the multipliers
/// are powers of two, so that many products lie just between two integers; rarely they are so large that only clamping is
/// left; now and then the sums of a channel come as close to 32 bits as create() allows.
void draw_values(Case& c, Random& random);

/// Lets a layer whose values were drawn read these integers instead. The scale of its output grows with that of its input, so
/// that not all outputs are clamped.
void read(Case& taker, const TensorType& type, std::vector<float> src);
/// Whether create() accepts all multipliers, and no output of fp32 can be denormal: some runs flush those to zero.
bool has_multipliers(const Case& c);

/// The weights of a case in guarded memory.
class StoredWeights {
 public:
  StoredWeights(const Case& c, Placement placement);
  [[nodiscard]] Weights get() const;

 private:
  const Case& c_;
  GuardedInput filter_;
  GuardedInput bias_;
  GuardedInput scales_;
};

/// The parameters of a case with its types.
DepthwiseParams depthwise_params(const Case& c);
PointwiseParams pointwise_params(const Case& c);

/// The operator, from weights in guarded memory that is gone when it returns.
Result<Operator> create(const Case& c, const char* isa, Placement placement);

Shape output_shape(const Case& c);

/// The output as real numbers if dst is fp32, else as integers.
std::vector<float> reference(const Case& c);

}  // namespace tandem::test::int8
