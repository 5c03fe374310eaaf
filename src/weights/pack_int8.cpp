// Packing of quantised weights.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "src/base/checked.hpp"
#include "src/weights/int8_column.hpp"
#include "src/weights/pack.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

constexpr std::int64_t kSumBytes = sizeof(std::int32_t);  // of a sum, and of all that belongs to one

// A bound of the activation as an integer of dst, see params.hpp.
float quantised_bound(float bound, const StageEnd& end) noexcept {
  const TensorType& dst = end.dst;
  const float least = dst.type == DataType::kU8 ? 0.0F : -128.0F;
  const auto zero_point = static_cast<float>(dst.quantization.zero_point);
  const float exact = std::clamp(bound / dst.quantization.scale, -1024.0F, 1024.0F);
  const float steps = end.fixed_point() ? std::round(exact) : std::nearbyint(exact);
  return std::clamp(steps + zero_point, least, least + 255.0F) - zero_point;
}

// TFLite multiplies the scales of src and weights in fp32 where one scale for all channels is the only one that its kernels
// take, see Rounding.
kernels::FixedMultiplier fixed_multiplier(const StageEnd& end, const FloatSpan& scales, std::int64_t channel) noexcept {
  const float src = end.src.quantization.scale;
  const float weight = scale_of(scales, channel);
  const bool in_fp32 = scales.size == 1 && (end.fully_connected || end.src.type == DataType::kU8);
  const double both =
      in_fp32 ? static_cast<double>(src * weight) : static_cast<double>(src) * static_cast<double>(weight);
  return fixed_point(both / static_cast<double>(end.dst.quantization.scale));
}

// What weights of this sum add to the sum of a channel where all elements are the zero point, since the products of the kernel
// are of (a + offset) instead of (a - zero_point). Modulo 2^32, as the kernels sum.
std::uint32_t surplus(const kernels::KernelTable& kernels, const TensorType& src, std::int64_t sum) noexcept {
  const std::int64_t each = std::int64_t{src.quantization.zero_point} + kernels.sample_offset;
  return static_cast<std::uint32_t>(each) * static_cast<std::uint32_t>(sum);
}

// The s32 with which the sums of a channel begin.
std::uint32_t first_sum(const kernels::KernelTable& kernels, const Int8Column& column, const TensorType& src) noexcept {
  return static_cast<std::uint32_t>(column.bias) - surplus(kernels, src, column.sum);
}

// The weights of a row of a depthwise filter.
struct TapRow {
  const FilterReader& filter;
  std::int64_t channel, y, width;

  [[nodiscard]] std::int32_t at(std::int64_t x) const noexcept {
    return x >= 0 && x < width ? filter.integer_at(channel, 0, y, x) : 0;
  }
  [[nodiscard]] std::int64_t sum() const noexcept {
    std::int64_t all = 0;
    for (std::int64_t x = 0; x < width; ++x) all += at(x);
    return all;
  }
  // A lane of weights for the entry that begins with tap x: bytes or words.
  [[nodiscard]] std::uint32_t lane(const kernels::WovenForm& form, std::int64_t x) const noexcept {
    const auto bits = static_cast<unsigned>(32 / form.taps);
    std::uint32_t lane = 0;
    for (std::int32_t i = 0; i < form.taps; ++i) {
      const std::uint32_t tap = static_cast<std::uint32_t>(at(x + i)) & ((1U << bits) - 1U);
      lane |= tap << static_cast<unsigned>(i) * bits;
    }
    return lane;
  }
};

}  // namespace

kernels::Epilogue quantised_epilogue(const StageEnd& end) noexcept {
  kernels::Epilogue e;
  kernels::Requantisation& q = e.requantisation;
  const bool real = end.dst.type == DataType::kF32;
  q.lo = real ? end.activation.lo : quantised_bound(end.activation.lo, end);
  q.hi = real ? end.activation.hi : quantised_bound(end.activation.hi, end);
  q.zero_point = end.dst.quantization.zero_point;
  q.dst_bytes = static_cast<std::int32_t>(element_bytes(end.dst.type));
  q.bounded = !end.fixed_point();
  q.twice = end.rounding == Rounding::kTfliteDouble;
  q.a_multiplier = end.src.quantization.scale / end.dst.quantization.scale;
  q.a_zero_point = end.src.quantization.zero_point;
  return e;
}

PackedEpilogue::PackedEpilogue(const kernels::KernelTable& kernels, const StageEnd& end, std::int64_t channels)
    : epilogue_(quantised_epilogue(end)), multipliers_(round_up(channels, kernels.lanes) * kSumBytes) {
  if (end.fixed_point()) fixed_shifts_ = AlignedBuffer(round_up(channels, kernels.lanes) * kSumBytes);
}

void PackedEpilogue::set_channel(std::int64_t channel, float multiplier, const kernels::FixedMultiplier& fixed,
                                 std::int64_t most) noexcept {
  if (fixed_shifts_.data() != nullptr) {
    std::memcpy(multipliers_.data() + channel * kSumBytes, &fixed.multiplier, sizeof(fixed.multiplier));
    std::memcpy(fixed_shifts_.data() + channel * kSumBytes, &fixed.shift, sizeof(fixed.shift));
    return;
  }
  std::memcpy(multipliers_.data() + channel * kSumBytes, &multiplier, sizeof(multiplier));
  // Both roundings, of the sum and of the product, are by less than one part in 2^23.
  const double largest = static_cast<double>(most) * static_cast<double>(multiplier) * (1.0 + 0x1p-22);
  epilogue_.requantisation.bounded = epilogue_.requantisation.bounded && largest < 0x1p31;
}

PackedGemm::PackedGemm(const kernels::KernelTable& kernels, const Weights& weights, const FilterSize& size,
                       const StageEnd& end, Range outputs, std::int64_t segment)
    : kernels_(&kernels),
      k_(size.h * size.w * size.in / segment * ceil_div(segment, kQuad)),
      segment_(segment),
      panels_(outputs.end - outputs.begin, kernels.lanes, kernels.tuning.panel_vectors),
      epilogue_(kernels, end, outputs.end - outputs.begin) {
  const std::int64_t last = panels_.count() - 1;
  data_ = AlignedBuffer(offset(last) + panel_bytes(panels_.shape(last)));
  pack_int8(weights, size, end, outputs);
}

void PackedGemm::pack_int8(const Weights& weights, const FilterSize& size, const StageEnd& end, Range outputs) {
  const FilterReader filter(weights, size);
  for (std::int64_t p = 0; p < panels_.count(); ++p) {
    const kernels::PanelShape shape = panels_.shape(p);
    auto* const data = reinterpret_cast<std::int8_t*>(data_.data() + offset(p));
    std::byte* const bias = data_.data() + offset(p) + weight_bytes(shape);
    const std::ptrdiff_t width = row_bytes(shape.vectors);
    for (std::int64_t j = 0; j < shape.columns; ++j) {
      const std::int64_t channel = outputs.begin + shape.first_column + j;
      const Int8Column column(weights, filter, size, channel, end.src, end.dst);
      const std::uint32_t begin = first_sum(*kernels_, column, end.src);
      std::memcpy(bias + j * kSumBytes, &begin, sizeof(begin));
      epilogue_.set_channel(shape.first_column + j, column.multiplier, fixed_multiplier(end, weights.scales, channel),
                            column.most);
      // Counted, because a division takes longer than all the rest of an element.
      std::int8_t* quad = data + j * kQuad;
      std::int64_t in_quad = 0;
      std::int64_t in_segment = 0;
      for (std::int64_t y = 0; y < size.h; ++y) {
        for (std::int64_t x = 0; x < size.w; ++x) {
          for (std::int64_t c = 0; c < size.in; ++c) {
            quad[in_quad] = static_cast<std::int8_t>(filter.integer_at(channel, c, y, x));
            ++in_quad;
            ++in_segment;
            const bool segment_ends = in_segment == segment_;
            if (segment_ends) in_segment = 0;
            if (segment_ends || in_quad == kQuad) {
              in_quad = 0;
              quad += width;
            }
          }
        }
      }
    }
  }
}

PackedGemm pack_matrix(const kernels::KernelTable& kernels, const Weights& weights, std::int64_t out, std::int64_t in,
                       const StageEnd& end) {
  const FilterSize size{out, in, 1, 1};
  if (kernels.int8()) return {kernels, weights, size, end, Range{0, out}, in};
  return {kernels, weights, size, end};
}

PackedWoven::PackedWoven(const kernels::KernelTable& kernels, const kernels::WovenKernel& kernel,
                         const Weights& weights, const FilterSize& size, const StageEnd& end)
    : kernels_(&kernels),
      kernel_(&kernel),
      channels_(std::max(size.out, kernels::WovenChannels::least(kernels.lanes)), kernels.lanes),
      zero_point_(end.src.quantization.zero_point),
      data_(channels_.blocks() * kernels::WovenBlock(kernel.form, size.h, size.w, kernels.lanes).floats * kQuad),
      epilogue_(kernels, end, channels_.channels) {
  const FilterReader reader(weights, size);
  const kernels::WovenForm& form = kernel.form;
  const kernels::WovenBlock layout(form, size.h, size.w, kernels.lanes);
  const std::int64_t quarter = channels_.group / 4;  // channels of a group in a vector
  const auto pack = [&](std::int64_t channel, std::byte* block, std::int64_t t, std::int64_t lane) {
    const auto put = [&](std::int64_t vector, std::uint32_t bits) {
      std::memcpy(block + (vector * kernels.lanes + lane) * kQuad, &bits, sizeof(bits));
    };
    const Int8Column column(weights, reader, size, channel, end.src, end.dst);
    epilogue_.set_channel(channel, column.multiplier, fixed_multiplier(end, weights.scales, channel), column.most);
    put(layout.biases / kernels.lanes + t, first_sum(kernels, column, end.src));
    std::uint32_t multiplier;
    std::memcpy(&multiplier, &column.multiplier, sizeof(multiplier));
    put(layout.multipliers / kernels.lanes + t, multiplier);
    std::int64_t vector = t * (layout.biases / kernels.lanes / 4);
    for (std::int64_t y = 0; y < size.h; ++y) {
      const TapRow row{reader, channel, y, size.w};
      put(layout.padding / kernels.lanes + t * size.h + y, surplus(kernels, end.src, row.sum()));
      for (std::int64_t step = 0; step < form.steps(size.w); ++step) {
        // The second output of an entry has its taps a pixel further on.
        for (std::int32_t o = 0; o < form.outputs; ++o) put(vector++, row.lane(form, step * form.taps - o));
      }
    }
  };
  for (std::int64_t b = 0; b < channels_.blocks(); ++b) {
    std::byte* const block = data_.data() + b * layout.floats * kQuad;
    for (std::int64_t i = 0; i < channels_.lanes * channels_.group; ++i) {
      const std::int64_t in_group = i % channels_.group;
      const std::int64_t channel = channels_.first(b, i / channels_.group) + in_group;
      const std::int64_t lane = i / channels_.group * quarter + in_group % quarter;
      if (channel < size.out) pack(channel, block, in_group / quarter, lane);
    }
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
