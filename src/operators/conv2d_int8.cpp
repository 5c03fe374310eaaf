// Quantised regular convolution by the matrix kernels, see stages/int8_windows.hpp.
#include <algorithm>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/operators/int8_operators.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/regular.hpp"
#include "src/stages/block_stages.hpp"
#include "src/stages/int8_windows.hpp"
#include "src/stages/pointers.hpp"
#include "src/weights/pack.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Whether the taps of a kernel row lie side by side in an input without gaps.
bool takes_rows(const Conv2dParams& p) noexcept { return p.groups == 1 && p.dilation_w == 1; }

class Int8Conv2dPlan final : public PlanImpl {
 public:
  Int8Conv2dPlan(const std::vector<PackedGemm>& groups, const Int8Windows& windows, const RegularBlocking& blocking,
                 PlanInfo plan_info)
      : groups_(groups), windows_(windows), blocking_(blocking) {
    info = std::move(plan_info);
    if (!windows_.copies()) return;
    rows_offset_ = pieces.add_own(windows_.copied_bytes(ceil_div(windows_.y.out, blocking_.row_chunks)));
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const ByteStrides strides = info.byte_strides();
    const std::ptrdiff_t src_image = windows_.y.in * windows_.x.in * strides.src;
    const std::ptrdiff_t dst_image = windows_.y.out * windows_.dst.row;
    const std::int64_t panel_groups = blocking_.panel_groups;
    const std::int64_t inputs = windows_.channels / static_cast<std::int64_t>(groups_.size());
    worker.share(info.input.n * blocking_.row_chunks * panel_groups, [&](std::int64_t task, const Worker& w) {
      const std::int64_t chunk = task / panel_groups % blocking_.row_chunks;
      const std::int64_t image = task / panel_groups / blocking_.row_chunks;
      const Range rows = part(windows_.y.out, blocking_.row_chunks, chunk);
      void* const copies = windows_.copies() ? workspace(args).own(rows_offset_, w.index()) : nullptr;
      const kernels::ConstRows src =
          windows_.input(groups_.front().kernels(), advance(args.src, image * src_image), rows, copies);
      void* const dst = advance(args.dst, image * dst_image);
      std::int64_t group = 0;
      for (const PackedGemm& weights : groups_) {
        const Range panels = part(weights.panels().count(), panel_groups, task % panel_groups);
        // Panels outermost: a panel stays in a cache while all rows of the task pass it.
        for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
          windows_.run(weights, panel, rows, {advance(src.data, group * inputs), src.stride},
                       advance(dst, group * weights.n() * weights.dst_bytes()));
        }
        ++group;
      }
    });
  }

 private:
  const std::vector<PackedGemm>& groups_;
  Int8Windows windows_;
  RegularBlocking blocking_;
  std::size_t rows_offset_ = 0;
};

class Int8Conv2d final : public OperatorImpl {
 public:
  Int8Conv2d(const kernels::KernelTable& kernels, const char* name, const Conv2dParams& params, const Weights& weights)
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}), name_(name), params_(params) {
    const FilterSize size{params.out_channels, params.in_channels / params.groups, params.kernel_h, params.kernel_w};
    const std::int64_t segment = takes_rows(params) ? size.w * size.in : size.in;
    const std::int64_t outputs = size.out / params.groups;
    groups_.reserve(static_cast<std::size_t>(params.groups));
    for (std::int64_t group = 0; group < params.groups; ++group) {
      groups_.emplace_back(kernels, weights, size, stage_end(params), Range{group * outputs, (group + 1) * outputs},
                           segment);
    }
  }

  const char* name() const noexcept override { return name_; }
  std::size_t packed_bytes() const noexcept override {
    std::size_t bytes = 0;
    for (const PackedGemm& group : groups_) bytes += group.bytes();
    return bytes;
  }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    return windowed_shape(input, params_.in_channels, window_of(params_), params_.out_channels);
  }

  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    return output.n * cost::regular(params_.kernel_h, params_.kernel_w, params_.in_channels / params_.groups, output.h,
                                    output.w, params_.out_channels);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const WindowedSize size = *resolve_window(window_of(params_), info.input.h, info.input.w);
    const ConvAxis y{info.input.h, size.out_h, params_.kernel_h, params_.stride_h, params_.dilation_h, size.pad_top};
    const ConvAxis x{info.input.w, size.out_w, params_.kernel_w, params_.stride_w, params_.dilation_w, size.pad_left};
    const ByteStrides strides = info.byte_strides();
    const Int8Windows windows{y,
                              x,
                              params_.in_channels,
                              params_.src_type.quantization.zero_point,
                              strides.src,
                              {strides.dst, x.out * strides.dst},
                              takes_rows(params_)};

    // For the planner the padded input is the input, and its channels are quads. Tasks copy parts of it, so no piece of the
    // workspace is larger.
    checked_bytes({span_of(y, y.out), span_of(x, x.out), params_.in_channels});
    const std::int64_t quads = ceil_div(params_.in_channels / params_.groups, kQuad);
    const RegularGeometry geometry{{span_of(y, y.out), y.out, y.kernel, y.stride, y.dilation, 0},
                                   {span_of(x, x.out), x.out, x.kernel, x.stride, x.dilation, 0},
                                   info.input.n,
                                   1,
                                   quads,
                                   quads * params_.groups,
                                   0,
                                   geometry_of(groups_.front()),
                                   false,
                                   false};
    std::vector<Candidate<RegularBlocking>> ways = regular_candidates(planning.machine, geometry, info.workers);
    // Sums stay in registers: by taps they would be in the workspace.
    std::erase_if(ways, [](const Candidate<RegularBlocking>& c) { return c.blocking.channel_block > 0; });
    const std::size_t chosen = choose(ways, planning.candidate);
    const RegularBlocking& b = ways[chosen].blocking;

    PlanReport& report = info.report;
    report.kind = PlanKind::kRegular;
    report_choice(ways, chosen, info);
    report.partition = partition_of(info.input.n * b.row_chunks, b.panel_groups, ways[chosen].workers);
    report.row_block = b.row_chunk(geometry);
    const kernels::Panels& panels = groups_.front().panels();
    report.channel_block =
        std::min(ceil_div(panels.count(), b.panel_groups) * panels.shape(0).columns, groups_.front().n());
    report.walk = "windows";
    report.kernel = kernels().gemm_kernel(groups_.front().panel(0)).name;
    report_epilogue(groups_.front().epilogue(0), info);
    return std::make_unique<Int8Conv2dPlan>(groups_, windows, b, std::move(info));
  }

 private:
  const char* name_;
  Conv2dParams params_;
  std::vector<PackedGemm> groups_;
};

}  // namespace

std::shared_ptr<const OperatorImpl> make_int8_conv2d(const kernels::KernelTable& kernels, const char* name,
                                                     const Conv2dParams& params, const Weights& weights) {
  return std::make_shared<const Int8Conv2d>(kernels, name, params, weights);
}

}  // namespace tandem::inline TANDEM_ABI::internal
