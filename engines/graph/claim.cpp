// Claims nothing yet.
#include "engines/graph/claim.hpp"

namespace tandem::graph {

Result<Claims> claim(const Graph&, const ClaimOptions&) noexcept {
  return Status(StatusCode::kUnsupported, "claim() is being written");
}
std::string print(const Claims&) { return {}; }

}  // namespace tandem::graph
