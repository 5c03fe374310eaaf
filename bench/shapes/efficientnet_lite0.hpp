// EfficientNet-Lite0, 224 x 224: the B0 of Tan and Le, arXiv:1905.11946, table 1, without squeeze-and-excitation and
// with ReLU6, as in TensorFlow's reference implementation. 0.385 G multiply-adds.
#pragma once

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

// name, op, channels in, hidden, out, kernel, stride, shortcut
inline constexpr Row kEfficientnetLite0Rows[] = {
    // clang-format off
    {"stem",       Op::kConv2d,               3,    0,   32, 3, 2, 0},
    {"block1",     Op::kSeparable,           32,    0,   16, 3, 1, 0},
    {"block2",     Op::kInvertedResidual,    16,   96,   24, 3, 2, 0},
    {"block3",     Op::kInvertedResidual,    24,  144,   24, 3, 1, 1},
    {"block4",     Op::kInvertedResidual,    24,  144,   40, 5, 2, 0},
    {"block5",     Op::kInvertedResidual,    40,  240,   40, 5, 1, 1},
    {"block6",     Op::kInvertedResidual,    40,  240,   80, 3, 2, 0},
    {"block7",     Op::kInvertedResidual,    80,  480,   80, 3, 1, 1},
    {"block8",     Op::kInvertedResidual,    80,  480,   80, 3, 1, 1},
    {"block9",     Op::kInvertedResidual,    80,  480,  112, 5, 1, 0},
    {"block10",    Op::kInvertedResidual,   112,  672,  112, 5, 1, 1},
    {"block11",    Op::kInvertedResidual,   112,  672,  112, 5, 1, 1},
    {"block12",    Op::kInvertedResidual,   112,  672,  192, 5, 2, 0},
    {"block13",    Op::kInvertedResidual,   192, 1152,  192, 5, 1, 1},
    {"block14",    Op::kInvertedResidual,   192, 1152,  192, 5, 1, 1},
    {"block15",    Op::kInvertedResidual,   192, 1152,  192, 5, 1, 1},
    {"block16",    Op::kInvertedResidual,   192, 1152,  320, 3, 1, 0},
    {"head",       Op::kPointwise,          320,    0, 1280, 1, 1, 0},
    {"pool",       Op::kGlobalAveragePool, 1280,    0, 1280, 1, 1, 0},
    {"classifier", Op::kFullyConnected,    1280,    0, 1000, 1, 1, 0},
    // clang-format on
};

inline constexpr Table kEfficientnetLite0 = {
    .name = "efficientnet_lite0",
    .input = {1, 224, 224, 3},
    .rows = kEfficientnetLite0Rows,
    .activation = Activation::relu6(),
    .linear_block_output = true,
    .multiply_adds = 385'187'552,
};
static_assert(valid(kEfficientnetLite0));

}  // namespace tandem::bench::shapes
