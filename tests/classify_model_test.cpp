// From a model file to a network that runs, in the example `classify`, on a network small enough to work out by hand.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "classify/comparison.hpp"
#include "classify/labels.hpp"
#include "classify/model.hpp"
#include "classify_files.hpp"

namespace tandem::test {
namespace {

using classify::Model;
using nlohmann::json;

/// 2 x 2 x 3 -> 1 x 1 convolution that sums the channels -> mean -> two classes: the mean sum and its negative.
json description() {
  return json::parse(R"({
    "format_version": 1, "name": "sum", "source": "by hand", "filter_layout": "oihw",
    "input": {"layout": "nhwc", "shape": [1, 2, 2, 3]}, "output": {"kind": "logits", "classes": 2},
    "preprocess": {"channel_order": "rgb", "crop": {"kind": "center_square", "fraction_of_short_side": 1},
      "resize": {"interpolation": "bicubic", "cubic_a": -0.75, "half_pixel_centers": false, "antialias": false},
      "mean": [0, 0, 0], "std": [1, 1, 1]},
    "layers": [
      {"name": "stem", "op": "conv2d", "src": [2, 2, 3], "dst": [2, 2, 1], "residual": false, "stages": [
        {"role": "conv2d", "op": "conv2d", "kernel": [1, 1], "stride": [1, 1],
         "padding": {"top": 0, "bottom": 0, "left": 0, "right": 0}, "src_channels": 3, "dst_channels": 1,
         "activation": "relu", "filter": "f", "bias": "g"}]},
      {"name": "pool", "op": "global_average_pool", "src": [2, 2, 1], "dst": [1, 1, 1], "residual": false, "stages": []},
      {"name": "end", "op": "fully_connected", "src": [1, 1, 1], "dst": [1, 1, 2], "residual": false, "stages": [
        {"role": "fully_connected", "op": "fully_connected", "src_channels": 1, "dst_channels": 2,
         "activation": "none", "filter": "h", "bias": "i"}]}]})");
}

std::string model_bytes(const json& network) {
  json header = json::parse(R"({"f":{"dtype":"F32","shape":[1,3,1,1],"data_offsets":[0,12]},
                                "g":{"dtype":"F32","shape":[1],"data_offsets":[12,16]},
                                "h":{"dtype":"F32","shape":[2,1],"data_offsets":[16,24]},
                                "i":{"dtype":"F32","shape":[2],"data_offsets":[24,32]},
                                "j":{"dtype":"F32","shape":[3,1,1,1],"data_offsets":[32,44]},
                                "k":{"dtype":"F32","shape":[3],"data_offsets":[44,56]}})");
  header["__metadata__"]["tandem.network"] = network.dump();
  return safetensors_bytes(header.dump(),
                           {1.0F, 1.0F, 1.0F, 0.0F, 1.0F, -1.0F, 0.0F, 0.5F, 1.0F, 1.0F, 1.0F, 0.0F, 0.0F, 0.0F});
}

std::string refusal_of(const json& network) {
  const TemporaryFile file(model_bytes(network));
  return refusal([&] { return classify::create_network(classify::load_model(file.path()), 1, nullptr); });
}

TEST(ClassifyModel, RunsWhatTheFileDescribes) {
  const TemporaryFile file(model_bytes(description()));
  const Model model = classify::load_model(file.path());
  EXPECT_EQ(model.name, "sum");
  EXPECT_EQ(model.classes, 2U);
  network::Network network = classify::create_network(model, 1, nullptr);

  const std::vector<float> input = {1, 2, 3, 4, 5, 6, -7, -8, -9, 1, 0, 0};  // sums 6, 15, -24 and 1
  std::vector<float> output(2);
  ASSERT_TRUE(network.run(input.data(), output.data()).ok());
  EXPECT_EQ(output, (std::vector<float>{5.5F, -5.0F}));
}

TEST(ClassifyModel, QuantisesWhatTheFileDescribes) {
  const TemporaryFile file(model_bytes(description()));
  const Model model = classify::load_model(file.path());
  const std::vector<std::vector<float>> inputs = {{1, 2, 3, 4, 5, 6, -7, -8, -9, 1, 0, 0},
                                                  std::vector<float>(12, 5.0F)};
  network::Network network = classify::create_quantised_network(model, inputs, 1, nullptr);
  std::vector<float> output(2);
  ASSERT_TRUE(network.run(inputs[0].data(), output.data()).ok());
  // The mean of 6, 15, 0 and 1, each of the tensors before it in steps of 1/255 of its range, 15 and less.
  EXPECT_NEAR(output[0], 5.5F, 0.1F);
  EXPECT_NEAR(output[1], -5.0F, 0.1F);

  const std::vector<std::vector<float>> broken = {std::vector<float>(12, std::numeric_limits<float>::infinity())};
  EXPECT_NE(refusal([&] { return classify::create_quantised_network(model, broken, 1, nullptr); }), "");
}

TEST(ClassifyModel, RunsQuantisedBlocksAsOneOperator) {
  json block = description();
  json& stem = block["layers"][0];
  json pointwise = stem["stages"][0], depthwise = pointwise;
  stem["op"] = "separable";
  pointwise["op"] = pointwise["role"] = "pointwise";
  depthwise["op"] = depthwise["role"] = "depthwise";
  depthwise["dst_channels"] = 3;
  depthwise["filter"] = "j";
  depthwise["bias"] = "k";
  stem["stages"] = {depthwise, pointwise};
  const TemporaryFile file(model_bytes(block));
  const Model model = classify::load_model(file.path());
  const std::vector<std::vector<float>> inputs = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 1, 0, 0}};
  network::Network network = classify::create_quantised_network(model, inputs, 1, nullptr);
  std::vector<std::string> operators;
  for (const network::Layer& layer : network.layers()) operators.emplace_back(network::to_string(layer.spec.op));
  EXPECT_EQ(operators, (std::vector<std::string>{"quantize", "separable", "global_average_pool", "fully_connected"}));
  std::vector<float> output(2);
  ASSERT_TRUE(network.run(inputs[0].data(), output.data()).ok());
  EXPECT_NEAR(output[0], 11.5F, 0.2F);  // the mean of 6, 15, 24 and 1

  EXPECT_EQ(classify::quantise(model, inputs, 1, nullptr).specs.size(), 5U);  // stage by stage
}

TEST(ClassifyComparison, NamesTheBestLabelInTime) {
  const TemporaryFile file(model_bytes(description()));
  network::Network network = classify::create_network(classify::load_model(file.path()), 1, nullptr);
  const std::vector<float> input(12, 1.0F);  // logits 3 and -2.5
  const classify::Verdict verdict = classify::judge(network, input, {"much", "little"}, 3);
  EXPECT_EQ(verdict.label, "much");
  EXPECT_NEAR(verdict.probability, 1.0 / (1.0 + std::exp(-5.5)), 1e-6);
  EXPECT_GT(verdict.milliseconds, 0.0);
}

TEST(ClassifyComparison, IsATable) {
  const std::string table =
      classify::comparison_table({{"cat.png", {"tabby, tabby cat", 0.5, 4.0}, {"lynx", 0.25, 2.5}},
                                  {"a.jpg", {"cup", 1.0, 12.0}, {"cup", 0.999, 5.5}}});
  EXPECT_EQ(table,
            "  photograph | fp32  |     % |    ms | int8 |    % |   ms\n"
            "  cat.png    | tabby |  50.0 |  4.00 | lynx | 25.0 | 2.50\n"
            "  a.jpg      | cup   | 100.0 | 12.00 | cup  | 99.9 | 5.50\n"
            "The label is the same for 1 of 2 photographs; int8 takes 0.50 of the time of fp32.\n");
}

TEST(ClassifyModel, RefusesWhatItCannotRun) {
  ASSERT_EQ(refusal_of(description()), "");
  const std::pair<const char*, json> changes[] = {
      {"/format_version", 2},
      {"/filter_layout", "ohwi"},
      {"/input/layout", "nchw"},
      {"/input/shape", {1, 2, 3, 3}},
      {"/input/shape", {1, 2, 2}},
      {"/output/classes", 3},
      {"/layers", json::array()},
      {"/layers/0/op", "transformer"},
      {"/layers/1/op", "quantize"},
      {"/layers/0/src", {2, 2, 4}},
      {"/layers/0/dst", {2, 2, 2}},
      {"/layers/0/residual", 1},
      {"/layers/0/residual", true},
      {"/layers/0/stages", json::array()},
      {"/layers/0/stages/0/op", "depthwise"},
      {"/layers/0/stages/0/kernel", {1, 2}},
      {"/layers/0/stages/0/kernel", {3, 3}},
      {"/layers/0/stages/0/kernel", {0, 0}},
      {"/layers/0/stages/0/stride", {4294967297, 4294967297}},
      {"/layers/0/stages/0/stride", {2, 2}},
      {"/layers/0/stages/0/padding/top", -1},
      {"/layers/0/stages/0/padding/top", 1},
      {"/layers/0/stages/0/src_channels", 4},
      {"/layers/0/stages/0/activation", "gelu"},
      {"/layers/0/stages/0/filter", "nothing"},
      {"/layers/0/stages/0/bias", "h"},
      {"/layers/1/stages", {1}},
      {"/layers/2/stages/0/src_channels", 18446744073709551615U},
  };
  for (const auto& [where, value] : changes) {
    json network = description();
    network[json::json_pointer(where)] = value;
    EXPECT_NE(refusal_of(network), "") << where << " = " << value;
  }
}

TEST(ClassifyModel, RefusesAFileWithoutANetwork) {
  const TemporaryFile file(safetensors_bytes("{}", {}));
  EXPECT_NE(refusal([&] { return classify::load_model(file.path()); }).find("tandem.network"), std::string::npos);
}

TEST(ClassifyLabels, AreOneALine) {
  const TemporaryFile file("cat\r\ntabby, tabby cat\n");
  EXPECT_EQ(classify::read_labels(file.path(), 2), (std::vector<std::string>{"cat", "tabby, tabby cat"}));
  EXPECT_NE(refusal([&] { return classify::read_labels(file.path(), 3); }), "");
}

TEST(ClassifyLabels, BestGuessesAreASoftmax) {
  const std::vector<float> logits = {1000.0F, 1001.0F, -1000.0F};  // exp() of these overflows; their softmax does not
  const std::vector<classify::Guess> guesses = classify::best_guesses(logits, 2);
  ASSERT_EQ(guesses.size(), 2U);
  EXPECT_EQ(guesses[0].class_index, 1U);
  EXPECT_NEAR(guesses[0].probability, 0.7310585786300049, 1e-12);
  EXPECT_NEAR(guesses[1].probability, 0.2689414213699951, 1e-12);
  EXPECT_EQ(classify::best_guesses(logits, 9).size(), 3U);
  const std::vector<float> broken = {1.0F, std::numeric_limits<float>::quiet_NaN()};
  EXPECT_NE(refusal([&] { return classify::best_guesses(broken, 1); }), "");
}

}  // namespace
}  // namespace tandem::test
