// Layout conversions: each image is transposed, in blocks of pixels by blocks of channels.
#include <algorithm>
#include <utility>
#include <vector>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/candidates.hpp"
#include "src/stages/pointers.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

/// A grid of groups of images by blocks of pixels by blocks of channels, one task each, images outermost.
struct LayoutBlocking {
  std::int64_t image_groups;
  std::int64_t pixel_blocks;
  std::int64_t channel_blocks;
  [[nodiscard]] std::int64_t tasks() const noexcept { return image_groups * pixel_blocks * channel_blocks; }
};

LayoutBlocking block_layout(const Shape& s, std::int32_t workers) {
  // At least four cache lines: with less the kernel would have no full tiles.
  constexpr std::int64_t kFewest = 4 * kLineElements;
  const std::int64_t wanted = workers == 1 ? 1 : kTasksAWorker * workers;
  const auto blocks = [&](std::int64_t size, std::int64_t so_far) {
    return std::clamp<std::int64_t>(size / kFewest, 1, ceil_div(wanted, so_far));
  };
  const std::int64_t images = std::min(s.n, wanted);
  const std::int64_t pixels = blocks(s.h * s.w, images);
  return {images, pixels, blocks(s.c, images * pixels)};
}

Candidate<LayoutBlocking> layout_candidate(const Machine& machine, const Shape& s, std::int32_t workers) {
  const LayoutBlocking b = block_layout(s, workers);
  workers = static_cast<std::int32_t>(std::min<std::int64_t>(workers, b.tasks()));
  const auto tasks = static_cast<double>(b.tasks());
  const auto busiest = static_cast<double>(ceil_div(b.tasks(), workers));
  const auto bytes = static_cast<double>(s.elements()) * machine.tensor_bytes;
  Candidate<LayoutBlocking> c{b, workers, copy_cost(shared_by(machine, workers), bytes), tasks / (busiest * workers)};
  c.estimate.seconds = fork_cost(machine, workers) + finish_cost(machine, busiest, c.estimate.seconds / tasks, workers);
  return c;
}

class LayoutPlan final : public PlanImpl {
 public:
  LayoutPlan(const kernels::KernelTable& kernels, LayoutConversion conversion, const LayoutBlocking& blocking)
      : kernels_(kernels), conversion_(conversion), blocking_(blocking) {}

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const LayoutBlocking& b = blocking_;
    const std::int64_t pixels = info.input.h * info.input.w;
    worker.share(b.tasks(), [&](std::int64_t task, const Worker&) {
      const std::int64_t block = task / b.channel_blocks;
      const Range images = part(info.input.n, b.image_groups, block / b.pixel_blocks);
      const Range of_pixels = line_part(pixels, b.pixel_blocks, block % b.pixel_blocks);
      const Range of_channels = line_part(info.input.c, b.channel_blocks, task % b.channel_blocks);
      for (std::int64_t image = images.begin; image < images.end; ++image) {
        convert(args, image, of_pixels, of_channels);
      }
    });
  }

 private:
  void convert(const RunArgs& args, std::int64_t image, const Range& of_pixels,
               const Range& of_channels) const noexcept {
    const std::int64_t pixels = info.input.h * info.input.w;
    const bool to_nhwc = conversion_ == LayoutConversion::kNchwToNhwc;
    const std::ptrdiff_t element = kernels_.tensor_bytes();
    const std::ptrdiff_t plane = pixels * element;
    const std::ptrdiff_t pixel_stride = to_nhwc ? info.byte_strides().dst : info.byte_strides().src;
    const std::ptrdiff_t nchw = (image * info.input.c + of_channels.begin) * plane + of_pixels.begin * element;
    const std::ptrdiff_t nhwc = (image * pixels + of_pixels.begin) * pixel_stride + of_channels.begin * element;
    const std::int64_t some_pixels = of_pixels.end - of_pixels.begin;
    const std::int64_t some_channels = of_channels.end - of_channels.begin;
    if (to_nhwc) {
      kernels_.transpose(
          {{advance(args.src, nchw), plane}, {advance(args.dst, nhwc), pixel_stride}, some_channels, some_pixels});
    } else {
      kernels_.transpose(
          {{advance(args.src, nhwc), pixel_stride}, {advance(args.dst, nchw), plane}, some_pixels, some_channels});
    }
  }

  const kernels::KernelTable& kernels_;
  LayoutConversion conversion_;
  LayoutBlocking blocking_;
};

class ConvertLayout final : public OperatorImpl {
 public:
  ConvertLayout(const kernels::KernelTable& kernels, const ConvertLayoutParams& params)
      : OperatorImpl(kernels, {params.type.type, params.type.type}), params_(params) {}

  const char* name() const noexcept override {
    return params_.conversion == LayoutConversion::kNchwToNhwc ? "nchw_to_nhwc" : "nhwc_to_nchw";
  }
  std::size_t packed_bytes() const noexcept override { return 0; }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override { return same_shape(input, params_.channels); }

  Status check_strides(const PixelStrides& strides) const noexcept override {
    const bool to_nhwc = params_.conversion == LayoutConversion::kNchwToNhwc;
    const std::int64_t stride = to_nhwc ? strides.src : strides.dst;
    if (stride == 0) return {};
    return error(StatusCode::kInvalidArgument, "strides.%s is %lld, but must be 0: an NCHW tensor is always dense",
                 to_nhwc ? "src" : "dst", static_cast<long long>(stride));
  }

  // One move per element; the theory's formulas count none.
  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override { return input.elements(); }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    std::vector<Candidate<LayoutBlocking>> ways;
    for (const std::int32_t workers : worker_counts(info.workers)) {
      const Candidate<LayoutBlocking> way = layout_candidate(planning.machine, info.input, workers);
      if (ways.empty() || way.workers > ways.back().workers) ways.push_back(way);
    }
    const std::size_t chosen = choose(ways, planning.candidate);
    const LayoutBlocking& b = ways[chosen].blocking;

    PlanReport& report = info.report;
    report.kind = PlanKind::kLayout;
    report_choice(ways, chosen, info);
    report.partition = partition_of(b.image_groups * b.pixel_blocks, b.channel_blocks, ways[chosen].workers);
    report.row_block = longest_line_part(info.input.h * info.input.w, b.pixel_blocks);
    report.channel_block = longest_line_part(info.input.c, b.channel_blocks);
    auto plan = std::make_unique<LayoutPlan>(kernels(), params_.conversion, b);
    plan->info = std::move(info);
    return plan;
  }

 private:
  ConvertLayoutParams params_;
};

Status check_conversion(LayoutConversion conversion) noexcept {
  switch (conversion) {
    case LayoutConversion::kNchwToNhwc:
    case LayoutConversion::kNhwcToNchw:
      return {};
  }
  return error(StatusCode::kInvalidArgument, "conversion %d is not a layout conversion", static_cast<int>(conversion));
}

}  // namespace
}  // namespace internal

Result<Operator> Operator::convert_layout(const ConvertLayoutParams& params, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = first_error({check_at_least_one("channels", params.channels),
                                       check_conversion(params.conversion), check_moved_type("type", params.type)});
    if (!status.ok()) return status;
    const auto kernels = select_kernels(options.isa, types_of(params.type.type));
    if (!kernels.ok()) return kernels.status();
    return Operator(std::make_shared<const ConvertLayout>(**kernels, params));
  });
}

}  // namespace tandem::inline TANDEM_ABI
