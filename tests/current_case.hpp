// What the test is about to run, for GoogleTest's failure messages and, when a guard page ends the program, for ours.
#pragma once

#include <gtest/gtest.h>

#include <sstream>
#include <string>

namespace tandem::test {

/// Names the case until the end of the scope; what is nested adds to it. For the main thread.
class CurrentCase {
 public:
  explicit CurrentCase(const std::string& text)
      : outer_(innermost_), whole_(outer_ == nullptr ? text : outer_->whole_ + "; " + text), trace_(nullptr, 0, text) {
    innermost_ = this;
  }
  CurrentCase(const CurrentCase&) = delete;
  CurrentCase& operator=(const CurrentCase&) = delete;
  ~CurrentCase() { innermost_ = outer_; }

  static const char* description() noexcept { return innermost_ == nullptr ? "none" : innermost_->whole_.c_str(); }

 private:
  CurrentCase* outer_;
  std::string whole_;
  testing::ScopedTrace trace_;
  static inline CurrentCase* innermost_ = nullptr;
};

/// Everything that has an operator<<, in a row.
template <class... Parts>
std::string text(const Parts&... parts) {
  std::ostringstream out;
  (out << ... << parts);
  return out.str();
}

}  // namespace tandem::test
