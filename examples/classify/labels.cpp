#include "classify/labels.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <sstream>

#include "classify/error.hpp"
#include "classify/input_file.hpp"

namespace classify {

std::vector<std::string> read_labels(const std::filesystem::path& path, std::size_t classes) {
  return reading(path, [&] {
    std::vector<std::string> labels;
    std::istringstream lines(read_file(path));
    for (std::string line; std::getline(lines, line);) {
      if (line.ends_with('\r')) line.pop_back();
      labels.push_back(std::move(line));
    }
    if (labels.size() != classes) {
      throw Error("it has " + std::to_string(labels.size()) + " labels, and the network " + std::to_string(classes) +
                  " classes");
    }
    return labels;
  });
}

std::vector<Guess> best_guesses(std::span<const float> logits, std::size_t count) {
  if (!std::all_of(logits.begin(), logits.end(), [](float x) { return std::isfinite(x); })) {
    throw Error("the network yields values that are not finite");
  }
  if (logits.empty()) return {};
  // It cancels out in the softmax and keeps exp() from overflowing.
  const auto largest = static_cast<double>(*std::max_element(logits.begin(), logits.end()));
  std::vector<Guess> guesses;
  double sum = 0.0;
  for (const float logit : logits) {
    guesses.push_back({guesses.size(), std::exp(static_cast<double>(logit) - largest)});
    sum += guesses.back().probability;
  }
  for (Guess& guess : guesses) guess.probability /= sum;

  count = std::min(count, guesses.size());
  std::partial_sort(guesses.begin(), guesses.begin() + static_cast<std::ptrdiff_t>(count), guesses.end(),
                    [](const Guess& a, const Guess& b) { return a.probability > b.probability; });
  guesses.resize(count);
  return guesses;
}

}  // namespace classify
