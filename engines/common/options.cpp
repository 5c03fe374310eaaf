#include "engines/common/options.hpp"

#include <charconv>
#include <limits>
#include <optional>
#include <system_error>

namespace tandem::engines {
namespace {

// The whole text as a number within [least, most].
template <class Number>
std::optional<Number> number(const std::string& text, Number least, Number most) {
  Number value{};
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || !(value >= least && value <= most)) return {};
  return value;
}

// Sets the option, or says what it may be.
const char* set(Options& options, const std::string& name, const std::string& value) {
  if (name == "threads") {
    const auto threads = number<std::int32_t>(value, 0, 256);
    if (!threads) return "a whole number from 1 to 256, or 0 for as many as the engine says";
    options.threads = *threads;
  } else if (name == "least_gain") {
    const auto gain = number<double>(value, 0.0, std::numeric_limits<double>::max());
    if (!gain) return "a number of 0 or more";
    options.least_gain = *gain;
  } else if (name == "explain") {
    if (value.empty()) return "\"stderr\" or the path of a file";
    options.explain = value;
  } else if (name == "rounding") {
    if (value != "even" && value != "single" && value != "double") return R"("even", "single" or "double")";
    options.rounding = value == "even"     ? Rounding::kNearestEven
                       : value == "single" ? Rounding::kTfliteSingle
                                           : Rounding::kTfliteDouble;
  } else {
    const auto profile = number<std::int32_t>(value, 0, 1);
    if (!profile) return "0 or 1";
    options.profile = *profile == 1;
  }
  return nullptr;
}

bool is_known(const std::string& name) {
  return name == "threads" || name == "least_gain" || name == "explain" || name == "profile" || name == "rounding";
}

Status wrong(const std::string& sentence) { return {StatusCode::kInvalidArgument, sentence}; }

}  // namespace

Result<Options> parse_options(const OptionList& list) {
  Options options;
  for (const auto& [name, value] : list) {
    if (!is_known(name)) {
      return wrong("Tandem has no option \"" + name + "\"; it has threads, least_gain, explain, profile and rounding");
    }
    if (const char* const allowed = set(options, name, value)) {
      return wrong("the option \"" + name + "\" is \"" + value + "\"; it may be " + allowed);
    }
  }
  return options;
}

}  // namespace tandem::engines
