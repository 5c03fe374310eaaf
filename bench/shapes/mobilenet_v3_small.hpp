// MobileNet V3-Small, width 1.0, 224 x 224: Howard et al., arXiv:1905.02244, table 2, but as in torchvision without a
// squeeze-and-excite after the last 1 x 1 convolution. For the hidden channels see mobilenet_v3_large.hpp. 0.0565 G
// multiply-adds.
#pragma once

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

// name, op, channels in, hidden, out, kernel, stride, shortcut, activation
inline constexpr Row kMobilenetV3SmallRows[] = {
    // clang-format off
    {"stem",                   Op::kConv2d,               3,    0,   16, 3, 2, 0},
    {"block1.depthwise",       Op::kDepthwise,           16,    0,   16, 3, 2, 0, Act::kRelu},
    {"block1.squeeze_excite",  Op::kSqueezeExcite,       16,    8,   16, 1, 1, 0},
    {"block1.project",         Op::kPointwise,           16,    0,   16, 1, 1, 0, Act::kNone},
    {"block2",                 Op::kInvertedResidual,    16,   72,   24, 3, 2, 0, Act::kRelu},
    {"block3",                 Op::kInvertedResidual,    24,   88,   24, 3, 1, 1, Act::kRelu},
    {"block4.expand",          Op::kPointwise,           24,    0,   96, 1, 1, 0},
    {"block4.depthwise",       Op::kDepthwise,           96,    0,   96, 5, 2, 0},
    {"block4.squeeze_excite",  Op::kSqueezeExcite,       96,   24,   96, 1, 1, 0},
    {"block4.project",         Op::kPointwise,           96,    0,   40, 1, 1, 0, Act::kNone},
    {"block5.expand",          Op::kPointwise,           40,    0,  240, 1, 1, 0},
    {"block5.depthwise",       Op::kDepthwise,          240,    0,  240, 5, 1, 0},
    {"block5.squeeze_excite",  Op::kSqueezeExcite,      240,   64,  240, 1, 1, 0},
    {"block5.project",         Op::kPointwise,          240,    0,   40, 1, 1, 4, Act::kNone},
    {"block6.expand",          Op::kPointwise,           40,    0,  240, 1, 1, 0},
    {"block6.depthwise",       Op::kDepthwise,          240,    0,  240, 5, 1, 0},
    {"block6.squeeze_excite",  Op::kSqueezeExcite,      240,   64,  240, 1, 1, 0},
    {"block6.project",         Op::kPointwise,          240,    0,   40, 1, 1, 4, Act::kNone},
    {"block7.expand",          Op::kPointwise,           40,    0,  120, 1, 1, 0},
    {"block7.depthwise",       Op::kDepthwise,          120,    0,  120, 5, 1, 0},
    {"block7.squeeze_excite",  Op::kSqueezeExcite,      120,   32,  120, 1, 1, 0},
    {"block7.project",         Op::kPointwise,          120,    0,   48, 1, 1, 0, Act::kNone},
    {"block8.expand",          Op::kPointwise,           48,    0,  144, 1, 1, 0},
    {"block8.depthwise",       Op::kDepthwise,          144,    0,  144, 5, 1, 0},
    {"block8.squeeze_excite",  Op::kSqueezeExcite,      144,   40,  144, 1, 1, 0},
    {"block8.project",         Op::kPointwise,          144,    0,   48, 1, 1, 4, Act::kNone},
    {"block9.expand",          Op::kPointwise,           48,    0,  288, 1, 1, 0},
    {"block9.depthwise",       Op::kDepthwise,          288,    0,  288, 5, 2, 0},
    {"block9.squeeze_excite",  Op::kSqueezeExcite,      288,   72,  288, 1, 1, 0},
    {"block9.project",         Op::kPointwise,          288,    0,   96, 1, 1, 0, Act::kNone},
    {"block10.expand",         Op::kPointwise,           96,    0,  576, 1, 1, 0},
    {"block10.depthwise",      Op::kDepthwise,          576,    0,  576, 5, 1, 0},
    {"block10.squeeze_excite", Op::kSqueezeExcite,      576,  144,  576, 1, 1, 0},
    {"block10.project",        Op::kPointwise,          576,    0,   96, 1, 1, 4, Act::kNone},
    {"block11.expand",         Op::kPointwise,           96,    0,  576, 1, 1, 0},
    {"block11.depthwise",      Op::kDepthwise,          576,    0,  576, 5, 1, 0},
    {"block11.squeeze_excite", Op::kSqueezeExcite,      576,  144,  576, 1, 1, 0},
    {"block11.project",        Op::kPointwise,          576,    0,   96, 1, 1, 4, Act::kNone},
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
