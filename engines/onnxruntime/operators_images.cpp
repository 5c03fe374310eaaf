// Operators on images: convolutions, pools, resizes. ONNX has them for any number of axes, the graph library for two. Those on
// lines [N, C, L] are read as operators on images [N, C, 1, L].
#include <algorithm>
#include <limits>
#include <optional>

#include "engines/graph/sizes.hpp"
#include "engines/graph/window.hpp"
#include "engines/onnxruntime/operators.hpp"
#include "engines/onnxruntime/status.hpp"

namespace tandem_onnxruntime {
namespace {

using tandem::Padding;
using tandem::graph::BatchNormAttributes;
using tandem::graph::BlockAttributes;
using tandem::graph::ConvAttributes;
using tandem::graph::ConvTransposeAttributes;
using tandem::graph::copy_window;
using tandem::graph::Op;
using tandem::graph::PoolAttributes;
using tandem::graph::ReduceAttributes;
using tandem::graph::ResizeAttributes;
using tandem::graph::ResizeCoordinates;
using tandem::graph::ResizeMode;
using tandem::graph::ResizeRounding;

constexpr const char* kNotTwoAxes = "not on images of two axes, or with negative padding";
constexpr const char* kNotImages = "not on lines or images, or with negative padding";

std::int32_t narrow(std::int64_t value) {
  if (value < std::numeric_limits<std::int32_t>::min() || value > std::numeric_limits<std::int32_t>::max()) {
    throw Failure({tandem::StatusCode::kOutOfRange, "an attribute is " + std::to_string(value)});
  }
  return static_cast<std::int32_t>(value);
}

bool is_image(const NodeReader& node) {
  return node.has_input(0) && (!node.input(0).rank_known || node.input(0).dims.size() == 4);
}

bool is_line(const NodeReader& node) {
  return node.has_input(0) && node.input(0).rank_known && node.input(0).dims.size() == 3;
}

struct Window {
  std::int32_t kernel_h = 0, kernel_w = 0;  // 0: the filter tells
  std::int32_t stride_h = 1, stride_w = 1;
  std::int32_t dilation_h = 1, dilation_w = 1;
  Padding padding;
};

// What convolutions and pools share. Nothing if the input is neither lines nor images, or the window cuts off parts of it.
std::optional<Window> read_window(const NodeReader& node) {
  if (!is_image(node) && !is_line(node)) return std::nullopt;
  Window window;
  const std::size_t axes = is_line(node) ? 1 : 2;
  if (axes == 1) window.kernel_h = 1;
  const auto pair = [&](const char* name, std::int32_t& h, std::int32_t& w) {
    const auto values = node.integers(name);
    if (!values) return true;
    if (values->size() != axes) return false;
    if (axes == 2) h = narrow((*values)[0]);
    w = narrow(values->back());
    return true;
  };
  if (!pair("kernel_shape", window.kernel_h, window.kernel_w) || !pair("strides", window.stride_h, window.stride_w) ||
      !pair("dilations", window.dilation_h, window.dilation_w)) {
    return std::nullopt;
  }
  const std::string mode = node.text("auto_pad", "NOTSET");
  if (mode == "SAME_UPPER") {
    window.padding = Padding::same();
  } else if (mode == "SAME_LOWER") {
    window.padding = Padding::same_lower();
  } else if (const auto pads = node.integers("pads"); mode != "VALID" && pads) {
    if (pads->size() != 2 * axes) return std::nullopt;
    if (std::any_of(pads->begin(), pads->end(), [](std::int64_t side) { return side < 0; })) return std::nullopt;
    const auto side = [&](std::size_t i) { return narrow((*pads)[i]); };
    window.padding = axes == 2 ? Padding::explicit_sides(side(0), side(2), side(1), side(3))
                               : Padding::explicit_sides(0, 0, side(0), side(1));
  }
  return window;
}

Translation of_images(Op op, const NodeReader& node, std::size_t count, tandem::graph::Attributes attributes) {
  Translation translation = as(op, node, count, std::move(attributes));
  translation.lines = is_line(node);
  return translation;
}

// A filter of lines becomes one of images when it is read, so it and the bias have to be there and to fit.
bool has_fitting_weights(const NodeReader& node, std::size_t output_axis, std::int64_t groups) {
  if (!is_line(node)) return true;
  const auto is_constant = [&](std::size_t i) {
    return node.input(i).constant && node.input(i).type == tandem::graph::ElementType::kF32;
  };
  if (!node.has_input(1) || !is_constant(1) || node.input(1).dims.size() != 3) return false;
  const auto& dims = node.input(1).dims;
  if (tandem::graph::elements(dims) < 1) return false;
  const std::int64_t outputs = dims[output_axis] * groups;
  return !node.has_input(2) || (is_constant(2) && tandem::graph::elements(node.input(2).dims) == outputs);
}

Translation conv(const NodeReader& node) {
  const auto window = read_window(node);
  if (!window) return foreign(kNotImages);
  if (!has_fitting_weights(node, 0, 1)) return foreign("its weights are not constant fp32");
  ConvAttributes attributes;
  copy_window(*window, attributes);
  attributes.groups = narrow(node.integer("group", 1));
  return of_images(Op::kConv, node, 3, attributes);
}

// What a transposed convolution has to cut off, so that its output is `stride` times as large as its input. With a kernel
// smaller than its stride there is nothing to cut off, and ONNX Runtime leaves the output smaller.
Padding same_transposed(const ConvTransposeAttributes& a, std::int64_t kernel_h, std::int64_t kernel_w) {
  const auto all = [](std::int64_t kernel, std::int32_t stride, std::int32_t dilation, std::int32_t more) {
    return narrow(std::max<std::int64_t>(0, more + (kernel - 1) * dilation + 1 - stride));
  };
  const std::int32_t h = all(kernel_h, a.stride_h, a.dilation_h, a.output_padding_h);
  const std::int32_t w = all(kernel_w, a.stride_w, a.dilation_w, a.output_padding_w);
  const bool upper = a.padding.mode == Padding::Mode::kSameUpper;
  const std::int32_t top = upper ? h / 2 : h - h / 2, left = upper ? w / 2 : w - w / 2;
  return Padding::explicit_sides(top, h - top, left, w - left);
}

// Whether the wanted output is larger than what the taps reach, or may be: versions of ONNX Runtime differ about that.
bool reaches_beyond(const NodeReader& node, const ConvTransposeAttributes& a) {
  if (!node.input(0).rank_known || !node.has_input(1) || node.input(1).dims.size() != 4) return true;
  const auto beyond = [&](std::size_t axis, std::int64_t wanted, std::int32_t stride, std::int32_t dilation) {
    const std::int64_t in = node.input(0).dims[axis], kernel = node.input(1).dims[axis];
    return in < 1 || kernel < 1 || wanted > (in - 1) * stride + (kernel - 1) * dilation + 1;
  };
  return beyond(2, a.output_h, a.stride_h, a.dilation_h) || beyond(3, a.output_w, a.stride_w, a.dilation_w);
}

Translation conv_transpose(const NodeReader& node) {
  const auto window = read_window(node);
  if (!window) return foreign(kNotImages);
  ConvTransposeAttributes attributes;
  copy_window(*window, attributes);
  attributes.groups = narrow(node.integer("group", 1));
  if (!has_fitting_weights(node, 1, attributes.groups)) return foreign("its weights are not constant fp32");
  if (const auto more = node.integers("output_padding")) {
    if (more->size() != (is_line(node) ? 1U : 2U)) return foreign(kNotTwoAxes);
    if (!is_line(node)) attributes.output_padding_h = narrow((*more)[0]);
    attributes.output_padding_w = narrow(more->back());
  }
  if (is_line(node) && (attributes.padding.mode != Padding::Mode::kExplicit || node.integers("output_shape"))) {
    return foreign("lines whose output has a given size");
  }
  if (const auto size = node.integers("output_shape"); size && !size->empty()) {
    if (size->size() != 2) return foreign(kNotTwoAxes);
    attributes.output_h = narrow((*size)[0]);
    attributes.output_w = narrow((*size)[1]);
    if (reaches_beyond(node, attributes)) return foreign("an output larger than its input reaches");
    if (attributes.padding.mode == Padding::Mode::kExplicit) attributes.padding = Padding::same_lower();
  } else if (attributes.padding.mode != Padding::Mode::kExplicit) {
    if (!node.has_input(1) || node.input(1).dims.size() != 4) return foreign("a filter of unknown size");
    attributes.padding = same_transposed(attributes, node.input(1).dims[2], node.input(1).dims[3]);
  }
  return of_images(Op::kConvTranspose, node, 3, attributes);
}

Translation batch_norm(const NodeReader& node) {
  if (node.integer("training_mode", 0) != 0 || node.integer("spatial", 1) != 1) {
    return foreign("BatchNormalization as in training");
  }
  for (std::size_t i = 1; i < node.outputs().size(); ++i) {
    if (node.has_output(i)) return foreign("BatchNormalization as in training");
  }
  if (!is_image(node) && !is_line(node)) return foreign(kNotImages);
  BatchNormAttributes attributes;
  attributes.epsilon = node.real("epsilon", 1e-5F);
  return of_images(Op::kBatchNorm, node, 5, attributes);
}

Translation pool(const NodeReader& node, Op op) {
  const auto window = read_window(node);
  if (!window) return foreign(kNotImages);
  if (node.has_output(1)) return foreign("MaxPool that tells where the maxima are");
  if (window->padding.mode != Padding::Mode::kExplicit && (window->dilation_h != 1 || window->dilation_w != 1)) {
    return foreign("a dilated pool that pads by itself");  // ONNX Runtime takes the kernel for dense then
  }
  if (window->padding.mode != Padding::Mode::kExplicit && node.integer("count_include_pad", 0) != 0) {
    return foreign("an average that counts padding of its own");  // versions of ONNX Runtime differ
  }
  PoolAttributes attributes;
  attributes.kernel_h = window->kernel_h;
  attributes.kernel_w = window->kernel_w;
  copy_window(*window, attributes);
  attributes.ceil_mode = node.integer("ceil_mode", 0) != 0;
  attributes.count_include_pad = node.integer("count_include_pad", 0) != 0;
  return of_images(op, node, 1, attributes);
}
Translation max_pool(const NodeReader& node) { return pool(node, Op::kMaxPool); }
Translation average_pool(const NodeReader& node) { return pool(node, Op::kAveragePool); }

Translation global_average_pool(const NodeReader& node) {
  if (!is_image(node) && !is_line(node)) return foreign(kNotImages);
  return of_images(Op::kReduceMean, node, 1, ReduceAttributes{{2, 3}, true});
}

// The axes of scales and sizes are all four, unless the attribute `axes` names some (since version 18).
std::optional<std::vector<std::int64_t>> resized_axes(const NodeReader& node) {
  const auto axes = node.integers("axes");
  return axes ? tandem::graph::resolve_axes(*axes, 4) : std::vector<std::int64_t>{0, 1, 2, 3};
}

// Takes the sizes or the scales of H and W; false if they are computed, or if N or C is resized, too.
bool read_scales(const NodeReader& node, std::size_t scales_input, std::size_t sizes_input, ResizeAttributes& out) {
  const auto axes = resized_axes(node);
  if (!axes) return false;
  out.scale_h = out.scale_w = 1.0F;
  const auto scales = scales_input == 0 ? node.reals("scales") : node.constant_reals(scales_input);
  if (scales && !scales->empty()) {
    if (scales->size() != axes->size()) return false;
    for (std::size_t i = 0; i < axes->size(); ++i) {
      const std::int64_t axis = (*axes)[i];
      const float scale = (*scales)[i];
      if (axis < 2 && scale != 1.0F) return false;
      if (axis == 2) out.scale_h = scale;
      if (axis == 3) out.scale_w = scale;
    }
    return true;
  }
  const auto sizes = sizes_input == 0 ? std::nullopt : node.constant_integers(sizes_input);
  if (!sizes || sizes->size() != axes->size() || !node.input(0).rank_known) return false;
  for (std::size_t i = 0; i < axes->size(); ++i) {
    const std::int64_t axis = (*axes)[i];
    const std::int64_t size = (*sizes)[i];
    if (axis < 2 && size != node.input(0).dims[static_cast<std::size_t>(axis)]) return false;
    if (axis == 2) out.output_h = size;
    if (axis == 3) out.output_w = size;
  }
  return true;
}

Translation resize_as(const NodeReader& node, ResizeAttributes attributes, std::size_t scales_input,
                      std::size_t sizes_input) {
  if (!is_image(node)) return foreign(kNotTwoAxes);
  const std::string mode = node.text("mode", "nearest");
  if (mode == "linear" || mode == "bilinear") {
    attributes.mode = ResizeMode::kLinear;
  } else if (mode != "nearest") {
    return foreign("a resize of mode " + mode);
  }
  if (!read_scales(node, scales_input, sizes_input, attributes)) {
    return foreign("a resize whose sizes are computed, or of other axes than height and width");
  }
  return as(Op::kResize, node, 1, attributes);
}

Translation upsample(const NodeReader& node) { return resize_as(node, {}, node.version() < 9 ? 0 : 1, 0); }

Translation resize(const NodeReader& node) {
  ResizeAttributes attributes;
  if (node.version() < 11) return resize_as(node, attributes, 1, 0);
  if (node.integer("antialias", 0) != 0) return foreign("a resize with antialiasing");
  if (node.text("keep_aspect_ratio_policy", "stretch") != "stretch")
    return foreign("a resize that keeps the aspect ratio");

  const std::string coordinates = node.text("coordinate_transformation_mode", "half_pixel");
  if (coordinates == "half_pixel") {
    attributes.coordinates = ResizeCoordinates::kHalfPixel;
  } else if (coordinates == "pytorch_half_pixel") {
    attributes.coordinates = ResizeCoordinates::kPytorchHalfPixel;
  } else if (coordinates == "align_corners") {
    attributes.coordinates = ResizeCoordinates::kAlignCorners;
  } else if (coordinates != "asymmetric") {
    return foreign("a resize with the coordinates " + coordinates);
  }
  const std::string rounding = node.text("nearest_mode", "round_prefer_floor");
  if (rounding == "round_prefer_floor") {
    attributes.rounding = ResizeRounding::kRoundPreferFloor;
  } else if (rounding == "round_prefer_ceil") {
    attributes.rounding = ResizeRounding::kRoundPreferCeil;
  } else if (rounding == "ceil") {
    attributes.rounding = ResizeRounding::kCeil;
  }
  return resize_as(node, attributes, 2, 3);
}

Translation depth_to_space(const NodeReader& node) {
  if (!is_image(node)) return foreign(kNotTwoAxes);
  return as(Op::kDepthToSpace, node, 1,
            BlockAttributes{narrow(node.integer("blocksize", 1)), node.text("mode", "DCR") == "DCR"});
}

Translation space_to_depth(const NodeReader& node) {
  if (!is_image(node)) return foreign(kNotTwoAxes);
  if (node.text("mode", "DCR") != "DCR") return foreign("SpaceToDepth of mode " + node.text("mode", "DCR"));
  return as(Op::kSpaceToDepth, node, 1, BlockAttributes{narrow(node.integer("blocksize", 1)), true});
}

}  // namespace

std::vector<TranslatorRow> image_translators() {
  return {
      {"AveragePool", average_pool},
      {"BatchNormalization", batch_norm},
      {"Conv", conv},
      {"ConvTranspose", conv_transpose},
      {"DepthToSpace", depth_to_space},
      {"GlobalAveragePool", global_average_pool},
      {"MaxPool", max_pool},
      {"Resize", resize},
      {"SpaceToDepth", space_to_depth},
      {"Upsample", upsample},
  };
}

}  // namespace tandem_onnxruntime
