// Errors as values. Everything fallible in Tandem returns a Status or a Result<T>; nothing throws or aborts.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include "tandem/version.hpp"

#ifdef Status
#error "Status is a macro here, as X11/Xlib.h makes it: include Tandem before that header, or #undef Status"
#endif

namespace tandem {
inline namespace TANDEM_ABI {

enum class StatusCode : std::int32_t {
  kOk = 0,               ///< Success.
  kInvalidArgument = 1,  ///< A parameter, size or pointer is wrong; the sentence holds the value.
  kOutOfRange = 2,       ///< A product of sizes overflows; the sentence holds the factors.
  kUnsupported = 3,      ///< A meaningful request that this version, build or CPU cannot serve.
  kUnknownIsa = 4,       ///< This build has no ISA of that name; the sentence lists those it has.
  kUnavailableIsa = 5,   ///< This CPU lacks the ISA; the sentence lists those it has.
  kOutOfMemory = 6,      ///< The packed weights, the plan or a handle could not be allocated.
};

/// The name of a code as the documentation spells it, e.g. "invalid argument". Never null.
[[nodiscard]] TANDEM_API const char* to_string(StatusCode code) noexcept;

/// A code and one sentence that holds the offending value. The sentence is stored inside, so that creating, copying and
/// returning a Status allocates nothing and cannot fail; a sentence that is too long is cut.
class [[nodiscard]] Status {
 public:
  Status() noexcept { message_[0] = '\0'; }
  Status(StatusCode code, std::string_view message) noexcept : code_(code) {
    const std::size_t n = message.size() < sizeof(message_) - 1 ? message.size() : sizeof(message_) - 1;
    for (std::size_t i = 0; i < n; ++i) message_[i] = message[i];
    message_[n] = '\0';
  }
  Status(const Status& other) noexcept { *this = other; }
  Status& operator=(const Status& other) noexcept {
    code_ = other.code_;
    std::size_t i = 0;  // copies the sentence, not the buffer: success costs two stores
    for (; other.message_[i] != '\0'; ++i) message_[i] = other.message_[i];
    message_[i] = '\0';
    return *this;
  }
  ~Status() = default;

  [[nodiscard]] bool ok() const noexcept { return code_ == StatusCode::kOk; }
  [[nodiscard]] StatusCode code() const noexcept { return code_; }
  /// The sentence, without a newline; empty when ok().
  [[nodiscard]] const char* message() const noexcept { return message_; }

 private:
  StatusCode code_ = StatusCode::kOk;
  char message_[252];
};

/// A T, or the Status that says why there is none. Whoever takes the value without asking ok() gets T() if there is
/// such a thing: an empty Operator, Plan or Sequence, which answers with a Status, or a shape of ones, 0 or null.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : value_(std::move(value)), ok_(true) {}    // NOLINT(google-explicit-constructor)
  Result(const Status& status) noexcept : status_(status) {}  // NOLINT(google-explicit-constructor)

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  explicit operator bool() const noexcept { return ok(); }
  /// kOk when there is a value.
  [[nodiscard]] const Status& status() const noexcept { return status_; }

  /// Only when ok(), if T has no default constructor.
  T& value() & noexcept { return get(value_); }
  const T& value() const& noexcept { return get(value_); }
  T&& value() && noexcept { return std::move(get(value_)); }
  T& operator*() & noexcept { return get(value_); }
  const T& operator*() const& noexcept { return get(value_); }
  T&& operator*() && noexcept { return std::move(get(value_)); }
  T* operator->() noexcept { return &get(value_); }
  const T* operator->() const noexcept { return &get(value_); }

 private:
  static constexpr bool kHasDefault = std::is_default_constructible_v<T>;

  template <class Stored>
  static auto& get(Stored& stored) noexcept {
    if constexpr (kHasDefault) {
      return stored;
    } else {
      return *stored;
    }
  }

  std::conditional_t<kHasDefault, T, std::optional<T>> value_{};
  bool ok_ = false;
  Status status_;
};

}  // namespace TANDEM_ABI
}  // namespace tandem
