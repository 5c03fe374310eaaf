// MobileNet V3-Large, width 1.0, 224 x 224: Howard et al., arXiv:1905.02244, table 1. As in torchvision, a
// squeeze-and-excite has a quarter of the expanded channels as hidden ones, rounded to a multiple of 8, but not below
// 0.9 of the quarter. 0.217 G multiply-adds.
#pragma once

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

// name, op, channels in, hidden, out, kernel, stride, shortcut, activation, squeezed channels
inline constexpr Row kMobilenetV3LargeRows[] = {
    // clang-format off
    {"stem",                   Op::kConv2d,               3,    0,   16, 3, 2, 0},
    {"block1",                 Op::kSeparable,           16,    0,   16, 3, 1, 1, Act::kRelu},
    {"block2",                 Op::kInvertedResidual,    16,   64,   24, 3, 2, 0, Act::kRelu},
    {"block3",                 Op::kInvertedResidual,    24,   72,   24, 3, 1, 1, Act::kRelu},
    {"block4",                 Op::kInvertedResidual,    24,   72,   40, 5, 2, 0, Act::kRelu,    24},
    {"block5",                 Op::kInvertedResidual,    40,  120,   40, 5, 1, 1, Act::kRelu,    32},
    {"block6",                 Op::kInvertedResidual,    40,  120,   40, 5, 1, 1, Act::kRelu,    32},
    {"block7",                 Op::kInvertedResidual,    40,  240,   80, 3, 2, 0},
    {"block8",                 Op::kInvertedResidual,    80,  200,   80, 3, 1, 1},
    {"block9",                 Op::kInvertedResidual,    80,  184,   80, 3, 1, 1},
    {"block10",                Op::kInvertedResidual,    80,  184,   80, 3, 1, 1},
    {"block11",                Op::kInvertedResidual,    80,  480,  112, 3, 1, 0, Act::kOfTable, 120},
    {"block12",                Op::kInvertedResidual,   112,  672,  112, 3, 1, 1, Act::kOfTable, 168},
    {"block13",                Op::kInvertedResidual,   112,  672,  160, 5, 2, 0, Act::kOfTable, 168},
    {"block14",                Op::kInvertedResidual,   160,  960,  160, 5, 1, 1, Act::kOfTable, 240},
    {"block15",                Op::kInvertedResidual,   160,  960,  160, 5, 1, 1, Act::kOfTable, 240},
    {"head",                   Op::kPointwise,          160,    0,  960, 1, 1, 0},
    {"pool",                   Op::kGlobalAveragePool,  960,    0,  960, 1, 1, 0},
    {"features",               Op::kFullyConnected,     960,    0, 1280, 1, 1, 0, Act::kHardSwish},
    {"classifier",             Op::kFullyConnected,    1280,    0, 1000, 1, 1, 0},
    // clang-format on
};

inline constexpr Table kMobilenetV3Large = {
    .name = "mobilenet_v3_large",
    .input = {1, 224, 224, 3},
    .rows = kMobilenetV3LargeRows,
    .activation = Activation::hard_swish(),
    .linear_block_output = true,
    .multiply_adds = 216'589'760,
    .squeeze = Activation::relu(),
    .gate = Activation::hard_sigmoid(),
};
static_assert(valid(kMobilenetV3Large));

}  // namespace tandem::bench::shapes
