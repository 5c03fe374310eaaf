#include "classify/json.hpp"

#include <cmath>
#include <limits>

#include "classify/error.hpp"

namespace classify {

using nlohmann::json;

json parse_json(std::string_view text) {
  constexpr int kDeepest = 32;
  const auto check_depth = [](int depth, json::parse_event_t, const json&) {
    if (depth > kDeepest) throw Error("its JSON is nested more than " + std::to_string(kDeepest) + " levels deep");
    return true;
  };
  try {
    return json::parse(text, check_depth);
  } catch (const json::parse_error& error) {
    throw Error("what should be JSON is not, from byte " + std::to_string(error.byte) + " on");
  } catch (const json::exception&) {  // a number that fits no type
    throw Error("its JSON holds a value that cannot be represented");
  }
}

std::string quote(std::string_view text) {
  constexpr std::size_t kLongest = 80;
  const bool cut = text.size() > kLongest;
  const json value(std::string(text.substr(0, kLongest)) + (cut ? "..." : ""));
  return value.dump(-1, ' ', true, json::error_handler_t::replace);
}

JsonField JsonField::operator[](const char* key) const {
  if (!value_->is_object()) fail("should be an object");
  const auto member = value_->find(key);
  if (member == value_->end()) fail(std::string("lacks \"") + key + "\"");
  return {*member, path_ + "." + key};
}

JsonField JsonField::element(std::size_t index) const {
  if (index >= size()) fail("should have more than " + std::to_string(size()) + " elements");
  return {(*value_)[index], path_ + "[" + std::to_string(index) + "]"};
}

std::size_t JsonField::size() const {
  if (!value_->is_array()) fail("should be an array");
  return value_->size();
}

std::string JsonField::string() const {
  if (!value_->is_string()) fail("should be a string");
  return value_->get<std::string>();
}

bool JsonField::boolean() const {
  if (!value_->is_boolean()) fail("should be true or false");
  return value_->get<bool>();
}

double JsonField::number() const {
  if (!value_->is_number() || !std::isfinite(value_->get<double>())) fail("should be a finite number");
  return value_->get<double>();
}

std::int32_t JsonField::integer(std::int32_t lowest) const {
  constexpr std::int64_t kHighest = std::numeric_limits<std::int32_t>::max();
  // A number beyond 2^63, read as signed, would wrap and could look small.
  const bool huge = value_->is_number_unsigned() && value_->get<std::uint64_t>() > std::uint64_t{kHighest};
  if (!value_->is_number_integer() || huge || value_->get<std::int64_t>() < lowest) {
    fail("should be an integer from " + std::to_string(lowest) + " to " + std::to_string(kHighest));
  }
  return static_cast<std::int32_t>(value_->get<std::int64_t>());
}

void JsonField::fail(const std::string& complaint) const { throw Error("its " + path_ + " " + complaint); }

void JsonField::expect(std::string_view only) const {
  const std::string found = string();
  if (found != only) fail("is " + quote(found) + "; this program knows " + quote(only) + " only");
}

}  // namespace classify
