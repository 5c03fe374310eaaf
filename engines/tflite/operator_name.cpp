#include "engines/tflite/operator_name.hpp"

#include <tensorflow/lite/builtin_ops.h>
#include <tensorflow/lite/schema/schema_generated.h>

namespace tandem_tflite {

std::string operator_name(const TfLiteRegistration& registration) {
  const int code = registration.builtin_code;
  if ((code == kTfLiteBuiltinCustom || code == kTfLiteBuiltinDelegate) && registration.custom_name != nullptr) {
    return registration.custom_name;
  }
  const std::string name = tflite::EnumNameBuiltinOperator(static_cast<tflite::BuiltinOperator>(code));
  return name.empty() ? "operator " + std::to_string(code) : name;
}

}  // namespace tandem_tflite
