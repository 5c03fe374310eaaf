// Depth-to-space, and the plain copy, which is the one of block 1: rows of pixels, moved bit by bit.
#include "src/base/error.hpp"
#include "src/base/ranges.hpp"
#include "src/machine/isa.hpp"
#include "src/operators/checks.hpp"
#include "src/operators/stage_params.hpp"
#include "src/operators/stream_plan.hpp"
#include "src/operators/validate.hpp"
#include "src/stages/pointers.hpp"

namespace tandem::inline TANDEM_ABI {
namespace internal {
namespace {

class DepthToSpace final : public OperatorImpl {
 public:
  DepthToSpace(const kernels::KernelTable& kernels, const char* name, const DepthToSpaceParams& params)
      : OperatorImpl(kernels, {params.type.type, params.type.type}), name_(name), params_(params) {}

  const char* name() const noexcept override { return name_; }
  std::size_t packed_bytes() const noexcept override { return 0; }
  bool takes_residual() const noexcept override { return false; }

  Result<Shape> output_shape(const Shape& input) const noexcept override {
    const Status status = check_input(input, params_.channels);
    if (!status.ok()) return status;
    return Shape{input.n, input.h * params_.block, input.w * params_.block, out_channels()};
  }

  std::int64_t op_count(const Shape& input, const Shape&) const noexcept override { return input.elements(); }

  std::unique_ptr<PlanImpl> make_plan(PlanInfo info, const Planning& planning) const override {
    return make_stream_plan(
        {PlanKind::kLayout}, planning, std::move(info),
        [this](const RunArgs& args, const PlanInfo& plan, const Range& pixels) { move(args, plan, pixels); });
  }

 private:
  [[nodiscard]] std::int64_t out_channels() const noexcept {
    return params_.channels / (std::int64_t{params_.block} * params_.block);
  }

  // Some pixels of one row or, of a copy, of all rows.
  void move(const RunArgs& args, const PlanInfo& plan, const Range& pixels) const noexcept {
    const std::int64_t block = params_.block;
    const std::int64_t row = block == 1 ? pixels.end : plan.input.w;
    for_each_row(pixels, row, [&](std::int64_t y, const Range& columns) {
      const Range of_row{y * row + columns.begin, y * row + columns.end};
      for (std::int64_t by = 0; by < block; ++by) {
        move_row(args, plan, of_row, by, ((y * block + by) * row + columns.begin) * block);
      }
    });
  }

  // The pixels of one row into row `by` of their blocks, whose first pixel is number `to` of dst.
  void move_row(const RunArgs& args, const PlanInfo& plan, const Range& pixels, std::int64_t by,
                std::int64_t to) const noexcept {
    const std::int64_t block = params_.block;
    const std::int64_t count = pixels.end - pixels.begin;
    const ByteStrides strides = plan.byte_strides();
    const std::ptrdiff_t piece = out_channels() * kernels().tensor_bytes();
    const kernels::ConstRows src = rows_from(kernels::ConstRows{args.src, strides.src}, pixels.begin);
    const kernels::Rows dst{advance(args.dst, to * strides.dst), block * strides.dst};
    const bool crd = params_.mode == DepthToSpaceMode::kCrd && out_channels() > 1;
    if (!crd && strides.dst == piece) {  // the pixels of a block's row lie side by side, in src as in dst
      kernels().copy_rows({{advance(src.data, by * block * piece), src.stride}, dst, count, block * piece});
      return;
    }
    for (std::int64_t bx = 0; bx < block; ++bx) {
      const std::int64_t member = by * block + bx;
      const kernels::Rows column{advance(dst.data, bx * strides.dst), dst.stride};
      if (crd) {
        kernels().spread({src, column, count, 0, out_channels(), static_cast<std::int32_t>(block * block), 1,
                          static_cast<std::int32_t>(member)});
      } else {
        kernels().copy_rows({{advance(src.data, member * piece), src.stride}, column, count, piece});
      }
    }
  }

  const char* name_;
  DepthToSpaceParams params_;
};

Status check_block(const DepthToSpaceParams& p) noexcept {
  const Status status = first_error({check_at_least_one("channels", p.channels), check_at_least_one("block", p.block)});
  if (!status.ok()) return status;
  if (p.channels % (std::int64_t{p.block} * p.block) == 0) return {};
  return error(StatusCode::kInvalidArgument, "channels is %d, which is no multiple of the block %d squared", p.channels,
               p.block);
}

Status check_mode(DepthToSpaceMode mode) noexcept {
  switch (mode) {
    case DepthToSpaceMode::kDcr:
    case DepthToSpaceMode::kCrd:
      return {};
  }
  return error(StatusCode::kInvalidArgument, "mode %d is not a mode of depth-to-space", static_cast<int>(mode));
}

// The implementation of either operator; the parameters were checked but for the type.
Result<std::shared_ptr<const OperatorImpl>> make(const char* name, const DepthToSpaceParams& params,
                                                 const CreateOptions& options) {
  const Status status = check_moved_type("type", params.type);
  if (!status.ok()) return status;
  const auto kernels = select_kernels(options.isa, types_of(params.type.type));
  if (!kernels.ok()) return kernels.status();
  return std::shared_ptr<const OperatorImpl>(std::make_shared<const DepthToSpace>(**kernels, name, params));
}

}  // namespace
}  // namespace internal

Result<Operator> Operator::depth_to_space(const DepthToSpaceParams& params, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = first_error({check_block(params), check_mode(params.mode)});
    if (!status.ok()) return status;
    auto impl = make("depth_to_space", params, options);
    if (!impl.ok()) return impl.status();
    return Operator(*std::move(impl));
  });
}

Result<Operator> Operator::copy(const CopyParams& params, const CreateOptions& options) noexcept {
  using namespace internal;
  return no_throw<Operator>([&]() -> Result<Operator> {
    const Status status = check_at_least_one("channels", params.channels);
    if (!status.ok()) return status;
    auto impl = make("copy", {params.channels, 1, DepthToSpaceMode::kDcr, params.type}, options);
    if (!impl.ok()) return impl.status();
    return Operator(*std::move(impl));
  });
}

}  // namespace tandem::inline TANDEM_ABI
