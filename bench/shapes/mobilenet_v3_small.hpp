// MobileNet V3-Small, width 1.0, 224 x 224: Howard et al., arXiv:1905.02244, table 2, but as in torchvision without a
// squeeze-and-excite after the last 1 x 1 convolution. For the hidden channels see mobilenet_v3_large.hpp. 0.0565 G
// multiply-adds.
#pragma once

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

// name, op, channels in, hidden, out, kernel, stride, shortcut, activation, squeezed channels
inline constexpr Row kMobilenetV3SmallRows[] = {
    // clang-format off
    {"stem",                   Op::kConv2d,               3,    0,   16, 3, 2, 0},
    {"block1",                 Op::kSeparable,           16,    0,   16, 3, 2, 0, Act::kRelu,     8},
    {"block2",                 Op::kInvertedResidual,    16,   72,   24, 3, 2, 0, Act::kRelu},
    {"block3",                 Op::kInvertedResidual,    24,   88,   24, 3, 1, 1, Act::kRelu},
    {"block4",                 Op::kInvertedResidual,    24,   96,   40, 5, 2, 0, Act::kOfTable,  24},
    {"block5",                 Op::kInvertedResidual,    40,  240,   40, 5, 1, 1, Act::kOfTable,  64},
    {"block6",                 Op::kInvertedResidual,    40,  240,   40, 5, 1, 1, Act::kOfTable,  64},
    {"block7",                 Op::kInvertedResidual,    40,  120,   48, 5, 1, 0, Act::kOfTable,  32},
    {"block8",                 Op::kInvertedResidual,    48,  144,   48, 5, 1, 1, Act::kOfTable,  40},
    {"block9",                 Op::kInvertedResidual,    48,  288,   96, 5, 2, 0, Act::kOfTable,  72},
    {"block10",                Op::kInvertedResidual,    96,  576,   96, 5, 1, 1, Act::kOfTable, 144},
    {"block11",                Op::kInvertedResidual,    96,  576,   96, 5, 1, 1, Act::kOfTable, 144},
    {"head",                   Op::kPointwise,           96,    0,  576, 1, 1, 0},
    {"pool",                   Op::kGlobalAveragePool,  576,    0,  576, 1, 1, 0},
    {"features",               Op::kFullyConnected,     576,    0, 1024, 1, 1, 0, Act::kHardSwish},
    {"classifier",             Op::kFullyConnected,    1024,    0, 1000, 1, 1, 0},
    // clang-format on
};

inline constexpr Table kMobilenetV3Small = {
    .name = "mobilenet_v3_small",
    .input = {1, 224, 224, 3},
    .rows = kMobilenetV3SmallRows,
    .activation = Activation::hard_swish(),
    .linear_block_output = true,
    .multiply_adds = 56'510'400,
    .squeeze = Activation::relu(),
    .gate = Activation::hard_sigmoid(),
};
static_assert(valid(kMobilenetV3Small));

}  // namespace tandem::bench::shapes
