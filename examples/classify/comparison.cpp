#include "classify/comparison.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdio>

#include "classify/error.hpp"
#include "classify/labels.hpp"
#include "classify/latency.hpp"

namespace classify {
namespace {

constexpr std::size_t kColumns = 7;
using Row = std::array<std::string, kColumns>;

std::string fixed(double value, int digits) {
  char text[32];
  std::snprintf(text, sizeof text, "%.*f", digits, value);
  return text;
}

std::string first_name(const std::string& label) { return label.substr(0, label.find(',')); }

Row row_of(const ComparedPicture& p) {
  return {p.name,
          first_name(p.fp32.label),
          fixed(100.0 * p.fp32.probability, 1),
          fixed(p.fp32.milliseconds, 2),
          first_name(p.int8.label),
          fixed(100.0 * p.int8.probability, 1),
          fixed(p.int8.milliseconds, 2)};
}

constexpr bool is_number(std::size_t column) noexcept { return column != 0 && column != 1 && column != 4; }

}  // namespace

Verdict judge(network::Network& network, std::span<const float> input, const std::vector<std::string>& labels,
              int runs) {
  std::vector<float> logits(labels.size());
  const tandem::Status status = network.run(input.data(), logits.data());
  if (!status.ok()) throw Error(status.message());
  const Guess best = best_guesses(logits, 1).front();
  return {labels[best.class_index], best.probability, 1e3 * measure_latency(network, input, runs).min_seconds};
}

std::string comparison_table(const std::vector<ComparedPicture>& pictures) {
  std::vector<Row> rows = {{"photograph", "fp32", "%", "ms", "int8", "%", "ms"}};
  std::size_t alike = 0;
  double fp32 = 0.0, int8 = 0.0;
  for (const ComparedPicture& picture : pictures) {
    rows.push_back(row_of(picture));
    alike += picture.fp32.label == picture.int8.label ? 1 : 0;
    fp32 += picture.fp32.milliseconds;
    int8 += picture.int8.milliseconds;
  }
  std::array<std::size_t, kColumns> widths{};
  for (const Row& row : rows) {
    for (std::size_t c = 0; c < kColumns; ++c) widths[c] = std::max(widths[c], row[c].size());
  }

  std::string table;
  for (const Row& row : rows) {
    for (std::size_t c = 0; c < kColumns; ++c) {
      const std::string space(widths[c] - row[c].size(), ' ');
      table += (c == 0 ? "  " : " | ") + (is_number(c) ? space + row[c] : row[c] + space);
    }
    table += '\n';
  }
  table += "The label is the same for " + std::to_string(alike) + " of " + std::to_string(pictures.size()) +
           " photographs; int8 takes " + fixed(int8 / std::max(fp32, 1e-9), 2) + " of the time of fp32.\n";
  return table;
}

}  // namespace classify
