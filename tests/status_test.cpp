// Status and Result: values that own their sentence.
#include "tandem/status.hpp"

#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>

namespace tandem::test {
namespace {

TEST(StatusTest, StartsAsOkWithoutASentence) {
  const Status status;
  EXPECT_TRUE(status.ok());
  EXPECT_EQ(status.code(), StatusCode::kOk);
  EXPECT_STREQ(status.message(), "");
}

TEST(StatusTest, HoldsItsOwnCopyOfTheSentence) {
  std::string sentence = "stride_h must be at least 1, but is 0";
  const Status status(StatusCode::kInvalidArgument, sentence);
  const Status copy = status;
  sentence.assign(sentence.size(), '?');
  EXPECT_FALSE(copy.ok());
  EXPECT_EQ(copy.code(), StatusCode::kInvalidArgument);
  EXPECT_STREQ(copy.message(), "stride_h must be at least 1, but is 0");
}

TEST(StatusTest, AssignmentReplacesALongerSentence) {
  Status status(StatusCode::kOutOfRange, "a long sentence");
  status = Status(StatusCode::kUnsupported, "short");
  EXPECT_STREQ(status.message(), "short");
  status = *&status;
  EXPECT_STREQ(status.message(), "short");
  status = Status();
  EXPECT_TRUE(status.ok());
  EXPECT_STREQ(status.message(), "");
}

TEST(StatusTest, CutsASentenceThatIsTooLong) {
  const std::string endless(10000, 'x');
  const Status status(StatusCode::kInvalidArgument, endless);
  const std::string kept = status.message();
  EXPECT_GT(kept.size(), 200U);
  EXPECT_EQ(kept, endless.substr(0, kept.size()));
}

TEST(StatusTest, EveryCodeHasItsOwnName) {
  std::set<std::string> names;
  for (const StatusCode code :
       {StatusCode::kOk, StatusCode::kInvalidArgument, StatusCode::kOutOfRange, StatusCode::kUnsupported,
        StatusCode::kUnknownIsa, StatusCode::kUnavailableIsa, StatusCode::kOutOfMemory}) {
    ASSERT_NE(to_string(code), nullptr);
    EXPECT_TRUE(names.insert(to_string(code)).second) << to_string(code);
  }
  EXPECT_EQ(names.count("invalid argument"), 1U);
  EXPECT_NE(to_string(static_cast<StatusCode>(99)), nullptr);
}

TEST(ResultTest, HoldsAValueOrAStatus) {
  const Result<int> number = 7;
  ASSERT_TRUE(number.ok());
  EXPECT_EQ(*number, 7);
  EXPECT_TRUE(number.status().ok());

  const Result<int> none = Status(StatusCode::kOutOfMemory, "no memory");
  EXPECT_FALSE(none.ok());
  EXPECT_FALSE(static_cast<bool>(none));
  EXPECT_STREQ(none.status().message(), "no memory");
}

TEST(ResultTest, GivesUpItsValue) {
  Result<std::unique_ptr<int>> result = std::make_unique<int>(3);
  const std::unique_ptr<int> taken = *std::move(result);
  EXPECT_EQ(*taken, 3);
}

}  // namespace
}  // namespace tandem::test
