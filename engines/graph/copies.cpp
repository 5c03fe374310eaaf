// Copies that need not be. Where a step copies buffer B into a part of buffer U, B can be that part from the beginning:
//
//   B  [rows, inner]         row r, element e lies at r * inner + e
//   U  [rows, ... base ...]  row r, element e of B lies at base + r * stride + e
//
// So each operand that steps through B with stride `inner` steps through U with U's stride. This joins a Concat's inputs
// by channels, and puts the outputs of the network into the engine's memory.
#include <algorithm>

#include "engines/graph/steps.hpp"

namespace tandem::graph {
namespace {

class Eliminator {
 public:
  explicit Eliminator(Program& program) : p_(program) {}

  void run() {
    for (std::size_t i = 0; i < p_.steps.size(); ++i) {
      const Step& s = p_.steps[i];
      if (!s.copies || s.src.buffer == s.dst.buffer || buffer(s.src).kind != Buffer::Kind::kArena) continue;
      if (!chunk(s)) rows(s);
    }
    std::erase_if(p_.steps, [](const Step& s) {
      return s.copies && s.src.buffer == s.dst.buffer && s.src.offset == s.dst.offset && s.src.stride == s.dst.stride;
    });
  }

 private:
  Buffer& buffer(const Operand& at) { return p_.buffers[static_cast<std::size_t>(at.buffer)]; }

  template <class Change>
  void each_operand(std::int32_t buffer, Change change) {
    for (Step& s : p_.steps) {
      for (Operand* at : {&s.src, &s.dst, &s.residual}) {
        if (at->buffer == buffer) change(*at);
      }
    }
  }

  // All of B into consecutive elements of U.
  bool chunk(const Step& s) {
    const bool dense = s.src.row == s.src.stride && s.dst.row == s.dst.stride;
    if (!dense || s.src.offset != 0 || buffer(s.src).elements != s.shape.elements()) return false;
    const Operand to = s.dst;
    each_operand(s.src.buffer, [&](Operand& at) {
      at.buffer = to.buffer;
      at.offset += to.offset;
    });
    return true;
  }

  // The rows of B into parts of the rows of U.
  void rows(const Step& s) {
    const Operand from = s.src, to = s.dst;
    const std::int64_t inner = from.stride, base = to.offset - from.offset;
    const std::int64_t count = s.shape.n * s.shape.h * s.shape.w;
    if (base < 0 || base + inner > to.stride || buffer(from).elements != inner * count) return;
    if (buffer(to).elements != to.stride * count) return;
    bool possible = true;
    each_operand(from.buffer,
                 [&](const Operand& at) { possible = possible && at.stride == inner && at.offset + at.row <= inner; });
    // Nobody but copies of B to the same place may write there.
    for (const Step& other : p_.steps) {
      if (other.dst.buffer != to.buffer) continue;
      const bool same = other.copies && other.src.buffer == from.buffer && other.dst.offset - other.src.offset == base;
      const bool apart = other.dst.offset + other.dst.row <= base || other.dst.offset >= base + inner;
      possible = possible && other.dst.stride == to.stride && (same || apart);
    }
    if (!possible) return;
    each_operand(from.buffer, [&](Operand& at) {
      at.buffer = to.buffer;
      at.offset += base;
      at.stride = to.stride;
    });
  }

  Program& p_;
};

}  // namespace

void eliminate_copies(Program& program) { Eliminator(program).run(); }

}  // namespace tandem::graph
