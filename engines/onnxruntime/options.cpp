#include "engines/onnxruntime/options.hpp"

#include <string>
#include <string_view>

#include "engines/onnxruntime/host_threads.hpp"
#include "engines/onnxruntime/status.hpp"

namespace tandem_onnxruntime {
namespace {

Ort::KeyValuePairs configuration(const OrtSessionOptions* session) {
  OrtKeyValuePairs* pairs = nullptr;
  Ort::ThrowOnError(Ort::GetApi().GetSessionOptionsConfigEntries(session, &pairs));
  return Ort::KeyValuePairs{pairs};
}

}  // namespace

Options read_options(const OrtSessionOptions* session) {
  const std::string_view prefix = kOptionPrefix;
  tandem::engines::OptionList own;
  const auto entries = configuration(session).GetKeyValuePairs();  // a copy
  for (const auto& [name, value] : entries) {
    if (name.starts_with(prefix)) own.emplace_back(name.substr(prefix.size()), value);
  }
  Options options = check(tandem::engines::parse_options(own));
  if (options.threads == 0) options.threads = default_threads();
  return options;
}

bool writes_compiled_model(const OrtSessionOptions* session) {
  const auto entries = configuration(session).GetKeyValuePairs();
  const auto found = entries.find("ep.context_enable");
  return found != entries.end() && found->second == "1";
}

}  // namespace tandem_onnxruntime
