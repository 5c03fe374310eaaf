// The one exception of this program. Whatever cannot be used (a file, an option, a network), main() prints why.
#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

namespace classify {

/// Holds one sentence for the user.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Calls body; an Error that leaves it then begins with the file it is about.
template <class Body>
auto reading(const std::filesystem::path& path, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw Error("cannot read " + path.string() + ": " + error.what());
  }
}

}  // namespace classify
