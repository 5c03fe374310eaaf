// The watershed between planner and kernels: plain data, one table for each ISA and combination of types. Above it nothing
// knows how wide a vector is, below it nothing knows what a tensor is.
//
// Tensors and weights are untyped pointers to elements of the table's types; all strides are in bytes, and whole elements.
// Sums, biases and slopes are fp32.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/isa_list.hpp"
#include "tandem/data_type.hpp"
#include "tandem/version.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

/// f of an epilogue; the values are those of tandem::Activation::Kind.
enum class Function : std::int32_t {
  kClamp,        // s < lo ? lo : (s > hi ? hi : s)
  kLeakyRelu,    // s < 0 ? alpha * s : s
  kPrelu,        // s < 0 ? slopes[j] * s : s
  kSigmoid,      // 1 / (1 + exp(-s))
  kSilu,         // s * sigmoid(s)
  kHardSigmoid,  // clamp(alpha * s + beta, 0, 1)
  kHardSwish,    // s * clamp(s / 6 + 1/2, 0, 1)
  kTanh,
};

/// How a sum s = bias + products becomes an output: f(s + residual), or with residual_last f(s) + residual. The default
/// leaves the sum as it is.
struct Epilogue {
  float lo = -__builtin_inff();  // a clamp's
  float hi = __builtin_inff();
  Function function = Function::kClamp;
  bool residual_last = false;
  float alpha = 0.0F;
  float beta = 0.0F;
  const float* slopes = nullptr;  // of the first column or channel; whole vectors may be read
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

/// Memory that is read soon. A kernel prefetches it while it multiplies, spread over all its steps. Null: nothing.
struct Prefetch {
  const void* data = nullptr;
  std::int64_t bytes = 0;
};

/// A packed panel of `vectors` vectors: each of its rows holds vectors * V columns, zero past `columns`.
struct GemmPanel {
  const void* weights = nullptr;
  const float* bias = nullptr;  // [vectors * V]
  std::int32_t vectors = 0;     // 1 .. kMaxPanelVectors
  std::int32_t columns = 0;     // ((vectors - 1) * V, vectors * V]
};

/// The steps of a product: segments of `k` contiguous elements of a row of A, (outer, inner, k), innermost fastest. A
/// pointwise convolution has one segment, its channels. A regular one has a segment for each kernel row (or, dilated, for
/// each tap), so that it needs no copy of its patches:
///   a[r, (s, t, i)] = row r of a + s * a_outer_stride + t * a_inner_stride, element i
///   b[(s, t, i), :] = row s * b_outer_stride + t * b_inner_stride + i of the panel
struct GemmSteps {
  std::int64_t k = 0;
  std::int64_t outer = 1;
  std::int64_t inner = 1;
  std::ptrdiff_t a_outer_stride = 0;
  std::ptrdiff_t a_inner_stride = 0;
  std::ptrdiff_t b_outer_stride = 0;  // in rows of the panel, like b_inner_stride
  std::ptrdiff_t b_inner_stride = 0;
};

/// A product that is cut along k into several calls has the bits of one call: the sums rest in fp32 rows of
/// vectors * V floats in between, which the types of a tensor could not hold.
struct GemmPartialSums {
  SumRows rows;          // [rows, vectors * V]
  bool resume = false;   // start from `rows` instead of the bias
  bool suspend = false;  // store the sums into `rows`: no epilogue, c and residual are not touched
};

/// One panel of a matrix product, all its rows:
///   c[r, j] = f(bias[j] + sum_i a[r, i] * b[i, j] + residual[r, j])   r in [0, rows), j in [0, columns)
/// summed over i in ascending order from the bias, one fused multiply-add each (multiply, then add on an ISA without).
/// Nothing else of a, c or residual is touched.
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
  bool prefetch_c = false;  // c lies far from the core: its lines are prefetched, so that the stores need not wait
};
using GemmFunction = void (*)(const GemmArgs& args) noexcept;

inline constexpr int kMaxPanelVectors = 3;

/// A row of the table: a kernel for panels of so many vectors. The first row that takes a panel is the one to call.
struct GemmKernel {
  const char* name;
  std::int32_t vectors;      // takes panels of so many vectors
  std::int32_t max_columns;  // with at most so many columns
  std::int32_t min_k;        // and segments of at least so many steps
  std::int32_t tile_rows;    // of its register tile
  GemmFunction function;

  [[nodiscard]] constexpr bool takes(const GemmPanel& panel, std::int64_t k) const noexcept {
    return panel.vectors == vectors && panel.columns <= max_columns && k >= min_k;
  }
};

/// A single row against several panels of kVectors vectors, one after the other in memory and without columns to spare:
///   c[j] = f(bias[j] + sum_i a[i] * b[i, j] + residual[j])   j in [0, panels * kVectors * V)
/// with the bits of GemmArgs.
struct GemvArgs {
  static constexpr int kVectors = 2;
  static constexpr int kTogether = 4;  // panels at a time
  const void* a;                       // [k]
  const void* b;                       // the first panel, [k, kVectors * V]
  const float* bias;                   // the first panel's, [kVectors * V]
  const void* residual;                // [panels * kVectors * V]; null: none
  void* c;                             // [panels * kVectors * V]
  std::ptrdiff_t panel_stride;         // from a panel or its bias to the next one
  std::int64_t k;
  std::int64_t panels;
  Epilogue epilogue;
};
using GemvFunction = void (*)(const GemvArgs& args) noexcept;

/// One or two rows of a depthwise convolution for a range of channels.
///   dst[y, x, c] = f(bias[c] + sum_{ky,kx} rows[y * stride_h + ky][x * stride_w - pad_left + kx * dilation_w, c]
///                        * filter[ky, kx, c] + residual[y, x, c])
/// summed over ky, then kx, ascending. A null row is a padded row, before or after all others; it and the columns outside
/// [0, in_width) are skipped, not multiplied. All pointers are to the first channel of the range.
struct DepthwiseArgs {
  const void* const* rows;    // [kernel_h + (out_rows - 1) * stride_h] input rows, null where padded
  const void* filter;         // [kernel_h, kernel_w, *], tap stride filter_stride
  const float* bias;          // [channels]
  const void* residual;       // [out_rows, out_width, channels], pixel stride residual_stride; null: none
  void* dst;                  // [out_rows, out_width, channels], pixel stride dst_stride
  std::ptrdiff_t src_stride;  // pixel stride of the input rows
  std::ptrdiff_t filter_stride;
  std::ptrdiff_t residual_stride;
  std::ptrdiff_t dst_stride;
  std::ptrdiff_t dst_row_stride;  // of a single row any
  std::int64_t in_width;
  std::int64_t out_width;
  std::int64_t channels;
  std::int32_t kernel_h;
  std::int32_t kernel_w;
  std::int32_t stride_h;  // rows[stride_h] is the first one of the second output row
  std::int32_t stride_w;
  std::int32_t dilation_w;
  std::int64_t pad_left;
  Epilogue epilogue;
};
using DepthwiseFunction = void (*)(const DepthwiseArgs& args) noexcept;

/// What a kernel of a depthwise row must know of a layer.
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
  bool clamps;    // the epilogue is a clamp, and no residual comes after it
  bool residual;  // one is added
  bool dense;     // the pixels of src, dst and residual follow each other without a gap, and there are no slopes
};

/// A row of the table. The first row for so many output rows that takes a layer is the one to call; the last one for a
/// single row takes every layer. Where the residual is dst itself and channels are no whole vectors, or a range of channels
/// is less than a vector, a kernel leaves the outputs to the code of that last row.
struct DepthwiseKernel {
  const char* name;
  std::int32_t out_rows;      // of a call, 1 or 2
  std::int32_t kernel;        // width of the kernel, with two rows also its height; 0: any
  std::int32_t stride;        // between the outputs of a tile; with two rows also downwards; 0: any
  std::int32_t tile_outputs;  // pixels along the row of its register tile
  std::int64_t min_channels;
  std::int64_t max_channels;
  bool needs_dense;
  DepthwiseFunction function;

  [[nodiscard]] constexpr bool takes(const DepthwiseLayer& l) const noexcept {
    if (l.channels < min_channels || l.channels > max_channels || (needs_dense && !l.dense)) return false;
    // With dilation D, every D / gcd(D, stride)-th output reads the same columns, stride / gcd apart among them.
    std::int32_t common = l.dilation_w;
    for (std::int32_t rest = l.stride_w; rest != 0;) {
      const std::int32_t next = common % rest;
      common = rest;
      rest = next;
    }
    const std::int64_t classes = l.dilation_w / common;
    if (kernel != 0 && l.kernel_w != kernel) return false;
    if (stride != 0 && l.stride_w / common != stride) return false;
    if (needs_dense && l.dilation_w != 1) return false;  // its columns lie apart, also where there is one class
    if (kernel != 0 && l.out_width < classes * tile_outputs) return false;
    if (out_rows == 1) return true;
    const std::int64_t past = (l.out_width - 1) * l.stride_w - l.pad_left + l.kernel_w - l.in_width;
    return l.kernel_h == kernel && l.stride_h == stride && l.dilation_h == 1 && l.dilation_w == 1 && l.pad_left <= 1 &&
           past <= 1 && l.clamps && !l.residual;
  }
};

/// Mean over pixels: dst[c] = f(sum_p src[p, c] / pixels), summed over p in ascending order.
struct PoolArgs {
  ConstRows src;  // [pixels, channels]
  void* dst;      // [channels]
  std::int64_t pixels;
  std::int64_t channels;
  Epilogue epilogue;
};
using PoolFunction = void (*)(const PoolArgs& args) noexcept;

/// Gives every output channel of a grouped convolution a lane of its own, for one row of pixels:
///   dst[x, o] = src[x, (first + o) / group_outputs * group_inputs + member]      o in [0, channels)
/// Reads no channel that it does not write.
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

/// Transposition: dst[j, i] = src[i, j], i in [0, rows), j in [0, columns), the bits as they are. src and dst do not
/// overlap, and nothing between the rows of dst is written.
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
  const void* scale;  // [channels], elements like those of src
  Rows dst;           // [pixels, channels]
  std::int64_t pixels;
  std::int64_t channels;
};
using ScaleFunction = void (*)(const ScaleArgs& args) noexcept;

/// Rows of a table, in the order in which they are tried.
template <class Kernel>
struct KernelRows {
  const Kernel* first;
  std::int32_t count;
  [[nodiscard]] constexpr const Kernel* begin() const noexcept { return first; }
  [[nodiscard]] constexpr const Kernel* end() const noexcept { return first + count; }
};

/// The types that a table computes with: tensors in and out, weights. Sums are fp32.
struct TypeRow {
  DataType tensor = DataType::kF32;
  DataType weight = DataType::kF32;
  [[nodiscard]] constexpr bool operator==(const TypeRow&) const noexcept = default;
};

struct KernelTable {
  const char* isa;  // its name
  TypeRow types;
  std::int32_t lanes;       // V, fp32 lanes of a vector
  bool fused_multiply_add;  // one rounding a multiply-add, not two
  bool gemm_halves;         // a last vector of at most half its columns takes half the time

  KernelRows<GemmKernel> gemm;
  GemvFunction gemv;
  KernelRows<DepthwiseKernel> depthwise;
  PoolFunction global_average_pool;
  SpreadFunction spread;
  TransposeFunction transpose;
  ScaleFunction scale_channels;

  /// Bytes of an element of a tensor, and of a weight.
  [[nodiscard]] constexpr std::ptrdiff_t tensor_bytes() const noexcept {
    return static_cast<std::ptrdiff_t>(element_bytes(types.tensor));
  }
  [[nodiscard]] constexpr std::ptrdiff_t weight_bytes() const noexcept {
    return static_cast<std::ptrdiff_t>(element_bytes(types.weight));
  }
  /// The row to call for a panel, whose segments have k steps each.
  [[nodiscard]] constexpr const GemmKernel& gemm_kernel(const GemmPanel& panel, std::int64_t k) const noexcept {
    const GemmKernel* row = gemm.begin();
    while (!row->takes(panel, k)) ++row;
    return *row;
  }
  /// The row of the plain tile of so many vectors, which takes any number of columns and steps.
  [[nodiscard]] constexpr const GemmKernel& gemm_tile(std::int32_t vectors) const noexcept {
    return gemm_kernel({nullptr, nullptr, vectors, vectors * lanes}, 0);
  }
};

/// All tables of one ISA; the first one is fp32 throughout.
using IsaTables = KernelRows<KernelTable>;

#define TANDEM_DECLARE_TABLES(isa) extern const IsaTables isa##_tables;
TANDEM_FOR_EACH_ISA(TANDEM_DECLARE_TABLES)
#undef TANDEM_DECLARE_TABLES

}  // namespace tandem::inline TANDEM_ABI::kernels
