#include "classify/safetensors.hpp"

#include <algorithm>
#include <bit>
#include <limits>
#include <utility>

#include "classify/error.hpp"
#include "classify/input_file.hpp"
#include "classify/json.hpp"

namespace classify {
namespace {

static_assert(std::endian::native == std::endian::little, "the file's integers and floats are read as they lie");

using nlohmann::json;

constexpr std::uint64_t kPrefixBytes = 8;
constexpr std::uint64_t kLongestHeader = 100'000'000;  // the reference implementation's limit

/// The header's entry for one tensor.
struct Entry {
  std::string name;
  std::vector<std::uint64_t> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

std::uint64_t read_header_length(InputFile& file) {
  if (file.size() < kPrefixBytes)
    throw Error("it has " + std::to_string(file.size()) + " bytes, no safetensors has so few");
  std::uint64_t length = 0;
  file.read(&length, sizeof length);
  if (length > kLongestHeader || length > file.size() - kPrefixBytes) {
    throw Error("it announces a header of " + std::to_string(length) + " bytes and has " + std::to_string(file.size()) +
                " bytes in all: it is truncated, or no safetensors file");
  }
  return length;
}

std::vector<std::uint64_t> read_unsigned(const json& array, const std::string& name, const char* key) {
  std::vector<std::uint64_t> values;
  for (const json& value : array) {
    if (!value.is_number_unsigned()) {
      throw Error("tensor " + quote(name) + " has a value in its " + key + " that is not a whole number");
    }
    values.push_back(value.get<std::uint64_t>());
  }
  return values;
}

/// Bytes of a float tensor of this shape; the largest number if the bytes overflow.
std::uint64_t bytes_of(const std::vector<std::uint64_t>& shape) {
  constexpr std::uint64_t kUncountable = std::numeric_limits<std::uint64_t>::max();
  if (std::find(shape.begin(), shape.end(), 0U) != shape.end()) return 0;
  std::uint64_t bytes = sizeof(float);
  for (const std::uint64_t extent : shape) {
    if (bytes > kUncountable / extent) return kUncountable;
    bytes *= extent;
  }
  return bytes;
}

Entry read_entry(const std::string& name, const json& value) {
  const auto member = [&](const char* key, json::value_t type) -> const json& {
    const auto found = value.is_object() ? value.find(key) : value.end();
    if (!value.is_object() || found == value.end() || found->type() != type) {
      throw Error("tensor " + quote(name) + " lacks a proper \"" + key + "\"");
    }
    return *found;
  };
  const std::string& dtype = member("dtype", json::value_t::string).get_ref<const std::string&>();
  if (dtype != "F32") throw Error("tensor " + quote(name) + " is of type " + quote(dtype) + "; only \"F32\" is read");

  Entry entry{name, read_unsigned(member("shape", json::value_t::array), name, "shape")};
  const auto offsets = read_unsigned(member("data_offsets", json::value_t::array), name, "data_offsets");
  if (offsets.size() != 2) throw Error("tensor " + quote(name) + " should have 2 data_offsets");
  entry.begin = offsets[0];
  entry.end = offsets[1];
  if (entry.begin > entry.end || entry.end - entry.begin != bytes_of(entry.shape)) {
    throw Error("tensor " + quote(name) + " lies from byte " + std::to_string(entry.begin) + " to " +
                std::to_string(entry.end) + ", which does not fit its shape");
  }
  return entry;
}

/// Sorts the tensors by position, and checks that they are back to back. Then each begins at a whole float, too.
void check_layout(std::vector<Entry>& entries, std::uint64_t data_bytes) {
  std::sort(entries.begin(), entries.end(),
            [](const Entry& a, const Entry& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  std::uint64_t covered = 0;
  for (const Entry& entry : entries) {
    if (entry.begin != covered) {
      throw Error("tensor " + quote(entry.name) + " begins at byte " + std::to_string(entry.begin) +
                  ", but the one before it ends at byte " + std::to_string(covered));
    }
    covered = entry.end;
  }
  if (covered != data_bytes) {
    throw Error("its tensors take " + std::to_string(covered) + " bytes, but " + std::to_string(data_bytes) +
                " follow the header: it is " + (covered > data_bytes ? "truncated" : "damaged"));
  }
}

std::map<std::string, std::string> read_metadata(const json& value) {
  std::map<std::string, std::string> metadata;
  if (!value.is_object()) throw Error("its __metadata__ should be an object");
  for (const auto& [key, text] : value.items()) {
    if (!text.is_string()) throw Error("its metadata " + quote(key) + " should be a string");
    metadata.emplace(key, text.get<std::string>());
  }
  return metadata;
}

}  // namespace

Safetensors Safetensors::read(const std::filesystem::path& path) {
  return reading(path, [&] {
    InputFile file(path);
    std::string text(read_header_length(file), '\0');
    file.read(text.data(), text.size());
    const json header = parse_json(text);
    if (!header.is_object()) throw Error("its header should be a JSON object");

    Safetensors content;
    std::vector<Entry> entries;
    for (const auto& [name, value] : header.items()) {
      if (name == "__metadata__") {
        content.metadata_ = read_metadata(value);
      } else {
        entries.push_back(read_entry(name, value));
      }
    }
    const std::uint64_t data_bytes = file.size() - kPrefixBytes - text.size();
    check_layout(entries, data_bytes);

    content.values_ = std::make_unique_for_overwrite<float[]>(data_bytes / sizeof(float));
    file.read(content.values_.get(), data_bytes);
    for (Entry& entry : entries) {
      const tandem::FloatSpan values(content.values_.get() + entry.begin / sizeof(float),
                                     (entry.end - entry.begin) / sizeof(float));
      content.tensors_.emplace(std::move(entry.name), Tensor{std::move(entry.shape), values});
    }
    return content;
  });
}

const Tensor& Safetensors::tensor(const std::string& name) const {
  const auto found = tensors_.find(name);
  if (found == tensors_.end()) throw Error("it has no tensor " + quote(name));
  return found->second;
}

const std::string& Safetensors::metadata(const std::string& key) const {
  const auto found = metadata_.find(key);
  if (found == metadata_.end()) throw Error("its metadata has no " + quote(key));
  return found->second;
}

}  // namespace classify
