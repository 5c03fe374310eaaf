// The ISAs a test binary runs on, each with every combination of types: the parameter of suites that depend on both.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "elements.hpp"
#include "isas.hpp"

namespace tandem::test {

struct TypedIsa {
  std::string isa;
  TypePair types = kTypePairs[0];

  /// Every tensor and weight is fp32.
  [[nodiscard]] bool f32() const { return types.tensors == DataType::kF32 && types.weights == DataType::kF32; }
};

/// "avx2_f32"; "avx2_f32_bf16" where the weights' type is another one.
inline std::ostream& operator<<(std::ostream& out, const TypedIsa& typed) {
  out << typed.isa << '_' << to_string(typed.types.tensors);
  return typed.types.weights == typed.types.tensors ? out : out << '_' << to_string(typed.types.weights);
}
inline std::string typed_isa_test_name(const testing::TestParamInfo<TypedIsa>& info) {
  return testing::PrintToString(info.param);
}

inline std::vector<TypedIsa> typed_isas_under_test() {
  std::vector<TypedIsa> all;
  for (const std::string& isa : isas_under_test()) {
    for (const TypePair& types : kTypePairs) all.push_back({isa, types});
  }
  return all;
}

}  // namespace tandem::test
