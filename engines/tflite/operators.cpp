#include "engines/tflite/operators.hpp"

namespace tandem_tflite {

void translate(int builtin_code, const NodeReader& node) {
  for (const auto translations :
       {weight_translations(), image_translations(), element_translations(), shape_translations()}) {
    for (const Translation& translation : translations) {
      if (translation.builtin_code == builtin_code) return translation.translate(node);
    }
  }
  throw Unsupported{"Tandem has no such operator"};
}

}  // namespace tandem_tflite
