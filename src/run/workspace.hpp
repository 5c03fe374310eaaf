// How a plan divides the workspace of its runs.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "tandem/operator.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// Shared pieces of all workers of a run, and own pieces of each worker. An offset is in bytes from the first piece of
/// the same kind; all offsets are multiples of Plan::kWorkspaceAlignment.
class WorkspaceLayout {
 public:
  std::size_t add_shared(std::int64_t bytes) noexcept { return add(shared_bytes_, bytes); }
  std::size_t add_own(std::int64_t bytes) noexcept { return add(own_bytes_, bytes); }

  [[nodiscard]] std::size_t shared_bytes() const noexcept { return shared_bytes_; }
  /// Bytes of the own pieces of one worker.
  [[nodiscard]] std::size_t own_bytes() const noexcept { return own_bytes_; }
  /// The smallest size of the workspace.
  [[nodiscard]] std::size_t bytes(std::int32_t workers) const noexcept {
    return own_bytes_ * static_cast<std::size_t>(workers) + shared_bytes_;
  }

 private:
  static std::size_t add(std::size_t& total, std::int64_t bytes) noexcept {
    constexpr std::size_t kAlign = Plan::kWorkspaceAlignment;
    const std::size_t offset = total;
    total += (static_cast<std::size_t>(bytes) + kAlign - 1) / kAlign * kAlign;
    return offset;
  }

  std::size_t shared_bytes_ = 0;
  std::size_t own_bytes_ = 0;
};

/// The workspace of one run:
///
///   | worker 0's own |   | worker 1's own |   ...   | shared |
///
/// A core that writes a line last written by another core must get it from there: some 100 ns away in the same L3, 500
/// ns in another one. So each worker should write where it wrote before. The layers of a network run in one workspace
/// but need different sizes. Therefore a worker's pieces begin at its share of the whole workspace, not of the size
/// that this layer needs.
class Workspace {
 public:
  /// bytes: size of the workspace, at least layout.bytes(workers). threads: the number of shares, at least `workers`.
  Workspace(const WorkspaceLayout& layout, std::int32_t workers, std::int32_t threads, void* data,
            std::size_t bytes) noexcept
      : data_(static_cast<std::byte*>(data)), shared_(layout.own_bytes()) {
    if (workers == 1) return;
    const std::size_t others = static_cast<std::size_t>(workers) - 1;
    shared_ = aligned(bytes) - layout.shared_bytes();
    const std::size_t most = aligned((shared_ - layout.own_bytes()) / others);
    stride_ = std::clamp(aligned(bytes / static_cast<std::size_t>(threads)), layout.own_bytes(), most);
  }

  [[nodiscard]] void* shared(std::size_t offset) const noexcept { return at(shared_ + offset); }
  [[nodiscard]] void* own(std::size_t offset, std::int32_t worker) const noexcept {
    return at(stride_ * static_cast<std::size_t>(worker) + offset);
  }

 private:
  static std::size_t aligned(std::size_t bytes) noexcept {
    return bytes / Plan::kWorkspaceAlignment * Plan::kWorkspaceAlignment;
  }
  [[nodiscard]] void* at(std::size_t offset) const noexcept { return data_ + offset; }

  std::byte* data_;
  std::size_t shared_;      // offset of the shared pieces
  std::size_t stride_ = 0;  // from worker to worker
};

}  // namespace tandem::inline TANDEM_ABI::internal
