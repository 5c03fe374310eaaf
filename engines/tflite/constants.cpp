#include "engines/tflite/constants.hpp"

#include <tensorflow/lite/builtin_ops.h>

#include <bit>
#include <cstddef>
#include <cstring>
#include <utility>

#include "engines/tflite/densify.hpp"
#include "engines/tflite/tensors.hpp"

namespace tandem_tflite {
namespace {

// Exponent and mantissa of an fp16 at their place in an fp32 make its value times 2^-112, subnormals included.
float from_half(std::uint16_t half) noexcept {
  const std::uint32_t sign = std::uint32_t{half & 0x8000U} << 16, rest = std::uint32_t{half & 0x7FFFU} << 13;
  if ((half & 0x7C00U) == 0x7C00U) return std::bit_cast<float>(sign | rest | 0x7F800000U);
  return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(std::bit_cast<float>(rest) * 0x1p112F));
}

// Scales and zero points of a quantised tensor: one each, or one a channel along a dimension.
struct Scales {
  std::span<const float> scales;
  std::span<const int> zero_points;
  std::int64_t inner = 1;  // elements that follow each other with the same scale
};

std::optional<Scales> scales_of(const TfLiteTensor& tensor) {
  if (tensor.quantization.type != kTfLiteAffineQuantization || tensor.quantization.params == nullptr) return {};
  const auto& affine = *static_cast<const TfLiteAffineQuantization*>(tensor.quantization.params);
  if (affine.scale == nullptr || affine.zero_point == nullptr || affine.scale->size != affine.zero_point->size)
    return {};
  Scales scales{std::span(affine.scale->data, static_cast<std::size_t>(affine.scale->size)), view(affine.zero_point),
                1};
  const std::span<const int> dims = view(tensor.dims);
  if (scales.scales.size() == 1) return scales;
  const auto axis = static_cast<std::size_t>(affine.quantized_dimension);
  if (axis >= dims.size() || static_cast<std::size_t>(dims[axis]) != scales.scales.size()) return {};
  for (std::size_t i = axis + 1; i < dims.size(); ++i) scales.inner *= dims[i];
  return scales;
}

// real = scale * (q - zero_point), TFLite's quantisation specification.
template <class Quantized>
bool dequantize(const TfLiteTensor& tensor, const Quantized* src, std::vector<float>& dst) {
  const std::optional<Scales> scales = scales_of(tensor);
  if (!scales) return false;
  for (std::size_t i = 0; i < dst.size(); ++i) {
    const std::size_t channel = i / static_cast<std::size_t>(scales->inner) % scales->scales.size();
    dst[i] = scales->scales[channel] * static_cast<float>(src[i] - scales->zero_points[channel]);
  }
  return true;
}

// The elements as floats; empty if the type is another or a scale is missing.
std::vector<float> to_floats(const TfLiteTensor& tensor, const void* elements) {
  std::vector<float> floats(static_cast<std::size_t>(element_count(tensor)));
  bool known = true;
  if (tensor.type == kTfLiteFloat16) {
    const auto* halves = static_cast<const std::uint16_t*>(elements);
    for (std::size_t i = 0; i < floats.size(); ++i) floats[i] = from_half(halves[i]);
  } else if (tensor.type == kTfLiteInt8) {
    known = dequantize(tensor, static_cast<const std::int8_t*>(elements), floats);
  } else if (tensor.type == kTfLiteUInt8) {
    known = dequantize(tensor, static_cast<const std::uint8_t*>(elements), floats);
  } else {
    known = false;
  }
  return known ? floats : std::vector<float>();
}

// 0: a type that has no elements here.
std::size_t bytes_of(TfLiteType type) noexcept {
  switch (type) {
    case kTfLiteFloat32:
    case kTfLiteInt32:
      return 4;
    case kTfLiteInt64:
      return 8;
    case kTfLiteFloat16:
      return 2;
    case kTfLiteInt8:
    case kTfLiteUInt8:
      return 1;
    default:
      return 0;
  }
}

// Keeps a vector alive together with a pointer to its elements.
template <class Element>
std::pair<const void*, std::shared_ptr<const void>> keep(std::vector<Element> elements) {
  if (elements.empty()) return {};
  auto owner = std::make_shared<const std::vector<Element>>(std::move(elements));
  return {owner->data(), owner};
}

}  // namespace

Constants::Constants(const TfLiteContext& context, std::span<const ModelNode> nodes) : context_(context) {
  for (const ModelNode& node : nodes) {
    const int code = node.registration.builtin_code;
    if (code != kTfLiteBuiltinDequantize && code != kTfLiteBuiltinDensify) continue;
    const std::span<const int> inputs = view(node.node.inputs), outputs = view(node.node.outputs);
    if (inputs.size() != 1 || outputs.size() != 1 || !is_constant(inputs[0]) || !has_tensor(context, outputs[0]))
      continue;
    producers_[outputs[0]] = node;
    folded_.push_back(node);
  }
}

bool Constants::is_constant(int tensor) const {
  return has_tensor(context_, tensor) && (is_stored(context_.tensors[tensor]) || producers_.contains(tensor));
}

Constants::Elements Constants::elements(int tensor) {
  if (const auto known = known_.find(tensor); known != known_.end()) return known->second;
  return known_[tensor] = compute(tensor);
}

Constants::Elements Constants::compute(int index) {
  if (!has_tensor(context_, index)) return {};
  const TfLiteTensor& tensor = context_.tensors[index];
  const std::int64_t count = element_count(tensor);
  const auto bytes = static_cast<std::int64_t>(bytes_of(tensor.type));
  if (count <= 0 || bytes == 0) return {};
  if (is_stored(tensor)) {
    // A damaged file may place its elements anywhere.
    const bool aligned = reinterpret_cast<std::uintptr_t>(tensor.data.raw_const) % static_cast<std::size_t>(bytes) == 0;
    const bool whole = tensor.sparsity == nullptr && static_cast<std::int64_t>(tensor.bytes) == count * bytes;
    return whole && aligned ? Elements{tensor.data.raw_const, nullptr} : Elements{};
  }
  const auto producer = producers_.find(index);
  if (producer == producers_.end()) return {};
  const int source_index = view(producer->second.node.inputs)[0];
  const TfLiteTensor& source = context_.tensors[source_index];
  if (element_count(source) != count) return {};
  if (producer->second.registration.builtin_code == kTfLiteBuiltinDensify) {
    if (source.type != tensor.type) return {};
    auto [data, owner] = keep(densify(source, static_cast<std::size_t>(bytes)));
    return {data, std::move(owner)};
  }
  const Elements elements = this->elements(source_index);
  if (elements.data == nullptr || tensor.type != kTfLiteFloat32) return {};
  auto [data, owner] = keep(to_floats(source, elements.data));
  return {data, std::move(owner)};
}

Constants::Floats Constants::floats(int tensor) {
  if (!has_tensor(context_, tensor) || context_.tensors[tensor].type != kTfLiteFloat32) return {};
  const Elements found = elements(tensor);
  return {static_cast<const float*>(found.data), found.owner};
}

Constants::Elements Constants::bytes(int tensor) {
  if (!has_tensor(context_, tensor)) return {};
  const TfLiteType type = context_.tensors[tensor].type;
  return type == kTfLiteInt8 || type == kTfLiteUInt8 ? elements(tensor) : Elements();
}

std::optional<std::vector<std::int64_t>> Constants::integers(int index) const {
  if (!has_tensor(context_, index) || !is_stored(context_.tensors[index])) return {};
  const TfLiteTensor& tensor = context_.tensors[index];
  const std::int64_t count = element_count(tensor);
  const auto bytes = static_cast<std::int64_t>(bytes_of(tensor.type));
  if ((tensor.type != kTfLiteInt32 && tensor.type != kTfLiteInt64) || tensor.sparsity != nullptr || count < 0 ||
      static_cast<std::int64_t>(tensor.bytes) != count * bytes) {
    return {};
  }
  std::vector<std::int64_t> values(static_cast<std::size_t>(count));
  for (std::size_t i = 0; i < values.size(); ++i) {
    std::int32_t narrow = 0;
    const char* const src = tensor.data.raw_const + i * static_cast<std::size_t>(bytes);
    if (tensor.type == kTfLiteInt64) {
      std::memcpy(&values[i], src, sizeof values[i]);
    } else {
      std::memcpy(&narrow, src, sizeof narrow);
      values[i] = narrow;
    }
  }
  return values;
}

}  // namespace tandem_tflite
