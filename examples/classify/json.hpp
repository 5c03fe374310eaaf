// JSON from an untrusted file: every access checks type and range, and names the place of an error.
#pragma once

#include <cstddef>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

namespace classify {

/// Throws Error for text that is not JSON, or is nested so deeply that it must be an attack.
[[nodiscard]] nlohmann::json parse_json(std::string_view text);

/// In quotation marks, control characters escaped and long texts cut: fit for an error message.
[[nodiscard]] std::string quote(std::string_view text);

/// One value of a document and the way to it ("layers[3].stride"). All accesses throw Error. Refers to the document.
class JsonField {
 public:
  JsonField(const nlohmann::json& value, std::string path) : value_(&value), path_(std::move(path)) {}

  /// A member of this object.
  [[nodiscard]] JsonField operator[](const char* key) const;
  /// An element of this array.
  [[nodiscard]] JsonField element(std::size_t index) const;
  /// How many elements this array has.
  [[nodiscard]] std::size_t size() const;

  [[nodiscard]] std::string string() const;
  [[nodiscard]] bool boolean() const;
  [[nodiscard]] double number() const;  // finite
  [[nodiscard]] std::int32_t integer(std::int32_t lowest) const;

  /// Throws an Error about this value: "<path> <complaint>".
  [[noreturn]] void fail(const std::string& complaint) const;
  /// Throws an Error unless this is the string `only`.
  void expect(std::string_view only) const;

 private:
  const nlohmann::json* value_;
  std::string path_;
};

}  // namespace classify
