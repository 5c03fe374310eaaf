// Where the tensors between the layers live: as few buffers as can be, since each reuse is also a hit in the cache.
#pragma once

#include <cstddef>
#include <vector>

namespace network {

/// A tensor between two layers: layer `writer` writes it, layers up to `last_reader` read it.
struct Lifetime {
  std::size_t bytes;
  std::size_t writer;
  std::size_t last_reader;  // > writer
};

struct BufferLayout {
  std::vector<std::size_t> offsets;  // of each tensor, in bytes, aligned
  std::size_t bytes = 0;             // of all buffers together
};

/// Gives each tensor, in the order of their writers, the first buffer whose tenant nobody will read any more. A chain
/// takes two buffers, one with residual connections three. A tensor lies in the middle of its buffer: of tensors whose rows
/// two threads share, each then writes where it wrote the one before, and need not fetch the lines from the other's cache.
[[nodiscard]] BufferLayout assign_buffers(const std::vector<Lifetime>& tensors);

}  // namespace network
