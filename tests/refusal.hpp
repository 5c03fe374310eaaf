// A call that must be refused: with which code, and what its sentence must hold.
#pragma once

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tandem/status.hpp"

namespace tandem::test {

/// Right code, every piece of `says` in the sentence, no newline in it.
inline void expect_refused(const char* what, const Status& status, StatusCode code,
                           const std::vector<std::string>& says) {
  EXPECT_EQ(status.code(), code) << what << ": \"" << status.message() << '"';
  const std::string sentence = status.message();
  for (const std::string& piece : says) {
    EXPECT_NE(sentence.find(piece), std::string::npos) << what << ": no \"" << piece << "\" in \"" << sentence << '"';
  }
  EXPECT_EQ(sentence.find('\n'), std::string::npos) << what;
  if (code != StatusCode::kOk) {
    EXPECT_FALSE(sentence.empty()) << what;
  }
}

}  // namespace tandem::test
