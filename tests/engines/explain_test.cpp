// The file of the option `explain`: JSON that any reader takes, whatever a model calls its nodes, and never half a file.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <limits>
#include <string>

#include "engines/explain/explain.hpp"
#include "engines/explain/json.hpp"

namespace tandem::explain {
namespace {

TEST(Json, EscapesWhatStringsMayNotHold) {
  EXPECT_EQ(json_string("Conv.0/x"), "\"Conv.0/x\"");
  EXPECT_EQ(json_string("\"\\\n\x01\x1f"), R"("\"\\\u000a\u0001\u001f")");
  EXPECT_EQ(json_string(std::string_view("\0", 1)), R"("\u0000")");
}

TEST(Json, KeepsUtf8AndReplacesOtherBytes) {
  for (const char* text : {"\xC3\xA4", "\xE2\x82\xAC", "\xEF\xBF\xBF", "\xF0\x9F\x9A\xB2", "\xF4\x8F\xBF\xBF"}) {
    EXPECT_EQ(json_string(text), '"' + std::string(text) + '"');
  }
  const std::string unknown = "\xEF\xBF\xBD";
  EXPECT_EQ(json_string("a\xFFz"), "\"a" + unknown + "z\"");
  EXPECT_EQ(json_string("\xC3"), '"' + unknown + '"');                              // cut off
  EXPECT_EQ(json_string("\xC0\x80"), '"' + unknown + unknown + '"');                // not the shortest form
  EXPECT_EQ(json_string("\xE0\x80\x80"), '"' + unknown + unknown + unknown + '"');  // likewise
  EXPECT_EQ(json_string("\xED\xA0\x80"), '"' + unknown + unknown + unknown + '"');  // a surrogate
  EXPECT_EQ(json_string("\xF4\x90\x80\x80").size(), 2 + 4 * unknown.size());        // beyond U+10FFFF
}

TEST(Json, NumbersReadBackAsTheyWere) {
  for (const double value : {0.0, -1.5, 1e-300, 0.1, 12345678.9, std::numeric_limits<double>::max()}) {
    EXPECT_EQ(std::stod(json_number(value)), value);
  }
  EXPECT_EQ(json_number(std::numeric_limits<double>::infinity()), "null");
  EXPECT_EQ(json_number(std::nan("")), "null");
}

Report one_group() {
  Report report;
  report.engine = "toy";
  report.threads = 2;
  report.claims.multiply_adds = 100;
  report.claims.claimed_multiply_adds = 90;
  report.claims.groups.push_back({{0, 1}, 90, 0.5, 0.25, 2.0});
  report.claims.decisions.push_back({0, "first \"node\"", "Conv", 0, "", 90, 0.5});
  report.claims.decisions.push_back({2, "last", "Sin", -1, "no such operator", 10, 0});
  return report;
}

TEST(Report, HoldsGroupsAndNodes) {
  const std::string json = to_json(one_group());
  for (
      const char* part :
      {R"("engine": "toy")", R"("threads": 2)", R"("multiply_adds": 100, "claimed_multiply_adds": 90)",
       R"({"nodes": 2, "multiply_adds": 90, "seconds": 0.5, "conversion_seconds": 0.25, "engine_seconds": 2, "runs": 0, )"
       R"("measured_seconds": null})",
       R"({"name": "first \"node\"", "operator": "Conv", "group": 0, "reason": "", "multiply_adds": 90, "seconds": 0.5})",
       R"("group": -1, "reason": "no such operator")"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << " in " << json;
  }
  EXPECT_EQ(json.back(), '\n');
}

TEST(Report, HoldsMeasuredTimes) {
  Report report = one_group();
  report.measured.push_back({7, 0.125});
  EXPECT_NE(to_json(report).find(R"("runs": 7, "measured_seconds": 0.125)"), std::string::npos);
  EXPECT_NE(to_table(report).find("group 0: 500.000 ms expected, 125.000 ms measured (fastest of 7 runs)"),
            std::string::npos);
  EXPECT_EQ(to_table(one_group()).find("measured"), std::string::npos);
}

class Files : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() / ("tandem_explain_test_" + std::to_string(getpid()));
    std::filesystem::create_directory(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }
  std::filesystem::path folder_;
};

TEST_F(Files, AreWrittenAsTheirNamesSayAndReplaced) {
  const auto content = [](const std::filesystem::path& path) {
    std::ifstream file(path);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(write(one_group(), folder_ / "a.json").ok());
    ASSERT_TRUE(write(one_group(), folder_ / "a.txt").ok());
  }
  EXPECT_EQ(content(folder_ / "a.json"), to_json(one_group()));
  EXPECT_EQ(content(folder_ / "a.txt"), to_table(one_group()));
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_), {}), 2);  // nothing else is left behind
}

TEST_F(Files, ThatCannotBeWrittenAreNamed) {
  const std::string where = folder_ / "missing" / "a.json";
  const Status status = write(one_group(), where);
  EXPECT_EQ(status.code(), StatusCode::kInvalidArgument);
  EXPECT_NE(std::string(status.message()).find("explain: cannot create"), std::string::npos) << status.message();
  EXPECT_NE(std::string(status.message()).find("No such file"), std::string::npos) << status.message();

  std::filesystem::create_directory(folder_ / "taken.json");
  EXPECT_NE(std::string(write(one_group(), folder_ / "taken.json").message()).find("cannot replace"),
            std::string::npos);
}

}  // namespace
}  // namespace tandem::explain
