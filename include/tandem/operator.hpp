// The one way through the library: create() an Operator, plan() it for an input size, run() the Plan.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>

#include "tandem/executor.hpp"
#include "tandem/machine.hpp"
#include "tandem/params.hpp"
#include "tandem/plan_report.hpp"
#include "tandem/shape.hpp"
#include "tandem/status.hpp"
#include "tandem/version.hpp"
#include "tandem/weights.hpp"

namespace tandem {
inline namespace TANDEM_ABI {

namespace internal {
class OperatorImpl;
class PlanImpl;
}  // namespace internal

/// How to create an Operator.
struct CreateOptions {
  const char* isa = nullptr;  ///< an ISA's name; null: TANDEM_ISA if set, else the fastest this CPU has (see isa.hpp)
};

/// Elements from one pixel of a tensor to the next: at least its channels, or 0 for a dense tensor. Rows and images
/// follow each other without a gap: pixel (n, y, x) lies at ((n * H + y) * W + x) * stride. So an operator can read a
/// slice of the channels of a wider tensor, or write its part of a concatenation, without a copy. The tensor's pointer
/// is then to the first channel of the slice; the channels outside the slice are neither read nor written.
struct PixelStrides {
  std::int64_t src = 0;
  std::int64_t dst = 0;
  std::int64_t residual = 0;  ///< 0 unless the operator takes one
};

/// A pixel stride, in elements of `type`, for a tensor between two layers, whose layout the engine may choose. It is
/// the number of channels, plus one cache line if pixels would otherwise lie a multiple of 1 KB apart (1, 2, 4 KB ...).
/// At such a distance the pixels of a row share a few sets of L1. Where L1 is smaller than 48 KB, a depthwise stage
/// copies such rows before it filters them; with 48 KB and more it does so for some large kernels.
TANDEM_API std::int64_t unaliased_stride(std::int64_t channels, DataType type = DataType::kF32) noexcept;

/// How to plan.
struct PlanOptions {
  /// Most workers that one run() may use, >= 0; 0: as many as the executor offers. A layer too small to pay for a fork
  /// uses fewer. The result has the same bits for any number.
  std::int32_t threads = 0;
  Executor executor = {};
  /// Which way to run the layer: 0 is the way predicted to be the fastest; the numbers 1 to PlanReport::candidates let
  /// an engine try all of them. The result has the same bits for all.
  std::int32_t candidate = 0;
  /// The machine to predict times for; fields of 0 stand for the library's own figures.
  MachineModel machine = {};
  PixelStrides strides = {};
  /// True: run() treats denormal floats, operands and results, as zeros. It sets the CPU's flags for that and restores
  /// them. This helps with inputs that fade out, since many CPUs take a hundred cycles for a denormal. False: run()
  /// computes with denormals, whatever the mode of the calling thread. plan() answers kUnsupported for true on CPUs
  /// other than x86-64 and aarch64.
  bool flush_denormals = false;
};

/// The tensors of one run. They have the types that the operator was created for, aligned to their elements.
///
/// Nothing may overlap dst or the workspace, with two exceptions at equal pixel strides: a residual of the output's
/// shape may be dst itself, and src of an element-wise operator, an activation, a softmax or a squeeze-and-excite may
/// be dst itself. src and residual may overlap each other. Two tensors whose pixel strides in bytes are equal may
/// interleave: the channels of one may lie between the channels of the other.
struct RunArgs {
  /// in, [N, H, W, C] as planned, at the planned pixel stride; "nchw_to_nhwc" reads [N, C, H, W]
  const void* src = nullptr;
  /// out, Plan::output_shape() at the planned pixel stride; "nhwc_to_nchw" writes [N, C, H, W]
  void* dst = nullptr;
  /// in, the output's shape at the planned pixel stride; of an element-wise operator see ElementwiseParams::broadcast.
  /// Set if and only if the operator was created with residual, or element-wise without constants. (An
  /// inverted residual adds its own src and takes none.)
  const void* residual = nullptr;
  /// scratch of Plan::workspace_bytes(), aligned to Plan::kWorkspaceAlignment; may be null if that is 0. The caller
  /// owns it, need not initialise it, and lends it to one run at a time.
  void* workspace = nullptr;
  /// The size of workspace in bytes; by default Plan::workspace_bytes(). Give the whole size to layers that run one
  /// after the other in one workspace: each worker then keeps its part from layer to layer, and cores need not take
  /// cache lines from each other. All of these bytes may be written.
  std::size_t workspace_bytes = (std::numeric_limits<std::size_t>::max)();  // windows.h has a macro max
};

/// An Operator fixed to an input shape, a number of threads and an executor. Immutable, cheap to copy (copies share),
/// safe to run from several threads at once as long as each run has its own workspace. Keeps its Operator alive.
///
/// A default-constructed Plan, or one that was moved from, is empty: run() answers kInvalidArgument, shapes are all
/// zeros, numbers are 0, names "", and the report is a default-constructed one.
class Plan {
 public:
  static constexpr std::size_t kWorkspaceAlignment = 64;  ///< bytes

  Plan() noexcept = default;
  [[nodiscard]] bool empty() const noexcept { return impl_ == nullptr; }

  /// Reads src (and residual), writes dst. Allocates nothing, locks nothing, throws nothing, prints nothing; only the
  /// first run on oneTBB creates its threads. Errors: kInvalidArgument for a tensor that is null, misaligned or
  /// overlaps memory that is written, and for a workspace that is null, misaligned or too small; or for an empty Plan.
  /// On error nothing is written. A plan for a batch of 0 images reads and writes nothing, so that its pointers may be
  /// null.
  TANDEM_API Status run(const RunArgs& args) const noexcept;
  Status run(const void* src, void* dst, void* workspace) const noexcept { return run({src, dst, nullptr, workspace}); }

  [[nodiscard]] TANDEM_API const Shape& input_shape() const noexcept;
  [[nodiscard]] TANDEM_API const Shape& output_shape() const noexcept;
  /// Bytes of scratch that one run() needs.
  [[nodiscard]] TANDEM_API std::size_t workspace_bytes() const noexcept;
  /// Most workers that one run() uses.
  [[nodiscard]] TANDEM_API std::int32_t threads() const noexcept;
  /// Name of the ISA whose kernels run.
  [[nodiscard]] TANDEM_API const char* isa() const noexcept;
  /// Multiply-adds of one run() by the formulas of cost.hpp, which count padding; see Operator::op_count().
  [[nodiscard]] TANDEM_API std::int64_t op_count() const noexcept;
  /// Which way plan() chose, why, and the time it expects. Lives as long as the Plan.
  [[nodiscard]] TANDEM_API const PlanReport& report() const noexcept;
  /// The report as one line. Lives as long as the Plan.
  [[nodiscard]] TANDEM_API const char* explain() const noexcept;

 private:
  friend class Operator;
  friend class Sequence;
  explicit Plan(std::shared_ptr<const internal::PlanImpl> impl) noexcept : impl_(std::move(impl)) {}
  std::shared_ptr<const internal::PlanImpl> impl_;
};

/// A convolution with its weights packed for one ISA. Immutable, shape-free, cheap to copy (copies share the weights),
/// safe to share between threads.
///
/// A default-constructed Operator, or one that was moved from, is empty: its fallible functions answer
/// kInvalidArgument, numbers are 0 and names "".
class Operator {
 public:
  Operator() noexcept = default;
  [[nodiscard]] bool empty() const noexcept { return impl_ == nullptr; }

  /// Each function validates its arguments, packs the weights and keeps no pointer of the caller's. A stage's weights
  /// must have its weight_type. Errors: kInvalidArgument with the offending value, kOutOfRange, kUnsupported (for
  /// example a combination of types that this version lacks), kUnknownIsa, kUnavailableIsa, kOutOfMemory.
  TANDEM_API static Result<Operator> conv2d(const Conv2dParams& params, const Weights& weights,
                                            const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> conv_transpose2d(const ConvTranspose2dParams& params, const Weights& weights,
                                                      const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> depthwise(const DepthwiseParams& params, const Weights& weights,
                                               const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> pointwise(const PointwiseParams& params, const Weights& weights,
                                               const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> separable(const SeparableParams& params, const Weights& depthwise,
                                               const Weights& pointwise, const CreateOptions& options = {}) noexcept;
  /// With params.squeeze_excite set: separable(params, depthwise, {reduce, expand}, pointwise).
  TANDEM_API static Result<Operator> separable(const SeparableParams& params, const Weights& depthwise,
                                               const SqueezeExciteWeights& squeeze_excite, const Weights& pointwise,
                                               const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> inverted_residual(const InvertedResidualParams& params, const Weights& expand,
                                                       const Weights& depthwise, const Weights& project,
                                                       const CreateOptions& options = {}) noexcept;
  /// With params.squeeze_excite set: inverted_residual(params, expand, depthwise, {reduce, expand}, project).
  TANDEM_API static Result<Operator> inverted_residual(const InvertedResidualParams& params, const Weights& expand,
                                                       const Weights& depthwise,
                                                       const SqueezeExciteWeights& squeeze_excite,
                                                       const Weights& project,
                                                       const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> global_average_pool(const GlobalAveragePoolParams& params,
                                                         const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> fully_connected(const FullyConnectedParams& params, const Weights& weights,
                                                     const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> squeeze_excite(const SqueezeExciteParams& params, const Weights& reduce,
                                                    const Weights& expand, const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> convert_layout(const ConvertLayoutParams& params,
                                                    const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> max_pool(const MaxPoolParams& params, const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> average_pool(const AveragePoolParams& params,
                                                  const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> resize(const ResizeParams& params, const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> elementwise(const ElementwiseParams& params,
                                                 const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> activation(const ActivationParams& params,
                                                const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> softmax(const SoftmaxParams& params, const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> quantize(const QuantizeParams& params, const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> dequantize(const DequantizeParams& params,
                                                const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> copy(const CopyParams& params, const CreateOptions& options = {}) noexcept;
  TANDEM_API static Result<Operator> depth_to_space(const DepthToSpaceParams& params,
                                                    const CreateOptions& options = {}) noexcept;

  /// Fixes an input shape: validates it, resolves SAME padding, chooses tiles, fusion and the workers' shares by a cost
  /// model, and sizes the workspace. Takes some microseconds; measures and repacks nothing; may be called from several
  /// threads at once. input.n may be 0. Errors: kInvalidArgument with the offending value, kOutOfRange, kUnsupported
  /// (flush_denormals on a CPU that cannot, an arena without oneTBB), kOutOfMemory.
  [[nodiscard]] TANDEM_API Result<Plan> plan(const Shape& input, const PlanOptions& options = {}) const noexcept;

  /// The output's shape for this input, as plan() would give it.
  [[nodiscard]] TANDEM_API Result<Shape> output_shape(const Shape& input) const noexcept;
  /// Multiply-adds for this input by the formulas of cost.hpp. Operators without a filter count one for every element
  /// of the input; a resize counts one, or four if it is linear, for every element of the output. A squeeze-and-excite,
  /// alone or in a block, counts its two matrix products.
  [[nodiscard]] TANDEM_API Result<std::int64_t> op_count(const Shape& input) const noexcept;

  /// "conv2d", "conv_transpose2d", "depthwise", "pointwise", "separable", "inverted_residual", "global_average_pool",
  /// "fully_connected", "squeeze_excite", "nchw_to_nhwc", "nhwc_to_nchw", "max_pool", "average_pool", "resize_nearest",
  /// "resize_linear", "elementwise", "activation", "softmax", "copy", "depth_to_space",
  /// "quantize", "dequantize".
  [[nodiscard]] TANDEM_API const char* name() const noexcept;
  /// Name of the ISA the weights are packed for.
  [[nodiscard]] TANDEM_API const char* isa() const noexcept;
  /// Bytes of the packed filters and biases.
  [[nodiscard]] TANDEM_API std::size_t packed_bytes() const noexcept;

 private:
  explicit Operator(std::shared_ptr<const internal::OperatorImpl> impl) noexcept : impl_(std::move(impl)) {}
  std::shared_ptr<const internal::OperatorImpl> impl_;
};

}  // namespace TANDEM_ABI
}  // namespace tandem
