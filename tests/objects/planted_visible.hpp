// A faulty public header: a function without TANDEM_API, and one that the library does not define.
#pragma once

#include "tandem/api.h"

namespace tandem {

class Planted {
 public:
  static int unmarked(int value);
  TANDEM_API int undefined(int (*callback)(int) = {}) const noexcept;
  int defined() const { return 1; }
};

}  // namespace tandem
