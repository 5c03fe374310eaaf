// The order of the passes.
#include "engines/graph/normalise.hpp"

namespace tandem::graph {

void normalise(Graph& graph) {
  drop_neutral(graph);
  drop_identities(graph);
  fold_shapes(graph);
  lift_lines(graph);
  find_activations(graph);
  quantise(graph);
  fold_dequantized_constants(graph);
  fold_pads(graph);
  split_batch_norms(graph);
  fold_affines(graph);
}

}  // namespace tandem::graph
