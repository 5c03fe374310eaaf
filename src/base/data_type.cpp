#include "tandem/data_type.hpp"

#include "src/base/convert.hpp"

namespace tandem::inline TANDEM_ABI {

const char* to_string(DataType type) noexcept {
  switch (type) {
    case DataType::kF32:
      return "f32";
    case DataType::kBf16:
      return "bf16";
    case DataType::kF16:
      return "f16";
    case DataType::kU8:
      return "u8";
    case DataType::kS8:
      return "s8";
    case DataType::kS32:
      return "s32";
  }
  return "no data type";
}

bool convert(DataType src_type, const void* src, DataType dst_type, void* dst, std::size_t count) noexcept {
  const auto is_real = [](DataType t) { return t == DataType::kF32 || t == DataType::kBf16 || t == DataType::kF16; };
  if (!is_real(src_type) || !is_real(dst_type)) return false;
  for (std::size_t i = 0; i < count; ++i) {
    internal::store_element(dst_type, dst, i, internal::load_element(src_type, src, i));
  }
  return true;
}

}  // namespace tandem::inline TANDEM_ABI
