#include "bench/peers/describe_network.hpp"

#include <algorithm>
#include <cstdint>
#include <string>

#include "tandem/tandem.hpp"

namespace tandem::bench::peers {
namespace {

using network::LayerSpec;
using network::Op;
using nlohmann::json;

/// Zeros before and after, by the rule of SAME: the odd one goes after.
json describe_padding(std::int64_t size, std::int64_t kernel, std::int64_t stride) {
  const std::int64_t total = std::max<std::int64_t>((shapes::same_size(size, stride) - 1) * stride + kernel - size, 0);
  const std::int64_t before = total / 2, after = total - before;
  return {{"top", before}, {"bottom", after}, {"left", before}, {"right", after}};
}

json describe_stage(const LayerSpec& stage, std::int64_t src_size) {
  const bool clipped = stage.activation.hi == Activation::relu6().hi;
  return {
      {"role", stage.name.substr(stage.name.rfind('.') + 1)},
      {"op", network::to_string(stage.op)},
      {"kernel", {stage.kernel, stage.kernel}},
      {"stride", {stage.stride, stage.stride}},
      {"padding", describe_padding(src_size, stage.kernel, stage.stride)},
      {"src_channels", stage.in_channels},
      {"dst_channels", stage.out_channels},
      {"activation", clipped ? "relu6" : "none"},  // the tables know no other
      {"filter", stage.name + ".weight"},
      {"bias", stage.name + ".bias"},
  };
}

/// @param src_size  in: height and width of the layer's input; out: of its output
json describe_layer(const LayerSpec& layer, std::int64_t& src_size) {
  json description = {{"name", layer.name},
                      {"op", network::to_string(layer.op)},
                      {"src", {src_size, src_size, layer.in_channels}},
                      {"residual", layer.shortcut != 0},
                      {"stages", json::array()}};
  if (layer.op == Op::kGlobalAveragePool) {
    src_size = 1;
  } else {
    for (const LayerSpec& stage : network::unfuse({layer})) {
      description["stages"].push_back(describe_stage(stage, src_size));
      src_size = shapes::same_size(src_size, stage.stride);
    }
  }
  description["dst"] = {src_size, src_size, layer.out_channels};
  return description;
}

}  // namespace

bool can_be_described(const shapes::Table& table) {
  const bool relu6 = table.activation.kind == Activation::Kind::kClamp && table.activation.hi == Activation::relu6().hi;
  return relu6 && std::all_of(table.rows.begin(), table.rows.end(), [](const shapes::Row& row) {
           return row.act == shapes::Act::kOfTable && row.squeezed_channels == 0;
         });
}

json describe_network(const shapes::Table& table) {
  const Shape& input = table.input;
  json layers = json::array();
  std::int64_t size = input.h;
  for (const LayerSpec& layer : shapes::layer_specs(table)) layers.push_back(describe_layer(layer, size));
  return {
      {"format_version", 1},
      {"name", table.name},
      {"source", "random weights of bench/peers"},
      {"input", {{"layout", "nhwc"}, {"shape", {input.n, input.h, input.w, input.c}}}},
      // Random weights do not need it, but the format demands it.
      {"preprocess",
       {{"channel_order", "rgb"},
        {"crop", {{"kind", "center_square"}, {"fraction_of_short_side", 0.875}}},
        {"resize",
         {{"interpolation", "bicubic"}, {"cubic_a", -0.75}, {"half_pixel_centers", false}, {"antialias", false}}},
        {"mean", {127.0, 127.0, 127.0}},
        {"std", {128.0, 128.0, 128.0}}}},
      {"output", {{"kind", "logits"}, {"classes", table.rows.back().out_channels}}},
      {"filter_layout", "oihw"},
      {"multiply_adds", table.multiply_adds},
      {"layers", layers},
  };
}

}  // namespace tandem::bench::peers
