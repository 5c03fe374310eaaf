// How good are plan()'s choices? Every candidate of every shape is timed as bench/common/candidates.hpp describes, and
// the chosen one is compared with the best.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/common/candidates.hpp"
#include "bench/common/command.hpp"
#include "bench/common/random.hpp"
#include "bench/shapes/planner_shapes.hpp"
#include "network/make_operator.hpp"

namespace tandem::bench {
namespace {

struct Options {
  std::vector<int> threads = {1, 2};
  CandidateRounds rounds;
  std::string json;
  std::string filter;
  bool candidates = false;
};

struct Outcome {
  std::string name;
  int threads;
  CandidateTimes times;
};

Result<Outcome> try_out(const shapes::PlannerShape& shape, int threads, const Options& options, Cooler& cooler) {
  const Result<Operator> op = network::make_operator(shape.spec, RandomWeights({shape.spec}, 1), {});
  if (!op) return op.status();
  const bool takes_residual = network::takes_residual(shape.spec);
  const Result<CandidateTimes> times =
      time_candidates(*op, shape.input, takes_residual, threads, options.rounds, cooler);
  if (!times) return times.status();
  for (std::size_t i = 0; options.candidates && i < times->plans.size(); ++i) {
    std::printf("    %8.1f us  %s\n", times->seconds[i] * 1e6, times->plans[i].explain());
  }
  return Outcome{shape.name, threads, *times};
}

void print(const Outcome& o) {
  const CandidateTimes& t = o.times;
  std::printf("%-34s %7d %10.1f %10.1f %9zu of %-3zu %9zu %10.1f %8.1f %%\n", o.name.c_str(), o.threads,
              t.predicted() * 1e6, t.seconds[t.chosen] * 1e6, t.chosen + 1, t.plans.size(), t.best + 1,
              t.seconds[t.best] * 1e6, t.regret() * 100.0);
  std::fflush(stdout);
}

nlohmann::json to_json(const Outcome& o) {
  nlohmann::json ways = nlohmann::json::array();
  for (std::size_t i = 0; i < o.times.plans.size(); ++i) {
    const PlanReport& report = o.times.plans[i].report();
    ways.push_back({{"fused", report.kind == PlanKind::kFusedBlock},
                    {"workers", report.workers},
                    {"predicted_seconds", report.predicted_seconds},
                    {"seconds", o.times.seconds[i]}});
  }
  return {{"shape", o.name},          {"threads", o.threads},       {"chosen", o.times.chosen + 1},
          {"best", o.times.best + 1}, {"regret", o.times.regret()}, {"candidates", ways}};
}

void summarize(const std::vector<Outcome>& outcomes) {
  double sum = 0.0, worst = 0.0, log_error = 0.0;
  for (const Outcome& o : outcomes) {
    sum += o.times.regret();
    worst = std::max(worst, o.times.regret());
    log_error += std::abs(std::log(o.times.predicted() / o.times.seconds[o.times.chosen]));
  }
  const auto count = static_cast<double>(outcomes.size());
  std::printf(
      "%zu shapes and thread counts: regret %.1f %% in the mean, %.1f %% at worst; predictions off by %.0f %%\n",
      outcomes.size(), 100.0 * sum / count, 100.0 * worst, 100.0 * std::expm1(log_error / count));
}

int run(const Options& options) {
  std::printf("%-34s %7s %10s %10s %16s %9s %10s %10s\n", "shape", "threads", "predicted", "measured", "candidate",
              "fastest", "measured", "regret");
  std::vector<Outcome> outcomes;
  for (const int threads : options.threads) {
    Result<Cooler> cooler = Cooler::create(threads);
    if (!cooler)
      return fail("planner_bench", std::string("the pooling between the runs: ") + cooler.status().message());
    for (const shapes::PlannerShape& shape : shapes::planner_shapes()) {
      if (shape.name.find(options.filter) == std::string::npos) continue;
      const Result<Outcome> outcome = try_out(shape, threads, options, *cooler);
      if (!outcome) return fail("planner_bench", shape.name + ": " + outcome.status().message());
      print(*outcome);
      outcomes.push_back(*outcome);
    }
  }
  if (outcomes.empty()) return fail("planner_bench", "--filter: no shape has \"" + options.filter + "\" in its name");
  summarize(outcomes);
  if (options.json.empty()) return 0;
  nlohmann::json document = nlohmann::json::array();
  for (const Outcome& o : outcomes) document.push_back(to_json(o));
  std::ofstream file(options.json);
  file << document.dump(1) << '\n';
  return file.flush() ? 0 : fail("planner_bench", "--json: \"" + options.json + "\" cannot be written");
}

int run_main(int argc, char** argv) {
  Options options;
  CLI::App app("Times every way to run a shape and holds what plan() chose against the fastest.", "planner_bench");
  app.add_option("--threads", options.threads, "Numbers of threads")->delimiter(',')->check(CLI::Range(1, 1024));
  app.add_option("--rounds", options.rounds.rounds, "Runs of each candidate in each place, in turns")
      ->check(CLI::Range(1, 100000));
  app.add_option("--places", options.rounds.places, "Sets of tensors for each shape")->check(CLI::Range(1, 100));
  app.add_option("--filter", options.filter, "Only shapes with this in their name");
  app.add_option("--json", options.json, "Write the outcomes to this file");
  app.add_flag("--candidates", options.candidates, "Print each candidate's time and explain()");
  CLI11_PARSE(app, argc, argv);
  const Result<const char*> isa = select_isa();
  if (!isa) return fail("planner_bench", isa.status().message());
  return run(options);
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
