// A network as both engines give it: values, and nodes that read and write them. A reader (engines/onnxruntime,
// engines/tflite) translates each node of its engine into one or more nodes of this graph and knows nothing of Tandem's
// operators; the passes (normalise, fuse, claim, plan) know nothing of any engine.
//
//   reader fills a Graph -> claim(graph)   which nodes of the engine Tandem takes, in which groups, and why not the rest
//   reader fills a Graph of one group -> compile(graph) -> Compiled::run()
//
// Invariants of a Graph (check() tests them): node order is an order of execution; each value is written by one node, or
// is an input of the graph, or a constant; ids are indices into `values` and `nodes`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "tandem/activation.hpp"
#include "tandem/padding.hpp"
#include "tandem/status.hpp"
#include "tandem/weights.hpp"

namespace tandem::graph {

using ValueId = std::int32_t;
using NodeId = std::int32_t;
inline constexpr ValueId kNoValue = -1;  ///< an optional input or output that is not there

/// Sizes of the axes, outermost first, in the engine's own order. -1: not known before the run.
using Dims = std::vector<std::int64_t>;
inline constexpr std::int64_t kUnknown = -1;

/// Which axis of an image [4 axes] the channels are. It decides how operators on images read their input.
enum class Layout : std::int32_t {
  kNchw,  ///< ONNX: [N, C, H, W]
  kNhwc,  ///< TFLite: [N, H, W, C]
};

/// The type of a value's elements. Integers appear as shapes, and as constant biases of quantised operators.
enum class ElementType : std::int32_t {
  kF32,
  kU8,
  kS8,
  kInteger,  ///< int32 or int64
  kOther,    ///< anything else: a node that touches it is not claimed
};

/// The elements of a constant. Large ones stay in the engine's memory: `floats` is a view, which `owner` keeps alive, or
/// which the engine keeps alive until claim() or compile() has returned (compile packs what it needs).
struct Constant {
  std::shared_ptr<const void> owner;   ///< null: the engine owns the memory
  const float* floats = nullptr;       ///< kF32: as many as the product of the dims, in row-major order
  const void* bytes = nullptr;         ///< kU8, kS8: likewise
  std::vector<std::int64_t> integers;  ///< kInteger: likewise, copied
};

struct Value {
  std::string name;
  ElementType type = ElementType::kF32;
  bool rank_known = true;  ///< false: dims is empty and says nothing
  Dims dims;               ///< empty with rank_known: a scalar
  bool constant = false;   ///< true: `data` has the elements, and all dims are known
  Constant data;
  /// How elements of 8 bits stand for real numbers: scale * (element - zero_point). quantise() finds it from the nodes
  /// around the value. One scale for all; of a filter also one for each output channel. Empty: not known.
  std::vector<float> scales;
  std::int32_t zero_point = 0;
};

/// The canonical operators, and what `Node::inputs` are. An input in [brackets] may be kNoValue or missing.
/// "filter", "bias" and the four vectors of a batch norm have to be constants to be claimed.
enum class Op : std::int32_t {
  kForeign,  ///< anything else; Node::name says what. Never claimed

  // Images, 4 axes by Graph::layout
  kConv,           ///< x, filter, [bias], [residual]                   ConvAttributes; depthwise convolutions as well
  kConvTranspose,  ///< x, filter, [bias]                               ConvTransposeAttributes
  kBatchNorm,      ///< x, gamma, beta, mean, variance                  BatchNormAttributes
  kMaxPool,        ///< x                                               PoolAttributes
  kAveragePool,    ///< x                                               PoolAttributes
  kResize,         ///< x                                               ResizeAttributes
  kDepthToSpace,   ///< x                                               BlockAttributes
  kSpaceToDepth,   ///< x                                               BlockAttributes

  // Any number of axes
  kMatMul,      ///< x [.., K], filter, [bias]                          MatMulAttributes; Gemm, FullyConnected
  kActivation,  ///< x                                                  Activation (not kPrelu)
  kPrelu,       ///< x, slopes                                          slopes broadcast to x
  kGelu,        ///< x * (1 + erf(x / sqrt 2)) / 2
  kAdd,         ///< a, b                                               numpy's broadcasting, like all with a, b
  kSub,
  kMul,
  kDiv,
  kMin,
  kMax,
  kPow,
  kSqrt,        ///< x
  kErf,         ///< x
  kReduceMean,  ///< x                                                  ReduceAttributes; GlobalAveragePool: H and W
  kSoftmax,     ///< x                                                  AxisAttributes
  kConcat,      ///< a, b, c ...                                        AxisAttributes
  kSplit,       ///< x -> as many outputs as sizes                      SplitAttributes
  kSlice,       ///< x, [starts, ends, [axes], [steps]]                 SliceAttributes
  kPad,         ///< x                                                  PadAttributes
  kReshape,     ///< x, [shape]                                         ReshapeAttributes; Flatten, Squeeze, Unsqueeze
  kTranspose,   ///< x                                                  TransposeAttributes
  kIdentity,    ///< x                                                  Dropout, Cast to the same type

  // To and from 8 bits. What lies between a kDequantize and a kQuantize may become one operator on 8 bits: quantise().
  kQuantize,    ///< x of floats -> 8 bits                              QuantizeAttributes
  kDequantize,  ///< x of 8 bits, or constant integers -> floats        QuantizeAttributes

  // Integers, which only normalise() computes with
  kShape,   ///< x -> [rank]
  kGather,  ///< x, index                                               AxisAttributes
  kCast,    ///< x                                                      between integer types

  // Made by fuse(), never by a reader. The attributes hold everything but the residual.
  kTable,             ///< x of 8 bits -> table[x] of 8 bits            TableAttributes
  kSqueezeExcite,     ///< x, reduce filter, [reduce bias], expand filter, [expand bias]   SqueezeExciteAttributes
  kSeparable,         ///< x, filter, [bias], filter, [bias], [residual]                   BlockOfConvs, 2 stages
  kInvertedResidual,  ///< x, (filter, [bias]) x 3, [residual, which is x]                 BlockOfConvs, 3 stages
};

struct ConvAttributes {
  std::int32_t stride_h = 1, stride_w = 1;
  std::int32_t dilation_h = 1, dilation_w = 1;
  Padding padding;
  std::int32_t groups = 1;
  /// kOihw: ONNX. kOhwi: TFLite CONV_2D. k1hwc: TFLite DEPTHWISE_CONV_2D, with groups the number of input channels.
  FilterLayout filter_layout = FilterLayout::kOihw;
  Activation activation;                   ///< readers: an activation that the engine has fused
  bool residual_after_activation = false;  ///< act(sum) + residual rather than act(sum + residual)
};

struct ConvTransposeAttributes {
  std::int32_t stride_h = 1, stride_w = 1;
  std::int32_t dilation_h = 1, dilation_w = 1;
  Padding padding;  ///< taken off the output
  std::int32_t groups = 1;
  std::int32_t output_padding_h = 0, output_padding_w = 0;
  std::int32_t output_h = 0, output_w = 0;           ///< 0: by the formula of ConvTranspose2dParams
  FilterLayout filter_layout = FilterLayout::kIohw;  ///< kIohw: ONNX. kOhwi: TFLite
  Activation activation;
};

struct BatchNormAttributes {
  float epsilon = 1e-5F;
};

struct PoolAttributes {
  std::int32_t kernel_h = 1, kernel_w = 1;
  std::int32_t stride_h = 1, stride_w = 1;
  std::int32_t dilation_h = 1, dilation_w = 1;
  Padding padding;
  bool ceil_mode = false;          ///< round the output's size up
  bool count_include_pad = false;  ///< average: divide by the whole kernel
};

enum class ResizeMode : std::int32_t { kNearest, kLinear };
/// Where output pixel o reads (ONNX coordinate_transformation_mode; s: output size / input size).
enum class ResizeCoordinates : std::int32_t {
  kAsymmetric,             ///< o / s
  kHalfPixel,              ///< (o + 0.5) / s - 0.5
  kPytorchHalfPixel,       ///< the same, but 0 where the output has one pixel
  kAlignCorners,           ///< o * (in - 1) / (out - 1)
  kTfHalfPixelForNearest,  ///< (o + 0.5) / s (TFLite RESIZE_NEAREST_NEIGHBOR with half_pixel_centers; ONNX 11)
};
enum class ResizeRounding : std::int32_t { kFloor, kRoundPreferFloor, kRoundPreferCeil, kCeil };
struct ResizeAttributes {
  ResizeMode mode = ResizeMode::kNearest;
  ResizeCoordinates coordinates = ResizeCoordinates::kAsymmetric;
  ResizeRounding rounding = ResizeRounding::kFloor;  ///< nearest only
  /// Output size: output_h and output_w if > 0, else floor(input * scale). A resize of other axes is kForeign.
  std::int64_t output_h = 0, output_w = 0;
  float scale_h = 0, scale_w = 0;
};

struct BlockAttributes {
  std::int32_t block = 2;
  /// Order of the channels. true: [block, block, C] (ONNX DCR, TFLite); false: [C, block, block] (ONNX CRD, PyTorch)
  bool depth_first = true;
};

struct MatMulAttributes {
  bool filter_transposed = false;  ///< false: [K, M] (ONNX MatMul); true: [M, K] (Gemm with transB, TFLite)
  Activation activation;
};

struct ReduceAttributes {
  std::vector<std::int64_t> axes;  ///< negative ones count from the end
  bool keep_dims = true;
};
struct AxisAttributes {
  std::int64_t axis = 0;  ///< a negative one counts from the end
};
struct SplitAttributes {
  std::int64_t axis = 0;
  std::vector<std::int64_t> sizes;  ///< one for each output; empty: equal parts
};
/// numpy's x[start:end:step], one triple for each entry of axes. If the engine computes some of them in the network (the
/// other inputs), leave known = false: normalise() finds out what it can.
struct SliceAttributes {
  std::vector<std::int64_t> axes, starts, ends, steps;
  bool known = true;
};
struct PadAttributes {
  std::vector<std::int64_t> before, after;  ///< one for each axis
  float value = 0;
};
/// The new sizes: -1 is computed from the rest, 0 copies the input's axis of that place. If the engine computes them in
/// the network (input `shape`), leave known = false: normalise() finds out what it can.
struct ReshapeAttributes {
  bool known = true;
  Dims dims;
};
struct TransposeAttributes {
  std::vector<std::int64_t> permutation;  ///< output axis i is input axis permutation[i]
};

/// real = scale * (element - zero_point)
struct QuantizeAttributes {
  std::vector<float> scales;    ///< one, or one for each element of `axis`
  std::int32_t zero_point = 0;  ///< of all of them
  std::int64_t axis = 0;        ///< read only with several scales; a negative one counts from the end
};

struct TableAttributes {
  /// The bits of the output for each input, by its bits.
  std::shared_ptr<const std::array<std::uint8_t, 256>> elements;
  std::int32_t operators = 1;  ///< that it stands for
};

struct SqueezeExciteAttributes {
  Activation activation;
  Activation gate;
  FilterLayout filter_layout = FilterLayout::kOihw;
};
struct BlockOfConvs {
  std::vector<ConvAttributes> stages;
  std::vector<TensorType> stored;  ///< of a quantised block: the output of each stage. Else empty
};

using Attributes =
    std::variant<std::monostate, ConvAttributes, ConvTransposeAttributes, BatchNormAttributes, PoolAttributes,
                 ResizeAttributes, BlockAttributes, MatMulAttributes, Activation, ReduceAttributes, AxisAttributes,
                 SplitAttributes, SliceAttributes, PadAttributes, ReshapeAttributes, TransposeAttributes,
                 QuantizeAttributes, TableAttributes, SqueezeExciteAttributes, BlockOfConvs>;

struct Node {
  Op op = Op::kForeign;
  std::string name;  ///< the engine's name for the node, or its operator's; for messages
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  Attributes attributes;
  /// The engine's own numbers of the nodes that this one stands for. A reader gives one; passes that join nodes join
  /// these. A reader may also write several nodes with one source (TFLite's Add with an activation): claim() then takes
  /// all of them, in one group, or none.
  std::vector<std::int32_t> sources;
};

struct Graph {
  Layout layout = Layout::kNchw;
  Rounding rounding = Rounding::kNearestEven;  ///< of convolutions, matrix products, sums, products and means on 8 bits
  std::vector<Value> values;
  std::vector<Node> nodes;
  std::vector<ValueId> inputs;   ///< without the constants; any type
  std::vector<ValueId> outputs;  ///< each written by a node, or an input

  /// Adds a value and returns its id.
  ValueId add(Value value);
  /// A value that a node will write, or an input of the graph. A rank that is not known: `add` a Value.
  ValueId tensor(std::string name, Dims dims, ElementType type = ElementType::kF32);
  /// A constant whose elements are copied.
  ValueId constant(std::string name, Dims dims, std::vector<float> elements);
  ValueId integers(std::string name, Dims dims, std::vector<std::int64_t> elements);
  /// A constant whose elements stay where they are; see Constant.
  ValueId borrowed(std::string name, Dims dims, const float* elements, std::shared_ptr<const void> owner = {});
  /// The same of 8 bits.
  ValueId borrowed_bytes(std::string name, Dims dims, ElementType type, const void* elements,
                         std::shared_ptr<const void> owner = {});
  /// A constant of kS8, whose elements are copied.
  ValueId bytes(std::string name, Dims dims, std::vector<std::int8_t> elements);
  /// Adds a node. `source` < 0: the node stands for none of the engine's.
  Node& node(Op op, std::string name, std::vector<ValueId> reads, std::vector<ValueId> writes, Attributes attributes,
             std::int32_t source);
};

/// Whether elements have 8 bits.
constexpr bool is_byte(ElementType type) noexcept { return type == ElementType::kU8 || type == ElementType::kS8; }
/// Element i of a constant of 8 bits or integers.
std::int64_t integer_at(const Value& constant, std::size_t i) noexcept;
/// Whether a value holds what operators compute with, rather than shapes.
constexpr bool is_data(ElementType type) noexcept { return type == ElementType::kF32 || is_byte(type); }

/// The name of an operator, e.g. "Conv".
const char* to_string(Op op) noexcept;

/// One line for each input, node and output: what it reads, its attributes, what it writes, with the dims.
std::string print(const Graph& graph);

/// The invariants above, and the number of inputs and outputs of each node, the kind of its attributes, and the sizes of
/// constants: what a damaged model may get wrong. kInvalidArgument with the node's name and the offending value.
Status check(const Graph& graph);

/// The same for a node by itself, whose inputs are values of the graph: a reader leaves a node that fails to the engine.
Status check(const Graph& graph, const Node& node);

}  // namespace tandem::graph
