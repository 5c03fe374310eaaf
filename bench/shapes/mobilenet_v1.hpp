// MobileNet V1, width 1.0, 224 x 224: Howard et al., arXiv:1704.04861, table 1, with the ReLU6 of TensorFlow's
// implementation and 1000 classes. 0.569 G multiply-adds.
#pragma once

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

// name, op, channels in, hidden, out, kernel, stride, shortcut
inline constexpr Row kMobilenetV1Rows[] = {
    // clang-format off
    {"stem",       Op::kConv2d,               3, 0,   32, 3, 2, 0},
    {"block1",     Op::kSeparable,           32, 0,   64, 3, 1, 0},
    {"block2",     Op::kSeparable,           64, 0,  128, 3, 2, 0},
    {"block3",     Op::kSeparable,          128, 0,  128, 3, 1, 0},
    {"block4",     Op::kSeparable,          128, 0,  256, 3, 2, 0},
    {"block5",     Op::kSeparable,          256, 0,  256, 3, 1, 0},
    {"block6",     Op::kSeparable,          256, 0,  512, 3, 2, 0},
    {"block7",     Op::kSeparable,          512, 0,  512, 3, 1, 0},
    {"block8",     Op::kSeparable,          512, 0,  512, 3, 1, 0},
    {"block9",     Op::kSeparable,          512, 0,  512, 3, 1, 0},
    {"block10",    Op::kSeparable,          512, 0,  512, 3, 1, 0},
    {"block11",    Op::kSeparable,          512, 0,  512, 3, 1, 0},
    {"block12",    Op::kSeparable,          512, 0, 1024, 3, 2, 0},
    {"block13",    Op::kSeparable,         1024, 0, 1024, 3, 1, 0},
    {"pool",       Op::kGlobalAveragePool, 1024, 0, 1024, 1, 1, 0},
    {"classifier", Op::kFullyConnected,    1024, 0, 1000, 1, 1, 0},
    // clang-format on
};

inline constexpr Table kMobilenetV1 = {
    .name = "mobilenet_v1",
    .input = {1, 224, 224, 3},
    .rows = kMobilenetV1Rows,
    .activation = Activation::relu6(),
    .linear_block_output = false,
    .multiply_adds = 568'740'352,
};
static_assert(valid(kMobilenetV1));

}  // namespace tandem::bench::shapes
