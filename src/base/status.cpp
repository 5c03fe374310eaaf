// Status codes in words.
#include "tandem/status.hpp"

#include <cstdarg>
#include <cstdio>

#include "src/base/error.hpp"

namespace tandem::inline TANDEM_ABI {

const char* to_string(StatusCode code) noexcept {
  switch (code) {
    case StatusCode::kOk:
      return "ok";
    case StatusCode::kInvalidArgument:
      return "invalid argument";
    case StatusCode::kOutOfRange:
      return "out of range";
    case StatusCode::kUnsupported:
      return "unsupported";
    case StatusCode::kUnknownIsa:
      return "unknown ISA";
    case StatusCode::kUnavailableIsa:
      return "unavailable ISA";
    case StatusCode::kOutOfMemory:
      return "out of memory";
  }
  return "not a status code";
}

namespace internal {

Status error(StatusCode code, const char* format, ...) noexcept {
  char sentence[252];
  std::va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(sentence, sizeof(sentence), format, arguments);
  va_end(arguments);
  return Status(code, sentence);
}

Status is_empty(const char* what, std::int64_t number) noexcept {
  char name[24] = "";
  if (number >= 0) std::snprintf(name, sizeof name, " %lld", static_cast<long long>(number));
  return error(StatusCode::kInvalidArgument, "%s%s is empty: it was default-constructed, or moved from", what, name);
}

Status check_at_least_one(const char* stage, const char* what, std::int64_t value) noexcept {
  if (value >= 1) return {};
  return error(StatusCode::kInvalidArgument, "%s%s must be at least 1, but is %lld", stage, what,
               static_cast<long long>(value));
}

}  // namespace internal
}  // namespace tandem::inline TANDEM_ABI
