// A workspace is parted without an overlap, and a worker's part is where it was whatever the layer needs.
#include "src/run/workspace.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace {

using tandem::internal::Workspace;
using tandem::internal::WorkspaceLayout;

struct Pieces {
  WorkspaceLayout layout;
  std::size_t first_own, second_own, shared;

  Pieces(std::int64_t own_floats, std::int64_t shared_floats)
      : first_own(layout.add_own(own_floats)),
        second_own(layout.add_own(own_floats + 3)),
        shared(layout.add_shared(shared_floats)) {}
};

constexpr std::size_t kSpare[] = {0, 1, 64, 1000, 123457};

std::size_t offset(const void* piece, const std::vector<std::byte>& memory) {
  return static_cast<std::size_t>(static_cast<const std::byte*>(piece) - memory.data());
}

TEST(Workspace, PiecesOverlapNowhere) {
  for (const std::int64_t own : {0, 1, 16, 500}) {
    for (const std::int64_t shared : {0, 1, 700}) {
      for (const std::int32_t workers : {1, 2, 3, 8}) {
        for (const std::int32_t threads : {workers, workers + 1, 64}) {
          for (const std::size_t spare : kSpare) {
            const Pieces p(own, shared);
            std::vector<std::byte> memory(p.layout.bytes(workers) + spare);
            std::vector<int> takers(memory.size());
            const Workspace workspace(p.layout, workers, threads, memory.data(), memory.size());
            const auto take = [&](const void* piece, std::int64_t bytes) {
              const std::size_t begin = offset(piece, memory);
              ASSERT_EQ(begin % tandem::Plan::kWorkspaceAlignment, 0U);
              ASSERT_LE(begin + static_cast<std::size_t>(bytes), memory.size());
              for (std::size_t i = 0; i < static_cast<std::size_t>(bytes); ++i) {
                ASSERT_EQ(++takers[begin + i], 1) << "byte " << begin + i << ", " << workers << " workers";
              }
            };
            for (std::int32_t worker = 0; worker < workers; ++worker) {
              take(workspace.own(p.first_own, worker), own);
              take(workspace.own(p.second_own, worker), own + 3);
            }
            take(workspace.shared(p.shared), shared);
          }
        }
      }
    }
  }
}

TEST(Workspace, AWorkersPartStaysWhereItIsFromLayerToLayer) {
  constexpr std::int32_t kThreads = 4;
  std::vector<std::byte> memory(1 << 20);
  const auto begin = [&](const Pieces& p, std::int32_t workers, std::int32_t worker) {
    const Workspace workspace(p.layout, workers, kThreads, memory.data(), memory.size());
    return offset(workspace.own(p.first_own, worker), memory);
  };
  for (std::int32_t worker = 0; worker < kThreads; ++worker) {
    const std::size_t expected = memory.size() / kThreads * static_cast<std::size_t>(worker);
    EXPECT_EQ(begin(Pieces(10, 0), kThreads, worker), expected);
    EXPECT_EQ(begin(Pieces(30000, 100), kThreads, worker), expected);
    if (worker == 3) continue;  // a layer with work for three
    EXPECT_EQ(begin(Pieces(1000, 5), 3, worker), expected);
  }
}

// As little as there may be is enough, and a single worker needs no part: all it has is at the start.
TEST(Workspace, WithoutRoomToSpareOnePieceFollowsTheOther) {
  const Pieces p(100, 50);
  std::vector<std::byte> memory(1 << 16);
  const std::size_t own = p.layout.own_bytes();
  const Workspace tight(p.layout, 2, 2, memory.data(), p.layout.bytes(2));
  EXPECT_EQ(offset(tight.own(0, 1), memory), own);
  EXPECT_EQ(offset(tight.shared(p.shared), memory), 2 * own);
  const Workspace single(p.layout, 1, 2, memory.data(), memory.size());
  EXPECT_EQ(offset(single.shared(p.shared), memory), own);
}

}  // namespace
