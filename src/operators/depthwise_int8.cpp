// Quantised depthwise convolution. Four input rows, padded with the zero point, become one row of quads in the workspace;
// on quads a kernel of KH x KW is one of ceil(KH / 4) x KW. Rows of 3 x 3 at stride 1 use a filling twice: for two output
// rows.
#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/operators/int8_operators.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/conv2d_taps.hpp"
#include "src/plan/window.hpp"
#include "src/stages/pointers.hpp"
#include "src/weights/pack.hpp"
#include "tandem/cost.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Chunks of output rows, a task each.
struct QuadBlocking {
  std::int64_t row_chunk;
  std::int64_t row_chunks;
};

struct QuadGeometry {
  ConvAxis y, x;
  std::int64_t span;  // pixels of a row of quads
  const kernels::DepthwiseKernel* kernel;
};

class Int8DepthwisePlan final : public PlanImpl {
 public:
  Int8DepthwisePlan(const PackedQuads& weights, const DepthwiseParams& params, const QuadGeometry& geometry,
                    const QuadBlocking& blocking)
      : weights_(weights), p_(params), g_(geometry), blocking_(blocking) {
    quads_offset_ = pieces.add_own(weights.quads() * quad_row());
    rows_offset_ = pieces.add_own(weights.quads() * static_cast<std::int64_t>(sizeof(void*)));
    padding_offset_ = pieces.add_own(p_.channels);
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const ByteStrides strides = info.byte_strides();
    worker.share(info.input.n * blocking_.row_chunks, [&](std::int64_t task, const Worker& w) {
      const std::int64_t image = task / blocking_.row_chunks;
      const std::int64_t begin = task % blocking_.row_chunks * blocking_.row_chunk;
      const std::int64_t end = std::min(begin + blocking_.row_chunk, g_.y.out);
      run_rows({begin, end}, advance(args.src, image * g_.y.in * g_.x.in * strides.src),
               advance(args.dst, image * g_.y.out * g_.x.out * strides.dst), args, w.index());
    });
  }

 private:
  [[nodiscard]] std::int64_t channels() const noexcept { return out_channels(p_); }
  [[nodiscard]] std::int64_t quad_row() const noexcept { return g_.span * channels() * kQuad; }

  void run_rows(Range rows, const void* src, void* dst, const RunArgs& args, std::int32_t worker) const noexcept {
    const Workspace memory = workspace(args);
    auto* const quads = static_cast<std::byte*>(memory.own(quads_offset_, worker));
    auto* const quad_rows = static_cast<const void**>(memory.own(rows_offset_, worker));
    void* const padding = memory.own(padding_offset_, worker);
    const int zero_point = p_.src_type.quantization.zero_point;
    std::memset(padding, zero_point, static_cast<std::size_t>(p_.channels));
    const std::int64_t left = std::min(g_.x.pad, g_.span);
    const std::int64_t pixels = std::min(g_.x.in, g_.span - left);
    for (std::int64_t q = 0; q < weights_.quads(); ++q) {
      std::byte* const row = quads + q * quad_row();
      quad_rows[q] = row;
      std::memset(row, zero_point, static_cast<std::size_t>(left * channels() * kQuad));
      const std::int64_t done = (left + pixels) * channels() * kQuad;
      std::memset(row + done, zero_point, static_cast<std::size_t>(quad_row() - done));
    }

    const ByteStrides strides = info.byte_strides();
    kernels::DepthwiseArgs d{};
    d.rows = quad_rows;
    d.bias = weights_.bias();
    d.src_stride = channels() * kQuad;
    d.filter_stride = weights_.tap_stride();
    d.dst_stride = strides.dst;
    d.in_width = g_.span;
    d.out_width = g_.x.out;
    d.channels = channels();
    d.kernel_h = static_cast<std::int32_t>(weights_.quads());
    d.kernel_w = p_.kernel_w;
    d.stride_h = 1;
    d.stride_w = p_.stride_w;
    d.dilation_w = p_.dilation_w;
    d.epilogue = weights_.epilogue();
    for (std::int64_t y = rows.begin; y < rows.end; y += weights_.copies()) {
      for (std::int64_t q = 0; q < weights_.quads(); ++q) {
        if (pixels > 0) fill(y, q, src, padding, quads + q * quad_row() + left * channels() * kQuad, pixels);
      }
      for (std::int64_t copy = 0; copy < weights_.copies() && y + copy < rows.end; ++copy) {
        d.filter = weights_.filter(copy);
        d.dst = advance(dst, (y + copy) * g_.x.out * strides.dst);
        g_.kernel->function(d);
      }
    }
  }

  // Row q of quads for the outputs from row y on.
  void fill(std::int64_t y, std::int64_t q, const void* src, const void* padding, void* to,
            std::int64_t pixels) const noexcept {
    const std::ptrdiff_t stride = info.byte_strides().src;
    kernels::QuadRowsArgs args{};
    for (std::int64_t i = 0; i < kQuad; ++i) {
      const std::int64_t in = y * g_.y.stride - g_.y.pad + (q * kQuad + i) * g_.y.dilation;
      const bool inside = in >= 0 && in < g_.y.in;
      args.rows[i] =
          inside ? kernels::ConstRows{advance(src, in * g_.x.in * stride), stride} : kernels::ConstRows{padding, 0};
    }
    args.dst = to;
    args.pixels = pixels;
    args.channels = channels();
    args.multiplier = p_.multiplier;
    weights_.kernels().quad_rows(args);
  }

  const PackedQuads& weights_;
  DepthwiseParams p_;
  QuadGeometry g_;
  QuadBlocking blocking_;
  std::size_t quads_offset_, rows_offset_, padding_offset_;
};

class Int8Depthwise final : public OperatorImpl {
 public:
  Int8Depthwise(const kernels::KernelTable& kernels, const char* name, const DepthwiseParams& params,
                const Weights& weights)
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}),
        name_(name),
        params_(params),
        weights_(kernels, weights, {out_channels(params), 1, params.kernel_h, params.kernel_w},
                 {params.activation, params.residual_order, params.src_type, params.dst_type},
                 params.dilation_h == 1 ? params.stride_h : 0) {}

  const char* name() const noexcept override { return name_; }
  std::size_t packed_bytes() const noexcept override { return weights_.bytes(); }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.channels);
    if (!status.ok()) return status;
    const Result<WindowedSize> size = resolve_window(window_of(params_), input.h, input.w);
    if (!size.ok()) return size.status();
    return Shape{input.n, size->out_h, size->out_w, out_channels(params_)};
  }

  std::int64_t op_count(const Shape&, const Shape& output) const noexcept override {
    return output.n * cost::depthwise(params_.kernel_h, params_.kernel_w, output.c, output.h, output.w);
  }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    const WindowedSize size = *resolve_window(window_of(params_), info.input.h, info.input.w);
    const DepthwiseParams& p = params_;
    QuadGeometry g{{info.input.h, size.out_h, p.kernel_h, p.stride_h, p.dilation_h, size.pad_top},
                   {info.input.w, size.out_w, p.kernel_w, p.stride_w, p.dilation_w, size.pad_left},
                   (size.out_w - 1) * p.stride_w + std::int64_t{p.kernel_w - 1} * p.dilation_w + 1,
                   nullptr};
    const auto quads = static_cast<std::int32_t>(weights_.quads());
    const kernels::DepthwiseLayer layer{quads,      p.kernel_w,    1,    p.stride_w, 1,    p.dilation_w, 0, g.span,
                                        size.out_w, info.output.c, true, false,      false};
    g.kernel = kernels().depthwise.begin();
    while (!g.kernel->takes(layer)) ++g.kernel;

    const std::vector<Candidate<QuadBlocking>> ways = candidates(info, planning.machine);
    const std::size_t chosen = choose(ways, planning.candidate);
    const QuadBlocking& b = ways[chosen].blocking;
    PlanReport& report = info.report;
    report.kind = PlanKind::kDepthwise;
    report.candidates = static_cast<std::int32_t>(ways.size());
    report.candidate = static_cast<std::int32_t>(chosen) + 1;
    report.partition = partition_of(info.input.n * b.row_chunks, 1, ways[chosen].workers);
    report.row_block = b.row_chunk;
    report.channel_block = info.output.c;
    report.kernel = g.kernel->name;
    report.walk = "copied";
    report_epilogue(weights_.epilogue(), info);
    report_estimate(ways[chosen], info);
    auto plan = std::make_unique<Int8DepthwisePlan>(weights_, params_, g, b);
    plan->info = std::move(info);
    return plan;
  }

 private:
  // One for each number of workers. A filling of quads is not shared, so chunks hold whole fillings.
  [[nodiscard]] std::vector<Candidate<QuadBlocking>> candidates(const PlanInfo& info, const Machine& machine) const {
    const Shape& out = info.output;
    const auto vectors = real(out.n * out.h * out.w) * real(ceil_div(out.c, machine.lanes));
    const double taps = real(weights_.quads()) * real(params_.kernel_w);
    const double filling = 10.0 * real(weights_.quads()) / real(weights_.copies());
    const PixelWork work{vectors, taps, 2.0 * taps + filling + 8.0, real(info.input.elements()), real(out.elements())};
    std::vector<Candidate<QuadBlocking>> ways;
    for (std::int32_t workers : worker_counts(info.workers)) {
      const std::int64_t parts = workers == 1 ? 1 : ceil_div(kTasksAWorker * workers, out.n);
      const std::int64_t fillings = ceil_div(out.h, weights_.copies());
      QuadBlocking b{};
      b.row_chunk = ceil_div(fillings, std::min(parts, fillings)) * weights_.copies();
      b.row_chunks = ceil_div(out.h, b.row_chunk);
      const std::int64_t tasks = out.n * b.row_chunks;
      workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, tasks));
      if (!ways.empty() && workers <= ways.back().workers) continue;
      const auto busiest = real(ceil_div(tasks, workers));
      Candidate<QuadBlocking> way{b, workers, pixel_cost(shared_by(machine, workers), work),
                                  real(tasks) / (busiest * workers)};
      const double task = way.estimate.seconds / real(tasks);
      way.estimate.seconds = fork_cost(machine, workers) + finish_cost(machine, busiest, task, workers);
      ways.push_back(way);
    }
    return ways;
  }

  const char* name_;
  DepthwiseParams params_;
  PackedQuads weights_;
};

}  // namespace

std::shared_ptr<const OperatorImpl> make_int8_depthwise(const kernels::KernelTable& kernels, const char* name,
                                                        const DepthwiseParams& params, const Weights& weights) {
  return std::make_shared<const Int8Depthwise>(kernels, name, params, weights);
}

}  // namespace tandem::inline TANDEM_ABI::internal
