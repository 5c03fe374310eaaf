// The watershed between planner and kernels: plain data, one table per ISA. Above it nothing knows a vector width,
// below it nothing knows a tensor. All strides are in elements.
#pragma once

#include <cstddef>
#include <cstdint>

#include "kernels/isa_list.hpp"
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

/// What becomes of a sum s = bias + products before it is stored: f(s + residual), or with residual_last f(s) + residual.
/// By itself it leaves the sum as it is.
struct Epilogue {
  float lo = -__builtin_inff();  // a clamp's
  float hi = __builtin_inff();
  Function function = Function::kClamp;
  bool residual_last = false;
  float alpha = 0.0F;
  float beta = 0.0F;
  const float* slopes = nullptr;  // of the first column or channel; whole vectors may be read
};

/// One panel of a matrix product, all its rows:
///   c[r, j] = f(bias[j] + sum_i a[r, i] * b[i, j] + residual[r, j])   r in [0, rows), j in [0, columns)
/// summed over i in ascending order from the bias, one fused multiply-add each (multiply, then add on an ISA without).
///
/// i runs over segments of `k` contiguous elements: (outer, inner, k), innermost fastest. A pointwise convolution has one
/// segment, its channels; a regular one has a segment a kernel row (or, dilated, a tap), so it needs no copy of its
/// patches:
///   a[r, (s, t, i)] = a + r * a_stride + s * a_outer_stride + t * a_inner_stride + i
///   b[(s, t, i), :] = b + (s * b_outer_stride + t * b_inner_stride + i) * vectors * V
///
/// b is a packed panel of `vectors` vectors: a row holds vectors * V columns, zero past `columns`. bias is as long as a
/// row of b. Nothing else of a, c or residual is touched.
struct GemmArgs {
  const float* a;
  const float* b;
  const float* bias;      // [vectors * V]
  const float* residual;  // [rows, columns], row stride residual_stride; null: none
  float* c;               // [rows, columns], row stride c_stride
  std::ptrdiff_t a_stride;
  std::ptrdiff_t residual_stride;
  std::ptrdiff_t c_stride;
  std::int64_t rows;
  std::int64_t k;
  std::int64_t outer = 1;
  std::int64_t inner = 1;
  std::ptrdiff_t a_outer_stride = 0;
  std::ptrdiff_t a_inner_stride = 0;
  std::ptrdiff_t b_outer_stride = 0;  // in rows of b, like b_inner_stride
  std::ptrdiff_t b_inner_stride = 0;
  // The sum goes on from what c holds instead of starting from the bias: a product cut along k into several calls has
  // the bits of one call, as long as activation and residual are left to the last.
  bool accumulate = false;
  // c lies far from the core: its lines are fetched while their sums are made, lest the stores wait for them.
  bool fetch_c = false;
  // What the caller reads next, usually the next panel: fetched into the caches while this panel computes, spread over
  // all its steps. Null: nothing.
  const float* next = nullptr;
  std::int64_t next_floats = 0;
  std::int32_t vectors;  // 1 .. kMaxPanelVectors
  std::int32_t columns;  // ((vectors - 1) * V, vectors * V]
  Epilogue epilogue;
};
using GemmFunction = void (*)(const GemmArgs& args) noexcept;

inline constexpr int kMaxPanelVectors = 3;

/// A row against several panels of kVectors vectors, one after the other in memory and without columns to spare:
///   c[j] = f(bias[j] + sum_i a[i] * b[i, j] + residual[j])   j in [0, panels * kVectors * V)
/// with the bits of GemmArgs.
struct GemvArgs {
  static constexpr int kVectors = 2;
  static constexpr int kTogether = 4;  // panels at a time
  const float* a;                      // [k]
  const float* b;                      // the first panel, [k, kVectors * V]
  const float* bias;                   // the first panel's, [kVectors * V]
  const float* residual;               // [panels * kVectors * V]; null: none
  float* c;                            // [panels * kVectors * V]
  std::ptrdiff_t panel_stride;         // from a panel or its bias to the next one
  std::int64_t k;
  std::int64_t panels;
  Epilogue epilogue;
};
using GemvFunction = void (*)(const GemvArgs& args) noexcept;

/// One or two rows of a depthwise convolution for a range of channels. Two are faster than one and one where the table
/// has pair_outputs and they are of a 3x3 kernel, the same stride both ways, no dilation, a clamp, no residual and no
/// padded row.
///   dst[y, x, c] = f(bias[c] + sum_{ky,kx} rows[y * stride_h + ky][x * stride_w - pad_left + kx * dilation_w, c]
///                        * filter[ky, kx, c] + residual[y, x, c])
/// summed over ky, then kx, ascending. A null row is a padded row, before or after all others; it and the columns outside
/// [0, in_width) are skipped, not multiplied. All pointers are to the first channel of the range.
struct DepthwiseArgs {
  const float* const* rows;   // [kernel_h + (out_rows - 1) * stride_h] input rows, null where padded
  const float* filter;        // [kernel_h, kernel_w, *], tap stride filter_stride
  const float* bias;          // [channels]
  const float* residual;      // [out_rows, out_width, channels], pixel stride residual_stride; null: none
  float* dst;                 // [out_rows, out_width, channels], pixel stride dst_stride
  std::ptrdiff_t src_stride;  // pixel stride of the input rows
  std::ptrdiff_t filter_stride;
  std::ptrdiff_t residual_stride;
  std::ptrdiff_t residual_row_stride;  // of a single row any, like the next
  std::ptrdiff_t dst_stride;
  std::ptrdiff_t dst_row_stride;
  std::int64_t in_width;
  std::int64_t out_width;
  std::int64_t out_rows;  // 1 or 2
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

/// Kernel widths and column strides with an unrolled tile, X(width, stride) a row: kDepthwiseOutputs pixels of a row of as
/// many or more. All other rows are the looped tile's. The stride is that between the outputs of one tile: where there is
/// a dilation D, of every D / gcd(D, stride_w)-th output, stride_w / gcd(D, stride_w).
#define TANDEM_FOR_EACH_DEPTHWISE_TILE(X) X(3, 1) X(5, 1) X(7, 1) X(3, 2) X(5, 2) X(7, 2)
inline constexpr int kDepthwiseOutputs = 7;

/// Mean over pixels: dst[c] = f(sum_p src[p, c] / pixels), summed over p in ascending order.
struct PoolArgs {
  const float* src;  // [pixels, channels], pixel stride src_stride
  float* dst;        // [channels]
  std::ptrdiff_t src_stride;
  std::int64_t pixels;
  std::int64_t channels;
  Epilogue epilogue;
};
using PoolFunction = void (*)(const PoolArgs& args) noexcept;

/// Gives every output channel of a grouped convolution a lane of its own, for one row of pixels:
///   dst[x, o] = src[x, (first + o) / group_outputs * group_inputs + member]      o in [0, channels)
/// Reads no channel that it does not write.
struct SpreadArgs {
  const float* src;  // pixel 0, channel 0
  std::ptrdiff_t src_stride;
  float* dst;
  std::ptrdiff_t dst_stride;
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
  const float* src;           // [rows, columns]
  float* dst;                 // [columns, rows]
  std::ptrdiff_t src_stride;  // of a row, >= columns
  std::ptrdiff_t dst_stride;  // of a row, >= rows
  std::int64_t rows;
  std::int64_t columns;
};
using TransposeFunction = void (*)(const TransposeArgs& args) noexcept;

/// Channel-wise product: dst[p, c] = src[p, c] * scale[c]. dst may be src, at the same stride.
struct ScaleArgs {
  const float* src;    // [pixels, channels], pixel stride src_stride
  const float* scale;  // [channels]
  float* dst;          // [pixels, channels], pixel stride dst_stride
  std::ptrdiff_t src_stride;
  std::ptrdiff_t dst_stride;
  std::int64_t pixels;
  std::int64_t channels;
};
using ScaleFunction = void (*)(const ScaleArgs& args) noexcept;

struct KernelTable {
  const char* name;            // the ISA's
  std::int32_t vector_floats;  // V, fp32 lanes of a vector
  bool fused_multiply_add;     // one rounding a multiply-add, not two

  GemmFunction gemm;
  // Rows of the register tile of a panel of 1, 2 and 3 vectors; 0: this ISA has no such tile, do not pack it.
  std::int32_t gemm_rows[kMaxPanelVectors];
  bool gemm_halves;  // a last vector of at most half its columns takes half the time
  GemvFunction gemv;

  DepthwiseFunction depthwise;  // any kernel, stride and dilation; picks its register tile by kernel_w and stride_w
  // Pixels of a row of its tile for two rows of stride 1 and 2; 0: it does them one by one.
  std::int32_t pair_outputs[2];
  PoolFunction global_average_pool;
  SpreadFunction spread;
  TransposeFunction transpose;
  ScaleFunction scale_channels;
};

#define TANDEM_DECLARE_TABLE(isa) extern const KernelTable isa##_table;
TANDEM_FOR_EACH_ISA(TANDEM_DECLARE_TABLE)
#undef TANDEM_DECLARE_TABLE

}  // namespace tandem::inline TANDEM_ABI::kernels
