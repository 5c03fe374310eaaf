#include "engines/onnxruntime/options.hpp"

#include <charconv>
#include <limits>
#include <string_view>
#include <system_error>

#include "engines/onnxruntime/host_threads.hpp"
#include "engines/onnxruntime/status.hpp"

namespace tandem_onnxruntime {
namespace {

using tandem::StatusCode;

// The whole text as a number within [least, most], else a sentence.
template <class Number>
Number parse_number(const char* name, const std::string& text, Number least, Number most, const char* allowed) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || !(number >= least && number <= most)) {
    throw Failure({StatusCode::kInvalidArgument,
                   std::string("the option \"") + name + "\" is \"" + text + "\"; it may be " + allowed});
  }
  return number;
}

}  // namespace

Options parse_options(const std::map<std::string, std::string>& entries) {
  Options options;
  for (const auto& [name, value] : entries) {
    if (name == "threads") {
      options.threads = parse_number(name.c_str(), value, 0, 256, "a whole number from 1 to 256, or 0: one for each core");
    } else if (name == "least_gain") {
      options.least_gain = parse_number(name.c_str(), value, 0.0, std::numeric_limits<double>::max(), "a number from 0 on");
    } else if (name == "explain") {
      options.explain = value;
    } else if (name == "profile") {
      options.profile = parse_number(name.c_str(), value, 0, 1, "0 or 1") == 1;
    } else {
      throw Failure({StatusCode::kInvalidArgument,
                     "there is no option \"" + name + "\"; there are threads, least_gain, explain and profile"});
    }
  }
  if (options.threads == 0) options.threads = default_threads();
  return options;
}

Options read_options(const OrtSessionOptions* session) {
  Ort::KeyValuePairs all{nullptr};
  OrtKeyValuePairs* pairs = nullptr;
  Ort::ThrowOnError(Ort::GetApi().GetSessionOptionsConfigEntries(session, &pairs));
  all = Ort::KeyValuePairs{pairs};
  const std::string_view prefix = kOptionPrefix;
  std::map<std::string, std::string> own;
  for (const auto& [name, value] : all.GetKeyValuePairs()) {
    if (name.starts_with(prefix)) own.emplace(name.substr(prefix.size()), value);
  }
  return parse_options(own);
}

}  // namespace tandem_onnxruntime
