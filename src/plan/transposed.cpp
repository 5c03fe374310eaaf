#include "src/plan/transposed.hpp"

#include <algorithm>
#include <numeric>

#include "src/base/checked.hpp"
#include "src/base/error.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

// One axis of the parameters.
struct AxisParams {
  const char* outputs;  // "rows" or "columns"
  std::int64_t kernel, stride, dilation;
  std::int64_t before, after;
  std::int64_t output_padding, output;
};

// The output's size and the padding before it. SAME: as many outputs as inputs, times the stride.
Result<Range> resolve_axis(Padding::Mode mode, const AxisParams& a, std::int64_t in) noexcept {
  if (!checked_product({in, a.stride}, kMaxElements)) {
    return error(StatusCode::kOutOfRange, "the input's %lld %s times a stride of %lld are more than can be addressed",
                 static_cast<long long>(in), a.outputs, static_cast<long long>(a.stride));
  }
  const std::int64_t reached = (in - 1) * a.stride + a.output_padding + (a.kernel - 1) * a.dilation + 1;
  if (mode != Padding::Mode::kExplicit) {
    const std::int64_t out = a.output > 0 ? a.output : in * a.stride;
    const std::int64_t total = std::max<std::int64_t>(reached - out, 0);
    const std::int64_t before = mode == Padding::Mode::kSameUpper ? total / 2 : total - total / 2;
    return Range{before, before + out};
  }
  const std::int64_t out = a.output > 0 ? a.output : reached - a.before - a.after;
  if (out < 1) {
    return error(StatusCode::kInvalidArgument,
                 "the output would have no %s: of the %lld that a kernel of %lld with dilation %lld reaches from %lld "
                 "at stride %lld, padding takes away %lld and %lld",
                 a.outputs, static_cast<long long>(reached), static_cast<long long>(a.kernel),
                 static_cast<long long>(a.dilation), static_cast<long long>(in), static_cast<long long>(a.stride),
                 static_cast<long long>(a.before), static_cast<long long>(a.after));
  }
  return Range{a.before, a.before + out};
}

// Outputs [begin, end) of each period, which no tap reaches. Those of the last period may be fewer: they are a phase of
// their own then.
void add_gap(const ConvAxis& a, Range gap, std::vector<Phase>& phases) {
  const std::int64_t rest = a.out % a.stride;
  const std::int64_t whole = a.out / a.stride;
  const auto add = [&](Range outputs, std::int64_t periods) {
    if (outputs.begin >= outputs.end || periods == 0) return;
    const ConvAxis none{a.in, periods, 0, 1, 1, 0};
    phases.push_back({outputs.begin, outputs.end - outputs.begin, 0, AxisTaps(none)});
  };
  add({gap.begin, std::min(gap.end, rest)}, whole + 1);
  add({std::max(gap.begin, rest), gap.end}, whole);
}

}  // namespace

std::int64_t tap_sets(std::int64_t kernel, std::int64_t stride, std::int64_t dilation) noexcept {
  return std::min(kernel, stride / std::gcd(stride, dilation));
}

Progression tap_set(std::int64_t kernel, std::int64_t stride, std::int64_t dilation, std::int64_t set) noexcept {
  const std::int64_t step = stride / std::gcd(stride, dilation);
  return {set, step, ceil_div(kernel - set, step)};
}

Result<TransposedSize> resolve_transposed(const ConvTranspose2dParams& p, std::int64_t in_h,
                                          std::int64_t in_w) noexcept {
  const Padding& pad = p.padding;
  const Result<Range> rows = resolve_axis(
      pad.mode, {"rows", p.kernel_h, p.stride_h, p.dilation_h, pad.top, pad.bottom, p.output_padding_h, p.output_h},
      in_h);
  if (!rows.ok()) return rows.status();
  const Result<Range> columns = resolve_axis(
      pad.mode, {"columns", p.kernel_w, p.stride_w, p.dilation_w, pad.left, pad.right, p.output_padding_w, p.output_w},
      in_w);
  if (!columns.ok()) return columns.status();
  return TransposedSize{rows->end - rows->begin, columns->end - columns->begin, rows->begin, columns->begin};
}

// With taps k = t.first + j * t.step, output first + q * S reads input
//   (first + P - D * t.first) / S + q - j * D / gcd(S, D)
// and the division leaves no remainder. Descending taps are ascending inputs.
std::vector<Phase> phases_of(const ConvAxis& a) {
  std::vector<Phase> phases;
  const std::int64_t common = std::gcd(a.stride, a.dilation);
  for (std::int64_t set = 0; set < tap_sets(a.kernel, a.stride, a.dilation); ++set) {
    const Progression t = tap_set(a.kernel, a.stride, a.dilation, set);
    const std::int64_t remainder = (t.first * a.dilation - a.pad) % a.stride;
    const std::int64_t first = remainder < 0 ? remainder + a.stride : remainder;
    if (first >= a.out) continue;
    const std::int64_t dilation = a.dilation / common;
    const std::int64_t lowest = (first + a.pad - a.dilation * t.first) / a.stride - (t.count - 1) * dilation;
    const ConvAxis axis{a.in, ceil_div(a.out - first, a.stride), t.count, 1, dilation, -lowest};
    phases.push_back({first, 1, set, AxisTaps(axis)});
  }
  std::sort(phases.begin(), phases.end(), [](const Phase& p, const Phase& q) { return p.first < q.first; });
  const std::size_t reached = phases.size();
  std::int64_t end = 0;
  for (std::size_t i = 0; i < reached; ++i) {
    const std::int64_t begin = end;
    end = phases[i].first + 1;
    add_gap(a, {begin, phases[i].first}, phases);
  }
  add_gap(a, {end, a.stride}, phases);
  return phases;
}

bool phases_join(const ConvTranspose2dParams& p) noexcept {
  return p.kernel_h % p.stride_h == 0 && p.kernel_w % p.stride_w == 0 && p.dilation_h == 1 && p.dilation_w == 1;
}

// Block q of the outputs o + P = (first + q) * S + j reads the inputs up to first + q.
JoinedAxis joined_axis(const ConvAxis& a) {
  const std::int64_t first = a.pad / a.stride;
  const std::int64_t taps = a.kernel / a.stride;
  const std::int64_t blocks = ceil_div(a.out + a.pad, a.stride) - first;
  return {a.pad % a.stride, AxisTaps({a.in, blocks, taps, 1, 1, taps - 1 - first})};
}

// Panels innermost, then groups, chunks and images.
TransposedTask TransposedBlocking::task(const TransposedGeometry& g, std::int64_t i) const noexcept {
  const std::int64_t of_chunk = g.groups * panel_groups;
  return {i / (of_chunk * row_chunks), i / panel_groups % g.groups,
          part(g.periods(joined), row_chunks, i / of_chunk % row_chunks),
          part(g.matrix.panels.count(), panel_groups, i % panel_groups)};
}

}  // namespace tandem::inline TANDEM_ABI::internal
