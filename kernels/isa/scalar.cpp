// No vectors: plain C++ on the baseline of the architecture.
#define TANDEM_ISA scalar
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 16 registers: 12 accumulators, up to 3 columns, 1 element of A.
constinit const IsaTables scalar_tables = scalar::Tables<scalar::Scalar, scalar::GemmTiles<12, 6, 4>>::kAll;

}  // namespace tandem::inline TANDEM_ABI::kernels
