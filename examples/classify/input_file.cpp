#include "classify/input_file.hpp"

#include <cerrno>
#include <system_error>

#include "classify/error.hpp"

namespace classify {

InputFile::InputFile(const std::filesystem::path& path) {
  std::error_code failure;
  const std::filesystem::file_status status = std::filesystem::status(path, failure);
  if (!std::filesystem::exists(status)) throw Error(failure ? failure.message() : "there is no such file");
  if (!std::filesystem::is_regular_file(status)) throw Error("it is not a regular file");
  size_ = std::filesystem::file_size(path, failure);
  if (failure) throw Error(failure.message());
  errno = 0;
  stream_.open(path, std::ios::binary);
  if (!stream_) throw Error(errno != 0 ? std::generic_category().message(errno) : "it cannot be opened");
}

void InputFile::read(void* dst, std::size_t bytes) {
  stream_.read(static_cast<char*>(dst), static_cast<std::streamsize>(bytes));
  if (static_cast<std::size_t>(stream_.gcount()) != bytes) throw Error("reading it failed before its end");
}

std::string read_file(const std::filesystem::path& path) {
  InputFile file(path);
  std::string content(file.size(), '\0');
  file.read(content.data(), content.size());
  return content;
}

}  // namespace classify
