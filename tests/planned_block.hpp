// A machine and blocks for the tests of what is planned: everything is given, nothing is timed and no kernel is called.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <vector>

#include "machines.hpp"
#include "src/machine/machine.hpp"
#include "src/operators/validate.hpp"
#include "src/plan/candidates.hpp"
#include "src/plan/fusion.hpp"

namespace tandem::test {

using namespace internal;

/// Eight lanes and a tile of 6 x 16, whatever CPU the test runs on. No kernel is called.
inline const kernels::KernelTable& table() {
  static const kernels::KernelTable eight_lanes = [] {
    kernels::KernelTable t{};
    t.name = "eight lanes";
    t.lanes = 8;
    t.fused_multiply_add = true;
    t.gemm_rows[0] = 12;
    t.gemm_rows[1] = 6;
    t.gemm_rows[2] = 4;
    t.pair_outputs[0] = 4;
    return t;
  }();
  return eight_lanes;
}

inline Machine machine(const MachineModel& model = usual()) { return resolve_machine(model, table()); }

inline PackedGemm matrix(std::int32_t k, std::int32_t n) {
  const std::vector<float> zeros(static_cast<std::size_t>(k) * static_cast<std::size_t>(n));
  return {table(), {zeros}, {n, k, 1, 1}, {}};
}

/// A block of `size` x `size` pixels, its weights all zero; `in` 0: without expand. SAME padding.
class Block {
 public:
  Block(std::int64_t size, std::int32_t in, std::int32_t hidden, std::int32_t out, std::int32_t kernel = 3,
        std::int32_t stride = 1)
      : expand_(matrix(std::max(in, 1), hidden)),
        project_(matrix(hidden, out)),
        taps_(table(), {zeros(hidden, kernel)}, {hidden, 1, kernel, kernel}, {}) {
    DepthwiseParams p;
    p.channels = hidden;
    p.kernel_h = p.kernel_w = kernel;
    p.stride_h = p.stride_w = stride;
    p.padding = Padding::same();
    const DepthwiseStage stage(table(), taps_, p, {}, size, size, *resolve_window(window_of(p), size, size));
    stages_ = std::make_unique<BlockStages>(BlockStages{in == 0 ? nullptr : &expand_, stage, &project_, false, false});
  }

  [[nodiscard]] const BlockStages& stages() const { return *stages_; }

  [[nodiscard]] std::vector<Candidate<FusedBlocking>> fused(const MachineModel& model, std::int32_t workers = 1,
                                                            std::int64_t images = 1) const {
    return fused_candidates(machine(model), *stages_, images, workers);
  }
  [[nodiscard]] Candidate<FusedBlocking> best(const MachineModel& model, std::int32_t workers = 1) const {
    const auto all = fused(model, workers);
    return all[fastest(all)];
  }
  [[nodiscard]] Candidate<UnfusedBlocking> unfused(const MachineModel& model, std::int32_t workers = 1) const {
    return unfused_candidate(machine(model), *stages_, 1, workers);
  }
  [[nodiscard]] bool fuses(const MachineModel& model, std::int32_t workers = 1) const {
    return best(model, workers).estimate.seconds <= unfused(model, workers).estimate.seconds;
  }
  /// Multiply-adds without padding's share counted apart: what the ports have to do at the least.
  [[nodiscard]] double multiply_adds() const {
    const DepthwiseStage& d = stages_->depthwise;
    const auto real = [](std::int64_t value) { return static_cast<double>(value); };
    const double expand = stages_->expand == nullptr ? 0.0 : real(d.in_h() * d.in_w() * expand_.k() * expand_.n());
    return expand + real(d.out_h() * d.out_w() * project_.k() * project_.n());
  }

 private:
  static std::vector<float> zeros(std::int32_t channels, std::int32_t kernel) {
    return std::vector<float>(static_cast<std::size_t>(channels * kernel * kernel));
  }

  PackedGemm expand_, project_;
  PackedDepthwise taps_;
  std::unique_ptr<BlockStages> stages_;
};

/// Blocks as the networks have them, wide maps to small ones.
inline std::vector<std::unique_ptr<Block>> blocks() {
  std::vector<std::unique_ptr<Block>> all;
  all.push_back(std::make_unique<Block>(112, 16, 96, 24, 3, 2));
  all.push_back(std::make_unique<Block>(56, 24, 144, 24));
  all.push_back(std::make_unique<Block>(28, 40, 240, 80, 5, 2));
  all.push_back(std::make_unique<Block>(14, 96, 576, 96));
  all.push_back(std::make_unique<Block>(7, 160, 960, 320));
  all.push_back(std::make_unique<Block>(112, 0, 32, 64));
  all.push_back(std::make_unique<Block>(14, 0, 512, 512));
  all.push_back(std::make_unique<Block>(5, 3, 7, 3));
  return all;
}

}  // namespace tandem::test
