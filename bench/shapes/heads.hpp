// The ends of networks whose last layers are transposed convolutions.
//   pp_ocr_detector  PP-OCRv4 mobile detector, 640 x 640: the shrink map of its DB head (Liao et al., arXiv:1911.08947)
//   pose_resnet      Xiao et al., Simple Baselines for Human Pose Estimation, arXiv:1804.06208, 256 x 192
//   unet             Ronneberger et al., arXiv:1505.04597: the up-convolutions, without the convolutions between them
//   dcgan            Radford et al., arXiv:1511.06434: the generator, 64 x 64
#pragma once

#include "bench/shapes/rows.hpp"

namespace tandem::bench::shapes {

// name, op, channels in, hidden, out, kernel, stride, shortcut
inline constexpr Row kPpOcrDetectorRows[] = {
    // clang-format off
    {"conv", Op::kConv2d,          96, 0, 24, 3, 1, 0},
    {"up1",  Op::kConvTranspose2d, 24, 0, 24, 2, 2, 0},
    {"up2",  Op::kConvTranspose2d, 24, 0,  1, 2, 2, 0},
    // clang-format on
};
inline constexpr Table kPpOcrDetector = {
    .name = "pp_ocr_detector",
    .input = {1, 160, 160, 96},
    .rows = kPpOcrDetectorRows,
    .activation = Activation::relu(),
    .linear_block_output = false,
    .multiply_adds = 599'654'400,
};
static_assert(valid(kPpOcrDetector));

inline constexpr Row kPoseResnetRows[] = {
    // clang-format off
    {"up1", Op::kConvTranspose2d, 2048, 0, 256, 4, 2, 0},
    {"up2", Op::kConvTranspose2d,  256, 0, 256, 4, 2, 0},
    {"up3", Op::kConvTranspose2d,  256, 0, 256, 4, 2, 0},
    // clang-format on
};
inline constexpr Table kPoseResnet = {
    .name = "pose_resnet",
    .input = {1, 8, 6, 2048},
    .rows = kPoseResnetRows,
    .activation = Activation::relu(),
    .linear_block_output = false,
    .multiply_adds = 1'409'286'144,
};
static_assert(valid(kPoseResnet));

inline constexpr Row kUnetRows[] = {
    // clang-format off
    {"up1", Op::kConvTranspose2d, 1024, 0, 512, 2, 2, 0},
    {"up2", Op::kConvTranspose2d,  512, 0, 256, 2, 2, 0},
    {"up3", Op::kConvTranspose2d,  256, 0, 128, 2, 2, 0},
    {"up4", Op::kConvTranspose2d,  128, 0,  64, 2, 2, 0},
    // clang-format on
};
inline constexpr Table kUnet = {
    .name = "unet",
    .input = {1, 14, 14, 1024},
    .rows = kUnetRows,
    .activation = Activation::none(),
    .linear_block_output = false,
    .multiply_adds = 1'644'167'168,
};
static_assert(valid(kUnet));

inline constexpr Row kDcganRows[] = {
    // clang-format off
    {"up1", Op::kConvTranspose2d, 1024, 0, 512, 4, 2, 0},
    {"up2", Op::kConvTranspose2d,  512, 0, 256, 4, 2, 0},
    {"up3", Op::kConvTranspose2d,  256, 0, 128, 4, 2, 0},
    {"up4", Op::kConvTranspose2d,  128, 0,   3, 4, 2, 0},
    // clang-format on
};
inline constexpr Table kDcgan = {
    .name = "dcgan",
    .input = {1, 4, 4, 1024},
    .rows = kDcganRows,
    .activation = Activation::relu(),
    .linear_block_output = false,
    .multiply_adds = 408'944'640,
};
static_assert(valid(kDcgan));

}  // namespace tandem::bench::shapes
