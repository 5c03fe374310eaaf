// How good are plan()'s choices? Every candidate of every shape is timed, and the chosen one is compared with the best.
//
//   regret = time of the chosen candidate / time of the fastest one - 1
//
// A layer finds its data as in a network: before each run one operator reads more than the cores' L2 holds, and another
// writes the layer's input with as many workers. The candidates of a shape take turns. The place of the tensors in
// physical memory decides which of their lines share a set of a cache. It changes the time of a depthwise layer of some
// microseconds by half, and not equally for all candidates. So each candidate is timed in several places: the fastest
// run in each place counts, and the result is the mean over the places.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/common/command.hpp"
#include "bench/common/laps.hpp"
#include "bench/common/random.hpp"
#include "bench/shapes/planner_shapes.hpp"
#include "network/aligned_buffer.hpp"
#include "network/make_operator.hpp"

namespace tandem::bench {
namespace {

struct Options {
  std::vector<int> threads = {1, 2};
  int rounds = 15;
  int places = 5;
  std::string json;
  std::string filter;
  bool candidates = false;
};

struct Outcome {
  std::string name;
  int threads;
  std::vector<PlanReport> candidates;  // in the order of their numbers
  std::vector<double> seconds;         // of each candidate
  std::size_t chosen, best;            // indices
  [[nodiscard]] double regret() const { return seconds[chosen] / seconds[best] - 1.0; }
  [[nodiscard]] double predicted() const { return candidates[chosen].predicted_seconds; }
};

/// Reads 4 MB with as many workers as the layer has, which evicts the layer's data from their L2.
class Cooler {
 public:
  static Result<Cooler> create(int threads) {
    const Result<Operator> pool = Operator::global_average_pool({kShape.c, Activation::none()});
    if (!pool) return pool.status();
    PlanOptions options;
    options.threads = threads;
    const Result<Plan> plan = pool->plan(kShape, options);
    if (!plan) return plan.status();
    return Cooler(*plan);
  }
  void run() noexcept { (void)plan_.run(src_.data(), dst_.data(), nullptr); }

 private:
  static constexpr Shape kShape = {1, 32, 32, 1024};
  explicit Cooler(const Plan& plan) : plan_(plan), src_(kShape, 1), dst_(plan.output_shape(), 2) {}

  Plan plan_;
  RandomTensor src_, dst_;
};

/// Writes the layer's input with as many workers as the layer has: a copy, by a depthwise layer of one tap.
class LayerBefore {
 public:
  static Result<LayerBefore> create(const Shape& input, int threads) {
    DepthwiseParams copy;
    copy.channels = static_cast<std::int32_t>(input.c);
    copy.kernel_h = copy.kernel_w = 1;
    const std::vector<float> ones(static_cast<std::size_t>(input.c), 1.0F);
    const Result<Operator> op = Operator::depthwise(copy, {ones});
    if (!op) return op.status();
    PlanOptions options;
    options.threads = threads;
    const Result<Plan> plan = op->plan(input, options);
    if (!plan) return plan.status();
    return LayerBefore(*plan);
  }
  void run(float* input) noexcept { (void)plan_.run(src_.data(), input, workspace_.get()); }

 private:
  explicit LayerBefore(const Plan& plan)
      : plan_(plan), src_(plan.input_shape(), 3), workspace_(network::allocate_aligned(plan.workspace_bytes())) {}

  Plan plan_;
  RandomTensor src_;
  network::AlignedBytes workspace_;
};

/// All candidates of a shape, in the order of their numbers.
Result<std::vector<Plan>> plan_all(const Operator& op, const Shape& input, int threads) {
  PlanOptions options;
  options.threads = threads;
  std::vector<Plan> plans;
  do {
    ++options.candidate;
    const Result<Plan> plan = op.plan(input, options);
    if (!plan) return plan.status();
    plans.push_back(*plan);
  } while (options.candidate < plans.front().report().candidates);
  return plans;
}

/// The tensors of one shape, and the workspace and residual that its plans may need.
class Place {
 public:
  Place(const std::vector<Plan>& plans, bool takes_residual)
      : src_(plans.front().input_shape(), 1),
        dst_(plans.front().output_shape(), 2),
        residual_(plans.front().output_shape(), 3),
        takes_residual_(takes_residual) {
    std::size_t bytes = 0;
    for (const Plan& plan : plans) bytes = std::max(bytes, plan.workspace_bytes());
    workspace_ = network::allocate_aligned(bytes);
  }
  [[nodiscard]] float* input() noexcept { return src_.data(); }
  [[nodiscard]] RunArgs args() noexcept {
    return {src_.data(), dst_.data(), takes_residual_ ? residual_.data() : nullptr, workspace_.get()};
  }

 private:
  RandomTensor src_, dst_, residual_;
  bool takes_residual_;
  network::AlignedBytes workspace_;
};

/// The fastest run of each plan.
Result<std::vector<double>> time_all(const std::vector<Plan>& plans, Place& place, int rounds, Cooler& cooler,
                                     LayerBefore& before) {
  std::vector<double> seconds(plans.size(), HUGE_VAL);
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t i = 0; i < plans.size(); ++i) {
      cooler.run();
      before.run(place.input());
      Laps lap(1);
      Status status;
      lap.time([&] { status = plans[i].run(place.args()); });
      if (!status.ok()) return status;
      seconds[i] = std::min(seconds[i], lap.minimum());
    }
  }
  return seconds;
}

Result<std::vector<double>> time_everywhere(const std::vector<Plan>& plans, bool takes_residual, const Options& options,
                                            Cooler& cooler, LayerBefore& before) {
  std::vector<Place> places;  // all at once: freed memory would be reused as the next place
  for (int i = 0; i < options.places; ++i) places.emplace_back(plans, takes_residual);
  std::vector<double> means(plans.size(), 0.0);
  for (Place& place : places) {
    const Result<std::vector<double>> seconds = time_all(plans, place, options.rounds, cooler, before);
    if (!seconds) return seconds.status();
    for (std::size_t i = 0; i < plans.size(); ++i) means[i] += (*seconds)[i] / options.places;
  }
  return means;
}

Result<Outcome> try_out(const shapes::PlannerShape& shape, int threads, const Options& options, Cooler& cooler) {
  const Result<Operator> op = network::make_operator(shape.spec, RandomWeights({shape.spec}, 1), {});
  if (!op) return op.status();
  PlanOptions plan_options;
  plan_options.threads = threads;
  const Result<Plan> chosen = op->plan(shape.input, plan_options);
  if (!chosen) return chosen.status();
  const Result<std::vector<Plan>> plans = plan_all(*op, shape.input, threads);
  if (!plans) return plans.status();
  Result<LayerBefore> before = LayerBefore::create(shape.input, threads);
  if (!before) return before.status();
  const Result<std::vector<double>> seconds =
      time_everywhere(*plans, network::takes_residual(shape.spec), options, cooler, *before);
  if (!seconds) return seconds.status();

  Outcome outcome{shape.name, threads, {}, *seconds, 0, 0};
  for (std::size_t i = 0; i < plans->size(); ++i) {
    outcome.candidates.push_back((*plans)[i].report());
    if (options.candidates) std::printf("    %8.1f us  %s\n", (*seconds)[i] * 1e6, (*plans)[i].explain());
  }
  outcome.chosen = static_cast<std::size_t>(chosen->report().candidate) - 1;
  outcome.best = static_cast<std::size_t>(std::min_element(seconds->begin(), seconds->end()) - seconds->begin());
  return outcome;
}

void print(const Outcome& o) {
  std::printf("%-34s %7d %10.1f %10.1f %9zu of %-3zu %9zu %10.1f %8.1f %%\n", o.name.c_str(), o.threads,
              o.predicted() * 1e6, o.seconds[o.chosen] * 1e6, o.chosen + 1, o.candidates.size(), o.best + 1,
              o.seconds[o.best] * 1e6, o.regret() * 100.0);
  std::fflush(stdout);
}

nlohmann::json to_json(const Outcome& o) {
  nlohmann::json ways = nlohmann::json::array();
  for (std::size_t i = 0; i < o.candidates.size(); ++i) {
    ways.push_back({{"fused", o.candidates[i].kind == PlanKind::kFusedBlock},
                    {"workers", o.candidates[i].workers},
                    {"predicted_seconds", o.candidates[i].predicted_seconds},
                    {"seconds", o.seconds[i]}});
  }
  return {{"shape", o.name},    {"threads", o.threads}, {"chosen", o.chosen + 1},
          {"best", o.best + 1}, {"regret", o.regret()}, {"candidates", ways}};
}

void summarize(const std::vector<Outcome>& outcomes) {
  double sum = 0.0, worst = 0.0, log_error = 0.0;
  for (const Outcome& o : outcomes) {
    sum += o.regret();
    worst = std::max(worst, o.regret());
    log_error += std::abs(std::log(o.predicted() / o.seconds[o.chosen]));
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
  app.add_option("--rounds", options.rounds, "Runs of each candidate in each place, in turns")
      ->check(CLI::Range(1, 100000));
  app.add_option("--places", options.places, "Sets of tensors for each shape")->check(CLI::Range(1, 100));
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
