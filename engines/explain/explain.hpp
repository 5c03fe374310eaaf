// What a plug-in decided about each node of a network, in a file: JSON for programs, a table for people. Both plug-ins
// write it, and the Python package reads it (docs/engines.md has the form).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engines/graph/claim.hpp"
#include "tandem/status.hpp"

namespace tandem::explain {

/// The runs of one group, with the option `profile`.
struct Measured {
  std::int64_t runs = 0;
  double seconds = 0;  ///< of the fastest run; meaningless if runs is 0
};

struct Report {
  std::string engine;        ///< "onnxruntime" or "tflite"
  std::int32_t threads = 1;  ///< workers of a run
  graph::Claims claims;
  std::vector<Measured> measured;  ///< one for each group of the claims; may be shorter
};

/// The report as one JSON object in UTF-8, with a newline at its end. Bytes of names that are not UTF-8 become U+FFFD.
std::string to_json(const Report& report);
/// The table of the claims, and with measured runs a line for each group.
std::string to_table(const Report& report);

/// Writes it to the file `where`, as JSON if the name ends in ".json", else as the table; "stderr" is the stream. The file
/// is complete or not there: it is written beside its place and renamed. kInvalidArgument with the file's name and the
/// system's sentence.
Status write(const Report& report, const std::string& where);

}  // namespace tandem::explain
