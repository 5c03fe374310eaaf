// The options that a user gives a plug-in, whichever engine hands them over.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tandem/data_type.hpp"
#include "tandem/status.hpp"

namespace tandem::engines {

struct Options {
  /// "threads": workers of a run, 1 to 256; 0: as many as the engine says. Results have the same bits for any number.
  std::int32_t threads = 0;
  /// "least_gain", a finite number >= 0: see graph::ClaimOptions. 0 claims all that Tandem can compute.
  double least_gain = 1.0;
  /// "explain": where to write what became of each node, as explain::write() takes it. Empty: nowhere.
  std::string explain;
  /// "profile", 0 or 1: time each run of each group, and write the explanation again, with the times, at the end.
  bool profile = false;
  /// "rounding", "even", "single" or "double": of operators on 8 bits, see tandem::Rounding.
  Rounding rounding = Rounding::kNearestEven;
};

/// Names and values, in the order in which the user gave them.
using OptionList = std::vector<std::pair<std::string, std::string>>;

/// kInvalidArgument for an unknown name or a wrong value: the sentence names the option and what it may be.
Result<Options> parse_options(const OptionList& list);

}  // namespace tandem::engines
