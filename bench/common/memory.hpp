// The memory of a network, as the library reports it and as the operating system reports it for the process.
#pragma once

#include <benchmark/benchmark.h>

#include <cstddef>

#include "network/network.hpp"

namespace tandem::bench {

/// Bytes of the tensors between the stages of a block (the expanded tensor and the depthwise stage's output), for the
/// block where they are largest. Without fusion a network needs them beside the block's input and output. 0 for a
/// network without fused blocks.
[[nodiscard]] std::size_t inner_bytes(const network::Network& network);

/// Returns unused heap memory to the system, and restarts the peak of the resident set at its present size.
/// @return true if the operating system could do it
bool restart_peak_rss();
/// Bytes of the largest resident set since then; 0 if unknown.
[[nodiscard]] std::size_t peak_rss();

/// Sets weights_mb, activations_mb, workspace_mb, inner_mb and workspace/inner, and peak_rss_mb if `rss` is not 0.
void report_memory(benchmark::State& state, const network::Network& network, std::size_t rss);

}  // namespace tandem::bench
