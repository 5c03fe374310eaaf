// Places the tensors between the layers in as few buffers as possible, since each reuse is also a hit in the cache.
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

/// Gives each tensor, in the order of the writers, the first buffer whose tenant is no longer needed. A chain takes two
/// buffers; with residual connections it takes three. A tensor lies in the middle of its buffer: if two threads share
/// the rows of each tensor, each thread writes where it wrote before and fetches no lines from the other's cache.
[[nodiscard]] BufferLayout assign_buffers(const std::vector<Lifetime>& tensors);

}  // namespace network
