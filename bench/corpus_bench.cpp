// Every layer of the corpus alone, with its data in cache and without an activation: time, share of the FMA peak, and the
// time that plan() expected. The ISAs of a layer take turns, since none may lose to a narrower one; of each the fastest
// lap counts.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bench/common/candidates.hpp"
#include "bench/common/command.hpp"
#include "bench/common/hot_plan.hpp"
#include "bench/common/laps.hpp"
#include "bench/corpus/corpus.hpp"
#include "bench/fma_peak.hpp"

namespace tandem::bench {
namespace {

struct Options {
  std::vector<std::string> isas;
  std::vector<int> threads = {1};
  int milliseconds = 20;
  bool candidates = false;
  CandidateRounds rounds;
  std::string corpus, filter, json;
};

/// A layer on one ISA with a number of threads.
struct Outcome {
  const corpus::Layer* layer;
  std::string isa;
  int threads;
  double seconds;
  double peak_fraction;
  std::string kernel, plan;
  double predicted;
  std::optional<double> regret;
  std::optional<double> network_seconds;  // with its data as in a network, which is what plan() expects
  [[nodiscard]] double error() const { return predicted / network_seconds.value_or(seconds); }
};

using Peaks = std::map<std::pair<std::string, int>, double>;  // flops per second

Peaks measure_peaks(const Options& options) {
  Peaks peaks;
  for (const std::string& isa : options.isas) {
    for (const int threads : options.threads) {
      double best = 0.0;  // other programs can only lower a peak
      for (int attempt = 0; attempt < 3; ++attempt) best = std::max(best, measure_fma_peak(isa, threads));
      peaks[{isa, threads}] = 1e9 * best;
      std::printf("FMA peak, %s, %d thread(s): %.1f GFLOP/s\n", isa.c_str(), threads, best);
    }
  }
  return peaks;
}

Result<Operator> make_operator(const corpus::Layer& layer, const std::string& isa) {
  std::vector<float> filter(static_cast<std::size_t>(layer.filter_elements()));
  std::vector<float> bias(static_cast<std::size_t>(layer.out_channels));
  fill_uniform(filter.data(), filter.size(), 0.1F, 1);
  fill_uniform(bias.data(), bias.size(), 0.1F, 2);
  CreateOptions options;
  options.isa = isa.c_str();
  return corpus::make_operator(layer, filter, bias, options);
}

/// @return an outcome for each ISA, in the order of the options
Result<std::vector<Outcome>> time_layer(const corpus::Layer& layer, int threads, const Options& options,
                                        const Peaks& peaks, Cooler& cooler) {
  PlanOptions plan_options;
  plan_options.threads = threads;
  std::vector<Operator> operators;
  std::vector<HotPlan> plans;
  for (const std::string& isa : options.isas) {
    Result<Operator> op = make_operator(layer, isa);
    if (!op) return op.status();
    operators.push_back(*std::move(op));
    Result<HotPlan> plan = HotPlan::create(operators.back(), layer.input(), plan_options);
    if (!plan) return plan.status();
    plans.push_back(*std::move(plan));
  }
  constexpr int kFewestRounds = 5;
  const double limit = 1e-3 * options.milliseconds * static_cast<double>(plans.size());
  const Clock::time_point begin = Clock::now();
  for (int round = 0; round < kFewestRounds || std::chrono::duration<double>(Clock::now() - begin).count() < limit;
       ++round) {
    for (HotPlan& plan : plans) plan.lap();
  }
  std::vector<Outcome> outcomes;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const PlanReport& report = plans[i].plan().report();
    const double peak = peaks.at({options.isas[i], threads});
    const double flops = 2.0 * static_cast<double>(layer.multiply_adds());
    outcomes.push_back({&layer, options.isas[i], threads, plans[i].seconds(), flops / plans[i].seconds() / peak,
                        report.kernel == nullptr ? "" : report.kernel, plans[i].plan().explain(),
                        report.predicted_seconds, std::nullopt, std::nullopt});
    if (!options.candidates) continue;
    const Result<CandidateTimes> times =
        time_candidates(operators[i], layer.input(), false, threads, options.rounds, cooler);
    if (!times) return times.status();
    outcomes.back().regret = times->regret();
    outcomes.back().network_seconds = times->seconds[times->chosen];
  }
  return outcomes;
}

void print(const Outcome& o) {
  std::printf("%-48s %-7s %7d %10.1f %10.1f %8.2f  %s", name(*o.layer).c_str(), o.isa.c_str(), o.threads,
              o.predicted * 1e6, o.seconds * 1e6, o.peak_fraction, o.kernel.c_str());
  if (o.regret) std::printf("  in a network %.1f us, regret %.1f %%", 1e6 * *o.network_seconds, 100.0 * *o.regret);
  std::printf("\n");
  std::fflush(stdout);
}

nlohmann::json to_json(const Outcome& o) {
  nlohmann::json object = corpus::to_json(*o.layer);
  object.update({{"isa", o.isa},
                 {"threads", o.threads},
                 {"seconds", o.seconds},
                 {"peak_fraction", o.peak_fraction},
                 {"kernel", o.kernel},
                 {"plan", o.plan},
                 {"predicted_seconds", o.predicted}});
  if (o.regret) object.update({{"regret", *o.regret}, {"network_seconds", *o.network_seconds}});
  return object;
}

/// Sums over the outcomes of a kind, or over all.
struct Summary {
  int count = 0, near = 0, far = 0;  // near: predicted within 1.5x; far: not within 3x
  double log_peak = 0.0, log_error = 0.0;
  double regret = 0.0, worst_regret = 0.0;

  void add(const Outcome& o) {
    ++count;
    const double factor = std::max(o.error(), 1.0 / o.error());
    near += factor <= 1.5 ? 1 : 0;
    far += factor > 3.0 ? 1 : 0;
    log_peak += std::log(o.peak_fraction);
    log_error += std::log(o.error());
    regret += o.regret.value_or(0.0);
    worst_regret = std::max(worst_regret, o.regret.value_or(0.0));
  }
  void print(const std::string& title, bool with_regret) const {
    std::printf("%-24s %6d %8.2f %12.2f %7d %% %8d", title.c_str(), count, std::exp(log_peak / count),
                std::exp(log_error / count), 100 * near / count, far);
    if (with_regret) std::printf(" %8.1f %% %8.1f %%", 100.0 * regret / count, 100.0 * worst_regret);
    std::printf("\n");
  }
};

void summarize(const std::vector<Outcome>& outcomes, const std::string& isa, int threads, bool with_regret) {
  std::map<std::string, Summary> kinds;
  Summary all;
  for (const Outcome& o : outcomes) {
    if (o.isa != isa || o.threads != threads) continue;
    kinds[kind(*o.layer)].add(o);
    all.add(o);
  }
  std::printf("\n%s, %d thread(s)\n%-24s %6s %8s %12s %9s %8s%s\n", isa.c_str(), threads, "kind", "layers", "of peak",
              "predicted/us", "in 1.5x", "over 3x", with_regret ? "     regret      worst" : "");
  for (const auto& [title, summary] : kinds) summary.print(title, with_regret);
  all.print("all", with_regret);
}

/// The layers on which an ISA loses more than 5 % to one that the options name behind it.
void print_losses(const std::vector<Outcome>& outcomes, std::size_t isas) {
  std::printf("\nSlower by more than 5 %% than the ISA named behind:\n");
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    if (i % isas + 1 == isas) continue;
    const Outcome &wide = outcomes[i], &narrow = outcomes[i + 1];
    if (wide.seconds <= 1.05 * narrow.seconds) continue;
    std::printf("%-48s %d thread(s): %s %.1f us, %s %.1f us\n", name(*wide.layer).c_str(), wide.threads,
                wide.isa.c_str(), wide.seconds * 1e6, narrow.isa.c_str(), narrow.seconds * 1e6);
  }
}

int write_json(const std::vector<Outcome>& outcomes, const std::string& path) {
  nlohmann::json document = nlohmann::json::array();
  for (const Outcome& o : outcomes) document.push_back(to_json(o));
  std::ofstream file(path);
  file << document.dump(1) << '\n';
  return file.flush() ? 0 : fail("corpus_bench", "--json: \"" + path + "\" cannot be written");
}

int run(const Options& options) {
  const Result<std::vector<corpus::Layer>> all = corpus::load(options.corpus);
  if (!all) return fail("corpus_bench", all.status().message());
  const std::vector<corpus::Layer> layers = corpus::select(*all, options.filter);
  if (layers.empty()) return fail("corpus_bench", "--filter: no layer has \"" + options.filter + "\" in its name");
  const Peaks peaks = measure_peaks(options);
  std::printf("\n%-48s %-7s %7s %10s %10s %8s  %s\n", "layer", "isa", "threads", "predicted", "us", "of peak",
              "kernel");
  std::vector<Outcome> outcomes;
  for (const int threads : options.threads) {
    Result<Cooler> cooler = Cooler::create(threads);
    if (!cooler) return fail("corpus_bench", std::string("the pooling between the runs: ") + cooler.status().message());
    for (const corpus::Layer& layer : layers) {
      const Result<std::vector<Outcome>> timed = time_layer(layer, threads, options, peaks, *cooler);
      if (!timed) return fail("corpus_bench", name(layer) + ": " + timed.status().message());
      for (const Outcome& o : *timed) print(o);
      outcomes.insert(outcomes.end(), timed->begin(), timed->end());
    }
  }
  for (const std::string& isa : options.isas) {
    for (const int threads : options.threads) summarize(outcomes, isa, threads, options.candidates);
  }
  if (options.isas.size() > 1) print_losses(outcomes, options.isas.size());
  return options.json.empty() ? 0 : write_json(outcomes, options.json);
}

int run_main(int argc, char** argv) {
  Options options;
  CLI::App app("Times every layer of the corpus by itself, and compares with the time that plan() expected.",
               "corpus_bench");
  app.add_option("--isa", options.isas, "ISAs to run: all, or names (default: TANDEM_ISA, else the fastest)")
      ->delimiter(',');
  app.add_option("--threads", options.threads, "Numbers of threads")->delimiter(',')->check(CLI::Range(1, 1024));
  app.add_option("--filter", options.filter, "Only layers with this in their name, kind or network");
  app.add_option("--ms", options.milliseconds, "Timed laps of each layer on each ISA; five are run in any case")
      ->check(CLI::Range(0, 100000));
  app.add_flag("--candidates", options.candidates,
               "Time all candidates too, as planner_bench does: the regret, and predictions against these times");
  app.add_option("--rounds", options.rounds.rounds, "(--candidates) runs of each candidate in each place")
      ->check(CLI::Range(1, 100000));
  app.add_option("--places", options.rounds.places, "(--candidates) sets of tensors")->check(CLI::Range(1, 100));
  app.add_option("--json", options.json, "Write the outcomes to this file");
  app.add_option("--corpus", options.corpus, "Another layers.json");
  CLI11_PARSE(app, argc, argv);
  Result<std::vector<std::string>> isas = choose_isas(options.isas);
  if (!isas) return fail("corpus_bench", isas.status().message());
  options.isas = *std::move(isas);
  return run(options);
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
