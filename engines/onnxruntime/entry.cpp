// The two functions that ONNX Runtime looks for in the shared object.
#include <memory>
#include <string>

#include "engines/onnxruntime/factory.hpp"
#include "engines/onnxruntime/status.hpp"

namespace {

// On a host older than the headers. Such a host serves its own version's functions, among them the first of all.
OrtStatus* refuse(const OrtApiBase* base) noexcept {
  const OrtApi* oldest = base->GetApi(1);
  if (oldest == nullptr) return nullptr;
  try {
    const std::string sentence =
        std::string("Tandem: the execution provider needs ONNX Runtime 1.23 or newer; this is ") +
        base->GetVersionString() + ", which runs without Tandem";
    return oldest->CreateStatus(ORT_NOT_IMPLEMENTED, sentence.c_str());
  } catch (...) {
    return oldest->CreateStatus(ORT_NOT_IMPLEMENTED, "Tandem: the execution provider needs ONNX Runtime 1.23 or newer");
  }
}

}  // namespace

extern "C" __attribute__((visibility("default"))) OrtStatus* CreateEpFactories(
    const char* /*registered_name*/, const OrtApiBase* base, const OrtLogger* /*logger*/, OrtEpFactory** factories,
    size_t capacity, size_t* count) noexcept {
  *count = 0;
  const OrtApi* api = base->GetApi(ORT_API_VERSION);
  if (api == nullptr) return refuse(base);
  Ort::InitApi(api);
  return tandem_onnxruntime::guard([&] {
    if (capacity < 1)
      throw tandem_onnxruntime::Failure({tandem::StatusCode::kInvalidArgument, "no room for a factory"});
    factories[0] = new tandem_onnxruntime::Factory;
    *count = 1;
  });
}

extern "C" __attribute__((visibility("default"))) OrtStatus* ReleaseEpFactory(OrtEpFactory* factory) noexcept {
  delete static_cast<tandem_onnxruntime::Factory*>(factory);
  return nullptr;
}
