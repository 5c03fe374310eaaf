// A machine and blocks for the tests of what is planned: everything is given, nothing is timed and no kernel is called.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "machines.hpp"
#include "src/base/pitch.hpp"
#include "src/machine/machine.hpp"
#include "src/plan/candidates.hpp"
#include "src/plan/fusion.hpp"

namespace tandem::test {

using namespace internal;

/// Eight lanes and tiles of 6 x 16 and 2 x 4 pixels, whatever CPU the test runs on. No kernel is called.
inline const kernels::KernelTable& table() {
  static constexpr kernels::GemmKernel kGemm[] = {
      {"gemm_1", 1, 1, 8, 12, nullptr}, {"gemm_2", 2, 1, 16, 6, nullptr}, {"gemm_3", 3, 1, 24, 4, nullptr}};
  static constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  static constexpr kernels::DepthwiseKernel kDepthwise[] = {
      {"pair", 2, 3, 1, 4, 8, kMost, false, nullptr}, {"w3s1", 1, 3, 1, 7, 8, kMost, false, nullptr},
      {"w5s1", 1, 5, 1, 7, 8, kMost, false, nullptr}, {"w3s2", 1, 3, 2, 7, 8, kMost, false, nullptr},
      {"w5s2", 1, 5, 2, 7, 8, kMost, false, nullptr}, {"any", 1, 0, 0, 7, 1, kMost, false, nullptr}};
  static const kernels::KernelTable eight_lanes = [] {
    kernels::KernelTable t{};
    t.isa = "eight lanes";
    t.lanes = 8;
    t.fused_multiply_add = true;
    t.gemm = {kGemm, 3};
    t.depthwise = {kDepthwise, 6};
    return t;
  }();
  return eight_lanes;
}

inline Machine machine(const MachineModel& model = usual()) { return resolve_machine(model, table()); }

inline MatrixGeometry matrix(std::int64_t k, std::int64_t n) {
  return {k,
          {n, table().lanes, table().tuning.panel_vectors},
          static_cast<std::size_t>((k + 1) * round_up(n, table().lanes)) * sizeof(float),
          k};
}

/// A block of `size` x `size` pixels; `in` 0: without expand. SAME padding.
class Block {
 public:
  Block(std::int64_t size, std::int32_t in, std::int32_t hidden, std::int32_t out, std::int32_t kernel = 3,
        std::int32_t stride = 1)
      : geometry_{{}, depthwise(size, hidden, kernel, stride), matrix(hidden, out)} {
    if (in > 0) geometry_.expand = matrix(in, hidden);
  }

  [[nodiscard]] const BlockGeometry& geometry() const { return geometry_; }

  [[nodiscard]] std::vector<Candidate<FusedBlocking>> fused(const MachineModel& model, std::int32_t workers = 1,
                                                            std::int64_t images = 1) const {
    return fused_candidates(machine(model), geometry_, images, workers);
  }
  [[nodiscard]] Candidate<FusedBlocking> best(const MachineModel& model, std::int32_t workers = 1) const {
    const auto all = fused(model, workers);
    return all[fastest(all)];
  }
  [[nodiscard]] Candidate<UnfusedBlocking> unfused(const MachineModel& model, std::int32_t workers = 1) const {
    return unfused_candidate(machine(model), geometry_, 1, workers);
  }
  [[nodiscard]] bool fuses(const MachineModel& model, std::int32_t workers = 1) const {
    return best(model, workers).estimate.seconds <= unfused(model, workers).estimate.seconds;
  }
  /// Multiply-adds without padding's share counted apart: what the ports have to do at the least.
  [[nodiscard]] double multiply_adds() const {
    const DepthwiseGeometry& d = geometry_.depthwise;
    const auto products = [](std::int64_t pixels, const MatrixGeometry& m) {
      return static_cast<double>(pixels * m.k * m.n());
    };
    const double expand = geometry_.expand ? products(d.in_h() * d.in_w(), *geometry_.expand) : 0.0;
    return expand + products(d.out_h() * d.out_w(), geometry_.project);
  }

 private:
  static DepthwiseGeometry depthwise(std::int64_t size, std::int32_t channels, std::int32_t kernel,
                                     std::int32_t stride) {
    DepthwiseParams p;
    p.channels = channels;
    p.kernel_h = p.kernel_w = kernel;
    p.stride_h = p.stride_w = stride;
    p.padding = Padding::same();
    return {table(), p, {}, size, size, {padded_pitch(channels, 4)}};
  }

  BlockGeometry geometry_;
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
