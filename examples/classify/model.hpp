// A trained network from a safetensors file whose metadata "tandem.network" describes the layers.
// examples/classify/demo/export_efficientnet_lite0.py writes such a file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

#include "classify/layer_reader.hpp"
#include "classify/preprocess.hpp"
#include "classify/safetensors.hpp"
#include "network/network.hpp"
#include "network/quantised_network.hpp"

namespace classify {

struct Model {
  std::string name;
  std::string source;  ///< where the weights come from
  tandem::Shape input;
  Preprocess preprocess;
  std::size_t classes = 0;  ///< the network's output has one logit per class
  std::vector<LayerDescription> layers;
  Safetensors tensors;
};

/// Throws Error if the file is missing or damaged, describes something this program cannot run, or lacks a tensor.
[[nodiscard]] Model load_model(const std::filesystem::path& path);

/// The weights by the names that the layers' specs give them. Refers to the model.
[[nodiscard]] network::WeightSource weights_of(const Model& model);

/// Packs the weights and plans the layers. The network does not refer to the model.
/// @param threads  0: as many as there are
/// @param isa      null: TANDEM_ISA, else the fastest
/// Throws Error if the library refuses, or computes shapes that differ from the file's.
[[nodiscard]] network::Network create_network(const Model& model, int threads, const char* isa);

/// The layers and types of the same network with weights and tensors of 8 bits, stage by stage.
/// @param inputs  one or more, each of model.input.elements() values: the network is calibrated on them, so all values that
///                it will meet should be like theirs
/// Throws Error as create_network() does, and if an input drives the fp32 network to values that are not finite.
[[nodiscard]] network::QuantisedNetwork quantise(const Model& model, const std::vector<std::vector<float>>& inputs,
                                                 int threads, const char* isa);

/// Runs what quantise() yields, with its blocks joined, which changes no bit. Its input and output stay fp32.
[[nodiscard]] network::Network create_quantised_network(const Model& model,
                                                        const std::vector<std::vector<float>>& inputs, int threads,
                                                        const char* isa);

}  // namespace classify
