// The corpus of bench/corpus: its file, what the shape tables add to it, and the padding that makes layers equal.
#include <gtest/gtest.h>

#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "bench/corpus/corpus.hpp"
#include "bench/shapes/networks.hpp"

namespace tandem::bench::corpus {
namespace {

std::vector<Layer> loaded() {
  const Result<std::vector<Layer>> layers = load("");
  EXPECT_TRUE(layers) << layers.status().message();
  return layers ? *layers : std::vector<Layer>();
}

nlohmann::json convolution() {
  return {{"uses", {{"some", 2}}}, {"op", "conv"},       {"input_nhwc", {1, 8, 8, 6}}, {"filter_oihw", {4, 3, 3, 3}},
          {"stride", {2, 1}},      {"dilation", {1, 1}}, {"pads_tlbr", {1, 1, 1, 1}},  {"groups", 2}};
}

TEST(Corpus, EachLayerHasItsOwnName) {
  std::set<std::string> names;
  for (const Layer& layer : loaded()) EXPECT_TRUE(names.insert(name(layer)).second) << name(layer);
  EXPECT_GT(names.size(), 400U);
}

TEST(Corpus, ShapeTablesAreThereWithAllTheirMultiplyAdds) {
  std::map<std::string, std::int64_t> multiply_adds;
  for (const Layer& layer : loaded()) {
    for (const auto& [network, times] : layer.uses) multiply_adds[network] += times * layer.multiply_adds();
  }
  for (const shapes::Table& table : shapes::networks()) {
    EXPECT_EQ(multiply_adds[table.name], table.multiply_adds) << table.name;
  }
}

TEST(Corpus, FilterFindsNameKindAndNetwork) {
  const std::vector<Layer> layers = loaded();
  EXPECT_EQ(select(layers, "").size(), layers.size());
  for (const char* filter : {"depthwise 5x5 s2", "few input channels", "picodet_cdla"}) {
    const std::vector<Layer> chosen = select(layers, filter);
    EXPECT_FALSE(chosen.empty()) << filter;
    EXPECT_LT(chosen.size(), layers.size()) << filter;
  }
  EXPECT_TRUE(select(layers, "no such layer").empty());
}

TEST(CorpusLayer, ZerosThatNoWindowTouchesAreLeftOut) {
  nlohmann::json object = convolution();
  const Layer trimmed = parse_layer(object);
  EXPECT_EQ(trimmed.rows.after, 0);  // stride 2 on 8 rows: the last window ends at row 7
  EXPECT_EQ(trimmed.columns.after, 1);
  EXPECT_EQ(trimmed.output(), (Shape{1, 4, 8, 4}));
  object["pads_tlbr"] = {1, 1, 0, 1};
  EXPECT_TRUE(same_geometry(trimmed, parse_layer(object)));
  object["pads_tlbr"] = {0, 1, 1, 1};
  EXPECT_FALSE(same_geometry(trimmed, parse_layer(object)));
  EXPECT_NE(name(trimmed), name(parse_layer(object)));
}

TEST(CorpusLayer, IsWrittenAsItIsRead) {
  const Layer layer = parse_layer(convolution());
  const nlohmann::json written = to_json(layer);
  EXPECT_TRUE(same_geometry(parse_layer(written), layer));
  EXPECT_EQ(parse_layer(written).uses, layer.uses);
  EXPECT_EQ(written.at("name"), "grouped 3x3 s2x1 g2 8x8x6-4 pad 1 1 0 1");
  EXPECT_EQ(written.at("kind"), "grouped");
  EXPECT_EQ(written.at("multiply_adds"), 4 * 8 * 4 * 3 * 3 * 3);
}

TEST(CorpusLayer, SizesWithoutSenseAreRefused) {
  const std::vector<std::pair<std::string, nlohmann::json>> wrong = {
      {"input_nhwc", {1, 0, 8, 6}},   {"input_nhwc", {0, 8, 8, 6}}, {"groups", 3},
      {"filter_oihw", {4, 3, 12, 3}}, {"stride", {0, 1}},           {"pads_tlbr", {-1, 1, 1, 1}}};
  for (const auto& [key, value] : wrong) {
    nlohmann::json object = convolution();
    object[key] = value;
    EXPECT_THROW(static_cast<void>(parse_layer(object)), std::invalid_argument) << key;
  }
  nlohmann::json object = convolution();
  object.erase("groups");
  EXPECT_THROW(static_cast<void>(parse_layer(object)), nlohmann::json::exception);
}

TEST(Corpus, FileThatCannotBeReadIsNamed) {
  const Result<std::vector<Layer>> layers = load("no/such/file.json");
  ASSERT_FALSE(layers);
  EXPECT_NE(std::string(layers.status().message()).find("no/such/file.json"), std::string::npos);
}

}  // namespace
}  // namespace tandem::bench::corpus
