// Reads a C struct whose size is its first member.
#pragma once

#include <cstddef>
#include <cstring>
#include <type_traits>

#include "src/base/error.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// No struct of any version is larger. A larger size is a mistake, and its bytes are not read.
inline constexpr std::size_t kLargestStruct = 4096;

/// kInvalidArgument if a struct of `size` bytes does not hold the first `required` bytes, or if `size` is not a
/// multiple of the alignment and so not the size of a struct.
inline Status check_struct_size(const char* what, std::size_t size, std::size_t required) noexcept {
  if (size >= required && size <= kLargestStruct && size % alignof(std::size_t) == 0) return {};
  return error(StatusCode::kInvalidArgument,
               "%s has struct_size %zu, expected sizeof the struct, from %zu to %zu; its init function sets it", what,
               size, required, kLargestStruct);
}

/// Copies the struct over `known`, which holds the defaults of members that the caller's version lacks; the first
/// `required` bytes have no defaults. Members that only the caller's version has must be zero, so that no request is
/// ignored.
template <class Struct>
Status read_struct(const char* what, const Struct* given, std::size_t required, Struct& known) noexcept {
  static_assert(std::is_trivially_copyable_v<Struct> && offsetof(Struct, struct_size) == 0);
  if (given == nullptr) return error(StatusCode::kInvalidArgument, "%s is null", what);
  std::size_t size = 0;
  std::memcpy(&size, given, sizeof size);
  const Status status = check_struct_size(what, size, required);
  if (!status.ok()) return status;
  const auto* const bytes = reinterpret_cast<const unsigned char*>(given);
  for (std::size_t i = sizeof(Struct); i < size; ++i) {
    if (bytes[i] == 0) continue;
    return error(StatusCode::kInvalidArgument,
                 "%s has struct_size %zu and is not zero at byte %zu, but this version knows %zu bytes of it", what,
                 size, i, sizeof(Struct));
  }
  std::memcpy(static_cast<void*>(&known), given, size < sizeof(Struct) ? size : sizeof(Struct));
  return {};
}

/// The value of an enumerator as C code may have set it, whether the enum has it or not.
template <class Enum>
std::int32_t value_of(const Enum& e) noexcept {
  std::int32_t value = 0;
  static_assert(sizeof e == sizeof value);
  std::memcpy(&value, &e, sizeof value);
  return value;
}

}  // namespace tandem::inline TANDEM_ABI::internal
