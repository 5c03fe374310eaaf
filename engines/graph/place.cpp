// Where buffers lie in the arena: largest first, each at the lowest place that is free while it lives.
#include <algorithm>

#include "engines/graph/steps.hpp"

namespace tandem::graph {
namespace {

constexpr std::int64_t kAlignment = 64;  // bytes: a cache line

struct Life {
  std::size_t buffer;
  std::size_t first, last;  // steps
  std::int64_t size;
};

std::vector<Life> lives(const Program& program) {
  std::vector<Life> all(program.buffers.size());
  std::vector<bool> used(all.size(), false);
  for (std::size_t i = 0; i < program.steps.size(); ++i) {
    const Step& s = program.steps[i];
    for (const Operand* at : {&s.src, &s.dst, &s.residual}) {
      if (at->buffer < 0) continue;
      const auto b = static_cast<std::size_t>(at->buffer);
      const std::int64_t bytes = program.buffers[b].elements * program.buffers[b].element_bytes;
      if (!used[b]) all[b] = {b, i, i, (bytes + kAlignment - 1) / kAlignment * kAlignment};
      all[b].last = i;
      used[b] = true;
    }
  }
  std::vector<Life> arena;
  for (std::size_t b = 0; b < all.size(); ++b) {
    if (used[b] && program.buffers[b].kind == Buffer::Kind::kArena) arena.push_back(all[b]);
  }
  return arena;
}

}  // namespace

void place_buffers(Program& program) {
  std::vector<Life> all = lives(program);
  std::sort(all.begin(), all.end(),
            [](const Life& a, const Life& b) { return a.size != b.size ? a.size > b.size : a.buffer < b.buffer; });
  std::vector<Life> placed;  // by place
  for (const Life& life : all) {
    std::int64_t at = 0;
    for (auto i = placed.begin(); i != placed.end(); ++i) {
      const std::int64_t begin = program.buffers[i->buffer].offset;
      const bool at_once = i->first <= life.last && life.first <= i->last;
      if (!at_once) continue;
      if (begin - at >= life.size) break;
      at = std::max(at, begin + i->size);
    }
    program.buffers[life.buffer].offset = at;
    program.arena_bytes = std::max(program.arena_bytes, at + life.size);
    const auto where = std::find_if(placed.begin(), placed.end(),
                                    [&](const Life& other) { return program.buffers[other.buffer].offset > at; });
    placed.insert(where, life);
  }
}

}  // namespace tandem::graph
