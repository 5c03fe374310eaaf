// As much of JSON as explain.cpp writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::explain {

/// `text` in quotes. Control characters are escaped; bytes that are not UTF-8 become U+FFFD.
std::string json_string(std::string_view text);
/// The shortest decimal that reads back as `value`, whatever the locale; null for an infinity or NaN, which JSON lacks.
std::string json_number(double value);

}  // namespace tandem::explain
