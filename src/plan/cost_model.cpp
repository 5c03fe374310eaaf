#include "src/plan/cost_model.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernels/panels.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Constants that no data sheet gives were fitted to the times of bench/planner_bench.cpp on Zen 3, one value for all
// shapes together, and rounded.

// A cache keeps this share of the data meant to stay in it; stacks, weights and other tensors pass through the rest.
constexpr double kKept = 0.7;

// Vectors multiplied and added in a cycle, see Machine::cycle.
constexpr double kPorts = 2.0;

// A step of a tile issues its multiply-adds, a load for each row and each vector, and these: prefetch, pointers, branch.
constexpr double kStepInstructions = 8.0;

// Outside the loop over k, a tile of the matrix product clamps and stores its accumulators, one vector a cycle, and
// needs a few more cycles to set up. Out-of-order execution hides most of these behind the tile before.
constexpr double kTileCycles = 4.0;
// A panel's call: arguments, the loop over tiles.
constexpr double kPanelCycles = 40.0;
// A depthwise tile loads the bias and drains its short chains. Each kernel row is tested for padding.
constexpr double kDepthwiseTileCycles = 6.0;
constexpr double kDepthwiseRowCycles = 1.0;
// A call for one or two output rows: row pointers and arguments.
constexpr double kDepthwiseCallCycles = 20.0;

// The share of a transfer that arithmetic does not hide. A matrix product streams and prefetches; a depthwise row uses
// each byte only a few times. Beyond L2 less is hidden.
struct Exposed {
  double l2;
  double beyond;
};
constexpr Exposed kMatrix{0.2, 0.3};
constexpr Exposed kDepthwise{0.4, 0.5};
// A line written beyond L2 is first read and later written back: two transfers, and the turn of the bus between them.
constexpr double kWrite = 2.25;

// The loss of a read in short runs: prefetchers must see some neighbouring cache lines before they run ahead.
constexpr double kRunIn = 32.0;  // bytes

// Taking a task from a share and setting up its operands.
constexpr double kTaskCycles = 200.0;
// Share by which one of several workers is slower than the mean, for the same work.
constexpr double kUneven = 0.05;

// The share of data with this footprint that a cache holds: all that fits, then less and less up to twice that size.
double held(std::int64_t cache_bytes, double footprint) noexcept {
  return std::clamp(2.0 - footprint / (kKept * static_cast<double>(cache_bytes)), 0.0, 1.0);
}

// Adds the bytes, and the time that is not hidden. Loads from L1 are part of the cycles of the tiles.
void move(const Machine& machine, const Place& place, double bytes, const Exposed& exposed, Estimate& e) noexcept {
  const MachineModel& m = machine.model;
  const double in_l1 = place.nearest <= Level::kL1 ? held(m.l1_bytes, place.footprint) : 0.0;
  const double in_l2 = place.nearest <= Level::kL2 ? std::max(in_l1, held(m.l2_bytes, place.footprint)) : 0.0;
  const double in_l3 = std::max(in_l2, held(m.l3_bytes, place.footprint));
  const double l2 = bytes * (in_l2 - in_l1);
  const double l3 = bytes * (in_l3 - in_l2);
  const double memory = bytes * (1.0 - in_l3);
  e.seconds += exposed.l2 * l2 / m.l2_bandwidth + exposed.beyond * (l3 / m.l3_bandwidth + memory / m.memory_bandwidth);
  e.l2_bytes += l2;
  e.l3_bytes += l3;
  e.memory_bytes += memory;
}

void write(const Machine& machine, const Place& place, double bytes, const Exposed& exposed, Estimate& e) noexcept {
  move(machine, place, bytes, {exposed.l2, kWrite * exposed.beyond}, e);
}

// A matrix of n columns in panels.
struct PanelCount {
  double panels;
  double vectors;     // in all panels
  double multiplied;  // vectors among them that cost time
};

PanelCount count_panels(const Machine& machine, double k, double n) noexcept {
  const auto lanes = static_cast<double>(machine.lanes);
  const auto columns = static_cast<double>(machine.columns);
  // A share of a matrix may have a part of a column, on average.
  const auto whole = static_cast<std::int64_t>(std::ceil(n));
  const kernels::Panels panels(whole, machine.lanes, static_cast<std::int32_t>(machine.panel_vectors));
  const std::int32_t fold = kernels::fold_of(machine.folds, static_cast<std::int64_t>(k), whole, machine.lanes);
  const double vectors = std::ceil(n / lanes);
  return {real(panels.count()), vectors,
          fold == 1 ? std::ceil(n / columns) * columns / lanes : vectors - 1.0 + 1.0 / fold};
}

// Cycles of one panel against `rows` rows, with the chains of `together` panels.
double panel_cycles(const Machine& machine, const PanelCount& count, double rows, double k, double together,
                    bool permutes = false) noexcept {
  const double tiles = std::ceil(rows / static_cast<double>(machine.tile_rows));
  const double height = rows / tiles;
  // A tile has rows x vectors chains, and each step of k adds to all of them. With fewer chains than latency x ports it
  // waits for the latency.
  const double width = count.vectors / count.panels;
  const double multiplied = height * count.multiplied / count.panels;
  const double permuted = permutes ? multiplied : 0.0;
  const double instructions = multiplied + permuted + height + width + kStepInstructions;
  const double step =
      std::max({(multiplied + permuted) / kPorts, instructions / machine.instructions, machine.latency / together});
  const double tile = k * step + height * count.vectors / count.panels + kTileCycles;
  return tiles * tile + kPanelCycles;
}

// Of a quantised depthwise stage. Each call weaves all input rows that it reads.
Estimate woven_cost(const Machine& machine, const DepthwiseGeometry& stage, const DepthwiseWork& w) noexcept {
  // Instructions for a vector of outputs: a dot product of an entry with its share of the loads, and the end of a sum.
  constexpr double kEntryLoads = 1.5;
  constexpr double kEntry = 2.5;
  constexpr double kFinish = 5.0;
  constexpr double kWeave = 4.0;   // for a vector of input
  constexpr double kCall = 200.0;  // cycles
  const WovenGeometry& g = *stage.woven();
  const kernels::WovenAxis& y = g.y();
  const double extent = real(y.kernel - 1) * real(y.dilation) + 1.0;
  const double read_rows = std::min((w.out_rows - 1.0) * real(y.stride) + extent, real(y.in));
  const double row_vectors = real(g.x().out) * std::ceil(w.channels / static_cast<double>(machine.lanes));
  const double entries = real(y.kernel) * real(g.kernel().form.steps(g.x().kernel));
  const double outputs = w.out_rows * row_vectors;
  const double instructions = (kEntry * entries + kFinish) * outputs + kWeave * read_rows * row_vectors;
  Estimate e;
  const double loads = kEntryLoads * entries * outputs;
  e.seconds = machine.cycle * (kCall + std::max(loads / machine.loads_a_cycle, instructions / machine.instructions));
  move(machine, w.src, read_rows * real(g.x().in) * w.channels * machine.tensor_bytes, kDepthwise, e);
  write(machine, w.dst, w.out_rows * real(g.x().out) * w.channels * machine.tensor_bytes, kDepthwise, e);
  return e;
}

}  // namespace

Estimate& Estimate::add(const Estimate& other, double times) noexcept {
  seconds += times * other.seconds;
  l2_bytes += times * other.l2_bytes;
  l3_bytes += times * other.l3_bytes;
  memory_bytes += times * other.memory_bytes;
  return *this;
}

Estimate matrix_cost(const Machine& machine, const MatrixWork& w) noexcept {
  const PanelCount count = count_panels(machine, w.k, w.n);
  const double tiles = std::ceil(w.rows / static_cast<double>(machine.tile_rows));
  Estimate e;
  // For a single row the chains of several panels run together.
  const double together = w.rows == 1.0 ? std::min(count.panels, double{kernels::GemvArgs::kTogether}) : 1.0;
  e.seconds = count.panels * panel_cycles(machine, count, w.rows, w.k, together) * machine.cycle;
  const double a_bytes = w.rows * w.k * machine.tensor_bytes;
  const double b_bytes = w.k * count.vectors * static_cast<double>(machine.lanes) * machine.weight_bytes;
  const double panel_bytes = b_bytes / count.panels;
  move(machine, w.a, a_bytes, kMatrix, e);
  // Before a row of A comes again, a panel reads the others and writes its columns of the result.
  const double c_bytes = w.rows * w.n * machine.tensor_bytes;
  move(machine, {a_bytes + panel_bytes + c_bytes / count.panels}, (count.panels - 1.0) * a_bytes, kMatrix, e);
  move(machine, w.b, b_bytes, kMatrix, e);
  move(machine, nearer({panel_bytes}, w.b), (tiles - 1.0) * b_bytes, kMatrix, e);
  write(machine, w.c, c_bytes, kMatrix, e);
  return e;
}

Estimate regular_cost(const Machine& machine, const RegularWork& w) noexcept {
  const PanelCount count = count_panels(machine, w.k, w.n);
  const double row_bytes = count.vectors / count.panels * static_cast<double>(machine.lanes) * machine.weight_bytes;
  Estimate e;
  move(machine, w.src, w.src_bytes, kMatrix, e);
  move(machine, {w.src_bytes + w.k * row_bytes + w.dst_bytes / count.panels}, (count.panels - 1.0) * w.src_bytes,
       kMatrix, e);
  move(machine, w.weights, count.panels * w.k * row_bytes, kMatrix, e);
  write(machine, w.dst, w.dst_bytes, kMatrix, e);
  for (const RegularWork::Calls& c : w.calls) {
    e.seconds += count.panels * c.count * panel_cycles(machine, count, c.rows, c.k, 1.0, w.permutes) * machine.cycle;
    const double tiles = std::ceil(c.rows / static_cast<double>(machine.tile_rows));
    const double again = std::max(c.count * tiles - 1.0, 0.0);  // a task may have a part of a call, on average
    move(machine, w.weights_again, count.panels * again * c.k * row_bytes, kMatrix, e);
    const double sums = c.rows * w.n * sizeof(float);
    if (w.sums_bytes > 0.0) move(machine, {w.sums_bytes}, 2.0 * c.count * sums, kMatrix, e);
  }
  return e;
}

Estimate depthwise_cost(const Machine& machine, const DepthwiseGeometry& stage, const DepthwiseWork& w) noexcept {
  if (stage.woven() != nullptr) return woven_cost(machine, stage, w);
  const DepthwiseParams& p = stage.params();
  // The rows of a column are pixels of a single row, see DepthwiseGeometry.
  const bool column = stage.column();
  const double kernel_h = column ? 1.0 : stage.kernel_rows();
  const double kernel_w = column ? p.kernel_h : p.kernel_w;
  const std::int32_t stride_w = column ? p.stride_h : p.stride_w;
  const std::int32_t dilation_w = column ? p.dilation_h : p.dilation_w;
  const double extent_h = (p.kernel_h - 1.0) * p.dilation_h + 1.0;
  const double read_rows = std::min((w.out_rows - 1.0) * p.stride_h + extent_h, static_cast<double>(stage.in_h()));
  const double out_rows = column ? 1.0 : w.out_rows;
  const double out_w = column ? w.out_rows : static_cast<double>(stage.out_w());
  const double in_rows = column ? 1.0 : read_rows;
  const double in_w = column ? read_rows : static_cast<double>(stage.in_w());
  const double vectors = std::ceil(w.channels / static_cast<double>(machine.lanes));

  // The register tiles of kernels/depthwise_tile.inl.hpp, and their number in a row. Dilation splits a row into classes
  // of outputs that read the same columns.
  const std::int32_t common = std::gcd(dilation_w, stride_w);
  const std::int32_t classes = dilation_w / common;
  const std::int32_t stride = stride_w / common;
  const auto outputs = static_cast<double>(stage.kernel().tile_outputs);
  const auto together = static_cast<double>(stage.rows_together());
  const double input_rows = kernel_h + (together - 1.0) * p.stride_h;
  const bool tiled = stage.kernel().kernel != 0;  // the tile keeps its inputs in registers
  // A tile loads its inputs and the taps once; without register tiles each tap loads all inputs and itself.
  const double loads = tiled ? input_rows * ((outputs - 1.0) * stride + kernel_w) + together * kernel_h * kernel_w
                             : kernel_h * kernel_w * (outputs + 1.0);
  const double multiply_adds = together * kernel_h * kernel_w * outputs;
  const double tile = std::max(multiply_adds / kPorts, loads / machine.loads_a_cycle) +
                      input_rows * kDepthwiseRowCycles + together * outputs + kDepthwiseTileCycles;
  const auto class_outputs = static_cast<std::int64_t>(std::ceil(out_w / classes));
  const double tiles = classes * real(stage.kernel().computed_outputs(class_outputs)) / outputs;
  const double row_cycles = (kDepthwiseCallCycles + tiles * vectors * tile) / together;

  Estimate e;
  e.seconds = out_rows * row_cycles * machine.cycle;
  const double extent = column ? 1.0 : extent_h;
  const double row_bytes = in_w * w.channels * machine.tensor_bytes;
  const double filter_bytes = kernel_h * kernel_w * vectors * static_cast<double>(machine.lanes) * machine.weight_bytes;
  const double run_in = (w.channels * machine.tensor_bytes + kRunIn) / (w.channels * machine.tensor_bytes);
  const Exposed exposed{kDepthwise.l2 * run_in, kDepthwise.beyond * run_in};
  const Place window{extent * row_bytes + filter_bytes};
  move(machine, w.src, in_rows * row_bytes, exposed, e);
  if (w.copied) {
    e.seconds += 2.0 * in_rows * row_bytes / machine.model.l1_bandwidth;
    write(machine, window, in_rows * row_bytes, kDepthwise, e);
  }
  // If L1 does not keep the window, each call reads all its rows again. If L1 does not keep the filter as well, each
  // tile reads the filter again.
  const double again = std::max(0.0, out_rows / together * input_rows - in_rows);
  move(machine, nearer(window, w.src), again * row_bytes, exposed, e);
  const Place read{input_rows * (kernel_w + outputs) * w.channels * machine.tensor_bytes + filter_bytes};
  move(machine, read, out_rows / together * tiles * filter_bytes, kDepthwise, e);
  write(machine, w.dst, out_rows * out_w * w.channels * machine.tensor_bytes, exposed, e);
  return e;
}

Estimate stream_cost(const Machine& machine, double bytes) noexcept {
  Estimate e;
  e.seconds = bytes / machine.model.l1_bandwidth;
  move(machine, written_tensor(bytes), bytes, kDepthwise, e);
  return e;
}

Estimate prefetch_cost(const Machine& machine, const Place& place, double bytes) noexcept {
  Estimate e;
  move(machine, place, bytes, kMatrix, e);
  return e;
}

Estimate copy_cost(const Machine& machine, double bytes) noexcept {
  Estimate e = stream_cost(machine, bytes);
  e.seconds += bytes / machine.model.l1_bandwidth;
  write(machine, written_tensor(bytes), bytes, kDepthwise, e);
  return e;
}

Estimate pixel_cost(const Machine& machine, const PixelWork& w) noexcept {
  Estimate e;
  const double cycles = std::max(w.loads / machine.loads_a_cycle, w.instructions / machine.instructions);
  e.seconds = w.vectors * cycles * machine.cycle;
  move(machine, written_tensor(w.src_bytes), w.src_bytes, kDepthwise, e);
  write(machine, written_tensor(w.dst_bytes), w.dst_bytes, kDepthwise, e);
  return e;
}

Machine shared_by(const Machine& machine, std::int32_t workers) noexcept {
  Machine shared = machine;
  shared.model.memory_bandwidth /= workers;
  return shared;
}

double finish_cost(const Machine& machine, double tasks, double task_seconds, std::int32_t workers) noexcept {
  const double task = task_seconds + kTaskCycles * machine.cycle;
  return tasks * task + (workers == 1 ? 0.0 : std::min(kUneven * tasks, 1.0) * task);
}

Machine already_forked(const Machine& machine) noexcept {
  // Share of a fork; estimated, not timed: a cache line goes back and forth, and no thread is woken.
  constexpr double kMeeting = 0.25;
  Machine met = machine;
  met.model.fork_seconds *= kMeeting;
  return met;
}

double fork_cost(const Machine& machine, std::int32_t workers) noexcept {
  constexpr double kEachMore = 1.0 / 256.0;  // share of a fork: workers wake one another in parallel
  return workers == 1 ? 0.0 : machine.model.fork_seconds * (1.0 + kEachMore * workers);
}

}  // namespace tandem::inline TANDEM_ABI::internal
