// How much slower is a shape next to a common one? Each common shape is varied along one axis after the other
// (channels, size, kernel, stride, groups ...), and each point is compared with the best point of its sweep:
//
//   cliff = (time / work of the point) / (the same of the best point of the sweep)
//
// Work is multiply-adds, or elements for operators without weights. More groups mean less work, but must never take more
// time: the cliff of these sweeps is the time / the time without groups. The points of a sweep take turns, hot, on one
// thread; the fastest lap of each counts. The program prints Markdown, most of docs/cliffs.md.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench/common/command.hpp"
#include "bench/common/hot_plan.hpp"
#include "bench/common/laps.hpp"
#include "bench/shapes/cliff_shapes.hpp"

namespace tandem::bench {
namespace {

using shapes::CliffLayer;
using shapes::Measure;
using shapes::Sweep;

constexpr double kIsaTarget = 1.05;  // time on an ISA / time on the one named behind it

struct Options {
  std::vector<std::string> isas;
  int seconds = 120;
  std::string filter, json;
  bool points = false;
};

Result<HotPlan> create(const CliffLayer& layer, const std::string& isa) {
  CreateOptions create_options;
  create_options.isa = isa.c_str();
  const Result<Operator> op = shapes::make_operator(layer, create_options);
  if (!op) return op.status();
  PlanOptions options;
  options.threads = 1;
  options.strides = shapes::pixel_strides(layer);
  return HotPlan::create(*op, shapes::input_shape(layer), options, shapes::takes_residual(layer));
}

struct Point {
  CliffLayer layer;
  std::vector<double> seconds;  // on each ISA
  double cliff = 1.0;           // on the first ISA, as the rest
  double more_bytes = 1.0;      // bytes per work, divided by the bytes of the best point
  const Sweep* sweep;
  /// The limit for `cliff`. It is higher for few channels, which leave lanes empty beside the fixed cost of a pixel.
  [[nodiscard]] double target() const {
    if (sweep->measure == Measure::kTime) return 1.05;
    return std::min(layer.in_channels, layer.out_channels) < 16 ? 5.0 : 2.5;
  }
  [[nodiscard]] bool over() const { return cliff > target(); }
  /// The greatest time on an ISA / on the one named behind it.
  [[nodiscard]] double isa_loss() const {
    double most = 0.0;
    for (std::size_t i = 0; i + 1 < seconds.size(); ++i) most = std::max(most, seconds[i] / seconds[i + 1]);
    return most;
  }
};

Result<std::vector<Point>> time_sweep(const Sweep& sweep, double seconds, const Options& options) {
  std::vector<HotPlan> plans;
  for (const CliffLayer& layer : sweep.points) {
    for (const std::string& isa : options.isas) {
      Result<HotPlan> plan = create(layer, isa);
      if (!plan) return Status(plan.status().code(), describe(layer) + ": " + plan.status().message());
      plans.push_back(*std::move(plan));
    }
  }
  constexpr int kFewestRounds = 3;
  const Clock::time_point begin = Clock::now();
  for (int round = 0; round < kFewestRounds || std::chrono::duration<double>(Clock::now() - begin).count() < seconds;
       ++round) {
    for (HotPlan& plan : plans) plan.lap();
  }

  std::vector<Point> points;
  for (std::size_t i = 0; i < sweep.points.size(); ++i) {
    points.push_back({sweep.points[i], {}, 1.0, 1.0, &sweep});
    for (std::size_t isa = 0; isa < options.isas.size(); ++isa) {
      points.back().seconds.push_back(plans[i * options.isas.size() + isa].seconds());
    }
  }
  const auto amount = [&](const Point& p) { return sweep.measure == Measure::kTime ? 1.0 : work(p.layer); };
  const auto cost = [&](const Point& p) { return p.seconds.front() / amount(p); };
  const auto bytes = [&](const Point& p) { return compulsory_bytes(p.layer) / amount(p); };
  const auto cheapest =
      std::min_element(points.begin(), points.end(), [&](const Point& a, const Point& b) { return cost(a) < cost(b); });
  const Point best = sweep.measure == Measure::kTime ? points.front() : *cheapest;
  for (Point& p : points) {
    p.cliff = cost(p) / cost(best);
    p.more_bytes = bytes(p) / bytes(best);
  }
  return points;
}

bool higher(const Point& a, const Point& b) { return a.cliff < b.cliff; }

void print_table(const char* title, const std::vector<Point>& points) {
  std::printf(
      "\n## %s\n\n| around | along | point | us | work a ns | cliff | bytes |\n"
      "| --- | --- | --- | --- | --- | --- | --- |\n",
      title);
  for (const Point& p : points) {
    const double seconds = p.seconds.front();
    std::printf("| %s | %s | %s | %.1f | %.1f | %.2f%s | %.2f |\n", p.sweep->shape.c_str(), p.sweep->axis,
                describe(p.layer).c_str(), seconds * 1e6, work(p.layer) / seconds * 1e-9, p.cliff, p.over() ? " !" : "",
                p.more_bytes);
  }
}

void print_isas(std::vector<Point> points, const Options& options) {
  std::erase_if(points, [](const Point& p) { return p.isa_loss() <= kIsaTarget; });
  std::sort(points.begin(), points.end(), [](const Point& a, const Point& b) { return b.isa_loss() < a.isa_loss(); });
  // The common shape is a point of each of its sweeps.
  std::set<std::string> printed;
  std::erase_if(points, [&](const Point& p) { return !printed.insert(describe(p.layer)).second; });
  std::printf("\n## Slower than the next ISA by more than 5 %%\n\n| point |");
  for (const std::string& isa : options.isas) std::printf(" %s, us |", isa.c_str());
  std::printf(" worst quotient |\n| --- |");
  for (std::size_t i = 0; i <= options.isas.size(); ++i) std::printf(" --- |");
  std::printf("\n");
  for (const Point& p : points) {
    std::printf("| %s |", describe(p.layer).c_str());
    for (const double seconds : p.seconds) std::printf(" %.2f |", 1e6 * seconds);
    std::printf(" %.2f |\n", p.isa_loss());
  }
}

void print_report(const std::vector<Sweep>& sweeps, const std::vector<std::vector<Point>>& results,
                  const Options& options) {
  std::vector<Point> worst, all;
  for (const std::vector<Point>& points : results) {
    worst.push_back(*std::max_element(points.begin(), points.end(), higher));
    for (const Point& p : points) all.push_back(p);
  }
  const auto over =
      static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [](const Point& p) { return p.over(); }));
  std::sort(all.begin(), all.end(), [](const Point& a, const Point& b) { return higher(b, a); });

  const char* const program = options.filter.empty() ? "cliff_bench" : "cliff_bench --filter";
  std::printf(
      "# Shapes next to the common ones\n\n"
      "Printed by `build/release/bench/%s` (%s, 1 thread): %zu points in %zu sweeps. A cliff is the time that a\n"
      "point takes for a multiply-add (operators without weights: for an element), divided by the time that the best\n"
      "point of its sweep takes; multiply-adds with padding are not counted. Along `groups` it is the whole time,\n"
      "divided by the time without groups. `bytes` is the same quotient of the bytes of input, output and weights:\n"
      "where it is as high as the cliff, the point has that much less to compute with what it reads. Targets: 2.5,\n"
      "and 5 below 16 channels, 1.05 along `groups`; above them (marked !) are %zu points.\n",
      program, options.isas.front().c_str(), all.size(), sweeps.size(), over);
  print_table("The ten highest cliffs",
              std::vector<Point>(all.begin(), all.begin() + std::min<std::ptrdiff_t>(10, std::ssize(all))));
  if (options.isas.size() > 1) print_isas(all, options);
  print_table(options.points ? "All points, the highest cliff first" : "The highest cliff of each sweep",
              options.points ? all : worst);
}

int write_json(const std::vector<std::vector<Point>>& results, const Options& options) {
  nlohmann::json document = nlohmann::json::array();
  for (const std::vector<Point>& points : results) {
    const Sweep& sweep = *points.front().sweep;
    nlohmann::json listed = nlohmann::json::array();
    for (const Point& p : points) {
      nlohmann::json object = to_json(p.layer);
      const double amount = sweep.measure == Measure::kTime ? 1.0 : work(p.layer);
      object.update({{"cliff", p.cliff}, {"amount", amount}, {"over", p.over()}});
      for (std::size_t i = 0; i < options.isas.size(); ++i) object["seconds"][options.isas[i]] = p.seconds[i];
      listed.push_back(std::move(object));
    }
    document.push_back({{"shape", sweep.shape}, {"axis", sweep.axis}, {"points", std::move(listed)}});
  }
  std::ofstream file(options.json);
  file << nlohmann::json{{"isas", options.isas}, {"sweeps", document}}.dump(1) << '\n';
  return file.flush() ? 0 : fail("cliff_bench", "--json: \"" + options.json + "\" cannot be written");
}

int run(const Options& options) {
  std::vector<Sweep> sweeps = shapes::cliff_sweeps();
  std::erase_if(sweeps,
                [&](const Sweep& s) { return (s.shape + " / " + s.axis).find(options.filter) == std::string::npos; });
  if (sweeps.empty()) return fail("cliff_bench", "--filter: no sweep has \"" + options.filter + "\" in its name");
  std::vector<std::vector<Point>> results;
  for (const Sweep& sweep : sweeps) {
    Result<std::vector<Point>> points =
        time_sweep(sweep, options.seconds / static_cast<double>(sweeps.size()), options);
    if (!points) return fail("cliff_bench", sweep.shape + ": " + points.status().message());
    results.push_back(*std::move(points));
  }
  print_report(sweeps, results, options);
  return options.json.empty() ? 0 : write_json(results, options);
}

int run_main(int argc, char** argv) {
  Options options;
  CLI::App app("Times the shapes around the common ones, and prints as Markdown how far they fall behind.",
               "cliff_bench");
  app.add_option("--isa", options.isas,
                 "ISAs to run: all, or names (default: TANDEM_ISA, else the fastest). Cliffs are of the first; each is "
                 "compared with the one behind it")
      ->delimiter(',');
  app.add_option("--seconds", options.seconds, "Timed laps altogether; three of each point are run in any case")
      ->check(CLI::Range(0, 1000000));
  app.add_option("--filter", options.filter, "Only sweeps with this in \"<shape> / <axis>\"");
  app.add_flag("--points", options.points, "Print all points, not the highest cliff of each sweep");
  app.add_option("--json", options.json, "Write all points to this file, for bench/peers/cliffs.sh");
  CLI11_PARSE(app, argc, argv);
  Result<std::vector<std::string>> isas = choose_isas(options.isas);
  if (!isas) return fail("cliff_bench", isas.status().message());
  options.isas = *std::move(isas);
  return run(options);
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
