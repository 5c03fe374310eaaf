// EfficientNet-B0, 224 x 224: Tan and Le, arXiv:1905.11946, table 1. The squeeze-and-excites reduce to a quarter of the
// block's input channels, as in the authors' code, timm and torchvision. 0.386 G multiply-adds.
#pragma once

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

// name, op, channels in, hidden, out, kernel, stride, shortcut, activation
inline constexpr Row kEfficientnetB0Rows[] = {
    // clang-format off
    {"stem",                   Op::kConv2d,               3,    0,   32, 3, 2, 0},
    {"block1.depthwise",       Op::kDepthwise,           32,    0,   32, 3, 1, 0},
    {"block1.squeeze_excite",  Op::kSqueezeExcite,       32,    8,   32, 1, 1, 0},
    {"block1.project",         Op::kPointwise,           32,    0,   16, 1, 1, 0, Act::kNone},
    {"block2.expand",          Op::kPointwise,           16,    0,   96, 1, 1, 0},
    {"block2.depthwise",       Op::kDepthwise,           96,    0,   96, 3, 2, 0},
    {"block2.squeeze_excite",  Op::kSqueezeExcite,       96,    4,   96, 1, 1, 0},
    {"block2.project",         Op::kPointwise,           96,    0,   24, 1, 1, 0, Act::kNone},
    {"block3.expand",          Op::kPointwise,           24,    0,  144, 1, 1, 0},
    {"block3.depthwise",       Op::kDepthwise,          144,    0,  144, 3, 1, 0},
    {"block3.squeeze_excite",  Op::kSqueezeExcite,      144,    6,  144, 1, 1, 0},
    {"block3.project",         Op::kPointwise,          144,    0,   24, 1, 1, 4, Act::kNone},
    {"block4.expand",          Op::kPointwise,           24,    0,  144, 1, 1, 0},
    {"block4.depthwise",       Op::kDepthwise,          144,    0,  144, 5, 2, 0},
    {"block4.squeeze_excite",  Op::kSqueezeExcite,      144,    6,  144, 1, 1, 0},
    {"block4.project",         Op::kPointwise,          144,    0,   40, 1, 1, 0, Act::kNone},
    {"block5.expand",          Op::kPointwise,           40,    0,  240, 1, 1, 0},
    {"block5.depthwise",       Op::kDepthwise,          240,    0,  240, 5, 1, 0},
    {"block5.squeeze_excite",  Op::kSqueezeExcite,      240,   10,  240, 1, 1, 0},
    {"block5.project",         Op::kPointwise,          240,    0,   40, 1, 1, 4, Act::kNone},
    {"block6.expand",          Op::kPointwise,           40,    0,  240, 1, 1, 0},
    {"block6.depthwise",       Op::kDepthwise,          240,    0,  240, 3, 2, 0},
    {"block6.squeeze_excite",  Op::kSqueezeExcite,      240,   10,  240, 1, 1, 0},
    {"block6.project",         Op::kPointwise,          240,    0,   80, 1, 1, 0, Act::kNone},
    {"block7.expand",          Op::kPointwise,           80,    0,  480, 1, 1, 0},
    {"block7.depthwise",       Op::kDepthwise,          480,    0,  480, 3, 1, 0},
    {"block7.squeeze_excite",  Op::kSqueezeExcite,      480,   20,  480, 1, 1, 0},
    {"block7.project",         Op::kPointwise,          480,    0,   80, 1, 1, 4, Act::kNone},
    {"block8.expand",          Op::kPointwise,           80,    0,  480, 1, 1, 0},
    {"block8.depthwise",       Op::kDepthwise,          480,    0,  480, 3, 1, 0},
    {"block8.squeeze_excite",  Op::kSqueezeExcite,      480,   20,  480, 1, 1, 0},
    {"block8.project",         Op::kPointwise,          480,    0,   80, 1, 1, 4, Act::kNone},
    {"block9.expand",          Op::kPointwise,           80,    0,  480, 1, 1, 0},
    {"block9.depthwise",       Op::kDepthwise,          480,    0,  480, 5, 1, 0},
    {"block9.squeeze_excite",  Op::kSqueezeExcite,      480,   20,  480, 1, 1, 0},
    {"block9.project",         Op::kPointwise,          480,    0,  112, 1, 1, 0, Act::kNone},
    {"block10.expand",         Op::kPointwise,          112,    0,  672, 1, 1, 0},
    {"block10.depthwise",      Op::kDepthwise,          672,    0,  672, 5, 1, 0},
    {"block10.squeeze_excite", Op::kSqueezeExcite,      672,   28,  672, 1, 1, 0},
    {"block10.project",        Op::kPointwise,          672,    0,  112, 1, 1, 4, Act::kNone},
    {"block11.expand",         Op::kPointwise,          112,    0,  672, 1, 1, 0},
    {"block11.depthwise",      Op::kDepthwise,          672,    0,  672, 5, 1, 0},
    {"block11.squeeze_excite", Op::kSqueezeExcite,      672,   28,  672, 1, 1, 0},
    {"block11.project",        Op::kPointwise,          672,    0,  112, 1, 1, 4, Act::kNone},
    {"block12.expand",         Op::kPointwise,          112,    0,  672, 1, 1, 0},
    {"block12.depthwise",      Op::kDepthwise,          672,    0,  672, 5, 2, 0},
    {"block12.squeeze_excite", Op::kSqueezeExcite,      672,   28,  672, 1, 1, 0},
    {"block12.project",        Op::kPointwise,          672,    0,  192, 1, 1, 0, Act::kNone},
    {"block13.expand",         Op::kPointwise,          192,    0, 1152, 1, 1, 0},
    {"block13.depthwise",      Op::kDepthwise,         1152,    0, 1152, 5, 1, 0},
    {"block13.squeeze_excite", Op::kSqueezeExcite,     1152,   48, 1152, 1, 1, 0},
    {"block13.project",        Op::kPointwise,         1152,    0,  192, 1, 1, 4, Act::kNone},
    {"block14.expand",         Op::kPointwise,          192,    0, 1152, 1, 1, 0},
    {"block14.depthwise",      Op::kDepthwise,         1152,    0, 1152, 5, 1, 0},
    {"block14.squeeze_excite", Op::kSqueezeExcite,     1152,   48, 1152, 1, 1, 0},
    {"block14.project",        Op::kPointwise,         1152,    0,  192, 1, 1, 4, Act::kNone},
    {"block15.expand",         Op::kPointwise,          192,    0, 1152, 1, 1, 0},
    {"block15.depthwise",      Op::kDepthwise,         1152,    0, 1152, 5, 1, 0},
    {"block15.squeeze_excite", Op::kSqueezeExcite,     1152,   48, 1152, 1, 1, 0},
    {"block15.project",        Op::kPointwise,         1152,    0,  192, 1, 1, 4, Act::kNone},
    {"block16.expand",         Op::kPointwise,          192,    0, 1152, 1, 1, 0},
    {"block16.depthwise",      Op::kDepthwise,         1152,    0, 1152, 3, 1, 0},
    {"block16.squeeze_excite", Op::kSqueezeExcite,     1152,   48, 1152, 1, 1, 0},
    {"block16.project",        Op::kPointwise,         1152,    0,  320, 1, 1, 0, Act::kNone},
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
