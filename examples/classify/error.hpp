// The one exception of this program: a file, an option or a network cannot be used. main() prints the reason.
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

/// Calls body. An Error that leaves it begins with the path of the file.
template <class Body>
auto reading(const std::filesystem::path& path, Body&& body) {
  try {
    return std::forward<Body>(body)();
  } catch (const Error& error) {
    throw Error("cannot read " + path.string() + ": " + error.what());
  }
}

}  // namespace classify
