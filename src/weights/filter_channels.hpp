// A caller's fp32 filter as the elements of each output channel, in no known order: enough to scale or to round channels.
#pragma once

#include <cstddef>
#include <cstdint>

#include "tandem/status.hpp"
#include "tandem/weights.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Refuses fewer than one channel, a filter or a bias that is null, misaligned or not kF32, a filter whose elements are no
/// multiple of out_channels, and IOHW, whose channels nothing but the sizes of the kernel tells.
Status check_filter_channels(const Weights& weights, std::int32_t out_channels) noexcept;

class FilterChannels {
 public:
  /// Only for weights that check_filter_channels() accepted.
  FilterChannels(const Weights& weights, std::int32_t out_channels) noexcept
      : channels_(static_cast<std::size_t>(out_channels)),
        each_(weights.filter.size / channels_),
        // In HWIO and 1HWC the output channel is innermost, with or without an I of 1 beside it.
        outermost_(weights.layout == FilterLayout::kOihw || weights.layout == FilterLayout::kOhwi) {}

  /// Elements of one output channel.
  [[nodiscard]] std::size_t each() const noexcept { return each_; }
  /// Where element i of channel m stands.
  [[nodiscard]] std::size_t at(std::size_t m, std::size_t i) const noexcept {
    return outermost_ ? m * each_ + i : i * channels_ + m;
  }

 private:
  std::size_t channels_;
  std::size_t each_;
  bool outermost_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
