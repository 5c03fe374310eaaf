// Quantised regular convolution by the matrix kernels: the taps of a kernel row, or of a tap, are a segment of a row of A.
// Each task copies the input rows that it needs, with their padding, unless there is none and nothing lies between pixels.
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/operators/int8_operators.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/regular.hpp"
#include "src/stages/block_stages.hpp"
#include "src/stages/pointers.hpp"
#include "src/weights/pack.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// The input columns, or rows, that outputs [0, out) read.
std::int64_t span_of(const ConvAxis& a, std::int64_t out) noexcept {
  return (out - 1) * a.stride + (a.kernel - 1) * a.dilation + 1;
}

// Whether the taps of a kernel row lie side by side in an input without gaps.
bool takes_rows(const Conv2dParams& p) noexcept { return p.groups == 1 && p.dilation_w == 1; }

struct Int8Geometry {
  ConvAxis y, x;
  RegularBlocking blocking;
  bool copies;
};

class Int8Conv2dPlan final : public PlanImpl {
 public:
  Int8Conv2dPlan(const std::vector<PackedGemm>& groups, const Conv2dParams& params, const Int8Geometry& geometry)
      : groups_(groups), p_(params), g_(geometry) {
    if (!g_.copies) return;
    const std::int64_t rows = span_of(g_.y, ceil_div(g_.y.out, g_.blocking.row_chunks));
    rows_offset_ = pieces.add_own(rows * copied_row());
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const auto groups = static_cast<std::int64_t>(groups_.size());
    const std::int64_t panel_groups = g_.blocking.panel_groups;
    worker.share(info.input.n * g_.blocking.row_chunks * panel_groups, [&](std::int64_t task, const Worker& w) {
      const std::int64_t chunk = task / panel_groups % g_.blocking.row_chunks;
      const std::int64_t image = task / panel_groups / g_.blocking.row_chunks;
      const Range rows = part(g_.y.out, g_.blocking.row_chunks, chunk);
      const kernels::ConstRows input = input_of(args, image, rows, w);
      for (std::int64_t group = 0; group < groups; ++group) {
        const PackedGemm& weights = groups_[static_cast<std::size_t>(group)];
        const Range panels = part(weights.panels().count(), panel_groups, task % panel_groups);
        // Panels outermost: a panel stays in a cache while all rows of the task pass it.
        for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
          multiply_rows(weights, panel, rows, input, group, advance(args.dst, image * dst_image()));
        }
      }
    });
  }

 private:
  [[nodiscard]] std::int64_t copied_row() const noexcept { return span_of(g_.x, g_.x.out) * p_.in_channels; }
  [[nodiscard]] std::ptrdiff_t dst_row() const noexcept { return g_.x.out * info.byte_strides().dst; }
  [[nodiscard]] std::ptrdiff_t dst_image() const noexcept { return g_.y.out * dst_row(); }
  // Bytes from pixel to pixel of what the kernels read.
  [[nodiscard]] std::ptrdiff_t pixel() const noexcept { return g_.copies ? p_.in_channels : info.byte_strides().src; }

  // The input rows of output rows `rows`, with padding; the stride is from row to row.
  kernels::ConstRows input_of(const RunArgs& args, std::int64_t image, Range rows,
                              const Worker& worker) const noexcept {
    const std::ptrdiff_t stride = info.byte_strides().src;
    const void* const src = advance(args.src, image * g_.y.in * g_.x.in * stride);
    const std::int64_t first = rows.begin * g_.y.stride - g_.y.pad;
    if (!g_.copies) return {advance(src, first * g_.x.in * stride), g_.x.in * stride};
    auto* const to = static_cast<std::byte*>(workspace(args).own(rows_offset_, worker.index()));
    const std::int64_t count = span_of(g_.y, rows.end - rows.begin);
    for (std::int64_t i = 0; i < count; ++i) copy_row(src, first + i, to + i * copied_row());
    return {to, copied_row()};
  }

  void copy_row(const void* src, std::int64_t y, std::byte* to) const noexcept {
    const std::ptrdiff_t stride = info.byte_strides().src;
    const int zero_point = p_.src_type.quantization.zero_point;
    const std::int64_t channels = p_.in_channels;
    const std::int64_t span = span_of(g_.x, g_.x.out);
    const bool inside = y >= 0 && y < g_.y.in;
    const std::int64_t left = inside ? std::min(g_.x.pad, span) : span;
    const std::int64_t pixels = std::min(g_.x.in, span - left);
    std::memset(to, zero_point, static_cast<std::size_t>(left * channels));
    if (pixels > 0 && inside) {
      const bool joined = stride == channels;
      groups_.front().kernels().copy_rows({{advance(src, y * g_.x.in * stride), stride},
                                           {to + left * channels, channels},
                                           joined ? 1 : pixels,
                                           joined ? pixels * channels : channels});
    }
    const std::int64_t done = (left + std::max<std::int64_t>(pixels, 0)) * channels;
    std::memset(to + done, zero_point, static_cast<std::size_t>(span * channels - done));
  }

  void multiply_rows(const PackedGemm& weights, std::int64_t panel, Range rows, const kernels::ConstRows& input,
                     std::int64_t group, void* dst) const noexcept {
    const std::int64_t segment = weights.segment();
    const std::int64_t segment_rows = ceil_div(segment, kQuad);
    kernels::GemmArgs args;
    args.rows = g_.x.out;
    args.panel = weights.panel(panel);
    args.epilogue = weights.epilogue(panel);
    args.a.stride = g_.x.stride * pixel();
    args.steps.k = segment / kQuad;
    args.steps.rest = static_cast<std::int32_t>(segment % kQuad);
    args.steps.outer = g_.y.kernel;
    args.steps.inner = takes_rows(p_) ? 1 : g_.x.kernel;
    args.steps.a_outer_stride = g_.y.dilation * input.stride;
    args.steps.a_inner_stride = g_.x.dilation * pixel();
    args.steps.b_inner_stride = segment_rows;
    args.steps.b_outer_stride = args.steps.inner * segment_rows;
    args.c.stride = info.byte_strides().dst;
    const std::int64_t first_input = group * (p_.in_channels / p_.groups);
    const std::int64_t column = group * weights.n() + weights.panels().first_column(panel);
    const kernels::GemmKernel& kernel = weights.kernels().gemm_kernel(args.panel);
    for (std::int64_t y = rows.begin; y < rows.end; ++y) {
      args.a.data = advance(input.data, (y - rows.begin) * g_.y.stride * input.stride + first_input);
      args.c.data = advance(dst, y * dst_row() + column * weights.dst_bytes());
      kernel.function(args);
    }
  }

  const std::vector<PackedGemm>& groups_;
  Conv2dParams p_;
  Int8Geometry g_;
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
      groups_.emplace_back(kernels, weights, size,
                           StageEnd{params.activation, params.residual_order, params.src_type, params.dst_type},
                           Range{group * outputs, (group + 1) * outputs}, segment);
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
    Int8Geometry g{{info.input.h, size.out_h, params_.kernel_h, params_.stride_h, params_.dilation_h, size.pad_top},
                   {info.input.w, size.out_w, params_.kernel_w, params_.stride_w, params_.dilation_w, size.pad_left},
                   {},
                   false};
    const bool pads =
        std::max(g.y.pad, g.x.pad) > 0 || span_of(g.y, g.y.out) > g.y.in || span_of(g.x, g.x.out) > g.x.in;
    g.copies = pads || (takes_rows(params_) && params_.kernel_w > 1 && info.strides.src != info.input.c);

    // For the planner the padded input is the input, and its channels are quads. Tasks copy parts of it, so no piece of the
    // workspace is larger.
    checked_bytes({span_of(g.y, g.y.out), span_of(g.x, g.x.out), params_.in_channels});
    const std::int64_t quads = ceil_div(params_.in_channels / params_.groups, kQuad);
    const RegularGeometry geometry{{span_of(g.y, g.y.out), g.y.out, g.y.kernel, g.y.stride, g.y.dilation, 0},
                                   {span_of(g.x, g.x.out), g.x.out, g.x.kernel, g.x.stride, g.x.dilation, 0},
                                   info.input.n,
                                   1,
                                   quads,
                                   quads * params_.groups,
                                   geometry_of(groups_.front()),
                                   false,
                                   false};
    std::vector<Candidate<RegularBlocking>> ways = regular_candidates(planning.machine, geometry, info.workers);
    // Sums stay in registers: by taps they would be in the workspace.
    std::erase_if(ways, [](const Candidate<RegularBlocking>& c) { return c.blocking.channel_block > 0; });
    const std::size_t chosen = choose(ways, planning.candidate);
    g.blocking = ways[chosen].blocking;

    PlanReport& report = info.report;
    report.kind = PlanKind::kRegular;
    report_choice(ways, chosen, info);
    report.partition =
        partition_of(info.input.n * g.blocking.row_chunks, g.blocking.panel_groups, ways[chosen].workers);
    report.row_block = g.blocking.row_chunk(geometry);
    const kernels::Panels& panels = groups_.front().panels();
    report.channel_block =
        std::min(ceil_div(panels.count(), g.blocking.panel_groups) * panels.shape(0).columns, groups_.front().n());
    report.walk = "windows";
    report.kernel = kernels().gemm_kernel(groups_.front().panel(0)).name;
    report_epilogue(groups_.front().epilogue(0), info);
    auto plan = std::make_unique<Int8Conv2dPlan>(groups_, params_, g);
    plan->info = std::move(info);
    return plan;
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
