// How TFLite's schema spells an operator.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <string>

namespace tandem_tflite {

/// "CONV_2D", the name of a custom operator, or "operator 300" for one that is newer than the headers.
std::string operator_name(const TfLiteRegistration& registration);

}  // namespace tandem_tflite
