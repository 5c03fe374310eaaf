// The watershed between planner and kernels, as plain data: one table per ISA, combination of types, and tuning. Above it
// nothing knows the width of a vector; below it nothing knows a tensor.
//
// Tensors and weights are untyped pointers to elements of the table's types. Strides are in bytes and are whole
// elements. Sums, biases, slopes, scales and shifts are fp32.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/floating_point.hpp"
#include "kernels/isa_list.hpp"
#include "kernels/panels.hpp"
#include "kernels/woven.hpp"
#include "tandem/data_type.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

/// The function f of an epilogue; the values are those of tandem::Activation::Kind.
enum class Function : std::int32_t {
  kClamp,        // s < lo ? lo : (s > hi ? hi : s)
  kLeakyRelu,    // s < 0 ? alpha * s : s
  kPrelu,        // s < 0 ? slopes[j] * s : s
  kSigmoid,      // 1 / (1 + exp(-s))
  kSilu,         // s * sigmoid(s)
  kHardSigmoid,  // clamp(alpha * s + beta, 0, 1)
  kHardSwish,    // s * clamp(s / 6 + 1/2, 0, 1)
  kTanh,
  kGelu,      // s * Phi(s), Phi the distribution function of the standard normal distribution
  kGeluTanh,  // s / 2 * (1 + tanh(sqrt(2 / pi) * (s + 0.044715 * s^3)))
};

/// multiplier / 2^31 * 2^shift.
struct FixedMultiplier {
  std::int32_t multiplier = 0;  // 0, or in [2^30, 2^31)
  std::int32_t shift = 0;       // in [-31, 30]
};

/// How an int8 kernel makes an output of an exact sum:
///   real = float(sum) * multipliers[j], where float() rounds to nearest and so does the product
///   dst  = clamp(real, lo, hi) for fp32, else round(clamp(real, lo, hi)) + zero_point, to nearest, ties to even
/// or, where there are shifts, of TFLite's multipliers q[j] / 2^31 * 2^shifts[j] with one or two roundings:
///   dst  = clamp(fixed_point(sum), lo, hi) + zero_point, see fixed_point.inl.hpp
/// Kernels without weights have no multipliers[j]; they take the quotients of their operands' scales and the scale of dst, or,
/// with fixed_operands, what fixed_point_elementwise.inl.hpp and fixed_point_pool.inl.hpp say.
struct Requantisation {
  const float* multipliers = nullptr;  // like the pointers of an Epilogue; with shifts the bits of s32
  const float* shifts = nullptr;       // the bits of s32 in [-31, 30]; null: multipliers are fp32
  float lo = 0.0F;                     // for 8 bits integers less the zero point
  float hi = 0.0F;
  std::int32_t zero_point = 0;
  std::int32_t dst_bytes = 1;  // 1: u8 or s8; 4: fp32
  bool bounded = false;        // there are no shifts, and |real| < 2^31 for every sum that can occur
  bool twice = false;          // with shifts or fixed_operands: two roundings
  bool fixed_operands = false;
  bool plain_mean = false;    // of a pool: the elements are added and divided as they are, see fixed_point_pool.inl.hpp
  float a_multiplier = 0.0F;  // of the first operand; of a product, of both
  float b_multiplier = 0.0F;
  std::int32_t a_zero_point = 0;
  std::int32_t b_zero_point = 0;
  FixedMultiplier a_fixed, b_fixed, dst_fixed;  // TFLite's multipliers of operands and of their sum or product
};

/// How a sum s = bias + products becomes an output: g(s + residual), or g(s) + residual if residual_last, where
/// g(s) = scale[j] * f(s) + shift[j], one multiply-add, or g = f if both are null. By default the output is s. Pointers
/// are to the first column or channel; whole vectors may be read.
struct Epilogue {
  float lo = -__builtin_inff();  // lo and hi of a clamp
  float hi = __builtin_inff();
  Function function = Function::kClamp;
  bool residual_last = false;
  float alpha = 0.0F;
  float beta = 0.0F;
  const float* slopes = nullptr;
  const float* scale = nullptr;  // null together with shift
  const float* shift = nullptr;
  Requantisation requantisation = {};  // of int8 tables, which read nothing else here
};

/// Rows of elements, `stride` bytes from one to the next.
struct ConstRows {
  const void* data = nullptr;
  std::ptrdiff_t stride = 0;
};
struct Rows {
  void* data = nullptr;
  std::ptrdiff_t stride = 0;
};
/// Rows of fp32 sums.
struct SumRows {
  float* data = nullptr;
  std::ptrdiff_t stride = 0;
};

/// Long sums of a matrix product are made of blocks, so that their error does not grow with all of k: block i holds the
/// products of rows [i * kSumBlock, (i + 1) * kSumBlock) of the packed matrix; an output may lack some of these. Block
/// 0 is summed from the bias, the others from -0, which changes no sum; each is then added to the sum of those before
/// it. The products of up to kSumBlock rows, as nearly all networks have them, are one block.
inline constexpr std::int64_t kSumBlock = 4096;

/// Memory that will be read soon. A kernel prefetches it while it multiplies, a little in each step. Null: nothing.
struct Prefetch {
  const void* data = nullptr;
  std::int64_t bytes = 0;
};

/// The columns of a panel of one vector may belong to several groups of a convolution. A column then reads the element
/// of A that its own group has there. A segment is either a pixel, whose steps are the inputs of a group:
///   a[r, i] = row r of a, element lanes[i * V + j]                      for column j, planes = 0
/// or inner segment t is plane t, the t-th inputs of all groups, whose steps are pixels:
///   a[r, i] = row r of a + i * planes bytes, element lanes[t * V + j]   for column j
/// The kernel loads the first `readable` elements of a pixel, at most V, and permutes them. Every lane is below that.
struct GemmGroups {
  const std::int32_t* lanes = nullptr;  // [inputs of a group, V]; null: all columns read element i
  std::int32_t readable = 0;
  std::ptrdiff_t planes = 0;  // bytes from pixel to pixel of a plane
};

/// A packed panel of `vectors` vectors. Each row holds vectors * V columns, zero from `columns` on.
///
/// The last vector may be folded: its few columns fill a fraction of it, so it holds them at `fold` successive steps,
///   folded[q * V + j * fold + p] = column j of the last vector in row q * fold + p,  p in [0, fold)
/// and the rows of `weights` hold the other vectors alone. Its sums are in `fold` parts, each over every fold-th row of
/// B, and are added in pairs at the end, neighbours first. The bias belongs to part 0; the others begin with -0.
struct GemmPanel {
  const void* weights = nullptr;
  const float* bias = nullptr;   // [vectors * V], as the sums begin
  std::int32_t vectors = 0;      // 1 .. kMaxPanelVectors
  std::int32_t columns = 0;      // ((vectors - 1) * V, (vectors - 1) * V + V / fold]
  std::int32_t fold = 1;         // 1, 2, 4, 8 or 16, at most V
  const void* folded = nullptr;  // the last vector, if fold > 1
  GemmGroups groups = {};        // a panel of groups is not folded
};

/// The steps of a product: outer * inner segments of `k` contiguous elements of a row of A, numbered (outer, inner, k)
/// with k innermost. A pointwise convolution has one segment, its channels. A regular convolution has one segment per
/// kernel row, or per tap if the taps of a row are apart (dilation), so it needs no copy of its patches:
///   a[r, (s, t, i)] = row r of a + s * a_outer_stride + t * a_inner_stride, element i
///   b[(s, t, i), :] = row first + s * b_outer_stride + t * b_inner_stride + i of the panel
/// An int8 table counts quads of elements: k of them in each segment, and `rest` more elements, which are one more step.
struct GemmSteps {
  std::int64_t first = 0;
  std::int64_t k = 0;
  std::int64_t outer = 1;
  std::int64_t inner = 1;
  std::ptrdiff_t a_outer_stride = 0;
  std::ptrdiff_t a_inner_stride = 0;
  std::ptrdiff_t b_outer_stride = 0;  // in rows of the panel, like b_inner_stride
  std::ptrdiff_t b_inner_stride = 0;
  std::int32_t rest = 0;  // int8: 0 to 3
};

/// Sums between the calls of a product that is cut along k. They rest in fp32 rows of vectors * V floats, because the
/// type of a tensor could not hold them, so the result has the same bits as one call.
struct GemmPartialSums {
  SumRows rows;          // [rows, vectors * V]
  bool resume = false;   // start from `rows` instead of the bias
  bool suspend = false;  // store the sums into `rows`, without epilogue; c and residual are untouched
};

/// All rows of one panel of a matrix product:
///   c[r, j] = f(bias[j] + sum_i a[r, i] * b[i, j] + residual[r, j])   r in [0, rows), j in [0, columns)
/// summed from the bias over ascending i, with one fused multiply-add each (multiply, then add on an ISA without it).
/// The columns of a folded vector are summed in parts, see GemmPanel. No other byte of a, c or residual is touched.
/// Blocks of sums are the caller's affair: it calls once for each, see GemmPartialSums.
struct GemmArgs {
  std::int64_t rows = 0;
  ConstRows a;
  GemmPanel panel;
  GemmSteps steps;
  Rows c;
  ConstRows residual;  // null: none
  GemmPartialSums partial;
  Epilogue epilogue;
  Prefetch prefetch;        // usually the next panel; null: the kernel prefetches its own panel
  bool prefetch_c = false;  // c is outside L2: prefetch its lines, so that stores need not wait
};
using GemmFunction = void (*)(const GemmArgs& args) noexcept;

inline constexpr int kMaxPanelVectors = 3;

/// A row of the table: a kernel for panels of `vectors` vectors. The first row that takes a panel is called.
struct GemmKernel {
  const char* name;
  std::int32_t vectors;      // takes panels of this many vectors
  std::int32_t fold;         // whose last vector has this fold
  std::int32_t max_columns;  // with at most this many columns
  std::int32_t tile_rows;    // rows of its register tile
  GemmFunction function;
  bool groups = false;  // takes panels of several groups, and no others

  [[nodiscard]] constexpr bool takes(const GemmPanel& panel) const noexcept {
    return panel.vectors == vectors && panel.fold == fold && panel.columns <= max_columns &&
           (panel.groups.lanes != nullptr) == groups;
  }
};

/// A single row against several panels of `vectors` vectors, which follow each other in memory:
///   c[j] = f(bias[j] + sum_i a[i] * b[i, j] + residual[j])   j in [0, columns)
/// with the same bits as GemmArgs for each block of kSumBlock steps. The panels are full, and of 2 or 3 vectors; with 8 bits the last
/// one need not be full, a lone one may have one vector, and there is no residual.
struct GemvArgs {
  static constexpr int kTogether = 4;  // panels multiplied at a time
  std::int32_t vectors;                // of a panel
  const void* a;                       // [k]
  const void* b;                       // the first panel, [k, vectors * V]
  const float* bias;                   // of the first panel, [vectors * V]
  const void* residual;                // [columns]; null: none
  void* c;                             // [columns]
  std::ptrdiff_t panel_stride;         // from a panel to the next, and from its bias to the next
  std::int64_t k;
  std::int32_t rest;  // of 8 bits: elements of A behind the k quads, see GemmSteps
  std::int64_t panels;
  std::int64_t columns;  // of all panels
  Epilogue epilogue;
};
using GemvFunction = void (*)(const GemvArgs& args) noexcept;

/// One output row of a depthwise convolution, or two (the kernels with out_rows = 2), for a range of channels:
///   dst[y, x, c] = f(bias[c] + sum_{ky,kx} rows[y * stride_h + ky][x * stride_w - pad_left + kx * dilation_w, c]
///                        * filter[ky, kx, c] + residual[y, x, c])
/// summed over ascending ky, then kx. Columns outside [0, in_width) are skipped, not multiplied. So are null rows,
/// which stand for padding; only the first and the last ones may be null. A kernel for two rows reads all row pointers
/// without a test: none may be null. It expects a clamp, no residual, no dilation, at most kernel_w / 2 columns of
/// padding on each side and at least a vector of channels. All pointers are to the first channel of the range.
struct DepthwiseArgs {
  const void* const* rows;    // [kernel_h + (out_rows - 1) * stride_h] input rows; null: padding
  const void* filter;         // [kernel_h, kernel_w, *], tap stride filter_stride
  const float* bias;          // [channels]
  const void* residual;       // [out_width, channels], pixel stride residual_stride; null: none
  void* dst;                  // [out_rows, out_width, channels], pixel stride dst_stride
  std::ptrdiff_t src_stride;  // pixel stride of the input rows
  std::ptrdiff_t filter_stride;
  std::ptrdiff_t residual_stride;
  std::ptrdiff_t dst_stride;
  std::ptrdiff_t dst_row_stride;  // read only for two rows
  std::int64_t in_width;
  std::int64_t out_width;
  std::int64_t channels;
  std::int32_t kernel_h;
  std::int32_t kernel_w;
  std::int32_t stride_h;  // rows[stride_h] is the second output row's first
  std::int32_t stride_w;
  std::int32_t dilation_w;
  std::int64_t pad_left;
  Epilogue epilogue;
};
using DepthwiseFunction = void (*)(const DepthwiseArgs& args) noexcept;

/// The properties of a layer that decide which depthwise kernels can run it.
struct DepthwiseLayer {
  std::int32_t kernel_h;
  std::int32_t kernel_w;
  std::int32_t stride_h;
  std::int32_t stride_w;
  std::int32_t dilation_h;
  std::int32_t dilation_w;
  std::int64_t pad_left;
  std::int64_t in_width;
  std::int64_t out_width;
  std::int64_t channels;
  bool clamps;    // the epilogue is a clamp without an affine or a residual after it
  bool residual;  // a residual is added
  bool dense;     // src, dst and residual have no gaps between pixels, and the epilogue has no pointers
};

/// Outputs of the next register tile where `left` outputs of a row are left. A kernel may have a second, narrower tile for
/// the end of rows: 7 + 4 + 4 cover 15 outputs, where three tiles of 7 would compute 6 of them twice. The last tile of a row
/// begins early enough to be whole. narrow = tile: there is no second tile.
[[nodiscard]] constexpr std::int64_t next_outputs(std::int64_t left, std::int64_t tile, std::int64_t narrow) noexcept {
  return left <= narrow || left == 2 * narrow || left == 3 * narrow ? narrow : tile;
}

/// A row of the table. Of the rows with the wanted out_rows the first that takes a layer is called; the last row takes
/// every layer. A kernel for one row calls the code of that last row for a range of channels below one vector, and
/// where overlapping vectors would add twice to a residual that is dst itself.
struct DepthwiseKernel {
  const char* name;
  std::int32_t out_rows;      // per call, 1 or 2
  std::int32_t kernel;        // width of the kernel; for two rows its height too; 0: any
  std::int32_t stride;        // along the row; for two rows downwards too; 0: any
  std::int32_t tile_outputs;  // outputs of its register tile along the row
  std::int64_t min_channels;
  std::int64_t max_channels;
  bool needs_dense;
  DepthwiseFunction function;
  std::int32_t narrow_outputs = 0;  // of a second tile; 0: there is none

  /// Outputs that the tiles of a row compute, some of them twice.
  [[nodiscard]] constexpr std::int64_t computed_outputs(std::int64_t out_width) const noexcept {
    const std::int64_t narrow = narrow_outputs == 0 ? tile_outputs : narrow_outputs;
    const std::int64_t end = 3 * narrow;  // before it all tiles are wide
    std::int64_t computed = out_width > end ? (out_width - end - 1) / tile_outputs * tile_outputs : 0;
    for (std::int64_t left = out_width - computed; left > 0;) {
      const std::int64_t outputs = next_outputs(left, tile_outputs, narrow);
      computed += outputs;
      left -= outputs;
    }
    return computed;
  }

  [[nodiscard]] constexpr bool takes(const DepthwiseLayer& l) const noexcept {
    if (l.channels < min_channels || l.channels > max_channels || (needs_dense && !l.dense)) return false;
    // With dilation D, every D / gcd(D, stride)-th output reads the same columns of the input; there its stride is
    // stride / gcd.
    std::int32_t common = l.dilation_w;
    for (std::int32_t rest = l.stride_w; rest != 0;) {
      const std::int32_t next = common % rest;
      common = rest;
      rest = next;
    }
    const std::int64_t classes = l.dilation_w / common;
    if (kernel != 0 && l.kernel_w != kernel) return false;
    if (stride != 0 && l.stride_w / common != stride) return false;
    if (needs_dense && l.dilation_w != 1) return false;  // its columns lie apart, even if all outputs are in one class
    if (kernel != 0 && l.out_width < classes * tile_outputs) return false;
    if (out_rows == 1) return true;
    const std::int64_t past = (l.out_width - 1) * l.stride_w - l.pad_left + l.kernel_w - l.in_width;
    return l.kernel_h == kernel && l.stride_h == stride && l.dilation_h == 1 && l.dilation_w == 1 &&
           l.pad_left <= kernel / 2 && past <= kernel / 2 && l.clamps && !l.residual;
  }
};

/// Mean over pixels: dst[c] = f(sum_p src[p, c] / pixels). The pixels are cut into blocks of kBlock, and the rest into
/// one block each of 4, 2 and 1 as needed. A block is summed in fp32 as a tree: the sum of its first half plus the sum
/// of its second half. The sums of the blocks are added in double, from +0 over ascending p, multiplied by 1 / pixels
/// in double and rounded once. Where that is infinite or NaN, all pixels are added in double instead, so the mean of
/// finite values is finite.
struct PoolArgs {
  static constexpr int kBlock = 8;
  ConstRows src;  // [pixels, channels]
  void* dst;      // [channels]
  std::int64_t pixels;
  std::int64_t channels;
  Epilogue epilogue;
};
using PoolFunction = void (*)(const PoolArgs& args) noexcept;

/// Copies one row of pixels so that every output channel of a grouped convolution has its own lane:
///   dst[x, o] = src[x, (first + o) / group_outputs * group_inputs + member]      o in [0, channels)
/// Reads only the channels that it copies.
struct SpreadArgs {
  ConstRows src;  // pixel 0, channel 0
  Rows dst;
  std::int64_t pixels;
  std::int64_t first;  // output channel
  std::int64_t channels;
  std::int32_t group_inputs;
  std::int32_t group_outputs;
  std::int32_t member;
};
using SpreadFunction = void (*)(const SpreadArgs& args) noexcept;

/// Rows of a depthwise convolution of 8 bits, for blocks of 4 * V channels:
///   dst[y, x, c] = f(bias[c] + sum_{ky,kx} src[y * SH - top + ky * DH, x * SW - left + kx * DW, c] * filter[ky, kx, c])
/// for y in [first_row, end_row), where pixels outside the image are zero_point. All sums are exact. If a block is not full,
/// its groups of channels may share some with the block before, see WovenChannels: both write the same outputs there.
struct WovenArgs {
  ConstRows src;          // the image: pixel (0, 0), channel 0; the stride is from pixel to pixel
  Rows dst;               // likewise
  std::int64_t src_rows;  // that memory holds: row y of the image is row y % src_rows of it
  std::ptrdiff_t src_row_stride;
  std::ptrdiff_t dst_row_stride;
  const float* weights;   // [blocks], see WovenBlock
  std::int64_t channels;  // at least a group
  std::int64_t first_block;
  std::int64_t end_block;
  WovenAxis y;
  WovenAxis x;
  std::int64_t first_row;
  std::int64_t end_row;
  std::int64_t strip;  // most outputs of a row at a time
  std::int32_t zero_point;
  Epilogue epilogue;
  void* memory;  // WovenMemory, aligned to 64 bytes
};
using WovenFunction = void (*)(const WovenArgs& args) noexcept;

/// A row of the table. The first row that takes a layer is called; the last row takes every layer.
struct WovenKernel {
  const char* name;
  WovenForm form;
  WovenFunction function;

  [[nodiscard]] constexpr bool takes(const WovenAxis& x) const noexcept {
    return form.stride == 0 || form.stride == x.dense_stride();
  }
};

/// Transposition: dst[j, i] = src[i, j], i in [0, rows), j in [0, columns), bit by bit. src and dst do not overlap.
/// Nothing between the rows of dst is written.
struct TransposeArgs {
  ConstRows src;  // [rows, columns]
  Rows dst;       // [columns, rows]
  std::int64_t rows;
  std::int64_t columns;
};
using TransposeFunction = void (*)(const TransposeArgs& args) noexcept;

/// Channel-wise product: dst[p, c] = src[p, c] * scale[c]. dst may be src, at the same stride.
struct ScaleArgs {
  ConstRows src;      // [pixels, channels]
  const void* scale;  // [channels], elements of the type of src
  Rows dst;           // [pixels, channels]
  std::int64_t pixels;
  std::int64_t channels;
};
using ScaleFunction = void (*)(const ScaleArgs& args) noexcept;

/// Consecutive output pixels of a pool over windows, all of one row. Tap (ky, kx) of output x is pixel
/// x * stride_w - pad_left + kx * dilation_w of row ky; taps outside [0, in_width) are padding. `src` has the rows of
/// taps that lie inside the input alone.
///   max:      dst[i, c] = f(the greatest tap of output first + i); -infinity without any tap, NaN if a tap is NaN, +0
///             if it is a zero
///   average:  dst[i, c] = f(sum of the taps / their number), 0 without any tap. The taps of each row are added in fp32
///             from +0 over ascending kx, the sums of the rows likewise over ascending ky. The sum is multiplied by
///             1 / number in double and rounded once.
struct WindowPoolArgs {
  ConstRows src;  // pixel 0 of the first row of taps; the stride is from pixel to pixel
  std::ptrdiff_t tap_row_stride;
  std::int64_t tap_rows;  // inside the input, >= 0
  std::int64_t in_width;
  std::int64_t kernel_w;
  std::int64_t stride_w;
  std::int64_t dilation_w;
  std::int64_t pad_left;
  Rows dst;               // [pixels, channels]
  std::int64_t first;     // number of the first output pixel in its row
  std::int64_t pixels;    // >= 0
  std::int64_t channels;  // >= 1
  bool counts_padding;    // an average divides by the number of taps in counted_rows rows and left of counted_width
  std::int64_t counted_rows;
  std::int64_t counted_width;
  Epilogue epilogue;
};
using WindowPoolFunction = void (*)(const WindowPoolArgs& args) noexcept;

/// True if the vectors of a pool run along a row whose pixels have no gaps, not along the channels of a pixel: they would
/// leave lanes empty. The windows of stride 1 are computed, so a great stride wastes most of them. Up to 16 floats of them
/// for an output pay: more take as long as an output by itself.
[[nodiscard]] constexpr bool pools_along_row(std::int64_t lanes, std::int64_t channels,
                                             std::int64_t stride_w) noexcept {
  constexpr std::int64_t kMostFloats = 16;
  return channels < lanes && 2 * stride_w <= lanes && channels * stride_w <= kMostFloats;
}

/// The two pixels of an input row between which an output pixel lies.
struct ResizeColumn {
  std::ptrdiff_t offset[2];  // in bytes
  float weights[2];
};

/// Consecutive output pixels of a resized image, all of one row. u: weights of the rows, v: of columns[i]:
///   linear:   dst[i, c] = u0 * (v0 * rows[0][i0, c] + v1 * rows[0][i1, c])
///                       + u1 * (v0 * rows[1][i0, c] + v1 * rows[1][i1, c])
///             each sum of two products is a product that is rounded, and then a multiply-add of the second one
///   nearest:  dst[i, c] = rows[0][i0, c], bit by bit
struct ResizeArgs {
  const void* rows[2];
  float weights[2];
  const ResizeColumn* columns;  // [pixels]
  Rows dst;                     // [pixels, channels]
  std::int64_t pixels;
  std::int64_t channels;  // >= 1
};
using ResizeFunction = void (*)(const ResizeArgs& args) noexcept;
/// Operations on two elements; the values are those of tandem::ElementwiseOperation. Each is rounded once to fp32, so
/// every ISA has the same bits. A NaN of either element stays NaN.
enum class Operation : std::int32_t {
  kAdd,           // a + b
  kSubtract,      // a - b
  kSubtractFrom,  // b - a
  kMultiply,      // a * b
  kDivide,        // a / b
  kDivideInto,    // b / a
  kMaximum,       // a < b ? b : a
  kMinimum,       // a > b ? b : a
  kNone,          // a; b is not read
};

/// Element by element: dst[p, c] = f(a[p, c] OP b[p, c]). dst may be a or b, at the same stride.
struct ElementwiseArgs {
  Operation operation;
  ConstRows a;      // [pixels, channels]
  ConstRows b;      // [pixels, channels], or [pixels, 1] if b_single; stride 0: all pixels have the same
  bool b_single;    // an element of b for all channels of a pixel
  bool b_constant;  // the elements of b are fp32, not those of the table
  Rows dst;         // [pixels, channels]
  std::int64_t pixels;
  std::int64_t channels;
  Epilogue epilogue;
};
using ElementwiseFunction = void (*)(const ElementwiseArgs& args) noexcept;

/// Softmax over the channels of each pixel: dst[p, c] = exp(beta * (src[p, c] - most)) / sum_c' exp(...), where `most`
/// is the pixel's largest element. The exponentials are added in an order that depends on the channels alone. dst may
/// be src, at the same stride.
struct SoftmaxArgs {
  ConstRows src;  // [pixels, channels]
  Rows dst;       // [pixels, channels]
  std::int64_t pixels;
  std::int64_t channels;
  float beta;  // finite, > 0
};
using SoftmaxFunction = void (*)(const SoftmaxArgs& args) noexcept;

/// Between fp32 and 8 bits, element by element, to nearest, ties to even:
///   quantise:    dst[p, c] = clamp(round(src[p, c] / scale) + zero_point); the least integer if that is NaN
///   dequantise:  dst[p, c] = scale * (src[p, c] - zero_point)
struct ConvertArgs {
  ConstRows src;  // [pixels, channels]
  Rows dst;       // [pixels, channels]
  std::int64_t pixels;
  std::int64_t channels;
  float scale;
  std::int32_t zero_point;
};
using ConvertFunction = void (*)(const ConvertArgs& args) noexcept;

/// A function of 8 bits: dst[p, c] = table[src[p, c]]. dst may be src, at the same stride.
struct LookupArgs {
  ConstRows src;  // [pixels, channels]
  Rows dst;       // [pixels, channels]
  std::int64_t pixels;
  std::int64_t channels;
  const std::uint8_t* table;  // [256]
};
using LookupFunction = void (*)(const LookupArgs& args) noexcept;

/// Copies rows of bytes: dst[r, i] = src[r, i]. src and dst do not overlap.
struct CopyArgs {
  ConstRows src;  // [rows, bytes]
  Rows dst;       // [rows, bytes]
  std::int64_t rows;
  std::int64_t bytes;  // of a row
};
using CopyFunction = void (*)(const CopyArgs& args) noexcept;

/// Rows of a table, in the order in which they are tried.
template <class Kernel>
struct KernelRows {
  const Kernel* first;
  std::int32_t count;
  [[nodiscard]] constexpr const Kernel* begin() const noexcept { return first; }
  [[nodiscard]] constexpr const Kernel* end() const noexcept { return first + count; }
};

/// The types that a table computes with: tensors, weights. Sums are fp32; for weights of s8 they are s32.
struct TypeRow {
  DataType tensor = DataType::kF32;
  DataType weight = DataType::kF32;
  [[nodiscard]] constexpr bool operator==(const TypeRow&) const noexcept = default;
};

/// What suits one microarchitecture better than another with the same instructions. Results have the same bits for all.
struct Tuning {
  std::int32_t panel_vectors = 2;  // of a full panel of a packed matrix, 2 or 3
  bool depthwise_pairs = true;     // the table has depthwise kernels for two output rows
  bool joined_entries = false;  // depthwise kernels of 8 bits join entries at stride 2 where the ISA can, see woven.hpp
  [[nodiscard]] constexpr bool operator==(const Tuning&) const noexcept = default;
};

struct KernelTable {
  const char* isa;  // its name
  TypeRow types;
  Tuning tuning;
  std::int32_t lanes;       // V, fp32 lanes of a vector
  bool fused_multiply_add;  // a multiply-add rounds once, not twice
  bool gemm_halves;         // a last vector with at most half its columns takes half the time
  Folds folds;              // which matrices are folded

  KernelRows<GemmKernel> gemm;
  GemvFunction gemv;
  KernelRows<DepthwiseKernel> depthwise;
  PoolFunction global_average_pool;
  SpreadFunction spread;
  TransposeFunction transpose;
  ScaleFunction scale_channels;
  WindowPoolFunction max_pool;
  WindowPoolFunction average_pool;
  ResizeFunction resize_nearest;
  ResizeFunction resize_linear;
  ElementwiseFunction elementwise;
  SoftmaxFunction softmax;
  CopyFunction copy_rows;
  KernelRows<WovenKernel> woven;  // of int8 tables alone, like all that follows
  ConvertFunction quantise;
  ConvertFunction dequantise;
  LookupFunction lookup;
  std::int32_t sample_offset;  // what the kernels add to every element of a tensor; the bias takes it off

  /// True if the table computes with quads of 8 bits.
  [[nodiscard]] constexpr bool int8() const noexcept { return types.weight == DataType::kS8; }
  /// Bytes of an element of a tensor, and of an element of a packed matrix, which for int8 is a quad.
  [[nodiscard]] constexpr std::ptrdiff_t tensor_bytes() const noexcept {
    return static_cast<std::ptrdiff_t>(element_bytes(types.tensor));
  }
  [[nodiscard]] constexpr std::ptrdiff_t weight_bytes() const noexcept {
    return int8() ? 4 : static_cast<std::ptrdiff_t>(element_bytes(types.weight));
  }
  /// The row to call for a panel.
  [[nodiscard]] constexpr const GemmKernel& gemm_kernel(const GemmPanel& panel) const noexcept {
    const GemmKernel* row = gemm.begin();
    while (!row->takes(panel)) ++row;
    return *row;
  }
  /// The row to call for a depthwise layer of 8 bits.
  [[nodiscard]] constexpr const WovenKernel& woven_kernel(const WovenAxis& x) const noexcept {
    const WovenKernel* row = woven.begin();
    while (!row->takes(x)) ++row;
    return *row;
  }
  /// The last row, which takes every depthwise layer.
  [[nodiscard]] constexpr const DepthwiseKernel& any_depthwise() const noexcept { return depthwise.end()[-1]; }
  /// The plain tile for panels of this many vectors that are not folded; it takes any number of columns.
  [[nodiscard]] constexpr const GemmKernel& gemm_tile(std::int32_t vectors) const noexcept {
    return gemm_kernel({nullptr, nullptr, vectors, vectors * lanes});
  }
};

/// The tables of one ISA, one for each combination of types and each tuning. <isa>_tables begins with a table that is fp32
/// throughout; <isa>_int8_tables has those for tensors of 8 bits.
using IsaTables = KernelRows<KernelTable>;

#define TANDEM_DECLARE_TABLES(isa)     \
  extern const IsaTables isa##_tables; \
  extern const IsaTables isa##_int8_tables;
TANDEM_FOR_EACH_ISA(TANDEM_DECLARE_TABLES)
#undef TANDEM_DECLARE_TABLES

}  // namespace tandem::inline TANDEM_ABI::kernels
