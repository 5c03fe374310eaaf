// How much slower is a shape next to a common one? Each common shape is varied along one axis after the other
// (channels, size, kernel, stride, dilation ...). The time per multiply-add of each point is compared with the best
// point of its sweep.
//
//   cliff = (time / multiply-adds of the point) / (the same of the best point of the sweep)
//
// The points of a sweep take turns, hot, on one thread; the fastest lap of each counts. The program prints Markdown:
// docs/cliffs.md is its output.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/common/command.hpp"
#include "bench/common/hot_plan.hpp"
#include "bench/common/laps.hpp"
#include "bench/shapes/cliff_shapes.hpp"

namespace tandem::bench {
namespace {

using shapes::CliffLayer;
using shapes::Sweep;

struct Options {
  int seconds = 120;
  std::string filter;
  bool points = false;
};

Result<HotPlan> create(const CliffLayer& layer) {
  const Result<Operator> op = shapes::make_operator(layer);
  if (!op) return op.status();
  PlanOptions options;
  options.threads = 1;
  options.strides = shapes::pixel_strides(layer);
  return HotPlan::create(*op, shapes::input_shape(layer), options);
}

struct Point {
  CliffLayer layer;
  double seconds;
  double cliff;
  double more_bytes;  // bytes per multiply-add, divided by the bytes of the best point
  const Sweep* sweep;
  /// The limit for `cliff`. It is higher for few channels, which leave lanes empty beside the fixed cost of a pixel.
  [[nodiscard]] double target() const { return std::min(layer.in_channels, layer.out_channels) < 16 ? 5.0 : 2.5; }
  [[nodiscard]] bool over() const { return cliff > target(); }
};

Result<std::vector<Point>> time_sweep(const Sweep& sweep, double seconds) {
  std::vector<HotPlan> plans;
  for (const CliffLayer& layer : sweep.points) {
    Result<HotPlan> plan = create(layer);
    if (!plan) return Status(plan.status().code(), describe(layer) + ": " + plan.status().message());
    plans.push_back(*std::move(plan));
  }
  constexpr int kFewestRounds = 3;
  const Clock::time_point begin = Clock::now();
  for (int round = 0; round < kFewestRounds || std::chrono::duration<double>(Clock::now() - begin).count() < seconds;
       ++round) {
    for (HotPlan& plan : plans) plan.lap();
  }

  std::vector<Point> points;
  std::size_t best = 0;
  const auto cost = [&](std::size_t i) { return points[i].seconds / multiply_adds(points[i].layer); };
  const auto bytes = [&](std::size_t i) { return compulsory_bytes(points[i].layer) / multiply_adds(points[i].layer); };
  for (std::size_t i = 0; i < plans.size(); ++i) {
    points.push_back({sweep.points[i], plans[i].seconds(), 1.0, 1.0, &sweep});
    if (cost(i) < cost(best)) best = i;
  }
  for (std::size_t i = 0; i < points.size(); ++i) {
    points[i].cliff = cost(i) / cost(best);
    points[i].more_bytes = bytes(i) / bytes(best);
  }
  return points;
}

bool higher(const Point& a, const Point& b) { return a.cliff < b.cliff; }

void print_row(const Point& p) {
  std::printf("| %s | %s | %s | %.1f | %.1f | %.2f%s | %.2f |\n", p.sweep->shape.c_str(), p.sweep->axis,
              describe(p.layer).c_str(), p.seconds * 1e6, multiply_adds(p.layer) / p.seconds * 1e-9, p.cliff,
              p.over() ? " !" : "", p.more_bytes);
}

void print_table(const char* title, const std::vector<Point>& points) {
  std::printf(
      "\n## %s\n\n| around | along | point | us | multiply-adds a ns | cliff | bytes |\n"
      "| --- | --- | --- | --- | --- | --- | --- |\n",
      title);
  for (const Point& p : points) print_row(p);
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
      "Printed by `build/release/bench/%s` (%s, 1 thread): %zu points in %zu sweeps. A cliff is a point's time per\n"
      "multiply-add / that of the best point of its sweep; multiply-adds with padding are not counted. `bytes` is the\n"
      "same quotient of the bytes of input, output and weights per multiply-add: where it is as high as the cliff, "
      "the\n"
      "point has that much less to compute with what it reads. Targets: 2.5, and 5 below 16 channels; above them\n"
      "(marked !) are %zu points.\n",
      program, select_isa().value(), all.size(), sweeps.size(), over);
  print_table("The ten highest cliffs",
              std::vector<Point>(all.begin(), all.begin() + std::min<std::ptrdiff_t>(10, std::ssize(all))));
  print_table(options.points ? "All points, the highest cliff first" : "The highest cliff of each sweep",
              options.points ? all : worst);
}

int run(const Options& options) {
  std::vector<Sweep> sweeps = shapes::cliff_sweeps();
  std::erase_if(sweeps,
                [&](const Sweep& s) { return (s.shape + " / " + s.axis).find(options.filter) == std::string::npos; });
  if (sweeps.empty()) return fail("cliff_bench", "--filter: no sweep has \"" + options.filter + "\" in its name");
  std::vector<std::vector<Point>> results;
  for (const Sweep& sweep : sweeps) {
    Result<std::vector<Point>> points = time_sweep(sweep, options.seconds / static_cast<double>(sweeps.size()));
    if (!points) return fail("cliff_bench", sweep.shape + ": " + points.status().message());
    results.push_back(*std::move(points));
  }
  print_report(sweeps, results, options);
  return 0;
}

int run_main(int argc, char** argv) {
  Options options;
  CLI::App app("Times the shapes around the common ones, and prints as Markdown how far they fall behind.",
               "cliff_bench");
  app.add_option("--seconds", options.seconds, "Timed laps altogether; three of each point are run in any case")
      ->check(CLI::Range(0, 1000000));
  app.add_option("--filter", options.filter, "Only sweeps with this in \"<shape> / <axis>\"");
  app.add_flag("--points", options.points, "Print all points, not the highest cliff of each sweep");
  CLI11_PARSE(app, argc, argv);
  const Result<const char*> isa = select_isa();
  if (!isa) return fail("cliff_bench", isa.status().message());
  return run(options);
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
