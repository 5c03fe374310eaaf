// The same photographs in fp32 and in 8 bits, side by side: what each network sees, how sure it is, how long it takes.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "network/network.hpp"

namespace classify {

/// What one network says of a photograph.
struct Verdict {
  std::string label;
  double probability = 0.0;
  double milliseconds = 0.0;  ///< of the fastest run, without decoding and preprocessing
};

/// One photograph in both.
struct ComparedPicture {
  std::string name;
  Verdict fp32;
  Verdict int8;
};

/// @param input   of the network's input shape
/// @param labels  one for each of the network's outputs
/// @param runs    >= 1, to time
/// Throws Error if the network fails or yields values that are not finite.
[[nodiscard]] Verdict judge(network::Network& network, std::span<const float> input,
                            const std::vector<std::string>& labels, int runs);

/// A line for each picture, columns separated by " | ", of each label what stands before its first comma; then, in a sentence,
/// for how many the labels are the same, and how the times compare.
[[nodiscard]] std::string comparison_table(const std::vector<ComparedPicture>& pictures);

}  // namespace classify
