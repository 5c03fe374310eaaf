// Regular convolution through the matrix kernel, without a copy of its patches.
//
// In NHWC the taps (kx, c) of one kernel row lie side by side in the input, and so do the pixels of an output row, a
// stride of stride_w * C apart: an output row is a matrix product whose rows overlap in memory, and the KH kernel rows
// are its segments. Where the kernel reaches over the border, fewer taps count, so the output is cut into rectangles
// whose pixels see the same taps: the interior, and a frame as wide as the padding. On a small map the frame is most of
// it, and there the sum is computed tap by tap instead, from partial sums in the output.
#include <algorithm>
#include <cmath>
#include <memory>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/conv2d.hpp"
#include "src/operators/depthwise.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/candidates.hpp"
#include "src/plan/conv2d_taps.hpp"
#include "src/stages/gemm.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

struct Conv2dGeometry {
  ConvAxis y, x;
  std::vector<TapClass> row_classes, column_classes;
  std::int64_t row_chunks, panel_groups;  // the grid of tasks, an image
  std::int64_t channel_block;             // of a product, tap by tap; 0: rectangle by rectangle
};

class Conv2dPlan final : public PlanImpl {
 public:
  Conv2dPlan(const kernels::KernelTable& kernels, const std::vector<PackedGemm>& groups, const Conv2dParams& params,
             Conv2dGeometry geometry)
      : kernels_(kernels), groups_(groups), p_(params), g_(std::move(geometry)) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const auto groups = static_cast<std::int64_t>(groups_.size());
    const std::int64_t tasks = g_.row_chunks * groups * g_.panel_groups;
    worker.share(info.input.n * tasks, [&](std::int64_t task, const Worker&) {
      const std::int64_t image = task / tasks;
      const std::int64_t chunk = task % tasks / (groups * g_.panel_groups);
      const Range rows = part(g_.y.out, g_.row_chunks, chunk);
      const std::int64_t group = task / g_.panel_groups % groups;
      const PackedGemm& weights = groups_[static_cast<std::size_t>(group)];
      const Range panels = part(weights.panels(), g_.panel_groups, task % g_.panel_groups);
      const std::int64_t out_pixel = image * g_.y.out * g_.x.out;
      const std::int64_t channel = group * weights.n();
      const Tensors t{args.src + image * g_.y.in * g_.x.in * info.strides.src + group * (p_.in_channels / p_.groups),
                      args.dst + out_pixel * info.strides.dst + channel,
                      args.residual == nullptr ? nullptr : args.residual + out_pixel * info.strides.residual + channel};
      // Panels outermost: what is read of the weights stays in a cache while all rows of the task pass it.
      for (std::int64_t panel = panels.begin; panel < panels.end; ++panel) {
        // Partial sums in dst must not overwrite the residual, which is still to be added.
        if (g_.channel_block > 0 && t.residual != t.dst) {
          tap_by_tap(weights, panel, rows, t);
          continue;
        }
        for (const TapClass& ys : g_.row_classes) {
          const Range part_rows{std::max(rows.begin, ys.begin), std::min(rows.end, ys.end)};
          if (part_rows.begin >= part_rows.end) continue;
          for (const TapClass& xs : g_.column_classes) rectangle(weights, panel, part_rows, ys, xs, t);
        }
      }
    });
  }

 private:
  // An image's first pixel, at the first channel of a group.
  struct Tensors {
    const float* src;
    float* dst;
    const float* residual;  // or null
  };

  [[nodiscard]] kernels::GemmArgs panel_args(const PackedGemm& weights, std::int64_t panel) const noexcept {
    kernels::GemmArgs args{};
    args.b = weights.panel(panel);
    args.bias = weights.bias(panel);
    args.vectors = weights.shape(panel).vectors;
    args.columns = weights.shape(panel).columns;
    args.epilogue = weights.epilogue(panel);
    return args;
  }

  // One panel of a few rows as a sum of products, one a tap and block of channels, whose weights stay in L1 while all
  // pixels pass. The outputs that see a tap are a rectangle as wide as the image, or nearly so: no corner is left over.
  void tap_by_tap(const PackedGemm& weights, std::int64_t panel, Range rows, const Tensors& t) const noexcept {
    const std::int64_t channels = p_.in_channels / p_.groups;
    const std::int64_t in_pixel = info.strides.src;
    const std::int64_t out_pixel = info.strides.dst;
    const PanelShape& shape = weights.shape(panel);
    const std::int64_t first_pixel = rows.begin * g_.x.out;

    // The bias, to which the taps add, and of which the last call makes outputs.
    kernels::GemmArgs ends = panel_args(weights, panel);
    ends.a = t.src;
    ends.c = t.dst + first_pixel * out_pixel + shape.first_column;
    ends.c_stride = out_pixel;
    ends.rows = (rows.end - rows.begin) * g_.x.out;
    ends.outer = 0;
    ends.epilogue = {};  // partial sums stay what they are
    kernels_.gemm(ends);

    kernels::GemmArgs args = panel_args(weights, panel);
    args.accumulate = true;
    args.epilogue = {};
    args.a_stride = p_.stride_w * in_pixel;
    args.c_stride = out_pixel;
    for (std::int64_t ky = 0; ky < p_.kernel_h; ++ky) {
      const Range seen = outputs_of_tap(g_.y, ky);
      const Range ys{std::max(rows.begin, seen.begin), std::min(rows.end, seen.end)};
      for (std::int64_t kx = 0; kx < p_.kernel_w; ++kx) {
        const Range xs = outputs_of_tap(g_.x, kx);
        if (ys.begin >= ys.end || xs.begin >= xs.end) continue;
        const std::int64_t iy = ys.begin * p_.stride_h - g_.y.pad + ky * p_.dilation_h;
        const std::int64_t ix = xs.begin * p_.stride_w - g_.x.pad + kx * p_.dilation_w;
        // Rows without a gap, neither in src nor in dst, are one matrix.
        const bool joined = p_.stride_h == 1 && p_.stride_w == 1 && g_.x.in == g_.x.out && xs.end - xs.begin == g_.x.in;
        const std::int64_t calls = joined ? 1 : ys.end - ys.begin;
        args.rows = (joined ? ys.end - ys.begin : 1) * (xs.end - xs.begin);
        for (std::int64_t c = 0; c < channels; c += g_.channel_block) {
          args.k = std::min(g_.channel_block, channels - c);
          args.b =
              weights.panel(panel) + ((ky * p_.kernel_w + kx) * channels + c) * shape.vectors * kernels_.vector_floats;
          args.a = t.src + (iy * g_.x.in + ix) * in_pixel + c;
          args.c = t.dst + (ys.begin * g_.x.out + xs.begin) * out_pixel + shape.first_column;
          // The weights that follow, which come from memory where they are many, while these are multiplied.
          const std::int64_t block_floats = args.k * shape.vectors * kernels_.vector_floats;
          const bool last = ky + 1 == p_.kernel_h && kx + 1 == p_.kernel_w && c + args.k == channels;
          const Prefetch upcoming{last && panel + 1 == weights.panels() ? nullptr : args.b + block_floats,
                                  block_floats};
          for (std::int64_t i = 0; i < calls; ++i) {
            const Prefetch piece = upcoming.piece(calls, i);
            args.next = piece.data;
            args.next_floats = piece.floats;
            kernels_.gemm(args);
            args.a += p_.stride_h * g_.x.in * in_pixel;
            args.c += g_.x.out * out_pixel;
          }
        }
      }
    }

    ends.accumulate = true;
    ends.epilogue = weights.epilogue(panel);
    ends.residual_stride = info.strides.residual;
    if (t.residual != nullptr) {
      ends.residual = t.residual + first_pixel * info.strides.residual + shape.first_column;
    }
    kernels_.gemm(ends);
  }

  // One panel of one rectangle, all its taps at once.
  void rectangle(const PackedGemm& weights, std::int64_t panel, Range rows, const TapClass& ys, const TapClass& xs,
                 const Tensors& t) const noexcept {
    const std::int64_t channels = p_.in_channels / p_.groups;
    const std::int64_t in_pixel = info.strides.src;
    const std::int64_t in_row = g_.x.in * in_pixel;
    const std::int64_t taps_w = xs.last_tap - xs.first_tap;

    kernels::GemmArgs args = panel_args(weights, panel);
    args.fetch_c = info.far_dst;
    const PanelShape& shape = weights.shape(panel);
    args.b += (ys.first_tap * p_.kernel_w + xs.first_tap) * channels * shape.vectors * kernels_.vector_floats;
    // A segment a kernel row, or, where dilation, other groups' channels or a wider tensor part the taps, a segment a tap.
    const bool dense = p_.dilation_w == 1 && in_pixel == channels;
    args.k = dense ? taps_w * channels : channels;
    args.inner = dense ? std::min<std::int64_t>(taps_w, 1) : taps_w;
    args.outer = ys.last_tap - ys.first_tap;
    args.a_outer_stride = p_.dilation_h * in_row;
    args.a_inner_stride = p_.dilation_w * in_pixel;
    args.b_outer_stride = p_.kernel_w * channels;
    args.b_inner_stride = channels;

    // The matrix's rows run along the longer side of the rectangle.
    const std::int64_t width = xs.end - xs.begin;
    const std::int64_t height = rows.end - rows.begin;
    const bool along_x = width >= height;
    args.rows = along_x ? width : height;
    args.a_stride = along_x ? p_.stride_w * in_pixel : p_.stride_h * in_row;
    args.c_stride = along_x ? info.strides.dst : g_.x.out * info.strides.dst;
    args.residual_stride = along_x ? info.strides.residual : g_.x.out * info.strides.residual;
    for (std::int64_t i = 0; i < (along_x ? height : width); ++i) {
      const std::int64_t oy = rows.begin + (along_x ? i : 0);
      const std::int64_t ox = xs.begin + (along_x ? 0 : i);
      const std::int64_t iy = oy * p_.stride_h - g_.y.pad + ys.first_tap * p_.dilation_h;
      const std::int64_t ix = ox * p_.stride_w - g_.x.pad + xs.first_tap * p_.dilation_w;
      // Without a tap there is no input to point at: the outcome is the bias.
      args.a = args.outer == 0 || args.inner == 0 ? t.src : t.src + iy * in_row + ix * in_pixel;
      const std::int64_t out = oy * g_.x.out + ox;
      args.c = t.dst + out * info.strides.dst + shape.first_column;
      args.residual = t.residual == nullptr ? nullptr : t.residual + out * info.strides.residual + shape.first_column;
      const Range coming = along_x && panel == 0 ? coming_rows(oy) : Range{0, 0};
      args.next = coming.begin < coming.end ? t.src + coming.begin * in_row : nullptr;
      args.next_floats = (coming.end - coming.begin) * in_row;
      kernels_.gemm(args);
    }
  }

  // The input rows that row oy + 1 of the output sees and row oy does not.
  [[nodiscard]] Range coming_rows(std::int64_t oy) const noexcept {
    const std::int64_t seen = oy * p_.stride_h - g_.y.pad + std::int64_t{p_.kernel_h - 1} * p_.dilation_h + 1;
    return {std::clamp<std::int64_t>(seen, 0, g_.y.in), std::clamp<std::int64_t>(seen + p_.stride_h, 0, g_.y.in)};
  }

  const kernels::KernelTable& kernels_;
  const std::vector<PackedGemm>& groups_;
  Conv2dParams p_;
  Conv2dGeometry g_;
};

class Conv2d final : public OperatorImpl {
 public:
  Conv2d(const kernels::KernelTable& kernels, const char* name, const Conv2dParams& params, const Filter& filter,
         FloatSpan bias)
      : OperatorImpl(kernels), name_(name), params_(params) {
    groups_.reserve(static_cast<std::size_t>(params.groups));
    const FilterSize size{params.out_channels, params.in_channels / params.groups, params.kernel_h, params.kernel_w};
    for (std::int64_t group = 0; group < params.groups; ++group) {
      groups_.emplace_back(kernels, filter, size, StageEnd{bias, params.activation, params.residual_order},
                           part(size.out, params.groups, group));
    }
  }

  const char* name() const noexcept override { return name_; }
  std::size_t packed_bytes() const noexcept override {
    std::size_t bytes = 0;
    for (const PackedGemm& group : groups_) bytes += group.bytes();
    return bytes;
  }
  bool takes_residual() const noexcept override { return params_.residual; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.in_channels);
    if (!status.ok()) return status;
    const Result<WindowedSize> size = resolve_window(window_of(params_), input.h, input.w);
    if (!size.ok()) return size.status();
    return Shape{input.n, size->out_h, size->out_w, params_.out_channels};
  }

  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    return output.n * cost::regular(params_.kernel_h, params_.kernel_w, params_.in_channels / params_.groups, output.h,
                                    output.w, params_.out_channels);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const WindowedSize size = *resolve_window(window_of(params_), info.input.h, info.input.w);
    const Conv2dParams& p = params_;
    Conv2dGeometry g{{info.input.h, size.out_h, p.kernel_h, p.stride_h, p.dilation_h, size.pad_top},
                     {info.input.w, size.out_w, p.kernel_w, p.stride_w, p.dilation_w, size.pad_left},
                     {},
                     {},
                     0,
                     0,
                     0};
    g.row_classes = classify_outputs(g.y);
    g.column_classes = classify_outputs(g.x);
    const std::int32_t workers = worth_workers(info.op_count, info.workers);
    choose_walk(g, planning.machine.caches);
    share_out(g, workers, planning.machine.caches);
    report_choice(g, workers, planning.machine, info);
    auto plan = std::make_unique<Conv2dPlan>(kernels(), groups_, params_, std::move(g));
    plan->info = std::move(info);
    return plan;
  }

 private:
  // All groups are alike.
  [[nodiscard]] const PackedGemm& first() const noexcept { return groups_.front(); }

  // Rectangle by rectangle sums stay in registers all the way, but on a small map the rectangles of the border are rows
  // of a pixel or two, and a large panel passes each of them anew.
  void choose_walk(Conv2dGeometry& g, const CacheSizes& caches) const {
    const GemmTileSize tile{kernels().gemm_rows[1], 2};
    const std::int64_t row_bytes = tile.vectors * kernels().vector_floats * std::int64_t{sizeof(float)};
    const std::int64_t block = std::max<std::int64_t>(caches.l1 / 2 / row_bytes, 1);
    const std::int64_t channels = params_.in_channels / params_.groups;
    const bool large = first().k() * row_bytes > caches.l2 / 4;
    if (large || cycles_by_taps(g.y, g.x, channels, block, tile) < cycles_by_rectangles(g.y, g.x, channels, tile)) {
      g.channel_block = block;
    }
  }

  void share_out(Conv2dGeometry& g, std::int32_t workers, const CacheSizes& caches) const {
    // What a task reads is its input rows: stride_h * stride_w pixels of C channels an output.
    const std::int64_t input_per_output =
        std::min(g.y.stride, g.y.in) * std::min(g.x.stride, g.x.in) * params_.in_channels;
    const GemmBlocking blocking = block_gemm(g.y.out * g.x.out, input_per_output, first().panels(), 1, workers, caches);
    g.row_chunks = ceil_div(g.y.out, std::clamp<std::int64_t>(blocking.row_block / g.x.out, 1, g.y.out));
    if (g.channel_block > 0 && (workers == 1 || blocking.panel_groups > 1)) {
      // Each chunk reads all weights: as few as L2 holds the input of.
      const auto rows = static_cast<double>(g.y.out);
      const double input_bytes =
          rows * static_cast<double>(g.x.out) * static_cast<double>(input_per_output) * sizeof(float);
      const double chunks = std::ceil(input_bytes / std::max(static_cast<double>(caches.l2) / 2.0, 1.0));
      g.row_chunks = static_cast<std::int64_t>(std::clamp(chunks, 1.0, rows));
    }
    if (blocking.panel_groups == 1) g.row_chunks = std::min(round_up(g.row_chunks, workers), g.y.out);  // equal shares
    g.panel_groups = blocking.panel_groups;
  }

  // As one product of all output pixels, each of which reads its whole window: what the borders save is not counted.
  void report_choice(const Conv2dGeometry& g, std::int32_t workers, const Machine& machine, PlanInfo& info) const {
    const std::int64_t tasks = info.input.n * g.row_chunks * params_.groups * g.panel_groups;
    const std::int64_t row_chunk = ceil_div(g.y.out, g.row_chunks);
    Candidate<GemmBlocking> way{{row_chunk, g.row_chunks, g.panel_groups}, workers, {}, 1.0};
    way.workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, tasks));
    const auto share = static_cast<double>(tasks) / static_cast<double>(ceil_div(tasks, way.workers));
    const auto bytes = [](std::int64_t elements) { return static_cast<double>(elements) * sizeof(float); };
    const Place src = written_tensor(bytes(info.input.elements()));
    way.estimate =
        matrix_cost(shared_by(machine, way.workers),
                    {static_cast<double>(info.output.elements()) / params_.out_channels,
                     static_cast<double>(first().k()), static_cast<double>(params_.out_channels), src,
                     cold_weights(static_cast<double>(packed_bytes())), written_tensor(bytes(info.output.elements()))});
    way.estimate.seconds = fork_cost(machine, way.workers) + way.estimate.seconds / share;
    way.balance = share / way.workers;

    PlanReport& report = info.report;
    report.kind = PlanKind::kRegular;
    report.partition = partition_of(info.input.n * g.row_chunks, params_.groups * g.panel_groups, way.workers);
    report.row_block = row_chunk;
    report.channel_block = std::min(ceil_div(first().panels(), g.panel_groups) * first().shape(0).columns, first().n());
    report.loops = g.channel_block > 0 ? "taps" : "windows";
    report_epilogue(first().epilogue(0), info);
    report_estimate(way, info);
  }

  const char* name_;
  Conv2dParams params_;
  std::vector<PackedGemm> groups_;
};

// A group of few outputs would leave most lanes of a product idle: its channels are spread out and filtered as a
// depthwise convolution, as long as that has room for its rows. The same on every ISA, because the order of the sums
// hangs on it.
bool narrow_groups(const Conv2dParams& p) noexcept {
  constexpr std::int64_t kNarrow = 8;
  const std::int64_t rows = std::int64_t{p.kernel_h} * (p.in_channels / p.groups);
  return p.groups > 1 && p.out_channels / p.groups < kNarrow && rows <= kMaxDepthwiseKernelRows;
}

}  // namespace

Result<std::shared_ptr<const OperatorImpl>> make_conv2d(const char* name, const Conv2dParams& params,
                                                        const Filter& filter, FloatSpan bias,
                                                        const CreateOptions& options) {
  const Status status = check_conv2d(params, filter, bias);
  if (!status.ok()) return status;
  const auto kernels = select_kernels(options.isa);
  if (!kernels.ok()) return kernels.status();
  if (narrow_groups(params)) return make_narrow_groups(**kernels, params, filter, bias);
  return std::shared_ptr<const OperatorImpl>(std::make_shared<const Conv2d>(**kernels, name, params, filter, bias));
}

}  // namespace internal

Result<Operator> Operator::conv2d(const Conv2dParams& params, const Filter& filter, FloatSpan bias,
                                  const CreateOptions& options) noexcept {
  return internal::no_throw<Operator>([&]() -> Result<Operator> {
    auto impl = internal::make_conv2d("conv2d", params, filter, bias, options);
    if (!impl.ok()) return impl.status();
    return Operator(*std::move(impl));
  });
}

}  // namespace tandem::inline TANDEM_ABI
