#include "engines/tflite/explanation.hpp"

#include <algorithm>
#include <exception>
#include <utility>

namespace tandem_tflite {

Explanation::Explanation(tandem::explain::Report report) : report_(std::move(report)) {
  report_.measured.resize(report_.claims.groups.size());
}

tandem::Status Explanation::write(const std::string& where, bool profile) {
  if (profile) at_the_end_ = where;
  return tandem::explain::write(report_, where);
}

Explanation::~Explanation() {
  if (at_the_end_.empty()) return;
  try {
    (void)tandem::explain::write(report_, at_the_end_);  // the interpreter is gone: nobody is left to tell
  } catch (const std::exception&) {
  }
}

void Explanation::measured(std::size_t group, double seconds) noexcept {
  tandem::explain::Measured& measured = report_.measured[group];
  measured.seconds = measured.runs == 0 ? seconds : std::min(measured.seconds, seconds);
  ++measured.runs;
}

}  // namespace tandem_tflite
