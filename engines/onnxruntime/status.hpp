// Errors on their way to ONNX Runtime. Every function that the host calls runs its body in guard(): no exception leaves it.
#pragma once

#include <exception>
#include <new>
#include <utility>

#include "engines/onnxruntime/api.hpp"
#include "tandem/status.hpp"

namespace tandem_onnxruntime {

/// Thrown inside the provider, for the Status of a call to Tandem.
class Failure : public std::exception {
 public:
  explicit Failure(const tandem::Status& status) noexcept : status_(status) {}
  [[nodiscard]] const tandem::Status& status() const noexcept { return status_; }
  [[nodiscard]] const char* what() const noexcept override { return status_.message(); }

 private:
  tandem::Status status_;
};

/// Throws Failure unless ok.
inline void check(const tandem::Status& status) {
  if (!status.ok()) throw Failure(status);
}
template <class T>
T check(tandem::Result<T> result) {
  check(result.status());
  return std::move(*result);
}

/// Null if ok, else an OrtStatus with the code that fits and the sentence after "Tandem: ". The host releases it.
OrtStatus* to_ort(const tandem::Status& status) noexcept;
/// The OrtStatus for the exception that is being handled.
OrtStatus* current_exception_to_ort() noexcept;

/// Calls body() and returns null, or the status of what it threw. A body may also return an OrtStatus* of its own.
template <class Body>
OrtStatus* guard(Body&& body) noexcept {
  try {
    if constexpr (std::is_void_v<decltype(body())>) {
      body();
      return nullptr;
    } else {
      return body();
    }
  } catch (...) {
    return current_exception_to_ort();
  }
}

}  // namespace tandem_onnxruntime
