// Pools over windows: the greatest element of each window, or the mean.
#include <algorithm>
#include <limits>
#include <utility>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/int8_checks.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/operators/pixel_plan.hpp"
#include "src/operators/pool_end.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/window.hpp"
#include "src/stages/pointers.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

/// The parameters of both kinds.
struct PoolWindow {
  Window window;
  bool average;
  bool counts_padding;
  std::int64_t channels;
};

template <class Params>
PoolWindow pool_window(const Params& p, bool average, bool counts_padding) noexcept {
  PoolWindow pool{window_of(p), average, counts_padding, p.channels};
  pool.window.ceil_mode = p.ceil_mode;
  return pool;
}

PackedEpilogue end_of(const kernels::KernelTable& kernels, const MaxPoolParams& p) { return pool_end(kernels, p); }
PackedEpilogue end_of(const kernels::KernelTable& kernels, const AveragePoolParams& p) {
  return mean_end(kernels, p, check_same_quantization(p.src_type, p.dst_type).ok());
}

/// Position after the last row or column that count_include_pad counts.
std::int64_t counted_end(const Padding& padding, std::int64_t in, std::int64_t after) noexcept {
  // SAME pads as much as its windows need: all of it counts.
  return padding.mode == Padding::Mode::kExplicit ? in + after : std::numeric_limits<std::int64_t>::max() / 2;
}

/// The numbers k in [0, count) with begin + k * step in [0, end).
Range steps_inside(std::int64_t begin, std::int64_t step, std::int64_t count, std::int64_t end) noexcept {
  const auto steps_before = [&](std::int64_t place) {
    return begin >= place ? 0 : std::min(ceil_div(place - begin, step), count);
  };
  return {steps_before(0), steps_before(end)};
}

class WindowPoolPlan final : public PlanImpl {
 public:
  WindowPoolPlan(const kernels::KernelTable& kernels, const PoolWindow& pool, const WindowedSize& size,
                 const PixelBlocking& blocking, const PackedEpilogue& epilogue)
      : function_(pool.average ? kernels.average_pool : kernels.max_pool),
        pool_(pool),
        size_(size),
        blocking_(blocking),
        epilogue_(epilogue) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    worker.share(blocking_.tasks(), [&](std::int64_t task, const Worker&) {
      for_each_row(blocking_.pixels_of(task), size_.out_w,
                   [&](std::int64_t y, const Range& columns) { run_row(args, blocking_.image(task), y, columns); });
    });
  }

 private:
  void run_row(const RunArgs& args, std::int64_t image, std::int64_t y, const Range& columns) const noexcept {
    const Window& w = pool_.window;
    const Shape& in = info.input;
    const ByteStrides strides = info.byte_strides();
    const std::ptrdiff_t in_row = in.w * strides.src;
    const std::int64_t top = y * w.stride_h - size_.pad_top;
    const Range rows = steps_inside(top, w.dilation_h, w.kernel_h, in.h);
    const std::int64_t counted_h = counted_end(w.padding, in.h, w.padding.bottom);
    const std::int64_t first_row = rows.begin < rows.end ? top + rows.begin * w.dilation_h : 0;
    kernels::WindowPoolArgs a{};
    a.src = {advance(args.src, (image * in.h + first_row) * in_row), strides.src};
    a.tap_row_stride = w.dilation_h * in_row;
    a.tap_rows = std::max<std::int64_t>(rows.end - rows.begin, 0);
    a.in_width = in.w;
    a.kernel_w = w.kernel_w;
    a.stride_w = w.stride_w;
    a.dilation_w = w.dilation_w;
    a.pad_left = size_.pad_left;
    const std::int64_t pixel = (image * size_.out_h + y) * size_.out_w + columns.begin;
    a.dst = {advance(args.dst, pixel * strides.dst), strides.dst};
    a.first = columns.begin;
    a.pixels = columns.end - columns.begin;
    a.channels = in.c;
    a.counts_padding = pool_.counts_padding;
    a.counted_rows = steps_inside(top, w.dilation_h, w.kernel_h, counted_h).end;  // none begins above the padding
    a.counted_width = counted_end(w.padding, in.w, w.padding.right);
    a.epilogue = epilogue_.at(0);
    function_(a);
  }

  kernels::WindowPoolFunction function_;
  PoolWindow pool_;
  WindowedSize size_;
  PixelBlocking blocking_;
  const PackedEpilogue& epilogue_;
};

class WindowPool final : public OperatorImpl {
 public:
  template <class Params>
  WindowPool(const kernels::KernelTable& kernels, const Params& params, const PoolWindow& pool)
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}),
        pool_(pool),
        epilogue_(end_of(kernels, params)) {}

  const char* name() const noexcept override { return pool_.average ? "average_pool" : "max_pool"; }
  std::size_t packed_bytes() const noexcept override { return epilogue_.bytes(); }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    Result<Shape> output = windowed_shape(input, pool_.channels, pool_.window, pool_.channels);
    if (!output.ok() || !kernels().int8() || !pool_.average) return output;
    const Status sums = check_int8_pool(most_added(input), 1);
    if (!sums.ok()) return sums;
    return output;
  }

  // As for a global average pool.
  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override { return input.elements(); }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const WindowedSize size = *resolve_window(pool_.window, info.input.h, info.input.w);
    const PixelBlocking blocking = choose_pixel_blocks(
        planning, info, [&](const Machine& machine) { return pixel_cost(machine, work(info, machine)); });
    info.report.kind = PlanKind::kPooling;
    report_epilogue(epilogue_.at(0), info);
    auto plan = std::make_unique<WindowPoolPlan>(kernels(), pool_, size, blocking, epilogue_);
    plan->info = std::move(info);
    return plan;
  }

 private:
  // Of a window. Of a kernel that is larger than the input most taps are padding.
  [[nodiscard]] std::int64_t most_taps(const Shape& input) const noexcept {
    return std::min<std::int64_t>(pool_.window.kernel_h, input.h) *
           std::min<std::int64_t>(pool_.window.kernel_w, input.w);
  }

  // Elements of a quantised mean. Some of its roundings add the padding that counts.
  [[nodiscard]] std::int64_t most_added(const Shape& input) const noexcept {
    return pool_.counts_padding ? std::int64_t{pool_.window.kernel_h} * pool_.window.kernel_w : most_taps(input);
  }

  [[nodiscard]] PixelWork work(const PlanInfo& info, const Machine& machine) const noexcept {
    const double taps = real(most_taps(info.input));
    const Shape& out = info.output;
    const bool along_row = !kernels().int8() && kernels::pools_along_row(machine.lanes, out.c, pool_.window.stride_w);
    const double vectors_a_pixel =
        along_row ? real(out.c * pool_.window.stride_w) / real(machine.lanes) : real(ceil_div(out.c, machine.lanes));
    // A comparison of three instructions, or an addition; the end of a window some twenty.
    return {real(out.n * out.h * out.w) * vectors_a_pixel, taps, 20.0 + taps * (pool_.average ? 2.0 : 4.0),
            real(info.input.elements()) * machine.tensor_bytes, real(out.elements()) * machine.tensor_bytes};
  }

  PoolWindow pool_;
  PackedEpilogue epilogue_;
};

template <class Params>
Result<std::shared_ptr<const OperatorImpl>> make_window_pool(const Params& p, const CreateOptions& options,
                                                             const PoolWindow& pool, Rounding rounding) {
  const Status status = first_error({check_at_least_one("channels", p.channels), check_window("", pool.window),
                                     check_activation("", p.activation, p.channels),
                                     check_operand_types(p.src_type, p.dst_type, p.activation, rounding)});
  if (!status.ok()) return status;
  const Status same = pool.average ? Status() : check_same_quantization(p.src_type, p.dst_type);
  if (!same.ok()) return same;
  const auto kernels = select_kernels(options.isa, types_of(p.src_type.type));
  if (!kernels.ok()) return kernels.status();
  return std::shared_ptr<const OperatorImpl>(std::make_shared<const WindowPool>(**kernels, p, pool));
}

}  // namespace
}  // namespace internal

Result<Operator> Operator::max_pool(const MaxPoolParams& params, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const auto op = make_window_pool(params, options, pool_window(params, false, false), Rounding::kNearestEven);
    if (!op.ok()) return op.status();
    return Operator(*op);
  });
}

Result<Operator> Operator::average_pool(const AveragePoolParams& params, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const auto op =
        make_window_pool(params, options, pool_window(params, true, params.count_include_pad), params.rounding);
    if (!op.ok()) return op.status();
    return Operator(*op);
  });
}

}  // namespace tandem::inline TANDEM_ABI
