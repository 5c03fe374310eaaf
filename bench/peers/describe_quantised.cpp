#include "bench/peers/describe_quantised.hpp"

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace tandem::bench::peers {
namespace {

using nlohmann::json;
using nlohmann::ordered_json;

/// Collects the header and the bytes of a safetensors file.
class Writer {
 public:
  void add(const std::string& name, const char* dtype, const void* data, std::size_t count, std::size_t element) {
    const std::size_t begin = bytes_.size();
    bytes_.append(static_cast<const char*>(data), count * element);
    header_[name] = {{"dtype", dtype}, {"shape", {count}}, {"data_offsets", {begin, bytes_.size()}}};
  }

  void write(const ordered_json& description, const std::string& path) {
    header_["__metadata__"] = {{"tandem.quantised", description.dump()}};
    const std::string header = header_.dump();
    std::ofstream file(path, std::ios::binary);
    for (int shift = 0; shift < 64; shift += 8) file.put(static_cast<char>((header.size() >> shift) & 0xFF));
    file << header << bytes_;
    if (!file.flush()) throw std::runtime_error("\"" + path + "\" cannot be written");
  }

 private:
  json header_;
  std::string bytes_;
};

void add_weights(Writer& writer, const network::LayerSpec& spec, const network::LayerTypes& types,
                 const network::WeightSource& source) {
  network::LayerWeights quantised(spec, source, types);
  const bool depthwise = spec.op == network::Op::kDepthwise;
  const Weights weights = quantised.stage("", depthwise ? spec.depthwise_layout : spec.layout);
  if (!quantised.status().ok()) throw std::runtime_error(quantised.status().message());
  writer.add(spec.name + ".weight", "I8", weights.filter.data, weights.filter.size, sizeof(std::int8_t));
  writer.add(spec.name + ".scales", "F32", weights.scales.data, weights.scales.size, sizeof(float));
  writer.add(spec.name + ".bias", "I32", weights.bias.data, weights.bias.size, sizeof(std::int32_t));
}

}  // namespace

void write_quantised(const network::QuantisedNetwork& network, const network::WeightSource& weights,
                     const std::string& path) {
  Writer writer;
  ordered_json description;
  for (std::size_t i = 0; i < network.specs.size(); ++i) {
    const network::LayerSpec& spec = network.specs[i];
    const network::LayerTypes& types = network.types[i];
    const Quantization& q = types.dst.quantization;
    description[spec.name] = {{"type", to_string(types.dst.type)}, {"scale", q.scale}, {"zero_point", q.zero_point}};
    if (network::has_weights(spec.op)) add_weights(writer, spec, types, weights);
  }
  writer.write(description, path);
}

}  // namespace tandem::bench::peers
