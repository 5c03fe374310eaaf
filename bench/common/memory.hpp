// What a network takes in memory: what the library says of it, and what the operating system says of the process.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>

#include "network/network.hpp"

namespace tandem::bench {

/// Bytes of the tensors between the stages of one block, of the block where they are largest: the expanded tensor and the
/// depthwise stage's output. Without fusion they would be memory beside the block's input and output; 0 for a network
/// without fused blocks.
[[nodiscard]] std::size_t inner_bytes(const network::Network& network);

/// Gives back what the heap holds unused, and lets the peak of the resident set begin anew at what it is now.
/// @return whether the operating system could
bool restart_peak_rss();
/// Bytes of the greatest resident set since then; 0 where nobody can tell.
[[nodiscard]] std::size_t peak_rss();

/// Sets weights_mb, activations_mb, workspace_mb, inner_mb, workspace/inner; and peak_rss_mb, unless `rss` is 0.
void report_memory(benchmark::State& state, const network::Network& network, std::size_t rss);

}  // namespace tandem::bench
