#include "network/buffers.hpp"

#include <algorithm>

#include "network/aligned_buffer.hpp"

namespace network {

BufferLayout assign_buffers(const std::vector<Lifetime>& tensors) {
  struct Buffer {
    std::size_t bytes;
    std::size_t busy_until;  // last reader of its tenant
  };
  std::vector<Buffer> buffers;
  std::vector<std::size_t> buffer_of;
  for (const Lifetime& t : tensors) {
    // The writing layer may still read a tenant: src must not be dst.
    auto buffer =
        std::find_if(buffers.begin(), buffers.end(), [&](const Buffer& b) { return b.busy_until < t.writer; });
    if (buffer == buffers.end()) buffer = buffers.insert(buffers.end(), Buffer{0, 0});
    buffer->bytes = std::max(buffer->bytes, round_up_to_alignment(t.bytes));
    buffer->busy_until = t.last_reader;
    buffer_of.push_back(static_cast<std::size_t>(buffer - buffers.begin()));
  }

  BufferLayout layout;
  std::vector<std::size_t> starts;
  for (const Buffer& b : buffers) {
    starts.push_back(layout.bytes);
    layout.bytes += b.bytes;
  }
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    const std::size_t b = buffer_of[i];
    const std::size_t spare = buffers[b].bytes - round_up_to_alignment(tensors[i].bytes);
    layout.offsets.push_back(starts[b] + round_up_to_alignment(spare / 2));
  }
  return layout;
}

}  // namespace network
