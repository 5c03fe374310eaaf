// A network at one input shape, before it is planned: operators in the order in which they run, and the memory that each
// reads and writes. emit() writes it, eliminate_copies() and place_buffers() improve it, Executable plans it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engines/graph/graph.hpp"
#include "engines/graph/infer.hpp"
#include "tandem/operator.hpp"

namespace tandem::graph {

/// Memory that steps read and write.
struct Buffer {
  enum class Kind : std::int32_t {
    kArena,     ///< between two steps
    kInput,     ///< the engine's, read only
    kOutput,    ///< the engine's
    kConstant,  ///< the program's, read only
  };
  Kind kind = Kind::kArena;
  std::size_t index = 0;  ///< which input, output or constant
  std::int64_t elements = 0;
  std::int64_t element_bytes = sizeof(float);  ///< of each element: a float, or 1
  std::int64_t offset = 0;                     ///< kArena: where it lies in the arena, in bytes; set by place_buffers()
};

/// Where a step reads or writes: rows of `row` elements, `stride` elements apart, from `offset` on. A dense tensor has
/// stride == row, whatever its row is.
struct Operand {
  std::int32_t buffer = -1;  ///< -1: the step has no such operand
  std::int64_t offset = 0;
  std::int64_t row = 0;
  std::int64_t stride = 0;
};

struct Step {
  Operator op;
  Shape shape;  ///< of the input
  Operand src, dst, residual;
  bool copies = false;  ///< src to dst and nothing else
  std::string name;     ///< of the node, or what the step does to its memory
};

struct Program {
  std::vector<Buffer> buffers;
  std::vector<Step> steps;
  std::vector<std::vector<float>> constants;  ///< what Buffer::Kind::kConstant refers to
  std::int64_t arena_bytes = 0;               ///< set by place_buffers()
};

/// What emit() and the executor need of a compiled network.
struct Network {
  Graph graph;                      ///< normalised and fused; its weights are gone
  std::vector<Operator> operators;  ///< one for each node; empty for nodes without weights
  std::size_t bytes = 0;            ///< of the packed weights
};

/// Checks, normalises and fuses an engine's graph, and packs its weights.
Result<Network> build(Graph graph);

/// The steps at these sizes. kUnsupported or kInvalidArgument with the node's name.
Result<Program> emit(const Network& network, const AllDims& dims);

/// Lets a step write where a later copy would have put its output, with a pixel stride, and drops the copy: so Concat and
/// Split by channels and the outputs of the network need no step.
void eliminate_copies(Program& program);

/// Gives arena buffers their places: two may share memory unless both are needed at the same step.
void place_buffers(Program& program);

/// A line for each step.
std::string print(const Program& program);

}  // namespace tandem::graph
