// What became of each node of one interpreter's graph, for the options `explain` and `profile`.
#pragma once

#include <cstddef>
#include <string>

#include "engines/explain/explain.hpp"

namespace tandem_tflite {

class Explanation {
 public:
  explicit Explanation(tandem::explain::Report report);

  /// Writes the report to `where` at once; with `profile` again when this object goes, with the times of the runs.
  tandem::Status write(const std::string& where, bool profile);
  ~Explanation();
  Explanation(const Explanation&) = delete;
  Explanation& operator=(const Explanation&) = delete;

  /// A run of a group took so long.
  void measured(std::size_t group, double seconds) noexcept;

 private:
  tandem::explain::Report report_;
  std::string at_the_end_;  // where to write when this object goes
};

}  // namespace tandem_tflite
