// A program as text.
#include "engines/graph/steps.hpp"

namespace tandem::graph {
namespace {

std::string text(const Program& program, const Operand& at) {
  if (at.buffer < 0) return "-";
  const Buffer& b = program.buffers[static_cast<std::size_t>(at.buffer)];
  const char* kind = b.kind == Buffer::Kind::kArena    ? "b"
                     : b.kind == Buffer::Kind::kInput  ? "in"
                     : b.kind == Buffer::Kind::kOutput ? "out"
                                                       : "constant";
  return kind + std::to_string(b.kind == Buffer::Kind::kArena ? static_cast<std::size_t>(at.buffer) : b.index) + '+' +
         std::to_string(at.offset) + '[' + std::to_string(at.row) + '/' + std::to_string(at.stride) + ']';
}

}  // namespace

std::string print(const Program& program) {
  std::string all;
  for (const Step& s : program.steps) {
    all += text(program, s.dst) + " = " + s.op.name() + '(' + text(program, s.src) + ", " + text(program, s.residual) +
           ") " + std::to_string(s.shape.n) + 'x' + std::to_string(s.shape.h) + 'x' + std::to_string(s.shape.w) + 'x' +
           std::to_string(s.shape.c) + "  # " + s.name + '\n';
  }
  return all + "arena " + std::to_string(program.arena_bytes) + '\n';
}

}  // namespace tandem::graph
