// ONNX Runtime's C++ interface, as the host gives it: its functions come through the pointer that CreateEpFactories gets.
#pragma once

#include <onnxruntime_cxx_api.h>

namespace tandem_onnxruntime {

/// Names of this provider; users of ONNX Runtime spell the first.
inline constexpr const char* kProviderName = "TandemExecutionProvider";
inline constexpr const char* kVendor = "Tandem";

/// What ONNX Runtime calls the provider's options in a session's configuration: "ep.", the name in lower case, ".".
inline constexpr const char* kOptionPrefix = "ep.tandemexecutionprovider.";

}  // namespace tandem_onnxruntime
