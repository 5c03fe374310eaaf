#include "bench/corpus/layer.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace tandem::bench::corpus {
namespace {

using nlohmann::json;

bool is_depthwise(const Layer& l) { return l.groups == l.in_channels && l.groups > 1; }
bool has_window(const Layer& l) { return l.rows.kernel > 1 || l.columns.kernel > 1; }
std::int64_t pixels(const Layer& l) { return std::int64_t{l.images} * l.rows.output() * l.columns.output(); }

std::string pair(std::int32_t rows, std::int32_t columns) {
  return std::to_string(rows) + "x" + std::to_string(columns);
}
/// One number if both axes agree.
std::string short_pair(std::int32_t rows, std::int32_t columns) {
  return rows == columns ? std::to_string(rows) : pair(rows, columns);
}

/// Padding that keeps the size at stride 1, with the odd zero behind: no need to name it.
bool is_usual(const Axis& a) {
  const std::int32_t size = (a.input + a.stride - 1) / a.stride;
  const std::int32_t zeros = std::max((size - 1) * a.stride + a.extent() - a.input, 0);
  return a.before == zeros / 2 && a.after == zeros - zeros / 2;
}

std::string window(const Layer& l) {
  std::string text = pair(l.rows.kernel, l.columns.kernel);
  if (l.rows.stride != 1 || l.columns.stride != 1) text += " s" + short_pair(l.rows.stride, l.columns.stride);
  if (l.rows.dilation != 1 || l.columns.dilation != 1) text += " d" + short_pair(l.rows.dilation, l.columns.dilation);
  return text;
}

/// The first word of the name.
const char* family(const Layer& l) {
  if (l.gemm) return "gemm";
  if (is_depthwise(l)) return "depthwise";
  if (l.groups > 1) return "grouped";
  return has_window(l) ? "regular" : "pointwise";
}

void trim(Axis& a) {
  const std::int32_t touched = (a.output() - 1) * a.stride + a.extent();
  a.after = std::max(touched - a.input - a.before, 0);
}

void check(const Axis& a) {
  for (const std::int32_t value : {a.input, a.kernel, a.stride, a.dilation}) {
    if (value < 1) throw std::invalid_argument("a size, a stride or a dilation is " + std::to_string(value));
  }
  if (a.before < 0 || a.after < 0) throw std::invalid_argument("a padding is negative");
  if (a.extent() > a.input + a.before + a.after) throw std::invalid_argument("the kernel is larger than the input");
}

}  // namespace

std::int64_t Layer::filter_elements() const {
  return std::int64_t{out_channels} * (in_channels / groups) * rows.kernel * columns.kernel;
}

std::int64_t Layer::multiply_adds() const { return filter_elements() * images * rows.output() * columns.output(); }

void trim_padding(Layer& layer) {
  trim(layer.rows);
  trim(layer.columns);
}

bool same_geometry(const Layer& a, const Layer& b) {
  return a.images == b.images && a.in_channels == b.in_channels && a.out_channels == b.out_channels &&
         a.groups == b.groups && a.rows == b.rows && a.columns == b.columns && a.gemm == b.gemm;
}

std::string name(const Layer& l) {
  std::string text = family(l);
  if (has_window(l) || l.rows.stride != 1 || l.columns.stride != 1) text += " " + window(l);
  if (l.groups > 1 && !is_depthwise(l)) text += " g" + std::to_string(l.groups);
  text += " " + (l.images == 1 ? std::string() : std::to_string(l.images) + "x") + pair(l.rows.input, l.columns.input);
  text += "x" + std::to_string(l.in_channels);
  if (!is_depthwise(l) || l.out_channels != l.in_channels) text += "-" + std::to_string(l.out_channels);
  if (is_usual(l.rows) && is_usual(l.columns)) return text;
  const std::int32_t sides[] = {l.rows.before, l.columns.before, l.rows.after, l.columns.after};
  text += " pad";
  for (const std::int32_t side : sides) text += " " + std::to_string(side);
  return text;
}

std::string kind(const Layer& l) {
  const auto window_is = [&](std::int32_t size) { return l.rows.kernel == size && l.columns.kernel == size; };
  if (is_depthwise(l)) {
    if (!window_is(3) && !window_is(5)) return "depthwise, other";
    const bool strided = l.rows.stride != 1 || l.columns.stride != 1;
    return "depthwise " + pair(l.rows.kernel, l.columns.kernel) + (strided ? " s2" : " s1");
  }
  if (l.groups > 1) return "grouped";
  if (!has_window(l)) return pixels(l) == 1 ? "one pixel" : l.gemm ? "gemm" : "pointwise";
  if (l.rows.kernel == 1 || l.columns.kernel == 1) return "one dimension";
  if (l.in_channels <= 4) return "few input channels";
  return window_is(2) ? "regular 2x2" : window_is(3) ? "regular 3x3" : "regular, other";
}

Layer parse_layer(const json& object) {
  const auto input = object.at("input_nhwc").get<std::array<std::int32_t, 4>>();
  const auto filter = object.at("filter_oihw").get<std::array<std::int32_t, 4>>();
  const auto stride = object.at("stride").get<std::array<std::int32_t, 2>>();
  const auto dilation = object.at("dilation").get<std::array<std::int32_t, 2>>();
  const auto pads = object.at("pads_tlbr").get<std::array<std::int32_t, 4>>();
  Layer layer;
  layer.images = input[0];
  layer.in_channels = input[3];
  layer.out_channels = filter[0];
  layer.groups = object.at("groups").get<std::int32_t>();
  layer.rows = {input[1], filter[2], stride[0], dilation[0], pads[0], pads[2]};
  layer.columns = {input[2], filter[3], stride[1], dilation[1], pads[1], pads[3]};
  layer.gemm = object.at("op").get<std::string>() == "gemm";
  layer.uses = object.at("uses").get<std::map<std::string, int>>();
  check(layer.rows);
  check(layer.columns);
  if (layer.images < 1 || layer.groups < 1 || filter[1] * layer.groups != layer.in_channels ||
      layer.out_channels % layer.groups != 0) {
    throw std::invalid_argument("the channels of input, filter and groups do not fit");
  }
  trim_padding(layer);
  return layer;
}

json to_json(const Layer& l) {
  return {
      {"name", name(l)},
      {"kind", kind(l)},
      {"multiply_adds", l.multiply_adds()},
      {"uses", l.uses},
      {"op", l.gemm ? "gemm" : "conv"},
      {"input_nhwc", {l.images, l.rows.input, l.columns.input, l.in_channels}},
      {"filter_oihw", {l.out_channels, l.in_channels / l.groups, l.rows.kernel, l.columns.kernel}},
      {"stride", {l.rows.stride, l.columns.stride}},
      {"dilation", {l.rows.dilation, l.columns.dilation}},
      {"pads_tlbr", {l.rows.before, l.columns.before, l.rows.after, l.columns.after}},
      {"groups", l.groups},
  };
}

Result<Operator> make_operator(const Layer& l, FloatSpan filter, FloatSpan bias, const CreateOptions& options) {
  return make_operator(l, {filter, FilterLayout::kOihw, bias}, {}, {}, options);
}

Result<Operator> make_operator(const Layer& l, const Weights& weights, const TensorType& src, const TensorType& dst,
                               const CreateOptions& options) {
  Conv2dParams p;
  p.in_channels = l.in_channels;
  p.out_channels = l.out_channels;
  p.groups = l.groups;
  p.kernel_h = l.rows.kernel;
  p.kernel_w = l.columns.kernel;
  p.stride_h = l.rows.stride;
  p.stride_w = l.columns.stride;
  p.dilation_h = l.rows.dilation;
  p.dilation_w = l.columns.dilation;
  p.padding = Padding::explicit_sides(l.rows.before, l.rows.after, l.columns.before, l.columns.after);
  p.src_type = src;
  p.dst_type = dst;
  p.weight_type = weights.filter.type;
  return Operator::conv2d(p, weights, options);
}

}  // namespace tandem::bench::corpus
