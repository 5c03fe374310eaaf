// AVX-512 with VNNI. Its tables of floating-point types are those of avx512.cpp.
#define TANDEM_ISA avx512vnni
#define TANDEM_INT8
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// As avx512.cpp. With s8 tensors the 32nd register holds the bits that make them unsigned.
constinit const IsaTables avx512vnni_int8_tables =
    avx512vnni::Int8Tables<xsimd::avx512bw, avx512vnni::VnniDot<xsimd::avx512bw>,
                           avx512vnni::GemmTiles<14, 14, 9>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
