// The safetensors reader of the example `classify`: what it reads, and that it refuses, in one sentence, whatever a
// broken or hostile file may claim.
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "classify/safetensors.hpp"
#include "classify_files.hpp"

namespace tandem::test {
namespace {

using classify::Safetensors;

const std::string kGood =
    R"({"__metadata__":{"k":"v"},"b":{"dtype":"F32","shape":[],"data_offsets":[8,12]},)"
    R"("a":{"dtype":"F32","shape":[2,1],"data_offsets":[0,8]},"none":{"dtype":"F32","shape":[0,9],"data_offsets":[8,8]}})";

std::string refusal_of(const std::string& bytes) {
  const TemporaryFile file(bytes);
  return refusal([&] { return Safetensors::read(file.path()); });
}

/// Of a file with the values 1 and 2 and this header.
std::string refusal_of_header(const std::string& header) { return refusal_of(safetensors_bytes(header, {1.0F, 2.0F})); }

/// Of a file with the values 1 and 2 and one tensor whose description has these members.
std::string refusal_of_tensor(const std::string& members) { return refusal_of_header(R"({"t":{)" + members + "}}"); }

TEST(ClassifySafetensors, ReadsTensorsAndMetadata) {
  const TemporaryFile file(safetensors_bytes(kGood, {1.0F, 2.0F, 3.0F}));
  const Safetensors content = Safetensors::read(file.path());
  EXPECT_EQ(content.metadata("k"), "v");
  EXPECT_EQ(content.tensor("a").shape, (std::vector<std::uint64_t>{2, 1}));
  ASSERT_EQ(content.tensor("a").values.size, 2U);
  EXPECT_EQ(content.tensor("a").values.data[1], 2.0F);
  EXPECT_TRUE(content.tensor("b").shape.empty());
  ASSERT_EQ(content.tensor("b").values.size, 1U);
  EXPECT_EQ(content.tensor("b").values.data[0], 3.0F);
  EXPECT_EQ(content.tensor("none").values.size, 0U);
  EXPECT_EQ(refusal([&] { return content.tensor("c"); }), R"(it has no tensor "c")");
  EXPECT_EQ(refusal([&] { return content.metadata("a"); }), R"(its metadata has no "a")");
}

TEST(ClassifySafetensors, RefusesEveryTruncation) {
  const std::string bytes = safetensors_bytes(kGood, {1.0F, 2.0F, 3.0F});
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    EXPECT_NE(refusal_of(bytes.substr(0, size)), "") << size << " bytes";
  }
  EXPECT_NE(refusal_of(bytes + '\0'), "");
}

TEST(ClassifySafetensors, RefusesMissingFilesAndFolders) {
  EXPECT_NE(refusal([] { return Safetensors::read("no/such/file"); }).find("cannot read no/such/file: "),
            std::string::npos);
  EXPECT_NE(refusal([] { return Safetensors::read("."); }).find("not a regular file"), std::string::npos);
}

TEST(ClassifySafetensors, RefusesImpossibleHeaderLengths) {
  for (const std::uint64_t length : {std::uint64_t{3}, std::uint64_t{100'000}, std::uint64_t{1} << 32U,
                                     std::uint64_t{1} << 63U, std::numeric_limits<std::uint64_t>::max()}) {
    EXPECT_NE(refusal_of(safetensors_bytes("{}", {}, length)), "") << length;
  }
}

TEST(ClassifySafetensors, RefusesHeadersThatAreNoObjects) {
  for (const char* header : {"", "garbage", "[]", "null", "{", "{}{}", R"({"t":1})", R"({"t":[]})", "1e999"}) {
    EXPECT_NE(refusal_of_header(header), "") << header;
  }
  EXPECT_NE(refusal_of_header(std::string(1'000'000, '[')).find("nested"), std::string::npos);
  EXPECT_NE(refusal_of_header(R"({"__metadata__":[]})"), "");
  EXPECT_NE(refusal_of_header(R"({"__metadata__":{"k":1}})"), "");
}

TEST(ClassifySafetensors, RefusesTensorsThatDoNotFit) {
  EXPECT_EQ(refusal_of_tensor(R"("dtype":"F32","shape":[2],"data_offsets":[0,8])"), "");
  for (const char* members : {
           R"("shape":[2],"data_offsets":[0,8])",                                   // no type
           R"("dtype":"F32","data_offsets":[0,8])",                                 // no shape
           R"("dtype":"F32","shape":[2])",                                          // no place
           R"("dtype":"BF16","shape":[4],"data_offsets":[0,8])",                    // another type
           R"("dtype":7,"shape":[2],"data_offsets":[0,8])",                         // no type at all
           R"("dtype":"F32","shape":[2],"data_offsets":[0,8,8])",                   // three offsets
           R"("dtype":"F32","shape":[2],"data_offsets":[8,0])",                     // backwards
           R"("dtype":"F32","shape":[2],"data_offsets":[-8,0])",                    // before the file
           R"("dtype":"F32","shape":[2.0],"data_offsets":[0,8])",                   // not whole
           R"("dtype":"F32","shape":["2"],"data_offsets":[0,8])",                   // a text
           R"("dtype":"F32","shape":[3],"data_offsets":[0,8])",                     // too large for its place
           R"("dtype":"F32","shape":[1],"data_offsets":[4,8])",                     // leaves a gap
           R"("dtype":"F32","shape":[1],"data_offsets":[0,4])",                     // leaves bytes over
           R"("dtype":"F32","shape":[3],"data_offsets":[0,12])",                    // goes beyond the end
           R"("dtype":"F32","shape":[2],"data_offsets":[18446744073709551608,0])",  // wraps around
           // Products that wrap around to 8 bytes, and to 0.
           R"("dtype":"F32","shape":[4611686018427387906],"data_offsets":[0,8])",
           R"("dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0])",
       }) {
    EXPECT_NE(refusal_of_tensor(members), "") << members;
  }
}

TEST(ClassifySafetensors, RefusesOverlaps) {
  EXPECT_NE(refusal_of_header(R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                              R"("u":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})"),
            "");
  EXPECT_NE(refusal_of_header(R"({"t":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},)"
                              R"("u":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})"),
            "");
}

TEST(ClassifySafetensors, ComplaintsAreOneShortLine) {
  const std::string complaint =
      refusal_of_header("{\"" + std::string(100'000, 'x') + R"(\n":{"dtype":"F32","shape":[2],"data_offsets":[0,1]}})");
  EXPECT_NE(complaint, "");
  EXPECT_LT(complaint.size(), 600U);
  EXPECT_EQ(complaint.find('\n'), std::string::npos);
}

}  // namespace
}  // namespace tandem::test
