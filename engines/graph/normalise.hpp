// Rewrites a graph into fewer operators with the same meaning, up to rounding. Each function is one pass; normalise() runs
// them in order. None fails: what it does not understand it leaves as it is. The graph has passed check().
#pragma once

#include "engines/graph/graph.hpp"

namespace tandem::graph {

/// Products by 1 and sums with 0 become identities.
void drop_neutral(Graph& graph);

/// Identities go, but for copies from an input or a constant to an output.
void drop_identities(Graph& graph);

/// Reshapes whose shape the network computes (Shape, Gather, Slice, Concat ...) become known where at most
/// one of their sizes depends on the input. Integer nodes that nobody needs any more give their sources to the nodes
/// that needed them, so that both are claimed together.
void fold_shapes(Graph& graph);

/// Operators on lines [N, C, L] between operators on images [N, C, 1, L], with Reshapes from and to them, become operators on
/// such images, so that Reshapes remain where lines come and go.
void lift_lines(Graph& graph);

/// Hard-swish, hard-sigmoid, SiLU and GELU out of their pieces; Min and Max with a number become clamps; a clamp of a
/// clamp becomes one.
void find_activations(Graph& graph);

/// Operators between kDequantize and kQuantize become operators on 8 bits where Tandem has such.
void quantise(Graph& graph);

/// A kDequantize of a constant becomes a constant of floats.
void fold_dequantized_constants(Graph& graph);

/// A batch norm becomes a Mul and an Add.
void split_batch_norms(Graph& graph);

/// Mul, Add, Sub and Div by a number or by channel go into the weights of the
/// convolution or matrix product before them, or of those after them.
void fold_affines(Graph& graph);

/// Padding by zeros of height and width goes into the convolutions after it.
void fold_pads(Graph& graph);

void normalise(Graph& graph);

}  // namespace tandem::graph
