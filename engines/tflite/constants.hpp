// The constants of a model. Many models store their weights in fp16 or 8 bits, or sparse, and let DEQUANTIZE and DENSIFY
// make floats of them; these nodes are computed here, once.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

namespace tandem_tflite {

/// A node of the model, and its number. TFLite moves its nodes in memory, but keeps what they point to as long as the
/// interpreter lives.
struct ModelNode {
  int index = 0;
  TfLiteNode node{};
  TfLiteRegistration registration{};
};

class Constants {
 public:
  /// @param context  outlives this object; its tensors and nodes do not change meanwhile
  /// @param nodes    in order of execution
  Constants(const TfLiteContext& context, std::span<const ModelNode> nodes);

  /// True if the tensor is stored in the model's file, or folded from one that is.
  [[nodiscard]] bool is_constant(int tensor) const;
  /// The nodes that compute constants out of constants, in order of execution.
  [[nodiscard]] const std::vector<ModelNode>& folded() const noexcept { return folded_; }

  /// The elements of a constant fp32 tensor; null if there are none or they are damaged. The memory is the model's own or
  /// is kept by `owner`.
  struct Floats {
    const float* data = nullptr;
    std::shared_ptr<const void> owner;
  };
  [[nodiscard]] Floats floats(int tensor);
  /// Elements of a tensor's own type, dense.
  struct Elements {
    const void* data = nullptr;
    std::shared_ptr<const void> owner;
  };
  /// Those of a constant int8 or uint8 tensor; null for any other.
  [[nodiscard]] Elements bytes(int tensor);
  /// The elements of a constant int32 or int64 tensor; nothing for any other.
  [[nodiscard]] std::optional<std::vector<std::int64_t>> integers(int tensor) const;

 private:
  Elements elements(int tensor);
  Elements compute(int tensor);

  const TfLiteContext& context_;
  std::vector<ModelNode> folded_;
  std::map<int, ModelNode> producers_;  // of folded tensors
  std::map<int, Elements> known_;
};

}  // namespace tandem_tflite
