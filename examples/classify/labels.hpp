// From logits to words: the last step of the way picture -> preprocess -> network -> labels.
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <vector>

namespace classify {

/// One label per line, beginning with class 0. Throws Error unless there are exactly `classes` labels.
[[nodiscard]] std::vector<std::string> read_labels(const std::filesystem::path& path, std::size_t classes);

struct Guess {
  std::size_t class_index;
  double probability;
};

/// The `count` most probable classes, best first, or all if there are fewer. The probabilities are the softmax exp(x) /
/// sum(exp(x)) of the logits. Throws Error if a logit is infinite or NaN.
[[nodiscard]] std::vector<Guess> best_guesses(std::span<const float> logits, std::size_t count);

}  // namespace classify
