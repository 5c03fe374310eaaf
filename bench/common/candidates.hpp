// Times every candidate (PlanOptions::candidate) of one layer, to hold plan()'s choice against the best.
//
//   regret = time of the chosen candidate / time of the fastest one - 1
//
// A layer finds its data as in a network: before each run one operator reads more than the cores' L2 holds, and another
// writes the layer's input with as many workers. The candidates of a shape take turns. The place of the tensors in
// physical memory decides which of their lines share a set of a cache. It changes the time of a depthwise layer of some
// microseconds by half, and not equally for all candidates. So each candidate is timed in several places: the fastest
// run in each place counts, and the result is the mean over the places.
#pragma once

#include <cstddef>
#include <vector>

#include "bench/common/random.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench {

/// Reads 4 MB with as many workers as the layer has, which evicts the layer's data from their L2.
class Cooler {
 public:
  static Result<Cooler> create(int threads);
  void run() noexcept { (void)plan_.run(src_.data(), dst_.data(), nullptr); }

 private:
  explicit Cooler(const Plan& plan);

  Plan plan_;
  RandomTensor src_, dst_;
};

struct CandidateRounds {
  int rounds = 15;  // runs of each candidate in each place, in turns
  int places = 5;   // sets of tensors
};

struct CandidateTimes {
  std::vector<Plan> plans;      // in the order of their numbers
  std::vector<double> seconds;  // of each
  std::size_t chosen, best;     // indices
  [[nodiscard]] double regret() const { return seconds[chosen] / seconds[best] - 1.0; }
  [[nodiscard]] double predicted() const { return plans[chosen].report().predicted_seconds; }
};

/// @param takes_residual  the operator's plans want RunArgs::residual
/// @param threads         of the layer; the cooler has as many
[[nodiscard]] Result<CandidateTimes> time_candidates(const Operator& op, const Shape& input, bool takes_residual,
                                                     int threads, const CandidateRounds& rounds, Cooler& cooler);

}  // namespace tandem::bench
