// Builds a Status whose sentence holds the offending value.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <new>

#include "kernels/floating_point.hpp"
#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A Status from a printf format. Allocates nothing.
[[gnu::format(printf, 2, 3)]] Status error(StatusCode code, const char* format, ...) noexcept;

/// The answer of an object without contents. `number`: its place in a list, or -1.
Status is_empty(const char* what, std::int64_t number = -1) noexcept;

/// The status of the first check that failed.
inline Status first_error(std::initializer_list<Status> checks) noexcept {
  for (const Status& status : checks) {
    if (!status.ok()) return status;
  }
  return {};
}

/// Checks a size or a stride: at least 1. `stage` is "" or, inside a block, the stage's name with a dot. It precedes
/// the parameter's name in the sentence: "expand.in_channels must be at least 1, but is 0".
Status check_at_least_one(const char* stage, const char* what, std::int64_t value) noexcept;
inline Status check_at_least_one(const char* what, std::int64_t value) noexcept {
  return check_at_least_one("", what, value);
}

/// Runs the body of a create() or plan(). Only its allocations can throw; nothing else in the library does.
template <class T, class Body>
Result<T> no_throw(Body&& body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return error(StatusCode::kOutOfMemory, "out of memory for the packed weights or the plan");
  } catch (...) {
    return error(StatusCode::kOutOfMemory, "the standard library refused to allocate the packed weights or the plan");
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
