// How many threads a session of ONNX Runtime has, which its interface of version 1.23 does not tell.
#pragma once

#include <cstdint>

namespace tandem_onnxruntime {

/// As many as ONNX Runtime starts by default: the cores that this process may use, counting the threads of one core once.
/// At least 1.
std::int32_t default_threads() noexcept;

}  // namespace tandem_onnxruntime
