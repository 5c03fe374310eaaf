// Layout conversions against a memcpy of the same bytes, which moves as much but keeps the order:
// layout/<conversion>/<shape>/f32/<isa>/threads:<n>. Both take turns between the same two tensors, as near as the
// caches allow.
#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "bench/common/laps.hpp"
#include "bench/common/program.hpp"
#include "bench/common/random.hpp"
#include "bench/common/report.hpp"
#include "tandem/tandem.hpp"

namespace tandem::bench {
namespace {

// Photographs, the maps of networks, and awkward shapes: odd sizes, rows a multiple of 4 KB apart.
constexpr Shape kShapes[] = {
    {1, 224, 224, 3}, {1, 1080, 1920, 3}, {1, 224, 224, 1}, {1, 224, 224, 4}, {1, 112, 112, 32}, {1, 112, 112, 7},
    {1, 56, 56, 64},  {1, 56, 56, 144},   {1, 64, 64, 64},  {1, 32, 32, 256}, {1, 28, 28, 256},  {1, 35, 35, 121},
    {1, 14, 14, 512}, {1, 16, 16, 1024},  {1, 7, 7, 1280},  {8, 28, 28, 96},  {32, 7, 7, 320},
};

struct Case {
  LayoutConversion conversion;
  Shape shape;
  std::string isa;
  int threads;
};

std::string describe(const Shape& s) {
  return std::to_string(s.n) + "x" + std::to_string(s.h) + "x" + std::to_string(s.w) + "x" + std::to_string(s.c);
}

std::string name_of(const Case& c) {
  const char* conversion = c.conversion == LayoutConversion::kNchwToNhwc ? "nchw_to_nhwc" : "nhwc_to_nchw";
  return std::string("layout/") + conversion + "/" + describe(c.shape) + "/f32/" + c.isa +
         "/threads:" + std::to_string(c.threads);
}

void run_case(benchmark::State& state, const Case& c, Program& program) {
  const Result<Operator> op =
      Operator::convert_layout({static_cast<std::int32_t>(c.shape.c), c.conversion}, {c.isa.c_str()});
  if (!op) return program.skip(state, op.status().message());
  const Result<Plan> plan = op->plan(c.shape, {c.threads, Executor()});
  if (!plan) return program.skip(state, plan.status().message());
  RandomTensor src(c.shape, 1);
  RandomTensor dst(c.shape, 2);
  const auto bytes = static_cast<std::size_t>(c.shape.elements()) * sizeof(float);

  // Cannot fail: no pointer is null.
  const auto convert = [&] { (void)plan->run(src.data(), dst.data(), nullptr); };
  const auto copy = [&] {
    std::memcpy(dst.data(), src.data(), bytes);
    benchmark::DoNotOptimize(dst.data());
    benchmark::ClobberMemory();
  };
  const std::int64_t runs = runs_per_lap(copy);
  const auto repeat = [runs](const auto& body) {
    return [&body, runs] {
      for (std::int64_t i = 0; i < runs; ++i) body();
    };
  };
  Laps converted(static_cast<std::size_t>(state.max_iterations));
  Laps copied(static_cast<std::size_t>(state.max_iterations));
  for ([[maybe_unused]] auto _ : state) {  // in turn, so that a slow minute of the machine slows both
    converted.time(repeat(convert), static_cast<double>(runs));
    copied.time(repeat(copy), static_cast<double>(runs));
  }

  const double moved = 2.0 * static_cast<double>(bytes);  // read once, written once
  state.counters["min_us"] = converted.minimum() * 1e6;
  state.counters["GB/s"] = moved / converted.minimum() * 1e-9;
  state.counters["memcpy_GB/s"] = moved / copied.minimum() * 1e-9;
  state.counters["of_memcpy"] = copied.minimum() / converted.minimum();
}

int run_main(int argc, char** argv) {
  Program program("layout_bench", "Times conversions between NCHW and NHWC against memcpy.",
                  {"--benchmark_min_time=0.1", "--benchmark_counters_tabular=true"});
  if (!program.parse(argc, argv)) return program.exit_code();

  for (const LayoutConversion conversion : {LayoutConversion::kNchwToNhwc, LayoutConversion::kNhwcToNchw}) {
    for (const Shape& shape : kShapes) {
      for (const std::string& isa : program.isas()) {
        for (const int threads : program.threads()) {
          const Case c = {conversion, shape, isa, threads};
          const auto body = [c, &program](benchmark::State& state) { run_case(state, c, program); };
          add_statistics(benchmark::RegisterBenchmark(name_of(c).c_str(), body)->Unit(benchmark::kMicrosecond));
        }
      }
    }
  }
  return program.run();
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
