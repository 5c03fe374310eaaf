#include "classify/image.hpp"

// The decoder is compiled into this file and visible nowhere else.
#define STB_IMAGE_IMPLEMENTATION
#define STB_IMAGE_STATIC
#define STBI_NO_STDIO
#define STBI_ONLY_JPEG
#define STBI_ONLY_PNG
#include <stb_image.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string>

#include "classify/error.hpp"
#include "classify/input_file.hpp"

namespace classify {
namespace {

constexpr std::int64_t kMostPixels = 200'000'000;  // 0.6 GB decoded; a larger picture is a mistake or an attack

struct FreePixels {
  void operator()(stbi_uc* pixels) const noexcept { stbi_image_free(pixels); }
};

/// The file's bytes for the decoder. The decoder continues with zeros after the end of a JPEG; `exhausted` records that
/// it asked for more bytes than there are.
struct Source {
  const std::string& bytes;
  std::size_t position = 0;
  bool exhausted = false;

  static int read(void* self, char* dst, int wanted) {
    Source& s = *static_cast<Source*>(self);
    const std::size_t count = std::min(static_cast<std::size_t>(wanted), s.bytes.size() - s.position);
    std::memcpy(dst, s.bytes.data() + s.position, count);
    s.position += count;
    s.exhausted = s.exhausted || count == 0;
    return static_cast<int>(count);
  }
  static void skip(void* self, int distance) {  // negative: back over bytes just read
    Source& s = *static_cast<Source*>(self);
    const auto target = static_cast<std::ptrdiff_t>(s.position) + distance;
    const auto size = static_cast<std::ptrdiff_t>(s.bytes.size());
    s.exhausted = s.exhausted || target > size;
    s.position = static_cast<std::size_t>(std::clamp(target, std::ptrdiff_t{0}, size));
  }
  static int eof(void* self) {
    const Source& s = *static_cast<const Source*>(self);
    return s.position == s.bytes.size() ? 1 : 0;
  }
};

constexpr stbi_io_callbacks kCallbacks = {Source::read, Source::skip, Source::eof};

}  // namespace

Image read_image(const std::filesystem::path& path) {
  return reading(path, [&] {
    const std::string bytes = read_file(path);
    Image image;
    int channels = 0;
    Source header{bytes};
    if (stbi_info_from_callbacks(&kCallbacks, &header, &image.width, &image.height, &channels) == 0) {
      throw Error("it is neither a JPEG nor a PNG picture, or its first bytes are damaged");
    }
    if (std::int64_t{image.width} * image.height > kMostPixels) {
      throw Error("a picture of " + std::to_string(image.width) + " x " + std::to_string(image.height) +
                  " pixels is too large");
    }

    Source source{bytes};
    const std::unique_ptr<stbi_uc, FreePixels> pixels(
        stbi_load_from_callbacks(&kCallbacks, &source, &image.width, &image.height, &channels, Image::kChannels));
    if (source.exhausted || (pixels == nullptr && Source::eof(&source) != 0)) {
      throw Error("the picture is truncated or damaged");
    }
    if (pixels == nullptr) throw Error(std::string("the picture cannot be decoded: ") + stbi_failure_reason());
    const std::size_t count =
        static_cast<std::size_t>(image.width) * static_cast<std::size_t>(image.height) * Image::kChannels;
    image.pixels.assign(pixels.get(), pixels.get() + count);
    return image;
  });
}

}  // namespace classify
