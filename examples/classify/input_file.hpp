// A file of known size, read front to back: below the readers of models, pictures and labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>

namespace classify {

/// Throws Error if the file is missing, is not a regular file, or ends or fails during reading. The sentences do not
/// name the file: see reading() in error.hpp.
class InputFile {
 public:
  explicit InputFile(const std::filesystem::path& path);

  [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
  /// The next `bytes` bytes.
  void read(void* dst, std::size_t bytes);

 private:
  std::ifstream stream_;
  std::uint64_t size_ = 0;
};

/// A whole file.
[[nodiscard]] std::string read_file(const std::filesystem::path& path);

}  // namespace classify
