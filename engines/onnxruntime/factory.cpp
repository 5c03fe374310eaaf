#include "engines/onnxruntime/factory.hpp"

#include <string>

#include "engines/onnxruntime/options.hpp"
#include "engines/onnxruntime/provider.hpp"
#include "engines/onnxruntime/status.hpp"
#include "tandem/isa.hpp"
#include "tandem/version.hpp"

namespace tandem_onnxruntime {
namespace {

// Every CPU that the host knows: Tandem takes the instruction set at run time.
OrtStatus* ORT_API_CALL supported_devices(OrtEpFactory* self, const OrtHardwareDevice* const* devices, size_t count,
                                          OrtEpDevice** own, size_t capacity, size_t* own_count) noexcept {
  *own_count = 0;
  for (size_t i = 0; i < count && *own_count < capacity; ++i) {
    if (Ort::GetApi().HardwareDevice_Type(devices[i]) != OrtHardwareDeviceType_CPU) continue;
    OrtStatus* failure = Ort::GetEpApi().CreateEpDevice(self, devices[i], nullptr, nullptr, &own[*own_count]);
    if (failure != nullptr) return failure;
    ++*own_count;
  }
  return nullptr;
}

// Why the session gets nothing from Tandem; else empty.
std::string why_useless(const OrtSessionOptions* session) {
  const auto isa = tandem::select_isa();
  if (!isa) return isa.status().message();
  if (std::string(*isa) == "scalar") {
    return "this CPU has no instruction set with which Tandem is faster than ONNX Runtime (or TANDEM_ISA is "
           "\"scalar\")";
  }
  return writes_compiled_model(session) ? "the session writes compiled models, which Tandem's parts cannot be in" : "";
}

OrtStatus* ORT_API_CALL create_ep(OrtEpFactory* /*self*/, const OrtHardwareDevice* const* /*devices*/,
                                  const OrtKeyValuePairs* const* /*metadata*/, size_t /*count*/,
                                  const OrtSessionOptions* session, const OrtLogger* logger, OrtEp** ep) noexcept {
  *ep = nullptr;
  return guard([&] { *ep = new Provider(read_options(session), why_useless(session), logger); });
}

}  // namespace

// Memory is the host's CPU memory, so that the functions for allocators, transfers and streams have nothing to give. They
// are there because 1.32 calls them without asking.
Factory::Factory() noexcept : OrtEpFactory{} {
  ort_version_supported = ORT_API_VERSION;
  OrtEpFactory::GetName = [](const OrtEpFactory*) noexcept { return kProviderName; };
  OrtEpFactory::GetVendor = [](const OrtEpFactory*) noexcept { return kVendor; };
  OrtEpFactory::GetVendorId = [](const OrtEpFactory*) noexcept { return uint32_t{0}; };
  OrtEpFactory::GetVersion = [](const OrtEpFactory*) noexcept { return tandem::version(); };
  OrtEpFactory::GetSupportedDevices = supported_devices;
  OrtEpFactory::CreateEp = create_ep;
  OrtEpFactory::ReleaseEp = [](OrtEpFactory*, OrtEp* ep) noexcept { delete static_cast<Provider*>(ep); };
  OrtEpFactory::CreateDataTransfer = [](OrtEpFactory*, OrtDataTransferImpl** transfer) noexcept -> OrtStatus* {
    *transfer = nullptr;
    return nullptr;
  };
  OrtEpFactory::CreateAllocator = [](OrtEpFactory*, const OrtMemoryInfo*, const OrtKeyValuePairs*,
                                     OrtAllocator** allocator) noexcept -> OrtStatus* {
    *allocator = nullptr;
    return nullptr;
  };
  OrtEpFactory::ReleaseAllocator = [](OrtEpFactory*, OrtAllocator*) noexcept {};
  OrtEpFactory::IsStreamAware = [](const OrtEpFactory*) noexcept { return false; };
}

}  // namespace tandem_onnxruntime
