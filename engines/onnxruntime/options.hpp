// The provider's options, from a session's configuration.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engines/onnxruntime/api.hpp"

namespace tandem_onnxruntime {

/// What a user may set: in Python `providers=[("TandemExecutionProvider", {"threads": "2"})]`, or an entry
/// "ep.tandemexecutionprovider.threads" of the session's configuration.
struct Options {
  /// "threads": 1 to 256, or 0 for one for each core, as ONNX Runtime has by default. Set it to the session's
  /// intra_op_num_threads: the provider runs on those threads and cannot ask how many there are. Results have the same
  /// bits for any number.
  std::int32_t threads = 0;
  /// "least_gain": from 0 on. A group of nodes is claimed if it is expected to run at least this many times as fast as in
  /// ONNX Runtime, layout conversions included. 0 claims all that Tandem can compute.
  double least_gain = 1.0;
  /// "explain": where to write a table of the nodes, claimed or why not: "stderr", or the path of a file, which is
  /// overwritten (as JSON if it ends in ".json"). Empty: nowhere.
  std::string explain;
  /// "profile": 1 measures each run of each group, and the end of the session writes the table again, with the times;
  /// else 0.
  bool profile = false;
};

/// @param entries  names without their prefix, and values. Throws Failure (kInvalidArgument) for an unknown name or a wrong
///                 value; the sentence names the option and the allowed values.
Options parse_options(const std::map<std::string, std::string>& entries);

/// The entries of the session's configuration that begin with kOptionPrefix, parsed.
Options read_options(const OrtSessionOptions* session);

}  // namespace tandem_onnxruntime
