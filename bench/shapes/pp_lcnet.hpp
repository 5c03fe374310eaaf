// PP-LCNet, width 1.0, 224 x 224: Cui et al., arXiv:2109.15099, table 1. Squeeze-and-excites in the last two blocks
// alone, with a quarter of the channels after the reduction, as in PaddleClas. 0.156 G multiply-adds.
#pragma once

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

// name, op, channels in, hidden, out, kernel, stride, shortcut, activation, squeezed channels
inline constexpr Row kPpLcnetRows[] = {
    // clang-format off
    {"stem",       Op::kConv2d,               3, 0,   16, 3, 2, 0},
    {"block1",     Op::kSeparable,           16, 0,   32, 3, 1, 0},
    {"block2",     Op::kSeparable,           32, 0,   64, 3, 2, 0},
    {"block3",     Op::kSeparable,           64, 0,   64, 3, 1, 0},
    {"block4",     Op::kSeparable,           64, 0,  128, 3, 2, 0},
    {"block5",     Op::kSeparable,          128, 0,  128, 3, 1, 0},
    {"block6",     Op::kSeparable,          128, 0,  256, 3, 2, 0},
    {"block7",     Op::kSeparable,          256, 0,  256, 5, 1, 0},
    {"block8",     Op::kSeparable,          256, 0,  256, 5, 1, 0},
    {"block9",     Op::kSeparable,          256, 0,  256, 5, 1, 0},
    {"block10",    Op::kSeparable,          256, 0,  256, 5, 1, 0},
    {"block11",    Op::kSeparable,          256, 0,  256, 5, 1, 0},
    {"block12",    Op::kSeparable,          256, 0,  512, 5, 2, 0, Act::kOfTable,  64},
    {"block13",    Op::kSeparable,          512, 0,  512, 5, 1, 0, Act::kOfTable, 128},
    {"pool",       Op::kGlobalAveragePool,  512, 0,  512, 1, 1, 0},
    {"features",   Op::kFullyConnected,     512, 0, 1280, 1, 1, 0, Act::kHardSwish},
    {"classifier", Op::kFullyConnected,    1280, 0, 1000, 1, 1, 0},
    // clang-format on
};

inline constexpr Table kPpLcnet = {
    .name = "pp_lcnet",
    .input = {1, 224, 224, 3},
    .rows = kPpLcnetRows,
    .activation = Activation::hard_swish(),
    .linear_block_output = false,
    .multiply_adds = 155'700'480,
    .squeeze = Activation::relu(),
    .gate = Activation::hard_sigmoid(),
};
static_assert(valid(kPpLcnet));

}  // namespace tandem::bench::shapes
