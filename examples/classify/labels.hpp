// From logits to words: the last step of the way picture -> preprocess -> network -> labels.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace classify {

/// One label a line, that of class 0 first. Throws Error unless there are exactly `classes` of them.
[[nodiscard]] std::vector<std::string> read_labels(const std::filesystem::path& path, std::size_t classes);

struct Guess {
  std::size_t class_index;
  double probability;
};

/// The `count` most probable classes, best first; with fewer classes, all of them. The probabilities are the softmax
/// exp(x) / sum(exp(x)) of the logits. Throws Error when one of those is infinite or no number.
[[nodiscard]] std::vector<Guess> best_guesses(std::span<const float> logits, std::size_t count);

}  // namespace classify
