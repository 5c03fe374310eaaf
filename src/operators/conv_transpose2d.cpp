// Transposed convolution as one regular convolution for each phase of the output, see plan/transposed.hpp. Each writes
// its outputs where they lie, a stride apart. There is no scattered sum and no buffer of columns. Few output channels
// would leave lanes idle; where all phases have the same window they are the columns of one product then.
#include <memory>
#include <utility>

#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/int8_operators.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/transposed_filters.hpp"
#include "src/operators/transposed_operator.hpp"
#include "src/stages/joined_phases.hpp"
#include "src/stages/pointers.hpp"
#include "src/stages/windows.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

class ConvTranspose2dPlan final : public PlanImpl {
 public:
  ConvTranspose2dPlan(const TransposedFilters& filters, TransposedGeometry geometry, TransposedBlocking blocking,
                      PlanInfo plan_info)
      : filters_(filters), g_(std::move(geometry)), blocking_(blocking) {
    info = std::move(plan_info);
    if (blocking_.joined) scratch_offset_ = pieces.add_own(joined().row_bytes());
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const ByteStrides strides = info.byte_strides();
    worker.share(blocking_.tasks(g_), [&](std::int64_t i, const Worker& w) {
      const TransposedTask task = blocking_.task(g_, i);
      const std::int64_t out_pixel = task.image * g_.y.out * g_.x.out;
      const std::ptrdiff_t in_channel = task.group * g_.channels * element();
      const std::ptrdiff_t out_channel = task.group * g_.matrix.n() * element();
      const ImagePointers first{advance(args.src, task.image * g_.y.in * g_.x.in * strides.src + in_channel),
                                advance(args.dst, out_pixel * strides.dst + out_channel),
                                advance(args.residual, out_pixel * strides.residual + out_channel)};
      if (blocking_.joined) {
        joined().run(filters_.joined(task.group), task.periods, first, workspace(args).own(scratch_offset_, w.index()));
        return;
      }
      // Panels outermost: a panel stays in a cache while all rows of the task pass it.
      for (std::int64_t panel = task.panels.begin; panel < task.panels.end; ++panel) {
        for (const Phase& rows : g_.rows) {
          for (const Phase& columns : g_.columns) phase(rows, columns, task, panel, first);
        }
      }
    });
  }

 private:
  [[nodiscard]] std::ptrdiff_t element() const noexcept {
    return static_cast<std::ptrdiff_t>(element_bytes(info.types.dst));
  }
  [[nodiscard]] ImageStrides dst() const noexcept {
    const std::ptrdiff_t pixel = info.byte_strides().dst;
    return {pixel, g_.x.out * pixel};
  }
  [[nodiscard]] ImageStrides residual() const noexcept {
    const std::ptrdiff_t pixel = info.byte_strides().residual;
    return {pixel, g_.x.out * pixel};
  }
  // The regular convolution of two axes, onto outputs that lie so far apart.
  [[nodiscard]] Windows windows(const AxisTaps& y, const AxisTaps& x, const ImageStrides& to,
                                const ImageStrides& added) const noexcept {
    const std::ptrdiff_t pixel = info.byte_strides().src;
    const bool dense = x.axis.dilation == 1 && info.strides.src == g_.channels;
    return {y, x, g_.channels, dense, {pixel, g_.x.in * pixel}, to, added, info.far_dst && !blocking_.joined};
  }

  [[nodiscard]] JoinedPhases joined() const noexcept {
    const std::ptrdiff_t pixel_bytes = g_.matrix.n() * element();
    const ImageStrides row{g_.y.stride * g_.x.stride * pixel_bytes, 0};
    const AxisTaps& y = g_.joined_rows.taps;
    const AxisTaps& x = g_.joined_columns.taps;
    return {windows(y, x, row, row),
            {y.axis.out, g_.y.stride, g_.joined_rows.before, g_.y.out},
            {x.axis.out, g_.x.stride, g_.joined_columns.before, g_.x.out},
            pixel_bytes,
            dst(),
            residual()};
  }

  void phase(const Phase& rows, const Phase& columns, const TransposedTask& task, std::int64_t panel,
             const ImagePointers& first) const noexcept {
    const ImageStrides to = dst();
    const ImageStrides added = residual();
    const auto apart = [&](const ImageStrides& s) -> ImageStrides {
      return {g_.x.stride * s.pixel, g_.y.stride * s.row};
    };
    const Windows outputs = windows(rows.taps, columns.taps, apart(to), apart(added));
    const Range some{task.periods.begin, std::min(task.periods.end, rows.taps.axis.out)};
    const PackedGemm& weights = filters_.at(rows.tap_set, columns.tap_set, task.group);
    for_each_place(rows, columns, [&](std::int64_t y, std::int64_t x) {
      outputs.run(weights, panel, some,
                  {first.src, advance(first.dst, y * to.row + x * to.pixel),
                   advance(first.residual, y * added.row + x * added.pixel)});
    });
  }

  const TransposedFilters& filters_;
  TransposedGeometry g_;
  TransposedBlocking blocking_;
  std::size_t scratch_offset_ = 0;
};

class ConvTranspose2d final : public TransposedOperator {
 public:
  ConvTranspose2d(const kernels::KernelTable& kernels, const ConvTranspose2dParams& params, const Weights& weights)
      : TransposedOperator(kernels, params), filters_(kernels, params, weights) {}

  std::size_t packed_bytes() const noexcept override { return filters_.bytes(); }
  bool takes_residual() const noexcept override { return params().residual; }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    TransposedGeometry g = geometry(info.input, params().in_channels / params().groups, filters_.geometry());
    g.row_bytes = info.input.w * info.byte_strides().src;
    g.joined = filters_.joined_geometry();
    if (g.joined.k > 0) {
      g.joined_rows = joined_axis(g.y);
      g.joined_columns = joined_axis(g.x);
    }
    const TransposedBlocking b = choose_blocking(g, planning, info);
    report_kernel(b.joined ? filters_.joined(0) : filters_.at(0, 0, 0), info);
    return std::make_unique<ConvTranspose2dPlan>(filters_, std::move(g), b, std::move(info));
  }

 private:
  TransposedFilters filters_;
};

}  // namespace
}  // namespace internal

Result<Operator> Operator::conv_transpose2d(const ConvTranspose2dParams& params, const Weights& weights,
                                            const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_conv_transpose2d(params, weights);
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa, types_of(params));
    if (!kernels.ok()) return kernels.status();
    if ((*kernels)->int8()) return Operator(make_int8_conv_transpose2d(**kernels, params, weights));
    return Operator(std::make_shared<const ConvTranspose2d>(**kernels, params, weights));
  });
}

}  // namespace tandem::inline TANDEM_ABI
