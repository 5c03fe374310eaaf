#include "engines/onnxruntime/host_threads.hpp"

#include <sched.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <string>
#include <thread>
#include <utility>

namespace tandem_onnxruntime {
namespace {

// -1: the system does not tell.
int read_number(int cpu, const char* file) {
  int number = -1;
  std::ifstream("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/" + file) >> number;
  return number;
}

}  // namespace

std::int32_t default_threads() noexcept {
  const auto all = static_cast<std::int32_t>(std::max(1U, std::thread::hardware_concurrency()));
  try {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    if (sched_getaffinity(0, sizeof allowed, &allowed) != 0) return all;
    std::set<std::pair<int, int>> cores;
    for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
      if (!CPU_ISSET(static_cast<std::size_t>(cpu), &allowed)) continue;
      const int core = read_number(cpu, "core_id");
      if (core < 0) return all;
      cores.emplace(read_number(cpu, "physical_package_id"), core);
    }
    return std::clamp(static_cast<std::int32_t>(cores.size()), 1, all);
  } catch (...) {
    return all;
  }
}

}  // namespace tandem_onnxruntime
