// Claiming: normalise and fuse a copy of the engine's graph, find the nodes that Tandem can run, join them to convex
// regions, and drop the parts of regions that would not pay.
#include "engines/graph/claim.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <map>
#include <new>

#include "engines/graph/edit.hpp"
#include "engines/graph/error.hpp"
#include "engines/graph/estimate.hpp"
#include "engines/graph/fuse.hpp"
#include "engines/graph/lower.hpp"
#include "engines/graph/normalise.hpp"
#include "engines/graph/regions.hpp"

namespace tandem::graph {
namespace {

// The graph's inputs with an assumption for each size that is not known.
std::vector<std::optional<Dims>> assumed_inputs(const Graph& graph, std::int64_t size) {
  std::vector<std::optional<Dims>> inputs;
  for (const ValueId id : graph.inputs) {
    const Value& value = graph.values[index(id)];
    Dims dims = value.dims;
    for (std::size_t i = 0; i < dims.size(); ++i) {
      if (dims[i] == kUnknown) dims[i] = i == 0 ? 1 : size;
    }
    inputs.push_back(value.rank_known ? std::optional<Dims>(dims) : std::nullopt);
  }
  return inputs;
}

class Claimer {
 public:
  Claimer(Graph graph, const ClaimOptions& options)
      : graph_(std::move(graph)),
        options_(options),
        known_(infer_what_is_known(graph_)),
        dims_(infer_what_is_known(graph_, assumed_inputs(graph_, options.assumed_size))),
        uses_(graph_),
        taken_(graph_.nodes.size()),
        why_(graph_.nodes.size()) {
    const Estimator estimator(graph_, dims_, options.threads);
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      why_[i] = node.sources.empty() ? "it stands for no node of the engine" : why_not(graph_, node, known_);
      taken_[i] = why_[i].empty();
      estimates_.push_back(estimator.node(graph_, node, dims_));
    }
    for (std::size_t i = 0; i < dims_.size(); ++i) {
      const auto& dims = dims_[i];
      const bool image = dims && dims->size() == 4;
      conversions_.push_back(image ? estimator.conversion(*dims, graph_.values[i].type) : 0);
    }
  }

  Claims run() {
    std::vector<std::int32_t> regions = find_regions(graph_, taken_, why_);
    while (drop_what_does_not_pay(connected_parts(graph_, regions))) regions = find_regions(graph_, taken_, why_);
    return report(regions);
  }

 private:
  // Sums of some of the nodes, and what crosses their border.
  Group sum(const std::vector<std::int32_t>& numbers, std::int32_t number) const {
    Group g;
    std::vector<bool> crossed(graph_.values.size(), false);
    const auto inside = [&](NodeId node) { return node != Uses::kNoNode && numbers[index(node)] == number; };
    const auto cross = [&](ValueId id) {
      if (graph_.layout != Layout::kNchw || crossed[index(id)]) return;
      crossed[index(id)] = true;
      g.conversion_seconds += conversions_[index(id)];
    };
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] != number) continue;
      const Node& node = graph_.nodes[i];
      for (const std::int32_t source : node.sources) g.sources.push_back(source);
      g.multiply_adds += estimates_[i].multiply_adds;
      g.seconds += estimates_[i].seconds;
      g.engine_seconds += estimates_[i].engine_seconds;
      for (const ValueId id : node.inputs) {
        if (id != kNoValue && !graph_.values[index(id)].constant && !inside(uses_.writer(id))) cross(id);
      }
      for (const ValueId id : node.outputs) {
        if (id == kNoValue) continue;
        const auto& readers = uses_.readers(id);
        if (uses_.is_output(id) || !std::all_of(readers.begin(), readers.end(), inside)) cross(id);
      }
    }
    g.seconds += g.conversion_seconds;
    std::sort(g.sources.begin(), g.sources.end());
    g.sources.erase(std::unique(g.sources.begin(), g.sources.end()), g.sources.end());
    return g;
  }

  bool drop_what_does_not_pay(const std::vector<std::int32_t>& parts) {
    bool dropped = false;
    const std::int32_t count = parts.empty() ? 0 : *std::max_element(parts.begin(), parts.end()) + 1;
    for (std::int32_t part = 0; part < count && options_.least_gain > 0; ++part) {
      const Group g = sum(parts, part);
      char text[120];
      if (g.multiply_adds == 0) {
        std::snprintf(text, sizeof text, "its neighbours are left to the engine, and it has no weights by itself");
      } else if (g.engine_seconds < options_.least_gain * g.seconds) {
        std::snprintf(text, sizeof text, "not faster: %.1f us with %.1f us of layout conversions, the engine's %.1f us",
                      g.seconds * 1e6, g.conversion_seconds * 1e6, g.engine_seconds * 1e6);
      } else {
        continue;
      }
      for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i] != part) continue;
        taken_[i] = false;
        why_[i] = text;
      }
      dropped = true;
    }
    return dropped;
  }

  Claims report(const std::vector<std::int32_t>& regions) const {
    Claims claims;
    std::map<std::int32_t, std::int32_t> numbers;  // of regions, without those that nothing is left of
    for (const std::int32_t region : regions) {
      if (region != -1) numbers.emplace(region, 0);
    }
    for (auto& [region, number] : numbers) {
      number = static_cast<std::int32_t>(claims.groups.size());
      claims.groups.push_back(sum(regions, region));
      claims.claimed_multiply_adds += claims.groups.back().multiply_adds;
    }
    std::map<std::int32_t, Decision> decisions;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      claims.multiply_adds += estimates_[i].multiply_adds;
      bool first = true;
      for (const std::int32_t source : node.sources) {
        Decision d;
        d.source = source;
        d.name = node.name;
        d.op = to_string(node.op);
        d.group = taken_[i] ? numbers.at(regions[i]) : -1;
        d.reason = why_[i];
        d.multiply_adds = first ? estimates_[i].multiply_adds : 0;
        d.seconds = first ? estimates_[i].seconds : 0;
        first = false;
        const auto [at, fresh] = decisions.emplace(source, d);
        if (fresh) continue;
        if (d.multiply_adds > at->second.multiply_adds) at->second.op = d.op;
        at->second.multiply_adds += d.multiply_adds;
      }
    }
    for (auto& [source, decision] : decisions) claims.decisions.push_back(std::move(decision));
    claims.dims = known_;
    return claims;
  }

  Graph graph_;
  ClaimOptions options_;
  AllDims known_;  // what the graph says
  AllDims dims_;   // with assumptions
  Uses uses_;
  std::vector<bool> taken_;
  std::vector<std::string> why_;
  std::vector<Estimate> estimates_;
  std::vector<double> conversions_;  // of each value
};

}  // namespace

Result<Claims> claim(const Graph& graph, const ClaimOptions& options) noexcept {
  try {
    if (options.threads < 1 || options.assumed_size < 1 || !(options.least_gain >= 0)) {
      return error(StatusCode::kInvalidArgument,
                   "threads and assumed_size must be at least 1 and least_gain at least 0, but are %d, %lld and %g",
                   options.threads, static_cast<long long>(options.assumed_size), options.least_gain);
    }
    const Status good = check(graph);
    if (!good.ok()) return good;
    Graph copy = graph;
    normalise(copy);
    fuse(copy);
    return Claimer(std::move(copy), options).run();
  } catch (const std::exception& e) {
    return error(StatusCode::kOutOfMemory, "out of memory (%.100s)", e.what());
  }
}

std::string print(const Claims& claims) {
  std::string text;
  char line[400];
  for (const Decision& d : claims.decisions) {
    std::snprintf(line, sizeof line, "%5d  %-18s %-40.40s %12lld  %s%s\n", d.source, d.op.c_str(), d.name.c_str(),
                  static_cast<long long>(d.multiply_adds), d.group >= 0 ? "group " : "engine: ",
                  d.group >= 0 ? std::to_string(d.group).c_str() : d.reason.c_str());
    text += line;
  }
  for (std::size_t i = 0; i < claims.groups.size(); ++i) {
    const Group& g = claims.groups[i];
    std::snprintf(line, sizeof line,
                  "group %zu: %zu nodes, %lld multiply-adds, %.1f us expected, %.1f us of them layout conversions\n", i,
                  g.sources.size(), static_cast<long long>(g.multiply_adds), g.seconds * 1e6,
                  g.conversion_seconds * 1e6);
    text += line;
  }
  const double share = claims.multiply_adds == 0 ? 0
                                                 : 100.0 * static_cast<double>(claims.claimed_multiply_adds) /
                                                       static_cast<double>(claims.multiply_adds);
  std::snprintf(line, sizeof line, "claimed: %.1f %% of %lld multiply-adds\n", share,
                static_cast<long long>(claims.multiply_adds));
  return text + line;
}

}  // namespace tandem::graph
