// The two functions by which TFLite finds an external delegate in a shared object. They have no header: TFLite looks them
// up by their names (tensorflow/lite/delegates/external/external_delegate.cc).
#include <tensorflow/lite/core/c/common.h>

#include <exception>
#include <string>

#include "engines/common/options.hpp"
#include "engines/tflite/delegate.hpp"

#define TANDEM_TFLITE_EXPORT extern "C" __attribute__((visibility("default")))

/// @param keys, values  [count] options, null-terminated, see tandem::engines::Options
/// @param report_error  told why there is no delegate; may be null
/// @return a delegate for tflite_plugin_destroy_delegate, which must outlive every interpreter that it is given to; or null
TANDEM_TFLITE_EXPORT TfLiteDelegate* tflite_plugin_create_delegate(const char* const* keys, const char* const* values,
                                                                   std::size_t count,
                                                                   void (*report_error)(const char*)) {
  const auto fail = [report_error](const char* sentence) -> TfLiteDelegate* {
    if (report_error != nullptr) report_error(sentence);
    return nullptr;
  };
  try {
    tandem::engines::OptionList list;
    for (std::size_t i = 0; i < count; ++i) list.emplace_back(keys[i], values[i]);
    const auto options = tandem::engines::parse_options(list);
    if (!options) return fail(options.status().message());
    return (new tandem_tflite::Delegate(*options))->handle();
  } catch (const std::exception& error) {
    return fail(error.what());
  }
}

TANDEM_TFLITE_EXPORT void tflite_plugin_destroy_delegate(TfLiteDelegate* delegate) {
  if (delegate != nullptr) delete &tandem_tflite::Delegate::of(delegate);
}
