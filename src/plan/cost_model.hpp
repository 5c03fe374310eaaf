// Predicted times of the stages, as pure arithmetic: multiply-adds against the ports, bytes against the bandwidths.
//
//   seconds = cycles of the register tiles + what transfers cost beyond that
//
// Both summands are needed: kernels overlap part of a transfer with arithmetic, by prefetch and out-of-order execution,
// and that part is free. The constants in cost_model.cpp say which part, and where they come from. They are meant to
// rank the ways to run one layer, not to foretell a clock.
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

/// Where data lie: in the nearest level, from `nearest` on, that has room for `footprint` bytes, which is what passes
/// through the caches between two uses of the data. What a level can hold only in part lies there in part.
struct Place {
  double footprint;
  Level nearest = Level::kL1;
};
/// A tensor of this many bytes that the layer before wrote. Not in L1: another layer came between.
constexpr Place written_tensor(double bytes) noexcept { return {bytes, Level::kL2}; }
/// Data of which other cores wrote a good part: it comes from their L2, no faster than from L3. Layers are taken to share
/// rows, so that who shares channels reads what others wrote.
constexpr Place of_other_cores(const Place& place) noexcept {
  return {place.footprint, place.nearest < Level::kL3 ? Level::kL3 : place.nearest};
}
/// Weights. They were last used one inference ago, and what L2 does not hold has passed since.
constexpr Place cold_weights(double bytes) noexcept { return {bytes, Level::kL3}; }
constexpr Place nearer(const Place& a, const Place& b) noexcept {
  return {a.footprint < b.footprint ? a.footprint : b.footprint, a.nearest < b.nearest ? a.nearest : b.nearest};
}

/// What a piece of work is expected to take of one core.
struct Estimate {
  double seconds = 0.0;
  double l2_bytes = 0.0;  ///< that come from L2 or go there
  double l3_bytes = 0.0;
  double memory_bytes = 0.0;

  /// The other piece after this one, `times` times.
  Estimate& add(const Estimate& other, double times = 1.0) noexcept;
};

/// One product of rows x k by k x n.
struct MatrixWork {
  double rows;
  double k;
  double n;
  Place a;  ///< of the rows at first; they are read again for each panel
  Place b;  ///< of the weights at first; a panel is read again for each tile of rows
  Place c;  ///< of the outcome
};
Estimate matrix_cost(const Machine& machine, const MatrixWork& work) noexcept;

/// Products of one panel after another that share their operands: a regular convolution's task.
struct RegularWork {
  /// So many calls of the panel kernel, each of `rows` rows with `k` steps, for each panel.
  struct Calls {
    double count;
    double rows;
    double k;
  };
  std::vector<Calls> calls;
  double k;  ///< of the whole matrix
  double n;
  double src_bytes;   ///< read for the first panel, and again for each other one
  double dst_bytes;   ///< written
  double sums_bytes;  ///< of partial sums, each read and written once a call; 0: sums stay in registers
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

/// A tensor of this many bytes is read once, and each element is added to something.
Estimate stream_cost(const Machine& machine, double bytes) noexcept;

/// Bytes that are prefetched from there while a matrix product computes.
Estimate prefetch_cost(const Machine& machine, const Place& place, double bytes) noexcept;

/// A tensor of this many bytes is read once, and another of the same size is written.
Estimate copy_cost(const Machine& machine, double bytes) noexcept;

/// The machine as one of `workers` finds it: memory is shared, and all else is its own.
Machine shared_by(const Machine& machine, std::int32_t workers) noexcept;

/// The machine as a stage finds it whose workers were called by a stage before: they only have to meet.
Machine already_forked(const Machine& machine) noexcept;

/// Seconds until the last of the workers is done, of whom the busiest has this many tasks: no two cores are equally fast
/// all the time, and who is done early can take over whole tasks only.
double finish_cost(const Machine& machine, double tasks, double task_seconds, std::int32_t workers) noexcept;

/// Seconds to hand work to `workers` and to wait for them: nothing for one.
double fork_cost(const Machine& machine, std::int32_t workers) noexcept;

}  // namespace tandem::inline TANDEM_ABI::internal
