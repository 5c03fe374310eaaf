#include "bench/common/memory.hpp"

#if defined(__GLIBC__)
#include <malloc.h>
#endif

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <string>

namespace tandem::bench {

using network::Layer;
using network::Op;

std::size_t inner_bytes(const network::Network& network) {
  std::int64_t most = 0;
  for (const Layer& layer : network.layers()) {
    const Shape &src = layer.plan.input_shape(), &dst = layer.plan.output_shape();
    const std::int64_t depthwise = dst.n * dst.h * dst.w, expanded = src.n * src.h * src.w;
    if (layer.spec.op == Op::kSeparable) most = std::max(most, depthwise * src.c);
    if (layer.spec.op == Op::kInvertedResidual) {
      most = std::max(most, (expanded + depthwise) * layer.spec.hidden_channels);
    }
  }
  return static_cast<std::size_t>(most) * sizeof(float);
}

bool restart_peak_rss() {
#if defined(__GLIBC__)
  malloc_trim(0);
#endif
  std::ofstream file("/proc/self/clear_refs");
  file << 5 << std::flush;  // proc(5): resets the peak resident set size
  return file.good();
}

std::size_t peak_rss() {
  std::ifstream file("/proc/self/status");
  for (std::string word; file >> word;) {
    std::size_t kilobytes = 0;
    if (word == "VmHWM:" && file >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

void report_memory(benchmark::State& state, const network::Network& network, std::size_t rss) {
  const auto set = [&](const char* name, std::size_t bytes) {
    state.counters[name] = static_cast<double>(bytes) / (1024.0 * 1024.0);
  };
  set("weights_mb", network.packed_bytes());
  set("activations_mb", network.activation_bytes());
  set("workspace_mb", network.workspace_bytes());
  const std::size_t inner = inner_bytes(network);
  set("inner_mb", inner);
  if (inner > 0) {
    state.counters["workspace/inner"] = static_cast<double>(network.workspace_bytes()) / static_cast<double>(inner);
  }
  if (rss > 0) set("peak_rss_mb", rss);
}

}  // namespace tandem::bench
