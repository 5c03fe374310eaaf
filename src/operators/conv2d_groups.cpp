#include "src/operators/conv2d_groups.hpp"

#include <algorithm>

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Groups are summed by planes if their depthwise kernel has at most so many rows, one for each kernel row and input.
constexpr std::int64_t kMostRows = 128;

std::int64_t rows_of(const Conv2dParams& p) noexcept { return std::int64_t{p.kernel_h} * (p.in_channels / p.groups); }

// Groups of few outputs are summed input by input, in the order of a depthwise convolution with a kernel row for each
// input. The choice is the same on every ISA, because the bits depend on it. With a kernel of one column both
// orders are the same.
bool by_planes(const Conv2dParams& p) noexcept {
  constexpr std::int64_t kFew = 8;
  return p.groups > 1 && p.groups < p.in_channels && rows_of(p) <= kMostRows && p.out_channels / p.groups < kFew &&
         p.kernel_w > 1;
}

// The number of groups that share a vector. Their outputs fit into a vector of sums, and their inputs into the vector
// that the kernel permutes.
std::int64_t groups_together(const kernels::KernelTable& kernels, const Conv2dParams& p) noexcept {
  const std::int64_t lanes = kernels.lanes;
  const std::int64_t widest = std::max(p.in_channels, p.out_channels) / p.groups;
  return std::min<std::int64_t>(lanes / widest, p.groups);
}

}  // namespace

// Groups of one input channel are a depthwise convolution. Groups that are summed by planes run as one if a product would
// cut their sums into blocks, or if groups do not share a vector or fill only half of it. With a stride there are fewer
// outputs than pixels to spread, and a product pays with fewer lanes.
bool spreads_groups(const kernels::KernelTable& kernels, const Conv2dParams& p) noexcept {
  if (p.groups == 1) return false;
  const std::int64_t steps = rows_of(p) * p.kernel_w;
  if (p.groups == p.in_channels) return rows_of(p) <= kMostRows || steps <= kernels::kSumBlock;
  if (!by_planes(p)) return false;
  const std::int64_t together = groups_together(kernels, p);
  const std::int64_t used = together * (p.out_channels / p.groups);
  constexpr std::int64_t kMany = 1 << 16;  // more make no difference, but could overflow
  const std::int64_t pixels = std::min(std::int64_t{p.stride_h} * p.stride_w, kMany);  // for each output
  const bool fills = pixels == 1 ? together > 1 && 2 * used > kernels.lanes : used * pixels >= kernels.lanes;
  return steps > kernels::kSumBlock || together == 0 || !fills;
}

std::vector<GroupMatrix> pack_groups(const kernels::KernelTable& kernels, const Conv2dParams& p,
                                     const Weights& weights) {
  const FilterSize size{p.out_channels, p.in_channels / p.groups, p.kernel_h, p.kernel_w};
  const StageEnd end{p.activation, p.residual_order};
  std::vector<GroupMatrix> matrices;
  if (p.groups == 1) {
    matrices.push_back({PackedGemm(kernels, weights, size, end), 0, 0});
    return matrices;
  }
  const std::int64_t outputs = size.out / p.groups;
  const std::int64_t together = groups_together(kernels, p);
  const bool shared = together > 1 || by_planes(p);
  const std::int64_t step = shared ? together : 1;
  matrices.reserve(static_cast<std::size_t>((p.groups + step - 1) / step));
  for (std::int64_t group = 0; group < p.groups; group += step) {
    const std::int64_t count = std::min(step, p.groups - group);
    const Range columns{group * outputs, (group + count) * outputs};
    std::int64_t first_input = group * size.in;
    PanelGroups groups;
    if (shared) {
      // The vector that the kernel loads ends with the pixel's last channel at the latest.
      const std::int64_t begin = std::min<std::int64_t>(first_input, std::max(p.in_channels - kernels.lanes, 0));
      groups = {static_cast<std::int32_t>(count), static_cast<std::int32_t>(first_input - begin),
                std::min(p.in_channels, kernels.lanes), by_planes(p)};
      first_input = begin;
    }
    matrices.push_back({PackedGemm(kernels, weights, size, end, columns, groups), first_input, columns.begin});
  }
  return matrices;
}

}  // namespace tandem::inline TANDEM_ABI::internal
