// Transposed convolution as one regular convolution for each phase of the output, see plan/transposed.hpp. Each writes
// its outputs where they lie, a stride apart. There is no scattered sum and no buffer of columns. Few output channels
// would leave lanes idle; where all phases have the same window they are the columns of one product then.
#include <memory>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/transposed.hpp"
#include "src/stages/block_stages.hpp"
#include "src/stages/joined_phases.hpp"
#include "src/stages/pointers.hpp"
#include "src/stages/windows.hpp"
#include "src/weights/tap_filter.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

// A block of few columns: as one matrix they need fewer vectors than phase by phase.
constexpr std::int64_t kMostJoinedVectors = 8;

/// The packed taps: a matrix for each pair of sets of taps and each group; and of few output channels a matrix of all
/// taps for each group, whose columns are a block of outputs.
class TransposedFilters {
 public:
  TransposedFilters(const kernels::KernelTable& kernels, const ConvTranspose2dParams& p, const Weights& weights)
      : groups_(p.groups),
        sets_w_(tap_sets(p.kernel_w, p.stride_w, p.dilation_w)),
        size_{p.out_channels, p.in_channels / p.groups, p.kernel_h, p.kernel_w, p.groups} {
    const std::int64_t sets_h = tap_sets(p.kernel_h, p.stride_h, p.dilation_h);
    const StageEnd end{p.activation, p.residual_order};
    packed_.reserve(static_cast<std::size_t>(sets_h * sets_w_ * groups_));
    for (std::int64_t y = 0; y < sets_h; ++y) {
      for (std::int64_t x = 0; x < sets_w_; ++x) {
        const TapFilter taps(weights, size_, tap_set(p.kernel_h, p.stride_h, p.dilation_h, y),
                             tap_set(p.kernel_w, p.stride_w, p.dilation_w, x));
        for (std::int64_t group = 0; group < groups_; ++group) {
          packed_.emplace_back(kernels, taps.weights(), taps.size(), end, part(size_.out, groups_, group));
        }
      }
    }
    if (!worth_joining(kernels, p)) return;
    joined_.reserve(static_cast<std::size_t>(groups_));
    for (std::int64_t group = 0; group < groups_; ++group) {
      const JoinedFilter all(weights, size_, end, part(size_.out, groups_, group), p.stride_h, p.stride_w);
      joined_.emplace_back(kernels, all.weights(), all.size(), all.end(), Range{0, all.size().out});
    }
  }

  [[nodiscard]] const PackedGemm& at(std::int64_t set_h, std::int64_t set_w, std::int64_t group) const noexcept {
    return packed_[static_cast<std::size_t>((set_h * sets_w_ + set_w) * groups_ + group)];
  }
  [[nodiscard]] const PackedGemm& joined(std::int64_t group) const noexcept {
    return joined_[static_cast<std::size_t>(group)];
  }
  [[nodiscard]] std::size_t bytes() const noexcept { return bytes_of(packed_) + bytes_of(joined_); }
  /// One group as a matrix of all taps.
  [[nodiscard]] MatrixGeometry geometry() const noexcept {
    return {size_.h * size_.w * size_.in, packed_.front().panels(),
            bytes_of(packed_) / static_cast<std::size_t>(groups_)};
  }
  /// The same of the outputs of a block; its k is 0 if there are none.
  [[nodiscard]] MatrixGeometry joined_geometry() const noexcept {
    return joined_.empty() ? MatrixGeometry{} : geometry_of(joined_.front());
  }

 private:
  static std::size_t bytes_of(const std::vector<PackedGemm>& matrices) noexcept {
    std::size_t bytes = 0;
    for (const PackedGemm& matrix : matrices) bytes += matrix.bytes();
    return bytes;
  }
  static bool worth_joining(const kernels::KernelTable& kernels, const ConvTranspose2dParams& p) noexcept {
    if (!phases_join(p)) return false;
    const std::int64_t phases = std::int64_t{p.stride_h} * p.stride_w;
    const std::int64_t outputs = p.out_channels / p.groups;
    if (phases > kMostJoinedVectors * kernels.lanes) return false;
    const std::int64_t vectors = ceil_div(phases * outputs, kernels.lanes);
    return vectors <= kMostJoinedVectors && vectors < phases * ceil_div(outputs, kernels.lanes);
  }

  std::int64_t groups_;
  std::int64_t sets_w_;
  FilterSize size_;
  std::vector<PackedGemm> packed_;
  std::vector<PackedGemm> joined_;  // may be empty
};

class ConvTranspose2dPlan final : public PlanImpl {
 public:
  ConvTranspose2dPlan(const TransposedFilters& filters, TransposedGeometry geometry, TransposedBlocking blocking,
                      PlanInfo plan_info)
      : filters_(filters), g_(std::move(geometry)), blocking_(blocking) {
    info = std::move(plan_info);
    if (blocking_.joined) scratch_offset_ = pieces.add_own(joined().row_bytes());
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const std::int64_t tasks = blocking_.row_chunks * g_.groups * blocking_.panel_groups;
    const ByteStrides strides = info.byte_strides();
    worker.share(g_.images * tasks, [&](std::int64_t task, const Worker& w) {
      const std::int64_t image = task / tasks;
      const std::int64_t group = task / blocking_.panel_groups % g_.groups;
      const Range periods =
          part(g_.periods(blocking_.joined), blocking_.row_chunks, task % tasks / (g_.groups * blocking_.panel_groups));
      const std::int64_t out_pixel = image * g_.y.out * g_.x.out;
      const std::ptrdiff_t in_channel = group * g_.channels * element();
      const std::ptrdiff_t out_channel = group * g_.matrix.n() * element();
      const ImagePointers first{advance(args.src, image * g_.y.in * g_.x.in * strides.src + in_channel),
                                advance(args.dst, out_pixel * strides.dst + out_channel),
                                advance(args.residual, out_pixel * strides.residual + out_channel)};
      if (blocking_.joined) {
        joined().run(filters_.joined(group), periods, first, workspace(args).own(scratch_offset_, w.index()));
        return;
      }
      const Range panels = part(g_.matrix.panels.count(), blocking_.panel_groups, task % blocking_.panel_groups);
      // Panels outermost: a panel stays in a cache while all rows of the task pass it.
      for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
        for (const Phase& rows : g_.rows) {
          for (const Phase& columns : g_.columns) phase(rows, columns, group, panel, periods, first);
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

  void phase(const Phase& rows, const Phase& columns, std::int64_t group, std::int64_t panel, Range periods,
             const ImagePointers& first) const noexcept {
    const ImageStrides to = dst();
    const ImageStrides added = residual();
    const auto apart = [&](const ImageStrides& s) -> ImageStrides {
      return {g_.x.stride * s.pixel, g_.y.stride * s.row};
    };
    const Windows outputs = windows(rows.taps, columns.taps, apart(to), apart(added));
    const Range some{periods.begin, std::min(periods.end, rows.taps.axis.out)};
    const PackedGemm& weights = filters_.at(rows.tap_set, columns.tap_set, group);
    for (std::int64_t y = rows.first; y < rows.first + rows.width; ++y) {
      for (std::int64_t x = columns.first; x < columns.first + columns.width; ++x) {
        outputs.run(weights, panel, some,
                    {first.src, advance(first.dst, y * to.row + x * to.pixel),
                     advance(first.residual, y * added.row + x * added.pixel)});
      }
    }
  }

  const TransposedFilters& filters_;
  TransposedGeometry g_;
  TransposedBlocking blocking_;
  std::size_t scratch_offset_ = 0;
};

class ConvTranspose2d final : public OperatorImpl {
 public:
  ConvTranspose2d(const kernels::KernelTable& kernels, const ConvTranspose2dParams& params, const Weights& weights)
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}),
        params_(params),
        filters_(kernels, params, weights) {}

  const char* name() const noexcept override { return "conv_transpose2d"; }
  std::size_t packed_bytes() const noexcept override { return filters_.bytes(); }
  bool takes_residual() const noexcept override { return params_.residual; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.in_channels);
    if (!status.ok()) return status;
    const Result<TransposedSize> size = resolve_transposed(params_, input.h, input.w);
    if (!size.ok()) return size.status();
    return Shape{input.n, size->out_h, size->out_w, params_.out_channels};
  }

  // Each input meets all taps of its group.
  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override {
    return input.n * cost::regular(params_.kernel_h, params_.kernel_w, params_.in_channels / params_.groups, input.h,
                                   input.w, params_.out_channels);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const ConvTranspose2dParams& p = params_;
    const TransposedSize size = *resolve_transposed(p, info.input.h, info.input.w);
    const ConvAxis y{info.input.h, size.out_h, p.kernel_h, p.stride_h, p.dilation_h, size.pad_top};
    const ConvAxis x{info.input.w, size.out_w, p.kernel_w, p.stride_w, p.dilation_w, size.pad_left};
    TransposedGeometry g{y,
                         x,
                         phases_of(y),
                         phases_of(x),
                         {},
                         {},
                         info.input.n,
                         p.groups,
                         p.in_channels / p.groups,
                         filters_.geometry(),
                         filters_.joined_geometry()};
    if (g.joined.k > 0) {
      g.joined_rows = joined_axis(y);
      g.joined_columns = joined_axis(x);
    }
    const std::vector<Candidate<TransposedBlocking>> ways = transposed_candidates(planning.machine, g, info.workers);
    const std::size_t chosen = choose(ways, planning.candidate);
    const TransposedBlocking& b = ways[chosen].blocking;

    const PackedGemm& first = b.joined ? filters_.joined(0) : filters_.at(0, 0, 0);
    PlanReport& report = info.report;
    report.kind = PlanKind::kTransposed;
    report_choice(ways, chosen, info);
    report.partition = partition_of(g.images * b.row_chunks, g.groups * b.panel_groups, ways[chosen].workers);
    report.row_block = std::min(ceil_div(g.periods(b.joined), b.row_chunks) * g.y.stride, g.y.out);
    const kernels::Panels& panels = g.matrix.panels;
    report.channel_block = std::min(ceil_div(panels.count(), b.panel_groups) * panels.shape(0).columns, g.matrix.n());
    report.walk = b.joined ? "blocks" : "phases";
    report_epilogue(first.epilogue(0), info);
    report.kernel = planning.kernels.gemm_kernel(first.panel(0)).name;
    return std::make_unique<ConvTranspose2dPlan>(filters_, std::move(g), b, std::move(info));
  }

 private:
  ConvTranspose2dParams params_;
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
    return Operator(std::make_shared<const ConvTranspose2d>(**kernels, params, weights));
  });
}

}  // namespace tandem::inline TANDEM_ABI
