// Prints what plan() chooses for each layer of the networks, or with --cliffs for the shapes of cliff_bench, as a table
// or as JSON. Nothing runs, and the machine need not have the threads.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "bench/common/command.hpp"
#include "bench/common/random.hpp"
#include "bench/shapes/cliff_shapes.hpp"
#include "bench/shapes/networks.hpp"
#include "network/network.hpp"

namespace tandem::bench {
namespace {

using nlohmann::ordered_json;

struct Planned {
  std::string network, layer;
  int threads;
  PlanReport report;
};

const char* kind(const PlanReport& r) {
  constexpr const char* kNames[] = {"product", "regular",        "depthwise",  "pooling",     "fused",   "unfused",
                                    "layout",  "squeeze-excite", "transposed", "elementwise", "softmax", "resize"};
  return kNames[static_cast<int>(r.kind)];
}

const char* partition(const PlanReport& r) {
  constexpr const char* kNames[] = {"none", "rows", "channels", "both"};
  return kNames[static_cast<int>(r.partition)];
}

ordered_json text_or_null(const char* text) { return text == nullptr ? ordered_json() : ordered_json(text); }

ordered_json tile(const PlanReport& r) {
  if (r.tile_rows == 0) return {};
  return std::to_string(r.tile_rows) + "x" + std::to_string(r.tile_columns);
}

/// Predicted microseconds of the way that was not chosen, fused or unfused.
ordered_json other_us(const PlanReport& r) {
  if (r.kind == PlanKind::kFusedBlock) return r.unfused_seconds * 1e6;
  if (r.kind == PlanKind::kUnfusedBlock && r.why_not_fused == nullptr) return r.fused_seconds * 1e6;
  return {};
}

ordered_json why_not_fused(const PlanReport& r) {
  if (r.kind != PlanKind::kUnfusedBlock) return {};
  return r.why_not_fused == nullptr ? "it is slower" : r.why_not_fused;
}

/// A column of the table, and a field of the JSON. Null is printed as "-".
struct Column {
  const char* name;
  ordered_json (*value)(const Planned&);
};
constexpr Column kColumns[] = {
    {"network", [](const Planned& p) -> ordered_json { return p.network; }},
    {"layer", [](const Planned& p) -> ordered_json { return p.layer; }},
    {"isa", [](const Planned& p) -> ordered_json { return p.report.isa; }},
    {"threads", [](const Planned& p) -> ordered_json { return p.threads; }},
    {"kind", [](const Planned& p) -> ordered_json { return kind(p.report); }},
    {"kernel", [](const Planned& p) { return text_or_null(p.report.kernel); }},
    {"walk", [](const Planned& p) { return text_or_null(p.report.walk); }},
    {"tile", [](const Planned& p) { return tile(p.report); }},
    {"epilogue", [](const Planned& p) { return text_or_null(p.report.epilogue); }},
    {"rows", [](const Planned& p) -> ordered_json { return p.report.row_block; }},
    {"channels", [](const Planned& p) -> ordered_json { return p.report.channel_block; }},
    {"strip", [](const Planned& p) -> ordered_json { return p.report.strip_rows; }},
    {"workers", [](const Planned& p) -> ordered_json { return p.report.workers; }},
    {"share", [](const Planned& p) -> ordered_json { return partition(p.report); }},
    {"balance", [](const Planned& p) -> ordered_json { return p.report.balance; }},
    {"predicted_us", [](const Planned& p) -> ordered_json { return p.report.predicted_seconds * 1e6; }},
    {"other_us", [](const Planned& p) { return other_us(p.report); }},
    {"why_not_fused", [](const Planned& p) { return why_not_fused(p.report); }},
};

/// Claims the wanted number of threads. Plans only ask for the number.
class ImaginaryPool {
 public:
  explicit ImaginaryPool(std::int32_t threads) : threads_(threads) {}
  [[nodiscard]] Executor executor() {
    return Executor::pool({this, [](void* self) { return static_cast<ImaginaryPool*>(self)->threads_; },
                           [](void*, std::int32_t count, WorkerFunction worker, void* context) {
                             for (std::int32_t i = 0; i < count; ++i) worker(context, i);
                           }});
  }

 private:
  std::int32_t threads_;
};

Status add_network(const shapes::Table& table, const std::string& isa, int threads, std::vector<Planned>& rows) {
  ImaginaryPool pool(threads);
  const std::vector<network::LayerSpec> specs = shapes::layer_specs(table);
  const Result<network::Network> network =
      network::Network::create(specs, RandomWeights(specs, 1), table.input, {threads, pool.executor()}, {isa.c_str()});
  if (!network) return network.status();
  for (const network::Layer& layer : network->layers()) {
    rows.push_back({table.name, layer.spec.name, threads, layer.plan.report()});
  }
  return {};
}

Status add_cliffs(const std::string& isa, int threads, std::vector<Planned>& rows) {
  ImaginaryPool pool(threads);
  for (const shapes::Sweep& sweep : shapes::cliff_sweeps()) {
    for (const shapes::CliffLayer& layer : sweep.points) {
      const Result<Operator> op = shapes::make_operator(layer, {isa.c_str()});
      if (!op) return op.status();
      PlanOptions options{threads, pool.executor()};
      options.strides = shapes::pixel_strides(layer);
      const Result<Plan> plan = op->plan(shapes::input_shape(layer), options);
      if (!plan) return plan.status();
      rows.push_back({std::string("cliffs/") + sweep.axis, shapes::describe(layer), threads, plan->report()});
    }
  }
  return {};
}

std::string cell(const ordered_json& value) {
  if (value.is_null()) return "-";
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_number_float()) return value.dump();
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value.get<double>());
  return text;
}

void print_table(const std::vector<Planned>& rows) {
  std::vector<std::string> lines(rows.size() + 1);
  for (const Column& column : kColumns) {
    std::vector<std::string> cells = {column.name};
    for (const Planned& row : rows) cells.push_back(cell(column.value(row)));
    std::size_t width = 0;
    for (const std::string& one : cells) width = std::max(width, one.size());
    for (std::size_t i = 0; i < lines.size(); ++i) lines[i] += cells[i] + std::string(width + 2 - cells[i].size(), ' ');
  }
  for (std::string& line : lines) std::printf("%s\n", line.erase(line.find_last_not_of(' ') + 1).c_str());
}

void print_json(const std::vector<Planned>& rows) {
  ordered_json document = ordered_json::array();
  for (const Planned& row : rows) {
    ordered_json& fields = document.emplace_back(ordered_json::object());
    for (const Column& column : kColumns) fields[column.name] = column.value(row);
  }
  std::printf("%s\n", document.dump(1).c_str());
}

int run_main(int argc, char** argv) {
  std::vector<std::string> isa_flag;
  std::vector<int> threads = {1, 2};
  std::string filter;
  bool cliffs = false, json = false;
  CLI::App app(
      "Prints what plan() chooses for each layer of the networks; "
      "runs nothing.",
      "plan_report");
  app.add_option("--isa", isa_flag,
                 "ISAs to plan for: all, or names (default: TANDEM_ISA, else "
                 "the fastest)")
      ->delimiter(',');
  app.add_option("--threads", threads, "Numbers of threads (default: 1,2)")->delimiter(',')->check(CLI::Range(1, 256));
  CLI::Option* const only = app.add_option("--network", filter, "Only networks with this in their name");
  app.add_flag("--cliffs", cliffs, "Plan the shapes of cliff_bench instead of the networks")->excludes(only);
  app.add_flag("--json", json, "Print JSON, an object for each layer");
  CLI11_PARSE(app, argc, argv);
  const Result<std::vector<std::string>> isas = choose_isas(isa_flag);
  if (!isas) return fail("plan_report", isas.status().message());

  std::vector<Planned> rows;
  for (const std::string& isa : *isas) {
    for (const int count : threads) {
      if (cliffs) {
        const Status status = add_cliffs(isa, count, rows);
        if (!status.ok()) return fail("plan_report", status.message());
        continue;
      }
      for (const shapes::Table& table : shapes::networks()) {
        if (std::string(table.name).find(filter) == std::string::npos) continue;
        const Status status = add_network(table, isa, count, rows);
        if (!status.ok()) return fail("plan_report", std::string(table.name) + ": " + status.message());
      }
    }
  }
  if (rows.empty()) return fail("plan_report", "--network: no network has \"" + filter + "\" in its name");
  json ? print_json(rows) : print_table(rows);
  return 0;
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
