// Regular convolution by the matrix kernels, without a copy of its patches.
//
// In NHWC the taps (kx, c) of one kernel row are contiguous in the input, and the pixels of an output row lie stride_w
// * C apart. So an output row is a matrix product whose rows overlap in memory; its segments are the KH kernel rows. At
// the border fewer taps count, so the output is cut into rectangles whose pixels use the same taps: the interior, and a
// frame as wide as the padding. On a small map the frame is most of the output; there the sum is computed tap by tap
// instead, with partial sums in the workspace.
#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/conv2d.hpp"
#include "src/operators/conv2d_groups.hpp"
#include "src/operators/depthwise.hpp"
#include "src/operators/int8_operators.hpp"
#include "src/operators/matrix_plan.hpp"
#include "src/operators/pointwise.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/candidates.hpp"
#include "src/plan/conv2d_taps.hpp"
#include "src/plan/regular.hpp"
#include "src/stages/block_stages.hpp"
#include "src/stages/matrix_product.hpp"
#include "src/stages/sum_blocks.hpp"
#include "src/stages/windows.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

struct Conv2dGeometry {
  AxisTaps y, x;
  RegularBlocking blocking;
};

class Conv2dPlan final : public PlanImpl {
 public:
  Conv2dPlan(const kernels::KernelTable& kernels, const std::vector<GroupMatrix>& groups, const Conv2dParams& params,
             Conv2dGeometry geometry)
      : kernels_(kernels), groups_(groups), p_(params), g_(std::move(geometry)) {
    if (g_.blocking.channel_block == 0) return;
    const std::int64_t sums = ceil_div(g_.y.axis.out, g_.blocking.row_chunks) * g_.x.axis.out * sums_stride();
    sums_offset_ = pieces.add_own(sums);
    totals_offset_ = pieces.add_own(in_blocks() ? sums : 0);
  }

  /// The kernel to report: that of the first panel.
  [[nodiscard]] const kernels::GemmKernel& kernel() const noexcept {
    return kernels_.gemm_kernel(groups_.front().weights.panel(0));
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const auto groups = static_cast<std::int64_t>(groups_.size());
    const std::int64_t tasks = g_.blocking.row_chunks * groups * g_.blocking.panel_groups;
    const ByteStrides strides = info.byte_strides();
    const std::ptrdiff_t element = kernels_.tensor_bytes();
    worker.share(info.input.n * tasks, [&](std::int64_t task, const Worker& w) {
      const std::int64_t image = task / tasks;
      const std::int64_t chunk = task % tasks / (groups * g_.blocking.panel_groups);
      const Range rows = part(g_.y.axis.out, g_.blocking.row_chunks, chunk);
      const std::int64_t group = task / g_.blocking.panel_groups % groups;
      const GroupMatrix& matrix = groups_[static_cast<std::size_t>(group)];
      const PackedGemm& weights = matrix.weights;
      const Range panels = part(weights.panels().count(), g_.blocking.panel_groups, task % g_.blocking.panel_groups);
      const std::int64_t out_pixel = image * g_.y.axis.out * g_.x.axis.out;
      const std::ptrdiff_t in_channel = matrix.first_input * element;
      const std::ptrdiff_t out_channel = matrix.first_output * element;
      const ImagePointers t{advance(args.src, image * g_.y.axis.in * g_.x.axis.in * strides.src + in_channel),
                            advance(args.dst, out_pixel * strides.dst + out_channel),
                            advance(args.residual, out_pixel * strides.residual + out_channel)};
      // Panels outermost: a panel stays in a cache while all rows of the task pass it.
      for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
        if (g_.blocking.channel_block > 0) {
          tap_by_tap(weights, panel, rows, t, sums_at(args, w, sums_offset_), sums_at(args, w, totals_offset_));
          continue;
        }
        windows().run(weights, panel, rows, t);
      }
    });
  }

 private:
  // Bytes from pixel to pixel in the fp32 sums of one panel.
  [[nodiscard]] std::ptrdiff_t sums_stride() const noexcept {
    return std::ptrdiff_t{kernels::kMaxPanelVectors} * kernels_.lanes * std::ptrdiff_t{sizeof(float)};
  }
  [[nodiscard]] kernels::SumRows sums_at(const RunArgs& args, const Worker& worker, std::size_t offset) const noexcept {
    return {static_cast<float*>(workspace(args).own(offset, worker.index())), sums_stride()};
  }
  // True if a sum may have several blocks, see kernels::kSumBlock.
  [[nodiscard]] bool in_blocks() const noexcept { return groups_.front().weights.k() > kernels::kSumBlock; }
  // Bytes of a row of a panel's weights.
  [[nodiscard]] std::ptrdiff_t panel_row(const kernels::GemmPanel& panel) const noexcept {
    return std::ptrdiff_t{panel.vectors} * kernels_.lanes * kernels_.weight_bytes();
  }

  // One panel for a few rows, as a sum of products: one for each tap and block of channels, whose weights stay in L1
  // while all pixels pass. The outputs that use a tap are a rectangle about as wide as the image, so no corners are
  // left over. Between the products the sums are in the workspace, and the totals of their blocks if there are several.
  void tap_by_tap(const PackedGemm& weights, std::int64_t panel, Range rows, const ImagePointers& t,
                  const kernels::SumRows& sums, const kernels::SumRows& totals) const noexcept {
    const std::int64_t channels = p_.in_channels / p_.groups;
    const ByteStrides strides = info.byte_strides();
    const kernels::GemmPanel all = weights.panel(panel);
    const std::int64_t width = std::int64_t{all.vectors} * kernels_.lanes;
    const std::int64_t first_pixel = rows.begin * g_.x.axis.out;
    std::int64_t block = 0;

    // Sums start at the bias; each tap adds to them; the last call applies the activation.
    kernels::GemmArgs ends;
    ends.rows = (rows.end - rows.begin) * g_.x.axis.out;
    ends.panel = all;
    ends.a = {t.src, 0};
    ends.steps.outer = 0;
    ends.partial = {sums, false, true};
    const kernels::GemmKernel& kernel = kernels_.gemm_kernel(all);
    kernel.function(ends);
    if (in_blocks()) begin_totals(totals, ends.rows, width);

    kernels::GemmArgs args;
    args.panel = all;
    args.a.stride = p_.stride_w * strides.src;
    for (std::int64_t ky = 0; ky < p_.kernel_h; ++ky) {
      const Range seen = outputs_of_tap(g_.y.axis, ky);
      const Range ys{std::max(rows.begin, seen.begin), std::min(rows.end, seen.end)};
      for (std::int64_t kx = 0; kx < p_.kernel_w; ++kx) {
        const Range xs = outputs_of_tap(g_.x.axis, kx);
        if (ys.begin >= ys.end || xs.begin >= xs.end) continue;
        const std::int64_t iy = ys.begin * p_.stride_h - g_.y.axis.pad + ky * p_.dilation_h;
        const std::int64_t ix = xs.begin * p_.stride_w - g_.x.axis.pad + kx * p_.dilation_w;
        // Rows without gaps in src and in the sums are one matrix.
        const bool joined =
            p_.stride_h == 1 && p_.stride_w == 1 && g_.x.axis.in == g_.x.axis.out && xs.end - xs.begin == g_.x.axis.in;
        const std::int64_t calls = joined ? 1 : ys.end - ys.begin;
        args.rows = (joined ? ys.end - ys.begin : 1) * (xs.end - xs.begin);
        for (std::int64_t c = 0; c < channels; c += args.steps.k) {
          const std::int64_t row = (ky * p_.kernel_w + kx) * channels + c;
          args.steps.k = std::min({g_.blocking.channel_block, channels - c, steps_left_in_block(row)});
          if (sum_block(row) != block) end_block(totals, sums, ends.rows, width);
          block = sum_block(row);
          args.steps.first = row;
          args.panel.groups = all.groups;
          args.a.data = advance(t.src, (iy * g_.x.axis.in + ix) * strides.src);
          skip_inputs(kernels_, c, args);
          args.partial = {rows_from(sums, (ys.begin - rows.begin) * g_.x.axis.out + xs.begin), true, true};
          // Prefetches the next weights, which come from memory if there are many of them.
          const std::int64_t block_bytes = args.steps.k * panel_row(all);
          const bool last = ky + 1 == p_.kernel_h && kx + 1 == p_.kernel_w && c + args.steps.k == channels;
          const kernels::Prefetch next{last && panel + 1 == weights.panels().count()
                                           ? nullptr
                                           : advance(all.weights, row * panel_row(all) + block_bytes),
                                       block_bytes};
          for (std::int64_t i = 0; i < calls; ++i) {
            args.prefetch = piece(next, calls, i);
            kernel.function(args);
            args.a.data = advance(args.a.data, p_.stride_h * g_.x.axis.in * strides.src);
            args.partial.rows = rows_from(args.partial.rows, g_.x.axis.out);
          }
        }
      }
    }

    if (in_blocks()) end_block(totals, sums, ends.rows, width);
    const std::ptrdiff_t column = weights.panels().first_column(panel) * kernels_.tensor_bytes();
    ends.partial = {in_blocks() ? totals : sums, true, false};
    ends.epilogue = weights.epilogue(panel);
    ends.c = {advance(t.dst, first_pixel * strides.dst + column), strides.dst};
    ends.residual = {advance(t.residual, first_pixel * strides.residual + column), strides.residual};
    kernel.function(ends);
  }

  // Whether the taps of a kernel row lie side by side. Dilation, other groups' channels or a wider tensor part them.
  [[nodiscard]] bool dense() const noexcept {
    return p_.dilation_w == 1 && info.strides.src == p_.in_channels / p_.groups;
  }
  [[nodiscard]] Windows windows() const noexcept {
    const ByteStrides strides = info.byte_strides();
    return {g_.y,
            g_.x,
            p_.in_channels / p_.groups,
            dense(),
            {strides.src, g_.x.axis.in * strides.src},
            {strides.dst, g_.x.axis.out * strides.dst},
            {strides.residual, g_.x.axis.out * strides.residual},
            info.far_dst};
  }

  const kernels::KernelTable& kernels_;
  const std::vector<GroupMatrix>& groups_;
  Conv2dParams p_;
  Conv2dGeometry g_;
  std::size_t sums_offset_ = 0;
  std::size_t totals_offset_ = 0;
};

class Conv2d final : public OperatorImpl {
 public:
  Conv2d(const kernels::KernelTable& kernels, const char* name, const Conv2dParams& params, const Weights& weights)
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}),
        name_(name),
        params_(params),
        groups_(pack_groups(kernels, params, weights)) {}

  const char* name() const noexcept override { return name_; }
  std::size_t packed_bytes() const noexcept override {
    std::size_t bytes = 0;
    for (const GroupMatrix& group : groups_) bytes += group.weights.bytes();
    return bytes;
  }
  bool takes_residual() const noexcept override { return params_.residual; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    return windowed_shape(input, params_.in_channels, window_of(params_), params_.out_channels);
  }

  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    return output.n * cost::regular(params_.kernel_h, params_.kernel_w, params_.in_channels / params_.groups, output.h,
                                    output.w, params_.out_channels);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const WindowedSize given = *resolve_window(window_of(params_), info.input.h, info.input.w);
    if (covers(info.input, given)) {
      const MatrixRows rows{info.input.n, info.input.h * info.input.w};
      return make_matrix_plan(std::move(info), planning, first(), rows);
    }
    // Workers share output rows, so a layer of a single row runs as one of a single column.
    const bool turns = is_row(window_of(params_), info.input.h, given);
    const Conv2dParams p = turns ? turned(params_) : params_;
    const std::int64_t in_h = turns ? info.input.w : info.input.h;
    const std::int64_t in_w = turns ? info.input.h : info.input.w;
    const WindowedSize size = *resolve_window(window_of(p), in_h, in_w);
    const RegularGeometry geometry{{in_h, size.out_h, p.kernel_h, p.stride_h, p.dilation_h, size.pad_top},
                                   {in_w, size.out_w, p.kernel_w, p.stride_w, p.dilation_w, size.pad_left},
                                   info.input.n,
                                   static_cast<std::int64_t>(groups_.size()),
                                   p.in_channels / p.groups,
                                   p.in_channels,
                                   in_w * info.byte_strides().src,
                                   geometry_of(first()),
                                   first().permutes(),
                                   first().planes()};
    const std::vector<Candidate<RegularBlocking>> ways = regular_candidates(planning.machine, geometry, info.workers);
    const std::size_t chosen = choose(ways, planning.candidate);
    const RegularBlocking& b = ways[chosen].blocking;

    PlanReport& report = info.report;
    report.kind = PlanKind::kRegular;
    report_choice(ways, chosen, info);
    report.partition =
        partition_of(info.input.n * b.row_chunks, geometry.groups * b.panel_groups, ways[chosen].workers);
    report.row_block = b.row_chunk(geometry);
    const kernels::Panels& panels = first().panels();
    report.channel_block = std::min(ceil_div(panels.count(), b.panel_groups) * panels.shape(0).columns, first().n());
    report.walk = b.channel_block > 0 ? "taps" : "windows";
    report_epilogue(first().epilogue(0), info);
    auto plan = std::make_unique<Conv2dPlan>(kernels(), groups_, p,
                                             Conv2dGeometry{AxisTaps(geometry.y), AxisTaps(geometry.x), b});
    plan->info = std::move(info);
    plan->info.report.kernel = plan->kernel().name;
    return plan;
  }

 private:
  // Whether the kernel covers the image, all of it and nothing else: then the layer is a fully connected one.
  [[nodiscard]] bool covers(const Shape& image, const WindowedSize& size) const noexcept {
    const auto whole = [](const ConvAxis& a) {
      return a.out == 1 && a.pad == 0 && a.kernel == a.in && (a.dilation == 1 || a.kernel == 1);
    };
    const Conv2dParams& p = params_;
    return p.groups == 1 && whole({image.h, size.out_h, p.kernel_h, p.stride_h, p.dilation_h, size.pad_top}) &&
           whole({image.w, size.out_w, p.kernel_w, p.stride_w, p.dilation_w, size.pad_left});
  }
  // The last matrix may have fewer groups, the others have the same shape.
  [[nodiscard]] const PackedGemm& first() const noexcept { return groups_.front().weights; }

  const char* name_;
  Conv2dParams params_;
  std::vector<GroupMatrix> groups_;
};

// Groups of one input channel.
DepthwiseParams as_depthwise(const Conv2dParams& p) noexcept {
  DepthwiseParams d;
  d.channels = p.in_channels;
  d.multiplier = p.out_channels / p.in_channels;
  d.kernel_h = p.kernel_h;
  d.kernel_w = p.kernel_w;
  d.dilation_h = p.dilation_h;
  d.dilation_w = p.dilation_w;
  d.padding = p.padding;
  copy_common(p, d);
  return d;
}

// Pixel by pixel, the product of one matrix. The sums have the same order in both operators, so the bits are the same.
bool is_pointwise(const Conv2dParams& p) noexcept {
  const Padding& pad = p.padding;
  const bool pads = pad.mode == Padding::Mode::kExplicit && std::max({pad.top, pad.bottom, pad.left, pad.right}) > 0;
  return p.kernel_h == 1 && p.kernel_w == 1 && p.groups == 1 && p.stride_h == 1 && p.stride_w == 1 && !pads;
}

}  // namespace

Result<std::shared_ptr<const OperatorImpl>> make_conv2d(const char* name, const Conv2dParams& params,
                                                        const Weights& weights, const CreateOptions& options) {
  const Status status = check_conv2d(params, weights);
  if (!status.ok()) return status;
  const auto kernels = select_kernels(options.isa, types_of(params));
  if (!kernels.ok()) return kernels.status();
  if (is_pointwise(params)) return make_pointwise(**kernels, params, weights);
  if ((*kernels)->int8()) {
    return params.groups == params.in_channels ? make_depthwise(**kernels, name, as_depthwise(params), weights)
                                               : make_int8_conv2d(**kernels, name, params, weights);
  }
  if (spreads_groups(**kernels, params)) return make_spread_groups(**kernels, params, weights);
  return std::shared_ptr<const OperatorImpl>(std::make_shared<const Conv2d>(**kernels, name, params, weights));
}

}  // namespace internal

Result<Operator> Operator::conv2d(const Conv2dParams& params, const Weights& weights,
                                  const CreateOptions& options) noexcept {
  return internal::no_throw<Operator>([&]() -> Result<Operator> {
    auto impl = internal::make_conv2d("conv2d", params, weights, options);
    if (!impl.ok()) return impl.status();
    return Operator(*std::move(impl));
  });
}

}  // namespace tandem::inline TANDEM_ABI
