#include "src/stages/woven_rows.hpp"

#include <algorithm>
#include <cstddef>

#include "src/plan/window.hpp"
#include "src/stages/pointers.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// Makes the input rows in `rows`, one after the other, with the channels of the filter: each channel of src once for each of
// its filters, then zeros up to a group.
void spread_rows(const WovenGeometry& g, const PackedWoven& weights, Range rows, const SourceRows& src,
                 void* to) noexcept {
  const std::int64_t channels = g.channels();
  const std::int64_t filters = g.out_channels() / g.in_channels();
  auto* dst = static_cast<std::byte*>(to);
  if (filters == 1) {
    if (channels > g.in_channels()) std::fill_n(dst, (rows.end - rows.begin) * g.spread_row(), std::byte{0});
    for (std::int64_t y = rows.begin; y < rows.end; ++y, dst += g.spread_row()) {
      const void* const from = advance(src.data, y % src.ring_rows * src.row_stride);
      weights.kernels().copy_rows({{from, src.pixel_stride}, {dst, channels}, g.x().in, g.in_channels()});
    }
    return;
  }
  for (std::int64_t y = rows.begin; y < rows.end; ++y) {
    const auto* from = static_cast<const std::byte*>(advance(src.data, y % src.ring_rows * src.row_stride));
    for (std::int64_t x = 0; x < g.x().in; ++x, from += src.pixel_stride) {
      std::byte* const end = dst + channels;
      for (std::int64_t c = 0; c < g.in_channels(); ++c) dst = std::fill_n(dst, filters, from[c]);
      dst = std::fill_n(dst, end - dst, std::byte{0});
    }
  }
}

// At most rows_together() rows.
void run_rows(const WovenGeometry& g, const PackedWoven& weights, Range rows, Range blocks, const SourceRows& src,
              const TargetRows& dst, void* scratch) noexcept {
  const void* const image = advance(src.data, -src.first_channel);  // at channel 0
  kernels::WovenArgs a{};
  a.src = {image, src.pixel_stride};
  a.src_rows = src.ring_rows;
  a.src_row_stride = src.row_stride;
  a.dst = {advance(dst.data, -dst.first_row * dst.row_stride), dst.pixel_stride};
  a.dst_row_stride = dst.row_stride;
  a.weights = weights.data();
  a.channels = g.channels();
  a.first_block = blocks.begin;
  a.end_block = blocks.end;
  a.y = g.y();
  a.x = g.x();
  a.first_row = rows.begin;
  a.end_row = rows.end;
  a.strip = g.strip();
  a.zero_point = weights.zero_point();
  a.epilogue = weights.epilogue(0);
  a.memory = scratch;
  if (g.spreads()) {
    const kernels::WovenAxis& y = g.y();
    const Range needed = input_rows({y.stride, (y.kernel - 1) * y.dilation + 1, y.pad, y.in}, rows);
    void* const spread = advance(scratch, g.spread_offset());
    spread_rows(g, weights, needed, src, spread);
    a.src = {advance(spread, -needed.begin * g.spread_row()), g.channels()};
    a.src_rows = g.y().in;
    a.src_row_stride = g.spread_row();
  }
  void* const outputs = advance(scratch, g.outputs_offset());
  const std::ptrdiff_t output_row = g.x().out * g.output_pixel();
  if (g.copies_out()) {
    a.dst = {advance(outputs, -rows.begin * output_row), g.output_pixel()};
    a.dst_row_stride = output_row;
  }
  weights.kernel().function(a);
  if (!g.copies_out()) return;
  for (std::int64_t y = rows.begin; y < rows.end; ++y) {
    weights.kernels().copy_rows({{advance(outputs, (y - rows.begin) * output_row), g.output_pixel()},
                                 {advance(dst.data, (y - dst.first_row) * dst.row_stride), dst.pixel_stride},
                                 g.x().out,
                                 g.out_channels() * g.dst_bytes()});
  }
}

}  // namespace

void run_woven(const WovenGeometry& g, const PackedWoven& weights, Range rows, Range channels, const SourceRows& src,
               const TargetRows& dst, void* scratch) noexcept {
  const std::int64_t together = g.rows_together();
  for (std::int64_t y = rows.begin; y < rows.end; y += together) {
    run_rows(g, weights, {y, std::min(y + together, rows.end)}, g.blocks(channels), src, dst, scratch);
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
