// The provider's options, from a session's configuration: see engines/common/options.hpp for what they are.
#pragma once

#include "engines/common/options.hpp"
#include "engines/onnxruntime/api.hpp"

namespace tandem_onnxruntime {

using tandem::engines::Options;

/// The entries of the session's configuration that begin with kOptionPrefix; ONNX Runtime puts provider options there.
/// `threads` is at least 1: the session's intra_op_num_threads cannot be asked for, so that 0 becomes default_threads().
/// Throws Failure for an unknown name or a wrong value.
Options read_options(const OrtSessionOptions* session);

/// The session is to write a model with the compiled parts of providers ("ep.context_enable"), and Tandem's cannot be written.
bool writes_compiled_model(const OrtSessionOptions* session);

}  // namespace tandem_onnxruntime
