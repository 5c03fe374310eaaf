// What became of each node of one interpreter's graph, for the options `explain` and `profile`.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "engines/explain/explain.hpp"
#include "engines/tflite/constants.hpp"
#include "engines/tflite/reader.hpp"

namespace tandem_tflite {

class Explanation {
 public:
  /// @param claims   of `network`
  /// @param threads  workers of a run
  Explanation(tandem::graph::Claims claims, const Network& network, std::int32_t threads);

  /// Adds a folded constant's node: claimed, or left to the interpreter since others read the constant, too.
  void add_folded(int source, std::string name, std::string op, bool claimed);

  /// TFLite has made one kernel of these nodes: its number. TFLite forms the groups anew, out of all claimed nodes.
  std::size_t add_kernel(const std::vector<std::int32_t>& sources);
  /// Once the last kernel is there, the groups of the report are the kernels.
  void finish();

  /// Writes the report to `where` at once; with `profile` again when this object goes, with the times of the runs.
  tandem::Status write(const std::string& where, bool profile);
  ~Explanation();
  Explanation(const Explanation&) = delete;
  Explanation& operator=(const Explanation&) = delete;

  /// A run of a kernel took so long.
  void measured(std::size_t kernel, double seconds) noexcept;

 private:
  tandem::explain::Report report_;
  std::vector<tandem::graph::Group> kernels_;
  std::string at_the_end_;  // where to write when this object goes
};

}  // namespace tandem_tflite
