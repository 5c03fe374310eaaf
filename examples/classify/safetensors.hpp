// Reader of the safetensors format (https://github.com/huggingface/safetensors), for files whose tensors are all F32:
//
//   | header length: 8 bytes, little-endian | header: JSON | tensors, back to back |
//   {"__metadata__": {key: text}, name: {"dtype": "F32", "shape": [...], "data_offsets": [begin, end]}, ...}
//
// The offsets count bytes from the end of the header. As the format demands, the tensors cover the rest of the file
// without gap or overlap.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "tandem/tandem.hpp"

namespace classify {

struct Tensor {
  std::vector<std::uint64_t> shape;  // empty: a scalar
  tandem::FloatSpan values;
};

class Safetensors {
 public:
  /// Reads a whole file and trusts nothing in it. Throws Error if it is missing, damaged, or of another format.
  static Safetensors read(const std::filesystem::path& path);

  /// Throws Error when there is no such tensor.
  [[nodiscard]] const Tensor& tensor(const std::string& name) const;
  /// The header's own key-value pairs. Throws Error when there is no such key.
  [[nodiscard]] const std::string& metadata(const std::string& key) const;

 private:
  std::map<std::string, Tensor> tensors_;
  std::map<std::string, std::string> metadata_;
  std::unique_ptr<float[]> values_;  // of all tensors
};

}  // namespace classify
