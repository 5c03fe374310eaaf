// AVX2 with AVX-VNNI. Its tables of floating-point types are those of avx2.cpp.
#define TANDEM_ISA avxvnni
#define TANDEM_INT8
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// As avx2.cpp. With s8 tensors the bits that make them unsigned come from memory.
constinit const IsaTables avxvnni_int8_tables =
    avxvnni::Int8Tables<xsimd::avx2, avxvnni::VnniDot<xsimd::avx2>, avxvnni::GemmTiles<12, 6, 4>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
