// Resizing of H and W: pixel by pixel, from tables of input rows and columns that plan() makes.
#include <cmath>
#include <utility>
#include <vector>

#include "src/base/error.hpp"
#include "src/base/pitch.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/int8_checks.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/operators/pixel_plan.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/resize.hpp"
#include "src/stages/pointers.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

class ResizePlan final : public PlanImpl {
 public:
  /// copy: of the table, if rows of equal outputs are copied; else null.
  ResizePlan(kernels::ResizeFunction function, kernels::CopyFunction copy, std::vector<ResizeTap> rows,
             const std::vector<ResizeTap>& columns, std::ptrdiff_t src_stride, const PixelBlocking& blocking)
      : function_(function), copy_(copy), rows_(std::move(rows)), blocking_(blocking) {
    columns_.reserve(columns.size());
    for (const ResizeTap& tap : columns) {
      columns_.push_back({{tap.index[0] * src_stride, tap.index[1] * src_stride}, {tap.weight[0], tap.weight[1]}});
    }
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    worker.share(blocking_.tasks(), [&](std::int64_t task, const Worker&) {
      const Range pixels = blocking_.pixels_of(task);
      for_each_row(pixels, info.output.w, [&](std::int64_t y, const Range& columns) {
        const bool row_before = (y - 1) * info.output.w >= pixels.begin;  // this task has made it
        if (row_before && copy_ != nullptr && repeats_row_before(y)) {
          copy_row_before(args, blocking_.image(task), y, columns);
        } else {
          run_row(args, blocking_.image(task), y, columns);
        }
      });
    });
  }

 private:
  void run_row(const RunArgs& args, std::int64_t image, std::int64_t y, const Range& columns) const noexcept {
    const ByteStrides strides = info.byte_strides();
    const ResizeTap& tap = rows_[static_cast<std::size_t>(y)];
    const auto row = [&](std::int32_t index) {
      return advance(args.src, (image * info.input.h + index) * info.input.w * strides.src);
    };
    const std::int64_t pixel = (image * info.output.h + y) * info.output.w + columns.begin;
    function_({{row(tap.index[0]), row(tap.index[1])},
               {tap.weight[0], tap.weight[1]},
               columns_.data() + columns.begin,
               {advance(args.dst, pixel * strides.dst), strides.dst},
               columns.end - columns.begin,
               info.output.c});
  }

  [[nodiscard]] bool repeats_row_before(std::int64_t y) const noexcept {
    const auto row = static_cast<std::size_t>(y);
    return rows_[row].index[0] == rows_[row - 1].index[0];
  }

  void copy_row_before(const RunArgs& args, std::int64_t image, std::int64_t y, const Range& columns) const noexcept {
    const std::ptrdiff_t stride = info.byte_strides().dst;
    const std::int64_t pixel = (image * info.output.h + y) * info.output.w + columns.begin;
    copy_({{advance(args.dst, (pixel - info.output.w) * stride), stride},
           {advance(args.dst, pixel * stride), stride},
           columns.end - columns.begin,
           info.output.c * static_cast<std::int64_t>(element_bytes(info.types.dst))});
  }

  kernels::ResizeFunction function_;
  kernels::CopyFunction copy_;
  std::vector<ResizeTap> rows_;
  std::vector<kernels::ResizeColumn> columns_;
  PixelBlocking blocking_;
};

class Resize final : public OperatorImpl {
 public:
  Resize(const kernels::KernelTable& kernels, const ResizeParams& params)
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}), params_(params) {}

  const char* name() const noexcept override { return nearest() ? "resize_nearest" : "resize_linear"; }
  std::size_t packed_bytes() const noexcept override { return 0; }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.channels);
    if (!status.ok()) return status;
    const Result<ResizeAxes> axes = resolve_resize(params_, input);
    if (!axes.ok()) return axes.status();
    return Shape{input.n, axes->rows.out, axes->columns.out, input.c};
  }

  // One move, or a sum of four products, per output element. The theory's formulas count neither.
  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    return output.elements() * (nearest() ? 1 : 4);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const ResizeAxes axes = *resolve_resize(params_, info.input);
    const PixelBlocking blocking = choose_pixel_blocks(planning, info, [&](const Machine& machine) {
      const Shape& out = info.output;
      const double vectors = real(out.n * out.h * out.w) * real(ceil_div(out.c, machine.lanes));
      return pixel_cost(
          machine, {vectors, nearest() ? 1.0 : 4.0, nearest() ? 8.0 : 18.0,
                    real(info.input.elements()) * machine.tensor_bytes, real(out.elements()) * machine.tensor_bytes});
    });
    info.report.kind = PlanKind::kResize;
    info.report.kernel = name();
    // Pixels below a cache line are copied faster row by row than pixel by pixel.
    const bool narrow = info.output.c * kernels().tensor_bytes() < kLineBytes;
    auto plan = std::make_unique<ResizePlan>(nearest() ? kernels().resize_nearest : kernels().resize_linear,
                                             nearest() && narrow ? kernels().copy_rows : nullptr,
                                             resize_taps(params_, axes.rows), resize_taps(params_, axes.columns),
                                             info.byte_strides().src, blocking);
    plan->info = std::move(info);
    return plan;
  }

 private:
  [[nodiscard]] bool nearest() const noexcept { return params_.mode == ResizeMode::kNearest; }

  ResizeParams params_;
};

Status check_enum(const char* name, std::int32_t value, std::int32_t last) noexcept {
  if (value >= 0 && value <= last) return {};
  return error(StatusCode::kInvalidArgument, "%s %d is none of 0 to %d", name, value, last);
}

Status check_axis(const char* axis, std::int32_t size, float scale) noexcept {
  if (size < 0) return error(StatusCode::kInvalidArgument, "output_%s must not be negative, but is %d", axis, size);
  if (!std::isfinite(scale) || scale < 0.0F) {
    return error(StatusCode::kInvalidArgument, "scale_%s must be finite and not negative, but is %g", axis,
                 static_cast<double>(scale));
  }
  if ((size > 0) != (scale > 0.0F)) return {};
  return error(StatusCode::kInvalidArgument,
               "one of output_%s and scale_%s must be greater than 0 and the other one 0, but they are %d and %g", axis,
               axis, size, static_cast<double>(scale));
}

// The nearest pixel is a move.
Status check_resized_types(const ResizeParams& p) noexcept {
  if (p.mode != ResizeMode::kNearest) return check_tensor_types("", p.src_type, p.dst_type);
  return first_error(
      {check_operand_types(p.src_type, p.dst_type, {}), check_same_quantization(p.src_type, p.dst_type)});
}

Status check_resize(const ResizeParams& p) noexcept {
  const Status status = first_error(
      {check_at_least_one("channels", p.channels), check_enum("mode", static_cast<std::int32_t>(p.mode), 1),
       check_enum("coordinates", static_cast<std::int32_t>(p.coordinates), 4),
       check_enum("rounding", static_cast<std::int32_t>(p.rounding), 3), check_axis("h", p.output_h, p.scale_h),
       check_axis("w", p.output_w, p.scale_w), check_resized_types(p)});
  if (!status.ok()) return status;
  if (p.mode == ResizeMode::kNearest || p.coordinates != CoordinateMode::kTfHalfPixelForNearest) return {};
  return error(StatusCode::kInvalidArgument, "coordinates %d are for the mode kNearest only, but mode is %d",
               static_cast<int>(p.coordinates), static_cast<int>(p.mode));
}

}  // namespace
}  // namespace internal

Result<Operator> Operator::resize(const ResizeParams& params, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_resize(params);
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa, types_of(params.src_type.type));
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const Resize>(**kernels, params));
  });
}

}  // namespace tandem::inline TANDEM_ABI
