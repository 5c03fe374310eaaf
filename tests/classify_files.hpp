// Files for the tests of the example `classify`, and the sentence with which it refuses one.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "classify/error.hpp"

namespace tandem::test {

/// Lives as long as this object, under a name of the running test's own.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& content)
      : path_(testing::TempDir() + "tandem_" + testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

 private:
  std::filesystem::path path_;
};

/// A safetensors file; its header may claim another length than it has.
inline std::string safetensors_bytes(const std::string& header, const std::vector<float>& values,
                                     std::uint64_t claimed_length) {
  std::string bytes(sizeof claimed_length + header.size() + values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), &claimed_length, sizeof claimed_length);
  std::memcpy(bytes.data() + sizeof claimed_length, header.data(), header.size());
  if (!values.empty()) {
    std::memcpy(bytes.data() + sizeof claimed_length + header.size(), values.data(), values.size() * sizeof(float));
  }
  return bytes;
}
inline std::string safetensors_bytes(const std::string& header, const std::vector<float>& values) {
  return safetensors_bytes(header, values, header.size());
}

/// What the Error says that `body` throws; empty when it throws none.
template <class Body>
std::string refusal(const Body& body) {
  try {
    (void)body();
  } catch (const classify::Error& error) {
    return error.what();
  }
  return "";
}

}  // namespace tandem::test
