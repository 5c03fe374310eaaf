// A picture from a file: the first step of the way picture -> preprocess -> network -> labels.
#pragma once

#include <cstdint>
#include <filesystem>
#include <vector>

namespace classify {

/// Channels are red, green, blue, with values 0..255: channel c of pixel (y, x) is at (y * width + x) * 3 + c.
struct Image {
  static constexpr std::int32_t kChannels = 3;
  std::int32_t height = 0;
  std::int32_t width = 0;
  std::vector<std::uint8_t> pixels;
};

/// Decodes a JPEG or a PNG. Grey becomes RGB; an alpha channel is dropped; the camera's rotation flag is ignored.
/// Throws Error if the file is missing, damaged, of another format, or too large.
[[nodiscard]] Image read_image(const std::filesystem::path& path);

}  // namespace classify
