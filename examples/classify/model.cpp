#include "classify/model.hpp"

#include <cstdint>
#include <map>
#include <utility>

#include "classify/error.hpp"
#include "classify/json.hpp"
#include "network/join_blocks.hpp"

namespace classify {
namespace {

constexpr std::int32_t kFormatVersion = 1;
constexpr const char* kDescriptionKey = "tandem.network";

tandem::Shape read_input(const JsonField& input) {
  input["layout"].expect("nhwc");
  const JsonField shape = input["shape"];
  if (shape.size() != 4 || shape.element(0).integer(1) != 1) shape.fail("should be 1, height, width, channels");
  const tandem::Shape read = {1, shape.element(1).integer(1), shape.element(2).integer(1), shape.element(3).integer(1)};
  if (read.h != read.w || read.c != Image::kChannels) shape.fail("should be a square of three channels");
  return read;
}

/// All layers; each takes the output of the one before.
std::vector<LayerDescription> read_layers(const JsonField& field, const tandem::Shape& input) {
  std::vector<LayerDescription> layers;
  tandem::Shape shape = input;
  for (std::size_t i = 0; i < field.size(); ++i) {
    layers.push_back(read_layer(field.element(i)));
    if (layers.back().src != shape) field.element(i)["src"].fail("is not what comes before it");
    shape = layers.back().dst;
  }
  if (layers.empty()) field.fail("should not be empty");
  return layers;
}

void check_tensors(const Model& model) {
  for (const LayerDescription& layer : model.layers) {
    for (const TensorUse& use : layer.tensors) {
      if (model.tensors.tensor(use.file_name).shape != use.shape) {
        throw Error("tensor " + quote(use.file_name) + " has another shape than layer " + quote(layer.spec.name) +
                    " needs");
      }
    }
  }
}

std::vector<network::LayerSpec> specs_of(const Model& model) {
  std::vector<network::LayerSpec> specs;
  specs.reserve(model.layers.size());
  for (const LayerDescription& layer : model.layers) specs.push_back(layer.spec);
  return specs;
}

template <class T>
T value_of(tandem::Result<T> result) {
  if (!result) throw Error(result.status().message());
  return *std::move(result);
}

}  // namespace

Model load_model(const std::filesystem::path& path) {
  Safetensors tensors = Safetensors::read(path);
  return reading(path, [&] {
    const nlohmann::json document = parse_json(tensors.metadata(kDescriptionKey));
    const JsonField root(document, kDescriptionKey);
    if (const std::int32_t version = root["format_version"].integer(0); version != kFormatVersion) {
      root["format_version"].fail("is " + std::to_string(version) + ", this program reads " +
                                  std::to_string(kFormatVersion));
    }
    root["filter_layout"].expect("oihw");

    Model model;
    model.name = root["name"].string();
    model.source = root["source"].string();
    model.input = read_input(root["input"]);
    model.preprocess = read_preprocess(root["preprocess"], static_cast<std::int32_t>(model.input.h));
    root["output"]["kind"].expect("logits");
    const std::int32_t classes = root["output"]["classes"].integer(1);
    model.classes = static_cast<std::size_t>(classes);
    model.layers = read_layers(root["layers"], model.input);
    if (model.layers.back().dst != tandem::Shape{1, 1, 1, classes}) {
      root["output"]["classes"].fail("is not what the last layer gives");
    }
    model.tensors = std::move(tensors);
    check_tensors(model);
    return model;
  });
}

network::WeightSource weights_of(const Model& model) {
  std::map<std::string, std::string> file_names;
  for (const LayerDescription& layer : model.layers) {
    for (const TensorUse& use : layer.tensors) file_names.emplace(use.spec_name, use.file_name);
  }
  return [&model, file_names = std::move(file_names)](const std::string& name) {
    const auto found = file_names.find(name);
    return found == file_names.end() ? tandem::FloatSpan() : model.tensors.tensor(found->second).values;
  };
}

network::Network create_network(const Model& model, int threads, const char* isa) {
  const std::vector<network::LayerSpec> specs = specs_of(model);
  network::Network network =
      value_of(network::Network::create(specs, weights_of(model), model.input, {threads}, {isa}));
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    if (network.layers()[i].plan.output_shape() != model.layers[i].dst) {
      throw Error("layer " + quote(specs[i].name) + " yields another shape than the model says");
    }
  }
  return network;
}

network::QuantisedNetwork quantise(const Model& model, const std::vector<std::vector<float>>& inputs, int threads,
                                   const char* isa) {
  const std::vector<network::LayerSpec> specs = specs_of(model);
  network::Calibrator calibrator =
      value_of(network::Calibrator::create(specs, weights_of(model), model.input, {threads}, {isa}));
  for (const std::vector<float>& input : inputs) {
    if (const tandem::Status status = calibrator.add(input.data()); !status.ok()) throw Error(status.message());
  }
  return value_of(network::quantise(specs, calibrator.ranges()));
}

network::Network create_quantised_network(const Model& model, const std::vector<std::vector<float>>& inputs,
                                          int threads, const char* isa) {
  const network::QuantisedNetwork quantised = network::join_blocks(quantise(model, inputs, threads, isa));
  return value_of(
      network::Network::create(quantised.specs, weights_of(model), model.input, {threads}, {isa}, quantised.types));
}

}  // namespace classify
