// Which nodes of an engine's graph Tandem takes: convex groups, each with the time it is expected to save.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "engines/graph/graph.hpp"
#include "tandem/status.hpp"

namespace tandem::graph {

struct ClaimOptions {
  std::int32_t threads = 1;  ///< >= 1; workers that a run will have
  /// A group is claimed if the engine's expected time, divided by Tandem's with the conversions at the group's borders,
  /// is at least this. 0: everything that can be claimed. The engine's time is a guess: see claim.cpp.
  double least_gain = 1.0;
  /// Size taken for an unknown height or width when times are estimated (an unknown batch: 1).
  std::int64_t assumed_size = 320;
};

/// Nodes that become one: no path leaves the group and comes back.
struct Group {
  std::vector<std::int32_t> sources;  ///< the engine's numbers, ascending
  std::int64_t multiply_adds = 0;
  double seconds = 0;             ///< Tandem, by its cost model
  double conversion_seconds = 0;  ///< of `seconds`: layout conversions at the borders
  double engine_seconds = 0;      ///< the engine, by a guess
};

/// What became of one of the engine's nodes.
struct Decision {
  std::int32_t source = 0;
  std::string name;                ///< the node's
  std::string op;                  ///< canonical operator, after fusion: "Conv", "InvertedResidual" ...
  std::int32_t group = -1;         ///< index into Claims::groups; -1: left to the engine
  std::string reason;              ///< why not; empty if claimed
  std::int64_t multiply_adds = 0;  ///< of this node at the assumed sizes; joined nodes: on the first of them
  double seconds = 0;              ///< by the cost model; likewise
};

struct Claims {
  std::vector<Group> groups;
  std::vector<Decision> decisions;  ///< one for each source of the graph, ascending
  std::int64_t multiply_adds = 0;   ///< of all nodes whose multiply-adds are known
  std::int64_t claimed_multiply_adds = 0;
  /// What is known before the run of each value of the graph, nothing: not even how many axes it has. An engine that knows
  /// less of the borders of a group hands these to compile().
  std::vector<std::optional<Dims>> dims;
};

/// Runs normalise and fuse on a copy (constants are not copied), then groups. Never fails because of an operator, type or
/// shape that Tandem lacks: those are decisions. Errors: kInvalidArgument for a graph that check() refuses or a wrong
/// option; kOutOfMemory.
Result<Claims> claim(const Graph& graph, const ClaimOptions& options = {}) noexcept;

/// A table of the decisions, and a line for each group and for the sum.
std::string print(const Claims& claims);

}  // namespace tandem::graph
