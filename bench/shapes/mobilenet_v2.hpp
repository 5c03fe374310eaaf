// MobileNet V2, width 1.0, 224 x 224: Sandler et al., arXiv:1801.04381, table 2. The first bottleneck has expansion 1,
// so it is a separable convolution with a linear output. 0.301 G multiply-adds.
#pragma once

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

// name, op, channels in, hidden, out, kernel, stride, shortcut
inline constexpr Row kMobilenetV2Rows[] = {
    // clang-format off
    {"stem",       Op::kConv2d,               3,   0,   32, 3, 2, 0},
    {"block1",     Op::kSeparable,           32,   0,   16, 3, 1, 0},
    {"block2",     Op::kInvertedResidual,    16,  96,   24, 3, 2, 0},
    {"block3",     Op::kInvertedResidual,    24, 144,   24, 3, 1, 1},
    {"block4",     Op::kInvertedResidual,    24, 144,   32, 3, 2, 0},
    {"block5",     Op::kInvertedResidual,    32, 192,   32, 3, 1, 1},
    {"block6",     Op::kInvertedResidual,    32, 192,   32, 3, 1, 1},
    {"block7",     Op::kInvertedResidual,    32, 192,   64, 3, 2, 0},
    {"block8",     Op::kInvertedResidual,    64, 384,   64, 3, 1, 1},
    {"block9",     Op::kInvertedResidual,    64, 384,   64, 3, 1, 1},
    {"block10",    Op::kInvertedResidual,    64, 384,   64, 3, 1, 1},
    {"block11",    Op::kInvertedResidual,    64, 384,   96, 3, 1, 0},
    {"block12",    Op::kInvertedResidual,    96, 576,   96, 3, 1, 1},
    {"block13",    Op::kInvertedResidual,    96, 576,   96, 3, 1, 1},
    {"block14",    Op::kInvertedResidual,    96, 576,  160, 3, 2, 0},
    {"block15",    Op::kInvertedResidual,   160, 960,  160, 3, 1, 1},
    {"block16",    Op::kInvertedResidual,   160, 960,  160, 3, 1, 1},
    {"block17",    Op::kInvertedResidual,   160, 960,  320, 3, 1, 0},
    {"head",       Op::kPointwise,          320,   0, 1280, 1, 1, 0},
    {"pool",       Op::kGlobalAveragePool, 1280,   0, 1280, 1, 1, 0},
    {"classifier", Op::kFullyConnected,    1280,   0, 1000, 1, 1, 0},
    // clang-format on
};

inline constexpr Table kMobilenetV2 = {
    .name = "mobilenet_v2",
    .input = {1, 224, 224, 3},
    .rows = kMobilenetV2Rows,
    .activation = Activation::relu6(),
    .linear_block_output = true,
    .multiply_adds = 300'774'272,
};
static_assert(valid(kMobilenetV2));

}  // namespace tandem::bench::shapes
