// Compiles nothing yet.
#include "engines/graph/compile.hpp"

namespace tandem::graph {

struct Compiled::Impl {};

Result<Compiled> compile(const Graph&, const CompileOptions&) noexcept {
  return Status(StatusCode::kUnsupported, "compile() is being written");
}
Status Compiled::run(const GraphRun&) const noexcept { return {StatusCode::kInvalidArgument, "empty Compiled"}; }
Status Compiled::prepare(const InputTensor*, std::size_t) const noexcept {
  return {StatusCode::kInvalidArgument, "empty Compiled"};
}
Status Compiled::output_shapes(const GraphRun&) const noexcept {
  return {StatusCode::kInvalidArgument, "empty Compiled"};
}
std::size_t Compiled::bytes() const noexcept { return 0; }
std::string Compiled::explain() const { return {}; }

}  // namespace tandem::graph
