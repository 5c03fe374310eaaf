// How the networks' layers would be shared between 1 to 64 threads, from the plans' reports alone: nothing is run, and
// the machine need not have the threads. Prints Markdown; docs/partition.md is its output.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>
#include <vector>

#include "bench/common/random.hpp"
#include "bench/common/zen3.hpp"
#include "bench/shapes/networks.hpp"
#include "network/network.hpp"

namespace tandem::bench {
namespace {

/// Claims as many threads as it is asked for. Plans only ask how many there are.
class ImaginaryPool {
 public:
  explicit ImaginaryPool(std::int32_t threads) : threads_(threads) {}
  [[nodiscard]] Executor executor() {
    return Executor::pool({this, [](void* self) { return static_cast<ImaginaryPool*>(self)->threads_; },
                           [](void* self, std::int32_t count, WorkerFunction worker, void* context) {
                             (void)self;
                             for (std::int32_t i = 0; i < count; ++i) worker(context, i);
                           }});
  }

 private:
  std::int32_t threads_;
};

/// A network's plans for one number of threads.
struct Column {
  int threads;
  std::vector<PlanReport> layers;
};

Result<Column> plan(const shapes::Table& table, int threads, const char* isa) {
  ImaginaryPool pool(threads);
  PlanOptions options{threads, pool.executor()};
  options.machine = zen3(isa);
  const std::vector<network::LayerSpec> specs = shapes::layer_specs(table);
  const Result<network::Network> network =
      network::Network::create(specs, RandomWeights(specs, 1), table.input, options, {isa});
  if (!network) return network.status();
  Column column{threads, {}};
  for (const network::Layer& layer : network->layers()) column.layers.push_back(layer.plan.report());
  return column;
}

const char* letter(const PlanReport& r) {
  constexpr const char* kLetters[] = {"", " r", " c", " rc"};
  return kLetters[static_cast<int>(r.partition)];
}

double recomputed(const PlanReport& r) {
  return static_cast<double>(r.recomputed_multiply_adds) / static_cast<double>(r.multiply_adds);
}

std::string cell(const PlanReport& r) {
  char text[64];
  std::snprintf(text, sizeof text, "%d%s%s %.2f", r.workers, letter(r), r.kind == PlanKind::kUnfusedBlock ? " u" : "",
                r.balance);
  std::string whole = text;
  if (r.recomputed_multiply_adds > 0) {
    std::snprintf(text, sizeof text, " +%.1f%%", 100.0 * recomputed(r));
    whole += text;
  }
  return whole;
}

void print_row(const std::string& name, const std::vector<std::string>& cells) {
  std::printf("| %s |", name.c_str());
  for (const std::string& text : cells) std::printf(" %s |", text.c_str());
  std::printf("\n");
}

/// One line for the whole network: how much faster than one thread it is predicted to be, the balance weighted by work,
/// and what is recomputed.
std::string summary(const Column& column, const Column& alone) {
  double work = 0.0, balanced = 0.0, extra = 0.0, seconds = 0.0, one = 0.0;
  for (std::size_t i = 0; i < column.layers.size(); ++i) {
    const PlanReport& r = column.layers[i];
    const auto multiply_adds = static_cast<double>(r.multiply_adds);
    work += multiply_adds;
    balanced += multiply_adds * r.balance;
    extra += static_cast<double>(r.recomputed_multiply_adds);
    seconds += r.predicted_seconds;
    one += alone.layers[i].predicted_seconds;
  }
  char text[96];
  std::snprintf(text, sizeof text, "x %.1f, %.2f, +%.1f%%", one / seconds, balanced / work, 100.0 * extra / work);
  return text;
}

Status print_network(const shapes::Table& table, const std::vector<int>& threads, const char* isa) {
  std::vector<Column> columns;
  std::vector<std::string> heads, rules, sums;
  for (const int count : threads) {
    Result<Column> column = plan(table, count, isa);
    if (!column) return column.status();
    columns.push_back(*std::move(column));
    heads.push_back(std::to_string(count));
    rules.emplace_back("---");
    sums.push_back(summary(columns.back(), columns.front()));
  }
  std::printf("\n## %s\n\n", table.name);
  print_row("layer", heads);
  print_row("---", rules);
  for (std::size_t i = 0; i < table.rows.size(); ++i) {
    std::vector<std::string> cells;
    for (const Column& column : columns) cells.push_back(cell(column.layers[i]));
    print_row(table.rows[i].name, cells);
  }
  print_row("**all**", sums);
  return {};
}

int run_main(int argc, char** argv) {
  std::vector<int> threads = {1, 2, 4, 8, 16, 32, 64};
  std::string isa = "avx2";
  CLI::App app("Prints how plan() shares the networks' layers between threads, as Markdown.", "partition_report");
  app.add_option("--threads", threads, "Numbers of threads, the first of them 1")
      ->delimiter(',')
      ->check(CLI::Range(1, 256));
  app.add_option("--isa", isa, "ISA whose tiles to plan with");
  CLI11_PARSE(app, argc, argv);
  if (const Result<const char*> environment = select_isa(); !environment) {
    std::fprintf(stderr, "partition_report: %s\n", environment.status().message());
    return 2;
  }
  std::printf(
      "# How the layers are shared between threads\n\n"
      "Printed by `build/release/bench/partition_report`; nothing was timed. Batch 1, 224 x 224, tiles of %s, 32 KB "
      "L1,\n"
      "512 KB L2. Columns: numbers of threads. In a cell: the workers that the plan occupies (a layer that does not "
      "pay\n"
      "for a fork more takes fewer); what they share, `r` rows, `c` channels, `rc` both; `u` where a block is not "
      "fused;\n"
      "the balance, mean work / work of the busiest worker; and the multiply-adds that are done twice because two\n"
      "workers both need an expanded row, as a share of the layer's. Last line: speed-up over one thread as "
      "predicted,\n"
      "the balance weighted by multiply-adds, and all that is recomputed.\n",
      isa.c_str());
  for (const shapes::Table& table : shapes::networks()) {
    if (const Status status = print_network(table, threads, isa.c_str()); !status.ok()) {
      std::fprintf(stderr, "partition_report: %s: %s\n", table.name, status.message());
      return 1;
    }
  }
  return 0;
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
