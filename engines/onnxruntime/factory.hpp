// What ONNX Runtime asks before a session begins: the provider's name, the devices it runs on, and a provider for a session.
#pragma once

#include "engines/onnxruntime/api.hpp"

namespace tandem_onnxruntime {

/// One for each time that the shared object is registered. It has no state, so any thread may use it.
class Factory : public OrtEpFactory {
 public:
  Factory() noexcept;
};

}  // namespace tandem_onnxruntime
