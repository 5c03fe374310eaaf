#include "engines/tflite/explanation.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace tandem_tflite {

using tandem::graph::Claims;
using tandem::graph::Decision;
using tandem::graph::Group;

Explanation::Explanation(Claims claims, const Network& network, std::int32_t threads) {
  report_.engine = "tflite";
  report_.threads = threads;
  report_.claims = std::move(claims);
  for (Decision& decision : report_.claims.decisions) {
    if (const auto reason = network.reasons.find(decision.source); reason != network.reasons.end()) {
      decision.reason = reason->second;
    }
  }
}

void Explanation::add_folded(int source, std::string name, std::string op, bool claimed) {
  Decision decision;
  decision.source = source;
  decision.name = std::move(name);
  decision.op = std::move(op);
  if (!claimed) decision.reason = "a node that is not claimed reads this constant";
  auto& all = report_.claims.decisions;
  all.insert(std::find_if(all.begin(), all.end(), [&](const Decision& d) { return d.source > source; }), decision);
}

std::size_t Explanation::add_kernel(const std::vector<std::int32_t>& sources) {
  Group kernel;
  kernel.sources = sources;
  kernels_.push_back(std::move(kernel));
  return kernels_.size() - 1;
}

void Explanation::finish() {
  std::map<std::int32_t, std::int32_t> kernel_of;
  for (std::size_t i = 0; i < kernels_.size(); ++i) {
    for (const std::int32_t source : kernels_[i].sources) kernel_of[source] = static_cast<std::int32_t>(i);
  }
  // A group's times go to the kernel that has its first node.
  for (const Group& group : report_.claims.groups) {
    const auto kernel = group.sources.empty() ? kernel_of.end() : kernel_of.find(group.sources.front());
    if (kernel == kernel_of.end()) continue;
    Group& sum = kernels_[static_cast<std::size_t>(kernel->second)];
    sum.multiply_adds += group.multiply_adds;
    sum.seconds += group.seconds;
    sum.conversion_seconds += group.conversion_seconds;
    sum.engine_seconds += group.engine_seconds;
  }
  for (Decision& decision : report_.claims.decisions) {
    const auto kernel = kernel_of.find(decision.source);
    decision.group = kernel == kernel_of.end() ? -1 : kernel->second;
  }
  report_.claims.groups = std::move(kernels_);
  report_.measured.resize(report_.claims.groups.size());
}

tandem::Status Explanation::write(const std::string& where, bool profile) {
  if (profile) at_the_end_ = where;
  return tandem::explain::write(report_, where);
}

Explanation::~Explanation() {
  if (at_the_end_.empty()) return;
  try {
    (void)tandem::explain::write(report_, at_the_end_);  // the interpreter is gone: nobody is left to tell
  } catch (const std::exception&) {
  }
}

void Explanation::measured(std::size_t kernel, double seconds) noexcept {
  tandem::explain::Measured& measured = report_.measured[kernel];
  measured.seconds = measured.runs == 0 ? seconds : std::min(measured.seconds, seconds);
  ++measured.runs;
}

}  // namespace tandem_tflite
