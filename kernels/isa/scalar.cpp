// No vectors: plain C++ on the baseline of the architecture.
#define TANDEM_ISA scalar
#include "kernels/kernels.inl.hpp"

namespace tandem::inline TANDEM_ABI::kernels {

// 16 registers: 12 accumulators, up to 3 columns, 1 element of A.
constinit const KernelTable scalar_table = scalar::make_table<scalar::Simd<float, scalar::Scalar>, 12, 6, 4>("scalar");

}  // namespace tandem::inline TANDEM_ABI::kernels
