// Which path a layer takes: what explain() says of it, over the grid of operators, kernels, strides, dilations,
// multipliers, groups, sizes, activations and ISAs. Nothing is run. Prints Markdown; docs/paths.md is its output.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "bench/common/zen3.hpp"
#include "bench/shapes/cliff_shapes.hpp"

namespace tandem::bench {
namespace {

using shapes::CliffLayer;
using shapes::Op;

/// A row of a table; its cells are the layer varied.
struct Row {
  std::string name;
  CliffLayer layer;
};
struct Column {
  std::string name;
  void (*set)(CliffLayer&);
};
struct Table {
  const char* title;
  std::vector<Row> rows;
  std::vector<Column> columns;
};

constexpr int kActivationCount = static_cast<int>(std::size(shapes::kActivations));

struct OutOfOrder {
  Status status;
};

/// Throws OutOfOrder where there is no such plan.
PlanReport report(const CliffLayer& layer, const char* isa) {
  const Result<Operator> op = shapes::make_operator(layer, {isa});
  if (!op) throw OutOfOrder{op.status()};
  PlanOptions options{1, Executor::inline_only()};
  options.machine = zen3(isa);
  const Result<Plan> plan = op->plan(shapes::input_shape(layer), options);
  if (!plan) throw OutOfOrder{plan.status()};
  return plan->report();
}

std::string path(const PlanReport& r) {
  std::string text = r.loops == nullptr ? "product" : r.loops;
  if (r.kind == PlanKind::kFusedBlock) text += ", fused";
  if (r.kind == PlanKind::kUnfusedBlock) {
    text += ", not fused";
    if (r.why_not_fused != nullptr) text.append(": ").append(r.why_not_fused);
  }
  return text;
}

/// The paths on all ISAs, with whatever activation: one, or each that there is with the ISAs that take it.
std::string cell(CliffLayer layer, const std::vector<std::string>& isas) {
  std::vector<std::pair<std::string, std::string>> paths;  // path, ISAs
  for (const std::string& isa : isas) {
    std::set<std::string> found;
    for (layer.activation = 0; layer.activation < kActivationCount; ++layer.activation) {
      found.insert(path(report(layer, isa.c_str())));
    }
    for (const std::string& one : found) {
      const auto known = std::find_if(paths.begin(), paths.end(), [&](const auto& p) { return p.first == one; });
      if (known == paths.end()) {
        paths.emplace_back(one, isa);
      } else {
        known->second += ", " + isa;
      }
    }
  }
  if (paths.size() == 1) return paths.front().first;
  std::string text;
  for (const auto& [one, names] : paths) text += (text.empty() ? "" : "; ") + one + " (" + names + ")";
  return text;
}

std::string line(const std::vector<std::string>& cells) {
  std::string text = "|";
  for (const std::string& one : cells) text += " " + one + " |";
  return text + "\n";
}

std::string head(const std::string& first, const std::vector<std::string>& names) {
  std::vector<std::string> cells = {first}, rule = {"---"};
  for (const std::string& name : names) {
    cells.push_back(name);
    rule.emplace_back("---");
  }
  return line(cells) + line(rule);
}

std::string print(const Table& table, const std::vector<std::string>& isas) {
  std::vector<std::string> names;
  for (const Column& column : table.columns) names.push_back(column.name);
  std::string text = std::string("\n## ") + table.title + "\n\n" + head("", names);
  for (const Row& row : table.rows) {
    std::vector<std::string> cells = {row.name};
    for (const Column& column : table.columns) {
      CliffLayer layer = row.layer;
      column.set(layer);
      cells.push_back(cell(layer, isas));
    }
    text += line(cells);
  }
  return text;
}

CliffLayer layer(Op op) {
  constexpr int kSize = 56;
  CliffLayer l{op, 48, 0, 48, kSize, kSize};
  if (op == Op::kInvertedResidual) l = {op, 24, 144, 24, kSize, kSize};
  return l;
}

CliffLayer with_kernel(CliffLayer l, int height, int width) {
  l.kernel_h = height;
  l.kernel_w = width;
  return l;
}

std::vector<Column> strides_and_dilations() {
  return {{"stride 1", [](CliffLayer&) {}},
          {"stride 2", [](CliffLayer& l) { l.stride = 2; }},
          {"stride 3", [](CliffLayer& l) { l.stride = 3; }},
          {"stride 4", [](CliffLayer& l) { l.stride = 4; }},
          {"dilation 2", [](CliffLayer& l) { l.dilation = 2; }},
          {"dilation 2, stride 2", [](CliffLayer& l) { l.dilation = l.stride = 2; }},
          {"dilation 3, stride 2", [](CliffLayer& l) {
             l.dilation = 3;
             l.stride = 2;
           }}};
}

Table kernels() {
  Table table{"Kernels, maps of 56 x 56", {}, strides_and_dilations()};
  const std::vector<std::pair<int, int>> sizes = {{1, 1}, {2, 2}, {3, 3}, {4, 4},  {5, 5},  {6, 6},
                                                  {7, 7}, {9, 9}, {1, 7}, {31, 3}, {31, 31}};
  for (const Op op : {Op::kDepthwise, Op::kSeparable, Op::kInvertedResidual, Op::kConv2d}) {
    for (const auto& [height, width] : sizes) {
      if (op == Op::kConv2d && height > 9) continue;
      const std::string size = std::to_string(height) + " x " + std::to_string(width);
      table.rows.push_back({std::string(network::to_string(op)) + " " + size, with_kernel(layer(op), height, width)});
    }
  }
  return table;
}

Table groups() {
  Table table{"Multipliers and groups, 3 x 3", {}, strides_and_dilations()};
  for (const int multiplier : {2, 3, 8}) {
    CliffLayer l = layer(Op::kDepthwise);
    l.multiplier = multiplier;
    l.out_channels = l.in_channels * multiplier;
    table.rows.push_back({"depthwise, multiplier " + std::to_string(multiplier), l});
  }
  for (const Op op : {Op::kSeparable, Op::kInvertedResidual}) {
    CliffLayer l = layer(op);
    l.multiplier = 2;
    table.rows.push_back({std::string(network::to_string(op)) + ", multiplier 2", l});
  }
  for (const int width : {48, 24, 12, 8, 6, 2, 1}) {  // channels of a group
    CliffLayer l = layer(Op::kConv2d);
    l.groups = l.in_channels / width;
    table.rows.push_back({"conv2d, groups of " + std::to_string(width) + " channels", l});
  }
  return table;
}

Table sizes() {
  Table table{"Small maps and few channels, 3 x 3",
              {},
              {{"112 x 112", [](CliffLayer& l) { l.height = l.width = 112; }},
               {"14 x 14", [](CliffLayer& l) { l.height = l.width = 14; }},
               {"7 x 7", [](CliffLayer& l) { l.height = l.width = 7; }},
               {"4 x 4", [](CliffLayer& l) { l.height = l.width = 4; }},
               {"1 x 1", [](CliffLayer& l) { l.height = l.width = 1; }}}};
  for (const Op op : {Op::kDepthwise, Op::kPointwise, Op::kSeparable, Op::kInvertedResidual, Op::kConv2d}) {
    for (const int channels : {1, 3, 15, 16, 17, 512}) {
      CliffLayer l = layer(op);
      l.in_channels = l.out_channels = channels;
      if (op == Op::kInvertedResidual) l.hidden_channels = 6 * channels;
      table.rows.push_back({std::string(network::to_string(op)) + ", " + std::to_string(channels), l});
    }
  }
  return table;
}

/// Where outputs are made of the sums: operators by activations. The same on every ISA.
std::string print_epilogues(const std::string& isa) {
  const std::vector<Op> ops = {Op::kDepthwise, Op::kPointwise, Op::kSeparable, Op::kInvertedResidual, Op::kConv2d};
  std::vector<std::string> names;
  for (const Op op : ops) names.emplace_back(network::to_string(op));
  std::string text = "\n## Activations: where outputs are made of the sums\n\n" + head("", names);
  for (int i = 0; i < kActivationCount; ++i) {
    std::vector<std::string> cells = {shapes::kActivations[i].name};
    for (const Op op : ops) {
      CliffLayer l = layer(op);
      l.activation = i;
      cells.emplace_back(report(l, isa.c_str()).epilogue);
    }
    text += line(cells);
  }
  return text;
}

void print_head(const std::vector<std::string>& isas) {
  std::printf(
      "# Which path a layer takes\n\n"
      "Printed by `build/release/bench/path_report` from the plans' reports, of which `explain()` is made; one\n"
      "thread, SAME padding, 32 KB L1, 512 KB L2. No path but those of the ISA `scalar` is without vectors.\n\n"
      "- `product`: one matrix product; of a few columns with vectors along the rows. `windows`: regular\n"
      "  convolution, all taps of an output at once; `taps`: tap by tap.\n"
      "- `unrolled`: depthwise, the inputs of a kernel row in registers; `looped`: tap after tap, for any kernel and\n"
      "  stride; with fewer channels than a vector has floats, at stride 1, vectors of several pixels.\n"
      "- `spread`: the input is first copied so that every output has a lane of its own.\n"
      "- `fused`: block in one pass over strips of rows; `not fused`: stage after stage, and why if it cannot be.\n\n"
      "A cell with several paths names the ISAs of each. Whatever the activation, the path is the same.\n\n");
  std::string names = line({"ISA", "floats a vector", "tile of products"}) + line({"---", "---", "---"});
  for (const std::string& isa : isas) {
    const PlanReport r = report(layer(Op::kPointwise), isa.c_str());
    names += line(
        {isa, std::to_string(r.vector_floats), std::to_string(r.tile_rows) + " x " + std::to_string(r.tile_columns)});
  }
  std::printf("%s", names.c_str());
}

int run_main(int argc, char** argv) {
  CLI::App app(
      "Prints which path layers take, as explain() names it, on TANDEM_ISA or every ISA of this CPU, as Markdown.",
      "path_report");
  CLI11_PARSE(app, argc, argv);
  if (const Result<const char*> environment = select_isa(); !environment) {
    std::fprintf(stderr, "path_report: %s\n", environment.status().message());
    return 2;
  }
  const char* const one = std::getenv("TANDEM_ISA");
  std::vector<std::string> available;
  for (const IsaInfo& isa : isas()) {
    if (isa.available && (one == nullptr || one[0] == '\0' || one == std::string(isa.name))) {
      available.emplace_back(isa.name);
    }
  }
  try {
    print_head(available);
    for (const Table& table : {kernels(), groups(), sizes()}) std::printf("%s", print(table, available).c_str());
    std::printf("%s", print_epilogues(available.front()).c_str());
  } catch (const OutOfOrder& e) {
    std::fprintf(stderr, "path_report: %s\n", e.status.message());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace tandem::bench

int main(int argc, char** argv) { return tandem::bench::run_main(argc, argv); }
