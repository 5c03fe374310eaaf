// Quantised depthwise convolution. The kernels weave input rows in the workspace (kernels/woven.hpp) and read and write whole
// groups of channels. Where there are fewer channels, or several filters for each, rows with the channels of the output are
// made first, and the outputs of incomplete groups are copied.
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/operators/int8_operators.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/window.hpp"
#include "src/stages/pointers.hpp"
#include "src/weights/pack.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Chunks of output rows by chunks of blocks, a task each.
struct WovenBlocking {
  std::int64_t row_chunks;
  std::int64_t block_chunks;
};

struct WovenGeometry {
  kernels::WovenAxis y, x;
  std::int64_t strip;   // outputs of a row at a time
  std::int64_t blocks;  // that tasks may begin with
  bool spreads;         // the kernels read rows of the workspace
  bool copies_out;      // and write others
};

class Int8DepthwisePlan final : public PlanImpl {
 public:
  Int8DepthwisePlan(const PackedWoven& weights, const DepthwiseParams& params, const WovenGeometry& geometry,
                    const WovenBlocking& blocking)
      : weights_(weights), p_(params), g_(geometry), blocking_(blocking) {
    const kernels::WovenMemory memory(weights.kernel().form, g_.y, p_.kernel_w, g_.strip, weights.kernels().lanes);
    checked_bytes({memory.rows, memory.row, sizeof(float)});
    memory_offset_ = pieces.add_own(memory.bytes());
    const std::int64_t rows = ceil_div(g_.y.out, blocking.row_chunks);
    if (g_.spreads) {
      src_offset_ = pieces.add_own(checked_bytes({(rows - 1) * g_.y.stride + memory.rows, spread_row()}));
    }
    if (g_.copies_out) dst_offset_ = pieces.add_own(rows * g_.x.out * out_pixel());
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const std::int64_t tasks = blocking_.row_chunks * blocking_.block_chunks;
    worker.share(info.input.n * tasks, [&](std::int64_t task, const Worker& w) {
      const Range rows = part(g_.y.out, blocking_.row_chunks, task % tasks / blocking_.block_chunks);
      Range blocks = part(g_.blocks, blocking_.block_chunks, task % blocking_.block_chunks);
      if (blocks.end == g_.blocks) blocks.end = weights_.blocks();
      run_task(task / tasks, rows, blocks, args, w.index());
    });
  }

 private:
  [[nodiscard]] std::int64_t spread_row() const noexcept { return g_.x.in * weights_.channels(); }
  [[nodiscard]] std::int64_t out_pixel() const noexcept {
    return weights_.channels() * weights_.epilogue().requantisation.dst_bytes;
  }

  void run_task(std::int64_t image, Range rows, Range blocks, const RunArgs& args, std::int32_t worker) const noexcept {
    const Workspace memory = workspace(args);
    const ByteStrides strides = info.byte_strides();
    const void* const src = advance(args.src, image * g_.y.in * g_.x.in * strides.src);
    void* const dst = advance(args.dst, image * g_.y.out * g_.x.out * strides.dst);
    kernels::WovenArgs a{};
    a.src = {src, strides.src};
    a.dst = {dst, strides.dst};
    a.src_row_stride = g_.x.in * strides.src;
    a.weights = weights_.data();
    a.channels = weights_.channels();
    a.first_block = blocks.begin;
    a.end_block = blocks.end;
    a.y = g_.y;
    a.x = g_.x;
    a.first_row = rows.begin;
    a.end_row = rows.end;
    a.strip = g_.strip;
    a.zero_point = p_.src_type.quantization.zero_point;
    a.epilogue = weights_.epilogue();
    a.memory = memory.own(memory_offset_, worker);
    if (g_.spreads) {
      const std::int64_t first = std::clamp<std::int64_t>(rows.begin * g_.y.stride - g_.y.pad, 0, g_.y.in);
      const std::int64_t last = (rows.end - 1) * g_.y.stride - g_.y.pad + (g_.y.kernel - 1) * g_.y.dilation;
      void* const spread = memory.own(src_offset_, worker);
      spread_rows({first, std::clamp<std::int64_t>(last + 1, first, g_.y.in)}, a, spread);
      a.src = {advance(spread, -first * spread_row()), weights_.channels()};
      a.src_row_stride = spread_row();
    }
    if (g_.copies_out) {
      void* const outputs = memory.own(dst_offset_, worker);
      a.dst = {advance(outputs, -rows.begin * g_.x.out * out_pixel()), out_pixel()};
    }
    a.dst_row_stride = g_.x.out * a.dst.stride;
    weights_.kernel().function(a);
    if (g_.copies_out) {
      const std::int64_t first = rows.begin * g_.x.out;
      const std::int64_t pixels = (rows.end - rows.begin) * g_.x.out;
      const std::int64_t bytes = out_channels(p_) * weights_.epilogue().requantisation.dst_bytes;
      const kernels::ConstRows outputs{memory.own(dst_offset_, worker), out_pixel()};
      weights_.kernels().copy_rows({outputs, {advance(dst, first * strides.dst), strides.dst}, pixels, bytes});
    }
  }

  // Makes the input rows in `rows`, one after the other, with the channels of the filter.
  void spread_rows(Range rows, const kernels::WovenArgs& a, void* to) const noexcept {
    auto* dst = static_cast<std::byte*>(to);
    for (std::int64_t pixel = rows.begin * g_.x.in; pixel < rows.end * g_.x.in; ++pixel, dst += weights_.channels()) {
      const auto* const src = static_cast<const std::byte*>(advance(a.src.data, pixel * a.src.stride));
      for (std::int64_t c = 0; c < weights_.channels(); ++c) {
        dst[c] = c < out_channels(p_) ? src[c / p_.multiplier] : std::byte{0};
      }
    }
  }

  const PackedWoven& weights_;
  DepthwiseParams p_;
  WovenGeometry g_;
  WovenBlocking blocking_;
  std::size_t memory_offset_ = 0;
  std::size_t src_offset_ = 0;
  std::size_t dst_offset_ = 0;
};

class Int8Depthwise final : public OperatorImpl {
 public:
  Int8Depthwise(const kernels::KernelTable& kernels, const char* name, const DepthwiseParams& params,
                const Weights& weights)
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}),
        name_(name),
        params_(params),
        weights_(kernels, kernel_for(kernels, params), weights,
                 {out_channels(params), 1, params.kernel_h, params.kernel_w},
                 {params.activation, params.residual_order, params.src_type, params.dst_type, params.rounding}) {}

  const char* name() const noexcept override { return name_; }
  std::size_t packed_bytes() const noexcept override { return weights_.bytes(); }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    return windowed_shape(input, params_.channels, window_of(params_), out_channels(params_));
  }

  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    return output.n * cost::depthwise(params_.kernel_h, params_.kernel_w, output.c, output.h, output.w);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const WindowedSize size = *resolve_window(window_of(params_), info.input.h, info.input.w);
    const DepthwiseParams& p = params_;
    const kernels::KernelTable& table = kernels();
    WovenGeometry g{};
    g.y = {info.input.h, size.out_h, p.kernel_h, p.stride_h, p.dilation_h, size.pad_top};
    g.x = {info.input.w, size.out_w, p.kernel_w, p.stride_w, p.dilation_w, size.pad_left};
    g.strip = strip(g, planning.machine.caches.l1);
    g.spreads = weights_.channels() != p.channels;
    g.copies_out = weights_.channels() != info.output.c;
    // Groups that share channels with the last one are in its task.
    const bool shares = weights_.channels() % kernels::WovenChannels::least(table.lanes) != 0;
    g.blocks = shares && weights_.blocks() > 1 ? weights_.blocks() - 1 : weights_.blocks();

    const std::vector<Candidate<WovenBlocking>> ways = candidates(info, g, planning.machine);
    const std::size_t chosen = choose(ways, planning.candidate);
    const WovenBlocking& b = ways[chosen].blocking;
    PlanReport& report = info.report;
    report.kind = PlanKind::kDepthwise;
    report_choice(ways, chosen, info);
    report.partition = partition_of(info.input.n * b.row_chunks, b.block_chunks, ways[chosen].workers);
    report.row_block = ceil_div(g.y.out, b.row_chunks);
    report.channel_block = std::min(ceil_div(g.blocks, b.block_chunks) * 4 * table.lanes, info.output.c);
    report.kernel = weights_.kernel().name;
    report.walk = "copied";
    report_epilogue(weights_.epilogue(), info);
    auto plan = std::make_unique<Int8DepthwisePlan>(weights_, params_, g, b);
    plan->info = std::move(info);
    return plan;
  }

 private:
  static const kernels::WovenKernel& kernel_for(const kernels::KernelTable& kernels,
                                                const DepthwiseParams& p) noexcept {
    const kernels::WovenAxis x{0, 0, p.kernel_w, p.stride_w, p.dilation_w, 0};
    const kernels::WovenKernel* row = kernels.woven.begin();
    while (!row->takes(x)) ++row;
    return *row;
  }

  // The woven rows of a strip fill at most half of L1. That is some hundred outputs; kMost is for the L1 of a made-up machine.
  [[nodiscard]] std::int64_t strip(const WovenGeometry& g, std::int64_t l1) const noexcept {
    constexpr std::int64_t kMost = 1 << 16;
    const std::int64_t tile = weights_.kernel().form.tile;
    const std::int64_t outputs = (g.x.out - 1) / g.x.classes() + 1;
    const auto fits = [&](std::int64_t strips) {
      const kernels::WovenMemory memory(weights_.kernel().form, g.y, g.x.kernel, ceil_div(outputs, strips),
                                        kernels().lanes);
      return checked_product({memory.rows, memory.row, sizeof(float)}, l1 / 2).has_value();
    };
    // The least number of strips that fit, or else of strips of a tile.
    std::int64_t strips = ceil_div(outputs, kMost);
    for (std::int64_t most = ceil_div(outputs, tile); strips < most;) {
      const std::int64_t middle = strips + (most - strips) / 2;
      if (fits(middle)) {
        most = middle;
      } else {
        strips = middle + 1;
      }
    }
    return strips == 1 ? outputs : round_up(ceil_div(outputs, strips), tile);
  }

  // One for each number of workers. Chunks of rows weave the rows between them twice, so they have at least 8 rows; chunks of
  // blocks make up for the rest.
  [[nodiscard]] std::vector<Candidate<WovenBlocking>> candidates(const PlanInfo& info, const WovenGeometry& g,
                                                                 const Machine& machine) const {
    constexpr std::int64_t kLeastRows = 8;
    const Shape& out = info.output;
    const auto vectors = real(out.n * out.h * out.w) * real(ceil_div(out.c, machine.lanes));
    const double taps = real(g.y.kernel) * real(weights_.kernel().form.steps(g.x.kernel));
    const double finish = 5.0;
    const double weave = 1.0 * real(g.y.stride);
    const PixelWork work{vectors, 1.5 * taps, 2.5 * taps + weave + finish, real(info.input.elements()),
                         real(out.elements())};
    std::vector<Candidate<WovenBlocking>> ways;
    for (std::int32_t workers : worker_counts(info.workers)) {
      const std::int64_t parts = workers == 1 ? 1 : ceil_div(kTasksAWorker * workers, out.n);
      WovenBlocking b{};
      b.row_chunks = std::clamp<std::int64_t>(out.h / kLeastRows, 1, parts);
      b.block_chunks = g.spreads || g.copies_out ? 1 : std::min(g.blocks, ceil_div(parts, b.row_chunks));
      if (b.block_chunks == 1) b.row_chunks = std::min(parts, out.h);
      if (g.spreads || g.copies_out) b.row_chunks = std::max(b.row_chunks, ceil_div(out.h, kLeastRows));
      const std::int64_t tasks = out.n * b.row_chunks * b.block_chunks;
      workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, tasks));
      if (!ways.empty() && workers <= ways.back().workers) continue;
      const auto busiest = real(ceil_div(tasks, workers));
      Candidate<WovenBlocking> way{b, workers, pixel_cost(shared_by(machine, workers), work),
                                   real(tasks) / (busiest * workers)};
      const double task = way.estimate.seconds / real(tasks);
      way.estimate.seconds = fork_cost(machine, workers) + finish_cost(machine, busiest, task, workers);
      ways.push_back(way);
    }
    return ways;
  }

  const char* name_;
  DepthwiseParams params_;
  PackedWoven weights_;
};

}  // namespace

std::shared_ptr<const OperatorImpl> make_int8_depthwise(const kernels::KernelTable& kernels, const char* name,
                                                        const DepthwiseParams& params, const Weights& weights) {
  return std::make_shared<const Int8Depthwise>(kernels, name, params, weights);
}

}  // namespace tandem::inline TANDEM_ABI::internal
