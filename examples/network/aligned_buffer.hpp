// Memory for tensors and workspaces, aligned to a cache line, which is also the widest vector.
#pragma once

#include <cstddef>
#include <cstdlib>
#include <memory>

namespace network {

inline constexpr std::size_t kAlignment = 64;  // bytes; >= tandem::Plan::kWorkspaceAlignment

[[nodiscard]] constexpr std::size_t round_up_to_alignment(std::size_t bytes) noexcept {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

struct FreeDeleter {
  void operator()(std::byte* p) const noexcept { std::free(p); }
};
using AlignedBytes = std::unique_ptr<std::byte[], FreeDeleter>;

/// Uninitialised; null if there is no such memory.
[[nodiscard]] inline AlignedBytes allocate_aligned(std::size_t bytes) noexcept {
  const std::size_t size = round_up_to_alignment(bytes == 0 ? 1 : bytes);
  return AlignedBytes(static_cast<std::byte*>(std::aligned_alloc(kAlignment, size)));
}

}  // namespace network
