#include "src/stages/joined_phases.hpp"

#include <algorithm>
#include <cstring>

#include "src/base/checked.hpp"
#include "src/stages/pointers.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Pieces of memory, `stride` bytes from one to the next.
struct Pieces {
  std::byte* data;
  std::ptrdiff_t stride;
};
struct ConstPieces {
  const std::byte* data;
  std::ptrdiff_t stride;
};

// A piece is a few words; a call of memcpy for each would take longer than the product.
template <std::size_t Word>
void copy_words(const Pieces& to, const ConstPieces& from, std::ptrdiff_t bytes, std::int64_t count) noexcept {
  for (std::int64_t i = 0; i < count; ++i) {
    std::byte* const t = to.data + i * to.stride;
    const std::byte* const f = from.data + i * from.stride;
    for (std::ptrdiff_t b = 0; b < bytes; b += Word) std::memcpy(t + b, f + b, Word);
  }
}

void copy_pieces(const Pieces& to, const ConstPieces& from, std::ptrdiff_t bytes, std::int64_t count) noexcept {
  if (bytes % 32 == 0) return copy_words<32>(to, from, bytes, count);
  if (bytes % 8 == 0) return copy_words<8>(to, from, bytes, count);
  if (bytes % 4 == 0) return copy_words<4>(to, from, bytes, count);
  copy_words<2>(to, from, bytes, count);
}

}  // namespace

Range BlockAxis::with(std::int64_t j) const noexcept {
  const std::int64_t end = out + before - j;
  return {j < before ? 1 : 0, std::min(end > 0 ? ceil_div(end, stride) : 0, blocks)};
}

Range BlockAxis::whole() const noexcept {
  const std::int64_t begin = before > 0 ? 1 : 0;
  return {begin, std::max(begin, (out + before) / stride)};
}

template <class Copy>
void JoinedPhases::for_pieces(std::int64_t block, const ImageStrides& strides, const Copy& copy) const noexcept {
  for (std::int64_t j = 0; j < y.stride; ++j) {
    const std::int64_t row = block * y.stride - y.before + j;
    if (row < 0 || row >= y.out) continue;
    // `pixels` outputs from i on of some blocks.
    const auto copy_some = [&](Range blocks, std::int64_t i, std::int64_t pixels) {
      if (blocks.begin >= blocks.end) return;
      const std::int64_t column = blocks.begin * x.stride - x.before + i;
      copy(row * strides.row + column * strides.pixel, x.stride * strides.pixel,
           blocks.begin * block_bytes() + (j * x.stride + i) * pixel_bytes, block_bytes(), pixels * pixel_bytes,
           blocks.end - blocks.begin);
    };
    const Range whole = strides.pixel == pixel_bytes ? x.whole() : Range{0, 0};
    copy_some(whole, 0, x.stride);
    for (std::int64_t i = 0; i < x.stride; ++i) {
      const Range some = x.with(i);
      copy_some({some.begin, std::min(some.end, whole.begin)}, i, 1);
      copy_some({std::max(some.begin, whole.end), some.end}, i, 1);
    }
  }
}

void JoinedPhases::run(const PackedGemm& weights, Range blocks, const ImagePointers& image,
                       void* scratch) const noexcept {
  auto* const bytes = static_cast<std::byte*>(scratch);
  for (std::int64_t block = blocks.begin; block < blocks.end; ++block) {
    if (image.residual != nullptr) {
      const auto* const from = static_cast<const std::byte*>(image.residual);
      for_pieces(block, residual, [&](auto at, auto stride, auto in_scratch, auto step, auto size, auto count) {
        copy_pieces({bytes + in_scratch, step}, {from + at, stride}, size, count);
      });
    }
    const ImagePointers row{image.src, scratch, image.residual == nullptr ? nullptr : scratch};
    for (std::int64_t panel = 0; panel < weights.panels().count(); ++panel) {
      windows.run(weights, panel, {block, block + 1}, row);
    }
    auto* const to = static_cast<std::byte*>(image.dst);
    for_pieces(block, dst, [&](auto at, auto stride, auto in_scratch, auto step, auto size, auto count) {
      copy_pieces({to + at, stride}, {bytes + in_scratch, step}, size, count);
    });
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
