// MobileNet V3-Large, width 1.0, 224 x 224: Howard et al., arXiv:1905.02244, table 1. As in torchvision, a
// squeeze-and-excite has a quarter of the expanded channels as hidden ones, rounded to a multiple of 8, but not below
// 0.9 of the quarter. 0.217 G multiply-adds.
#pragma once

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

// name, op, channels in, hidden, out, kernel, stride, shortcut, activation
inline constexpr Row kMobilenetV3LargeRows[] = {
    // clang-format off
    {"stem",                   Op::kConv2d,               3,    0,   16, 3, 2, 0},
    {"block1",                 Op::kSeparable,           16,    0,   16, 3, 1, 1, Act::kRelu},
    {"block2",                 Op::kInvertedResidual,    16,   64,   24, 3, 2, 0, Act::kRelu},
    {"block3",                 Op::kInvertedResidual,    24,   72,   24, 3, 1, 1, Act::kRelu},
    {"block4.expand",          Op::kPointwise,           24,    0,   72, 1, 1, 0, Act::kRelu},
    {"block4.depthwise",       Op::kDepthwise,           72,    0,   72, 5, 2, 0, Act::kRelu},
    {"block4.squeeze_excite",  Op::kSqueezeExcite,       72,   24,   72, 1, 1, 0},
    {"block4.project",         Op::kPointwise,           72,    0,   40, 1, 1, 0, Act::kNone},
    {"block5.expand",          Op::kPointwise,           40,    0,  120, 1, 1, 0, Act::kRelu},
    {"block5.depthwise",       Op::kDepthwise,          120,    0,  120, 5, 1, 0, Act::kRelu},
    {"block5.squeeze_excite",  Op::kSqueezeExcite,      120,   32,  120, 1, 1, 0},
    {"block5.project",         Op::kPointwise,          120,    0,   40, 1, 1, 4, Act::kNone},
    {"block6.expand",          Op::kPointwise,           40,    0,  120, 1, 1, 0, Act::kRelu},
    {"block6.depthwise",       Op::kDepthwise,          120,    0,  120, 5, 1, 0, Act::kRelu},
    {"block6.squeeze_excite",  Op::kSqueezeExcite,      120,   32,  120, 1, 1, 0},
    {"block6.project",         Op::kPointwise,          120,    0,   40, 1, 1, 4, Act::kNone},
    {"block7",                 Op::kInvertedResidual,    40,  240,   80, 3, 2, 0},
    {"block8",                 Op::kInvertedResidual,    80,  200,   80, 3, 1, 1},
    {"block9",                 Op::kInvertedResidual,    80,  184,   80, 3, 1, 1},
    {"block10",                Op::kInvertedResidual,    80,  184,   80, 3, 1, 1},
    {"block11.expand",         Op::kPointwise,           80,    0,  480, 1, 1, 0},
    {"block11.depthwise",      Op::kDepthwise,          480,    0,  480, 3, 1, 0},
    {"block11.squeeze_excite", Op::kSqueezeExcite,      480,  120,  480, 1, 1, 0},
    {"block11.project",        Op::kPointwise,          480,    0,  112, 1, 1, 0, Act::kNone},
    {"block12.expand",         Op::kPointwise,          112,    0,  672, 1, 1, 0},
    {"block12.depthwise",      Op::kDepthwise,          672,    0,  672, 3, 1, 0},
    {"block12.squeeze_excite", Op::kSqueezeExcite,      672,  168,  672, 1, 1, 0},
    {"block12.project",        Op::kPointwise,          672,    0,  112, 1, 1, 4, Act::kNone},
    {"block13.expand",         Op::kPointwise,          112,    0,  672, 1, 1, 0},
    {"block13.depthwise",      Op::kDepthwise,          672,    0,  672, 5, 2, 0},
    {"block13.squeeze_excite", Op::kSqueezeExcite,      672,  168,  672, 1, 1, 0},
    {"block13.project",        Op::kPointwise,          672,    0,  160, 1, 1, 0, Act::kNone},
    {"block14.expand",         Op::kPointwise,          160,    0,  960, 1, 1, 0},
    {"block14.depthwise",      Op::kDepthwise,          960,    0,  960, 5, 1, 0},
    {"block14.squeeze_excite", Op::kSqueezeExcite,      960,  240,  960, 1, 1, 0},
    {"block14.project",        Op::kPointwise,          960,    0,  160, 1, 1, 4, Act::kNone},
    {"block15.expand",         Op::kPointwise,          160,    0,  960, 1, 1, 0},
    {"block15.depthwise",      Op::kDepthwise,          960,    0,  960, 5, 1, 0},
    {"block15.squeeze_excite", Op::kSqueezeExcite,      960,  240,  960, 1, 1, 0},
    {"block15.project",        Op::kPointwise,          960,    0,  160, 1, 1, 4, Act::kNone},
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
