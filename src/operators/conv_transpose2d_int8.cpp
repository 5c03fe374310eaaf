// Quantised transposed convolution: one regular convolution for each phase of the output, see plan/transposed.hpp. Each task
// copies the input rows that a phase needs, with their padding, unless no window of the phase reaches into padding.
#include <algorithm>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/operators/int8_operators.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/transposed_filters.hpp"
#include "src/operators/transposed_operator.hpp"
#include "src/stages/int8_windows.hpp"
#include "src/stages/pointers.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

/// The outputs that no tap reaches are the bias: a matrix of one row of zeros for each group, times any element of the input.
std::vector<PackedGemm> pack_biases(const kernels::KernelTable& kernels, const ConvTranspose2dParams& p,
                                    const Weights& weights) {
  const std::vector<std::int8_t> zeros(static_cast<std::size_t>(p.out_channels));
  const Weights biases({DataType::kS8, zeros.data(), zeros.size()}, FilterLayout::kOhwi, weights.bias, weights.scales);
  const StageEnd end = stage_end(p);
  std::vector<PackedGemm> packed;
  packed.reserve(static_cast<std::size_t>(p.groups));
  for (std::int64_t group = 0; group < p.groups; ++group) {
    packed.emplace_back(kernels, biases, FilterSize{p.out_channels}, end, part(p.out_channels, p.groups, group), 1);
  }
  return packed;
}

struct Int8TransposedWeights {
  Int8TransposedWeights(const kernels::KernelTable& kernels, const ConvTranspose2dParams& p, const Weights& weights)
      : filters(kernels, p, weights), biases(pack_biases(kernels, p, weights)) {}

  TransposedFilters filters;
  std::vector<PackedGemm> biases;  // for each group
};

class Int8ConvTranspose2dPlan final : public PlanImpl {
 public:
  Int8ConvTranspose2dPlan(const Int8TransposedWeights& weights, const ConvTranspose2dParams& params,
                          TransposedGeometry geometry, const TransposedBlocking& blocking, PlanInfo plan_info)
      : weights_(weights), p_(params), g_(std::move(geometry)), blocking_(blocking) {
    info = std::move(plan_info);
    std::int64_t bytes = 0;
    const std::int64_t most = ceil_div(g_.periods(false), blocking_.row_chunks);
    for (const Phase& rows : g_.rows) {
      for (const Phase& columns : g_.columns) {
        if (is_gap(rows, columns)) continue;
        const Int8Windows w = windows(rows, columns);
        if (!w.copies()) continue;
        checked_bytes({span_of(w.y, w.y.out), span_of(w.x, w.x.out), w.channels});
        bytes = std::max(bytes, w.copied_bytes(std::min(most, w.y.out)));
      }
    }
    if (bytes > 0) rows_offset_ = pieces.add_own(bytes);
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const ByteStrides strides = info.byte_strides();
    worker.share(blocking_.tasks(g_), [&](std::int64_t i, const Worker& w) {
      const TransposedTask task = blocking_.task(g_, i);
      const void* const src =
          advance(args.src, task.image * g_.y.in * g_.x.in * strides.src + task.group * g_.channels);
      void* const dst =
          advance(args.dst, task.image * g_.y.out * g_.x.out * strides.dst + task.group * g_.matrix.n() * dst_bytes());
      void* const copies = pieces.own_bytes() > 0 ? workspace(args).own(rows_offset_, w.index()) : nullptr;
      for (const Phase& rows : g_.rows) {
        for (const Phase& columns : g_.columns) phase(rows, columns, task, src, dst, copies);
      }
    });
  }

 private:
  static bool is_gap(const Phase& rows, const Phase& columns) noexcept {
    return rows.taps.axis.kernel == 0 || columns.taps.axis.kernel == 0;
  }
  [[nodiscard]] std::ptrdiff_t dst_bytes() const noexcept {
    return static_cast<std::ptrdiff_t>(element_bytes(info.types.dst));
  }
  // From output to output of a phase. A stride beyond the output is never taken; such a product may need more than 64 bits.
  [[nodiscard]] ImageStrides apart() const noexcept {
    const std::ptrdiff_t pixel = info.byte_strides().dst;
    return {std::min(g_.x.stride, g_.x.out) * pixel, std::min(g_.y.stride, g_.y.out) * g_.x.out * pixel};
  }

  [[nodiscard]] Int8Windows windows(const Phase& rows, const Phase& columns) const noexcept {
    return {rows.taps.axis,          columns.taps.axis, g_.channels,         p_.src_type.quantization.zero_point,
            info.byte_strides().src, apart(),           phases_take_rows(p_)};
  }
  // The bias at the outputs of a gap, as windows of one tap on one pixel.
  [[nodiscard]] Int8Windows gap(const Phase& rows, const Phase& columns) const noexcept {
    const ConvAxis y{1, rows.taps.axis.out, 1, 0, 1, 0};
    const ConvAxis x{1, columns.taps.axis.out, 1, 0, 1, 0};
    return {y, x, 1, 0, 1, apart(), true};
  }

  void phase(const Phase& rows, const Phase& columns, const TransposedTask& task, const void* src, void* dst,
             void* copies) const noexcept {
    const Range some{task.periods.begin, std::min(task.periods.end, rows.taps.axis.out)};
    if (some.begin >= some.end) return;
    const bool gaps = is_gap(rows, columns);
    const Int8Windows w = gaps ? gap(rows, columns) : windows(rows, columns);
    const PackedGemm& weights = gaps ? weights_.biases[static_cast<std::size_t>(task.group)]
                                     : weights_.filters.at(rows.tap_set, columns.tap_set, task.group);
    const kernels::ConstRows input = w.input(weights.kernels(), src, some, copies);
    const std::ptrdiff_t pixel = info.byte_strides().dst;
    // Panels outermost: a panel stays in a cache while all rows of the task pass it.
    for (std::int64_t panel = task.panels.begin; panel < task.panels.end; ++panel) {
      for_each_place(rows, columns, [&](std::int64_t y, std::int64_t x) {
        w.run(weights, panel, some, input, advance(dst, (y * g_.x.out + x) * pixel));
      });
    }
  }

  const Int8TransposedWeights& weights_;
  const ConvTranspose2dParams& p_;
  TransposedGeometry g_;
  TransposedBlocking blocking_;
  std::size_t rows_offset_ = 0;
};

class Int8ConvTranspose2d final : public TransposedOperator {
 public:
  Int8ConvTranspose2d(const kernels::KernelTable& kernels, const ConvTranspose2dParams& params, const Weights& weights)
      : TransposedOperator(kernels, params), weights_(kernels, params, weights) {}

  std::size_t packed_bytes() const noexcept override {
    std::size_t bytes = weights_.filters.bytes();
    for (const PackedGemm& biases : weights_.biases) bytes += biases.bytes();
    return bytes;
  }
  bool takes_residual() const noexcept override { return false; }

  // For the planner the channels are quads.
  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    TransposedGeometry quads =
        geometry(info.input, ceil_div(params().in_channels / params().groups, kQuad), weights_.filters.geometry());
    const TransposedBlocking b = choose_blocking(quads, planning, info);
    report_kernel(weights_.filters.at(0, 0, 0), info);
    quads.channels = params().in_channels / params().groups;
    return std::make_unique<Int8ConvTranspose2dPlan>(weights_, params(), std::move(quads), b, std::move(info));
  }

 private:
  Int8TransposedWeights weights_;
};

}  // namespace

std::shared_ptr<const OperatorImpl> make_int8_conv_transpose2d(const kernels::KernelTable& kernels,
                                                               const ConvTranspose2dParams& params,
                                                               const Weights& weights) {
  return std::make_shared<const Int8ConvTranspose2d>(kernels, params, weights);
}

}  // namespace tandem::inline TANDEM_ABI::internal
