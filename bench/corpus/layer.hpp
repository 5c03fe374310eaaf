// A convolution of the corpus: its geometry, the name and the kind that follow from it, and the operator that computes
// it.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>

#include "tandem/tandem.hpp"

namespace tandem::bench::corpus {

/// One axis, rows or columns. `before` and `after` are the zeros that the windows really touch.
struct Axis {
  std::int32_t input, kernel, stride, dilation;  // >= 1
  std::int32_t before, after;                    // >= 0
  [[nodiscard]] std::int32_t extent() const { return (kernel - 1) * dilation + 1; }
  [[nodiscard]] std::int32_t output() const { return (input + before + after - extent()) / stride + 1; }
  friend bool operator==(const Axis&, const Axis&) = default;
};

struct Layer {
  std::int32_t images = 1;
  std::int32_t in_channels = 0;
  std::int32_t out_channels = 0;
  std::int32_t groups = 1;
  Axis rows = {}, columns = {};
  bool gemm = false;                // its network has a matrix product: no window, pixels are rows
  std::map<std::string, int> uses;  // network -> layers of this shape in it

  [[nodiscard]] Shape input() const { return {images, rows.input, columns.input, in_channels}; }
  [[nodiscard]] Shape output() const { return {images, rows.output(), columns.output(), out_channels}; }
  [[nodiscard]] std::int64_t filter_elements() const;
  [[nodiscard]] std::int64_t multiply_adds() const;  // by cost.hpp: padding counted
};

/// Takes away the zeros that no window touches, e.g. those below an even map under a stride of 2. So layers that
/// compute the same are equal.
void trim_padding(Layer& layer);

/// True if both compute the same, whatever networks use them.
[[nodiscard]] bool same_geometry(const Layer& a, const Layer& b);

/// Tells the geometry, e.g. "depthwise 5x5 s2 100x76x128", "regular 3x3 160x160x96-24". Different layers have different
/// names.
[[nodiscard]] std::string name(const Layer& layer);

/// The group of layers that the summaries put together, e.g. "depthwise 5x5 s2", "few input channels".
[[nodiscard]] std::string kind(const Layer& layer);

/// Reads an object of layers.json. Throws std::invalid_argument if a size makes no sense, nlohmann::json::exception if a
/// member is missing or has another type.
[[nodiscard]] Layer parse_layer(const nlohmann::json& object);

/// The object that parse_layer() reads, and with it "name", "kind" and "multiply_adds".
[[nodiscard]] nlohmann::json to_json(const Layer& layer);

/// The convolution without an activation; a matrix product is one of 1x1. Operator::conv2d finds the depthwise and the
/// pointwise path by itself.
/// @param filter  in OIHW
[[nodiscard]] Result<Operator> make_operator(const Layer& layer, FloatSpan filter, FloatSpan bias,
                                             const CreateOptions& options);
/// The same with any weights in OIHW and any types of the tensors.
[[nodiscard]] Result<Operator> make_operator(const Layer& layer, const Weights& weights, const TensorType& src,
                                             const TensorType& dst, const CreateOptions& options);

}  // namespace tandem::bench::corpus
