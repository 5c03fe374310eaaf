// No vectors: plain C++ on the baseline of the architecture.
#define TANDEM_ISA scalar
#define TANDEM_INT8
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 16 registers: few sums, since a dot product takes four elements of A apart.
constinit const IsaTables scalar_int8_tables =
    scalar::Int8Tables<scalar::Scalar, scalar::ScalarDot, scalar::GemmTiles<4, 2, 2>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
