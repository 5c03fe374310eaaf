// Building a Status whose sentence holds the offending value.
#pragma once

#include <new>

#include "tandem/status.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// A Status from a printf format. Allocates nothing.
[[gnu::format(printf, 2, 3)]] Status error(StatusCode code, const char* format, ...) noexcept;

/// Runs the body of a create() or plan(), whose allocations are the only thing in the library that can throw.
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
