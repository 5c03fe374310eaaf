#include "src/operators/transposed_filters.hpp"

#include <numeric>

#include "src/base/checked.hpp"
#include "src/base/ranges.hpp"
#include "src/operators/stage_params.hpp"
#include "src/plan/transposed.hpp"
#include "src/stages/block_stages.hpp"
#include "src/weights/tap_filter.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// A block of few columns: as one matrix they need fewer vectors than phase by phase.
constexpr std::int64_t kMostJoinedVectors = 8;

bool worth_joining(const kernels::KernelTable& kernels, const ConvTranspose2dParams& p) noexcept {
  if (kernels.int8() || !phases_join(p)) return false;
  const std::int64_t phases = std::int64_t{p.stride_h} * p.stride_w;
  const std::int64_t outputs = p.out_channels / p.groups;
  if (phases > kMostJoinedVectors * kernels.lanes) return false;
  const std::int64_t vectors = ceil_div(phases * outputs, kernels.lanes);
  return vectors <= kMostJoinedVectors && vectors < phases * ceil_div(outputs, kernels.lanes);
}

std::size_t bytes_of(const std::vector<PackedGemm>& matrices) noexcept {
  std::size_t bytes = 0;
  for (const PackedGemm& matrix : matrices) bytes += matrix.bytes();
  return bytes;
}

}  // namespace

bool phases_take_rows(const ConvTranspose2dParams& p) noexcept {
  return p.groups == 1 && std::gcd(p.stride_w, p.dilation_w) == p.dilation_w;
}

TransposedFilters::TransposedFilters(const kernels::KernelTable& kernels, const ConvTranspose2dParams& p,
                                     const Weights& weights)
    : groups_(p.groups), sets_w_(tap_sets(p.kernel_w, p.stride_w, p.dilation_w)) {
  const FilterSize size{p.out_channels, p.in_channels / p.groups, p.kernel_h, p.kernel_w, p.groups};
  const std::int64_t sets_h = tap_sets(p.kernel_h, p.stride_h, p.dilation_h);
  const StageEnd end = stage_end(p);
  packed_.reserve(static_cast<std::size_t>(sets_h * sets_w_ * groups_));
  for (std::int64_t y = 0; y < sets_h; ++y) {
    for (std::int64_t x = 0; x < sets_w_; ++x) {
      const TapFilter taps(weights, size, tap_set(p.kernel_h, p.stride_h, p.dilation_h, y),
                           tap_set(p.kernel_w, p.stride_w, p.dilation_w, x));
      const std::int64_t segment = (phases_take_rows(p) ? taps.size().w : 1) * size.in;
      for (std::int64_t group = 0; group < groups_; ++group) {
        const Range outputs = part(size.out, groups_, group);
        if (kernels.int8()) {
          packed_.emplace_back(kernels, taps.weights(), taps.size(), end, outputs, segment);
        } else {
          packed_.emplace_back(kernels, taps.weights(), taps.size(), end, outputs);
        }
      }
    }
  }
  if (!worth_joining(kernels, p)) return;
  joined_.reserve(static_cast<std::size_t>(groups_));
  for (std::int64_t group = 0; group < groups_; ++group) {
    const JoinedFilter all(weights, size, end, part(size.out, groups_, group), p.stride_h, p.stride_w);
    joined_.emplace_back(kernels, all.weights(), all.size(), all.end(), Range{0, all.size().out});
  }
}

std::size_t TransposedFilters::bytes() const noexcept { return bytes_of(packed_) + bytes_of(joined_); }

MatrixGeometry TransposedFilters::geometry() const noexcept {
  std::int64_t k = 0;
  for (std::size_t i = 0; i < packed_.size(); i += static_cast<std::size_t>(groups_)) k += packed_[i].k();
  return {k, packed_.front().panels(), bytes_of(packed_) / static_cast<std::size_t>(groups_)};
}

MatrixGeometry TransposedFilters::joined_geometry() const noexcept {
  return joined_.empty() ? MatrixGeometry{} : geometry_of(joined_.front());
}

}  // namespace tandem::inline TANDEM_ABI::internal
