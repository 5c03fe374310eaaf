#include "src/operators/conv2d_groups.hpp"

#include <algorithm>

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Groups that share a vector: as many as have room there with their outputs, and with their inputs in the vector that
// the kernel permutes. Less than two: each group has panels of its own.
std::int64_t groups_together(const kernels::KernelTable& kernels, const Conv2dParams& p) noexcept {
  const std::int64_t lanes = kernels.lanes;
  const std::int64_t widest = std::max(p.in_channels, p.out_channels) / p.groups;
  return std::min<std::int64_t>(lanes / widest, p.groups);
}

}  // namespace

std::vector<GroupMatrix> pack_groups(const kernels::KernelTable& kernels, const Conv2dParams& p,
                                     const Weights& weights) {
  const FilterSize size{p.out_channels, p.in_channels / p.groups, p.kernel_h, p.kernel_w};
  const StageEnd end{p.activation, p.residual_order};
  const std::int64_t outputs = size.out / p.groups;
  const std::int64_t together = groups_together(kernels, p);
  const bool shared = together > 1;
  const std::int64_t step = shared ? together : 1;
  std::vector<GroupMatrix> matrices;
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
                std::min(p.in_channels, kernels.lanes)};
      first_input = begin;
    }
    matrices.push_back({PackedGemm(kernels, weights, size, end, columns, groups), first_input, columns.begin});
  }
  return matrices;
}

}  // namespace tandem::inline TANDEM_ABI::internal
