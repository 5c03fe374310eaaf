// EfficientNet-B0, 224 x 224: Tan and Le, arXiv:1905.11946, table 1. The squeeze-and-excites reduce to a quarter of the
// block's input channels, as in the authors' code, timm and torchvision. 0.386 G multiply-adds.
#pragma once

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

// name, op, channels in, hidden, out, kernel, stride, shortcut, activation, squeezed channels
inline constexpr Row kEfficientnetB0Rows[] = {
    // clang-format off
    {"stem",                   Op::kConv2d,               3,    0,   32, 3, 2, 0},
    {"block1",                 Op::kSeparable,           32,    0,   16, 3, 1, 0, Act::kOfTable,   8},
    {"block2",                 Op::kInvertedResidual,    16,   96,   24, 3, 2, 0, Act::kOfTable,   4},
    {"block3",                 Op::kInvertedResidual,    24,  144,   24, 3, 1, 1, Act::kOfTable,   6},
    {"block4",                 Op::kInvertedResidual,    24,  144,   40, 5, 2, 0, Act::kOfTable,   6},
    {"block5",                 Op::kInvertedResidual,    40,  240,   40, 5, 1, 1, Act::kOfTable,  10},
    {"block6",                 Op::kInvertedResidual,    40,  240,   80, 3, 2, 0, Act::kOfTable,  10},
    {"block7",                 Op::kInvertedResidual,    80,  480,   80, 3, 1, 1, Act::kOfTable,  20},
    {"block8",                 Op::kInvertedResidual,    80,  480,   80, 3, 1, 1, Act::kOfTable,  20},
    {"block9",                 Op::kInvertedResidual,    80,  480,  112, 5, 1, 0, Act::kOfTable,  20},
    {"block10",                Op::kInvertedResidual,   112,  672,  112, 5, 1, 1, Act::kOfTable,  28},
    {"block11",                Op::kInvertedResidual,   112,  672,  112, 5, 1, 1, Act::kOfTable,  28},
    {"block12",                Op::kInvertedResidual,   112,  672,  192, 5, 2, 0, Act::kOfTable,  28},
    {"block13",                Op::kInvertedResidual,   192, 1152,  192, 5, 1, 1, Act::kOfTable,  48},
    {"block14",                Op::kInvertedResidual,   192, 1152,  192, 5, 1, 1, Act::kOfTable,  48},
    {"block15",                Op::kInvertedResidual,   192, 1152,  192, 5, 1, 1, Act::kOfTable,  48},
    {"block16",                Op::kInvertedResidual,   192, 1152,  320, 3, 1, 0, Act::kOfTable,  48},
    {"head",                   Op::kPointwise,          320,    0, 1280, 1, 1, 0},
    {"pool",                   Op::kGlobalAveragePool, 1280,    0, 1280, 1, 1, 0},
    {"classifier",             Op::kFullyConnected,    1280,    0, 1000, 1, 1, 0},
    // clang-format on
};

inline constexpr Table kEfficientnetB0 = {
    .name = "efficientnet_b0",
    .input = {1, 224, 224, 3},
    .rows = kEfficientnetB0Rows,
    .activation = Activation::silu(),
    .linear_block_output = true,
    .multiply_adds = 385'814'752,
    .squeeze = Activation::silu(),
    .gate = Activation::sigmoid(),
};
static_assert(valid(kEfficientnetB0));

}  // namespace tandem::bench::shapes
