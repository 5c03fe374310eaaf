// Times the innermost loops of the kernels alone; scripts/analyse_kernels.py compares them with the prediction of a CPU
// model. The time of one iteration is the slope between a short and a long run of the loop, with all data in L1: the
// code around the loop cancels out.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/common/command.hpp"
#include "bench/common/laps.hpp"
#include "bench/common/random.hpp"
#include "bench/fma_peak.hpp"
#include "kernels/kernel_table.hpp"
#include "tandem/isa.hpp"

namespace tandem::bench {
namespace {

using kernels::KernelTable;

constexpr kernels::Epilogue kClamp = {-1.0F, 1.0F};
constexpr std::int64_t kShort = 32;  // steps of k, and rows of a depthwise kernel
constexpr std::int64_t kLong = 96;
constexpr std::int64_t kOutputs = 7;  // of a depthwise tile
constexpr std::ptrdiff_t kFloat = sizeof(float);

/// The fp32 table.
const KernelTable* find_table(const std::string& isa) {
#define TANDEM_BENCH_TABLE(name) \
  if (isa == #name) return kernels::name##_tables.first;
  TANDEM_FOR_EACH_ISA(TANDEM_BENCH_TABLE)
#undef TANDEM_BENCH_TABLE
  return nullptr;
}

RandomTensor values(std::int64_t count) { return RandomTensor({1, 1, 1, count}, 1); }

template <class Body>
void repeat(std::int64_t runs, const Body& body) {
  for (std::int64_t r = 0; r < runs; ++r) body();
}

/// Seconds of one iteration. `run(n)` runs n iterations. Short and long laps take turns, so that disturbances affect
/// both.
template <class Run>
double slope(const Run& run) {
  constexpr int kLaps = 1000;
  const auto short_run = [&] { run(kShort); };
  const auto long_run = [&] { run(kLong); };
  const std::int64_t runs = runs_per_lap(long_run);
  Laps shorts(kLaps), longs(kLaps);
  for (int lap = 0; lap < kLaps; ++lap) {
    shorts.time([&] { repeat(runs, short_run); }, static_cast<double>(runs));
    longs.time([&] { repeat(runs, long_run); }, static_cast<double>(runs));
  }
  return (longs.minimum() - shorts.minimum()) / static_cast<double>(kLong - kShort);
}

/// GFLOP/s of one step of k in the full register tile for panels of `vectors` vectors.
double gemm(const KernelTable& table, std::int32_t vectors) {
  const std::int64_t rows = table.gemm_tile(vectors).tile_rows;
  const std::int64_t columns = std::int64_t{vectors} * table.lanes;
  const RandomTensor a = values(rows * kLong), b = values(kLong * columns), bias = values(columns);
  const RandomTensor c = values(rows * columns);
  kernels::GemmArgs args{};
  args.rows = rows;
  args.a = {a.data(), kLong * kFloat};
  args.panel = {b.data(), bias.data(), vectors, static_cast<std::int32_t>(columns)};
  args.c = {c.data(), columns * kFloat};
  args.epilogue = kClamp;
  const double seconds = slope([&](std::int64_t k) {
    args.steps.k = k;
    table.gemm_tile(vectors).function(args);
  });
  return 2e-9 * static_cast<double>(rows * columns) / seconds;
}

/// The kernel for these output rows and kernels of this width and stride. Null: there is none.
const kernels::DepthwiseKernel* find_depthwise(const KernelTable& table, std::int32_t out_rows, std::int32_t width,
                                               std::int32_t stride) {
  for (const kernels::DepthwiseKernel& row : table.depthwise) {
    if (row.out_rows == out_rows && row.kernel == width && row.stride == stride) return &row;
  }
  return nullptr;
}

/// GFLOP/s of one kernel row of the register tile, without padding.
double depthwise(const KernelTable& table, std::int32_t width, std::int32_t stride) {
  const kernels::DepthwiseKernel& kernel = *find_depthwise(table, 1, width, stride);
  const std::int64_t channels = table.lanes;
  const std::int64_t inputs = (kOutputs - 1) * stride + width;
  const RandomTensor row = values(inputs * channels), filter = values(kLong * width * channels);
  const RandomTensor bias = values(channels), dst = values(kOutputs * channels);
  const std::vector<const void*> rows(static_cast<std::size_t>(kLong), row.data());
  kernels::DepthwiseArgs args{};
  args.rows = rows.data();
  args.filter = filter.data();
  args.bias = bias.data();
  args.dst = dst.data();
  args.src_stride = channels * kFloat;
  args.filter_stride = channels * kFloat;
  args.dst_stride = channels * kFloat;
  args.in_width = inputs;
  args.out_width = kOutputs;
  args.channels = channels;
  args.kernel_w = width;
  args.stride_w = stride;
  args.dilation_w = 1;
  args.epilogue = kClamp;
  const double seconds = slope([&](std::int64_t kernel_rows) {
    args.kernel_h = static_cast<std::int32_t>(kernel_rows);
    kernel.function(args);
  });
  return 2e-9 * static_cast<double>(kOutputs * width * channels) / seconds;
}

/// GFLOP/s of the register tile for two rows. All pixels of a row share one vector here, and so do all taps: more rows
/// fit in L1.
double depthwise_pair(const KernelTable& table, const kernels::DepthwiseKernel& kernel) {
  const std::int64_t outputs = kernel.tile_outputs;
  const std::int32_t stride = kernel.stride;
  const std::int32_t size = kernel.kernel;
  const std::int64_t v = table.lanes;
  const RandomTensor row = values(kLong * v), filter = values(kLong * v), bias = values(kLong * v);
  const RandomTensor dst = values(2 * kLong * v);
  const std::vector<const void*> rows(static_cast<std::size_t>(size + stride), row.data());
  kernels::DepthwiseArgs args{};
  args.rows = rows.data();
  args.filter = filter.data();
  args.bias = bias.data();
  args.dst = dst.data();
  args.dst_row_stride = kLong * v * kFloat;
  args.in_width = (outputs - 1) * stride + size;
  args.out_width = outputs;
  args.kernel_h = args.kernel_w = size;
  args.stride_h = args.stride_w = stride;
  args.dilation_w = 1;
  args.epilogue = kClamp;
  const double seconds = slope([&](std::int64_t vectors) {
    args.channels = vectors * v;
    kernel.function(args);
  });
  return 2e-9 * static_cast<double>(2 * size * size * outputs * v) / seconds;
}

int run_main(int argc, char** argv) {
  CLI::App app("Prints the share of the FMA peak that each kernel's innermost loop reaches, as JSON.", "kernel_loops");
  CLI11_PARSE(app, argc, argv);
  const Result<const char*> isa = select_isa();
  if (!isa) return fail("kernel_loops", isa.status().message());
  const KernelTable& table = *find_table(*isa);
  const double peak = measure_fma_peak(*isa, 1);
  nlohmann::json loops;
  for (std::int32_t vectors = 1; vectors <= kernels::kMaxPanelVectors; ++vectors) {
    const std::int32_t rows = table.gemm_tile(vectors).tile_rows;
    loops["gemm " + std::to_string(rows) + " x " + std::to_string(vectors) + " vectors"] = gemm(table, vectors) / peak;
  }
  for (const std::int32_t width : {3, 5, 7}) {
    for (const std::int32_t stride : {1, 2}) {
      loops["depthwise " + std::to_string(width) + " wide, stride " + std::to_string(stride) + ", " +
            std::to_string(kOutputs) + " pixels"] = depthwise(table, width, stride) / peak;
    }
  }
  for (const std::int32_t width : {3, 5}) {
    for (const std::int32_t stride : {1, 2}) {
      const kernels::DepthwiseKernel* pair = find_depthwise(table, 2, width, stride);
      if (pair == nullptr) continue;
      loops["depthwise " + std::to_string(width) + " wide, stride " + std::to_string(stride) + ", 2 rows of " +
            std::to_string(pair->tile_outputs) + " pixels"] = depthwise_pair(table, *pair) / peak;
    }
  }
  std::printf("%s\n", nlohmann::json{{"isa", table.isa}, {"peak_fraction", loops}}.dump(2).c_str());
  return 0;
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
