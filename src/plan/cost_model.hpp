// Predicted times of the stages, as pure arithmetic: multiply-adds against the ports, bytes against the bandwidths.
//
//   seconds = time of the register tiles + time of the transfers that they do not hide
//
// Kernels overlap part of a transfer with arithmetic, by prefetch and out-of-order execution, and that part is free.
// The constants in cost_model.cpp say how large it is and where they come from. They are meant to rank the ways to run
// one layer, not to predict a clock.
#pragma once

#include <cstdint>
#include <vector>

#include "src/machine/machine.hpp"
#include "src/plan/depthwise_geometry.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A count as the model computes with it; none comes near 2^53.
constexpr double real(std::int64_t count) noexcept { return static_cast<double>(count); }

/// The levels of the hierarchy, nearest first.
enum class Level { kL1, kL2, kL3, kMemory };

/// Where data lie: in the nearest level, from `nearest` on, that has room for `footprint` bytes. The footprint is the
/// amount that passes through the caches between two uses of the data. If a level has room for a part, that part lies
/// there.
struct Place {
  double footprint;
  Level nearest = Level::kL1;
};
/// A tensor of this many bytes, written by the layer before. Not in L1: another layer came between.
constexpr Place written_tensor(double bytes) noexcept { return {bytes, Level::kL2}; }
/// Data written mostly by other cores: it comes from their L2, no faster than from L3. Layers are assumed to share
/// rows, so a worker that takes channels reads rows that others wrote.
constexpr Place of_other_cores(const Place& place) noexcept {
  return {place.footprint, place.nearest < Level::kL3 ? Level::kL3 : place.nearest};
}
/// Weights, last used one inference ago: everything that L2 does not hold has passed since.
constexpr Place cold_weights(double bytes) noexcept { return {bytes, Level::kL3}; }
constexpr Place nearer(const Place& a, const Place& b) noexcept {
  return {a.footprint < b.footprint ? a.footprint : b.footprint, a.nearest < b.nearest ? a.nearest : b.nearest};
}

/// The expected cost of a piece of work on one core.
struct Estimate {
  double seconds = 0.0;
  double l2_bytes = 0.0;  ///< from or to L2
  double l3_bytes = 0.0;
  double memory_bytes = 0.0;

  /// Adds the other piece, `times` times.
  Estimate& add(const Estimate& other, double times = 1.0) noexcept;
};

/// One product of rows x k by k x n.
struct MatrixWork {
  double rows;
  double k;
  double n;
  Place a;  ///< of the rows before the first panel; each panel reads them again
  Place b;  ///< of the weights before the first tile; each tile of rows reads a panel again
  Place c;  ///< of the result
};
Estimate matrix_cost(const Machine& machine, const MatrixWork& work) noexcept;

/// The task of a regular convolution: products of one panel after another that share their operands.
struct RegularWork {
  /// For each panel, `count` calls of the panel kernel, each with `rows` rows and `k` steps.
  struct Calls {
    double count;
    double rows;
    double k;
  };
  std::vector<Calls> calls;
  double k;  ///< rows of the whole matrix
  double n;
  double src_bytes;   ///< read for every panel
  double dst_bytes;   ///< written
  double sums_bytes;  ///< partial sums, read and written once per call; 0: sums stay in registers
  bool permutes;      ///< each multiply-add needs a permutation, on a port of the multiply-adds
  Place src;
  Place weights;
  Place weights_again;  ///< when the next call reads them
  Place dst;
};
Estimate regular_cost(const Machine& machine, const RegularWork& work) noexcept;

/// Output rows of a depthwise stage for some of its channels.
struct DepthwiseWork {
  double out_rows;
  double channels;
  Place src;
  Place dst;
  bool copied;  ///< the input rows are copied first, see DepthwiseGeometry::copies()
};
Estimate depthwise_cost(const Machine& machine, const DepthwiseGeometry& stage, const DepthwiseWork& work) noexcept;

/// Reading a tensor of this many bytes once and adding each element to a sum.
Estimate stream_cost(const Machine& machine, double bytes) noexcept;

/// Prefetching these bytes from `place` while a matrix product computes.
Estimate prefetch_cost(const Machine& machine, const Place& place, double bytes) noexcept;

/// Reading a tensor of this many bytes once and writing another of the same size.
Estimate copy_cost(const Machine& machine, double bytes) noexcept;

/// An operator on output pixels: pools over windows, resizing.
struct PixelWork {
  double vectors;       ///< of the output, pixel by pixel
  double loads;         ///< vectors loaded for each of these
  double instructions;  ///< executed for each, loads included
  double src_bytes;
  double dst_bytes;
};
Estimate pixel_cost(const Machine& machine, const PixelWork& work) noexcept;

/// The machine for one of `workers` workers: they share the memory bandwidth, and nothing else.
Machine shared_by(const Machine& machine, std::int32_t workers) noexcept;

/// The machine for a stage whose workers were called by an earlier stage: they only have to meet.
Machine already_forked(const Machine& machine) noexcept;

/// Seconds of the busiest worker, which has `tasks` tasks. No two cores are equally fast all the time, and a worker
/// that is done early can take over only whole tasks.
double finish_cost(const Machine& machine, double tasks, double task_seconds, std::int32_t workers) noexcept;

/// Seconds to hand work to `workers` workers and to wait for them; 0 for one worker.
double fork_cost(const Machine& machine, std::int32_t workers) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
