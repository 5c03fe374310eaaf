#include "src/weights/pack.hpp"

#include <algorithm>

#include "src/base/affine.hpp"
#include "src/base/checked.hpp"

namespace tandem::inline TANDEM_ABI::internal {

namespace {
constexpr std::int64_t kFloat = sizeof(float);

// One float for each of the channels in `outputs`: values has one for each channel, one for all, or none.
AlignedBuffer by_channel(const kernels::KernelTable& kernels, const FloatSpan& values, Range outputs, float absent) {
  const std::int64_t channels = outputs.end - outputs.begin;
  AlignedBuffer buffer(round_up(channels, kernels.lanes) * kFloat);
  auto* const to = reinterpret_cast<float*>(buffer.data());
  if (values.size > 1) {
    std::copy_n(values.data + outputs.begin, channels, to);
  } else {
    std::fill_n(to, channels, values.size == 1 ? *values.data : absent);
  }
  return buffer;
}
}  // namespace

// The kernels' functions are the public kinds by another name.
static_assert(static_cast<int>(kernels::Function::kGeluTanh) == static_cast<int>(Activation::Kind::kGeluTanh));

PackedEpilogue::PackedEpilogue(const kernels::KernelTable& kernels, const Activation& activation, ResidualOrder order,
                               Range outputs)
    : epilogue_{activation.lo,
                activation.hi,
                static_cast<kernels::Function>(activation.kind),
                order == ResidualOrder::kAfterActivation,
                activation.alpha,
                activation.beta} {
  if (activation.kind == Activation::Kind::kPrelu) slopes_ = by_channel(kernels, activation.slopes, outputs, 0.0F);
  if (!has_affine(activation)) return;
  scale_ = by_channel(kernels, activation.scale, outputs, 1.0F);
  shift_ = by_channel(kernels, activation.shift, outputs, -0.0F);  // adding -0 changes nothing, not even a -0
}

PackedGemm::PackedGemm(const kernels::KernelTable& kernels, const Weights& weights, const FilterSize& size,
                       const StageEnd& end, Range outputs, const PanelGroups& groups, std::int32_t fold)
    : kernels_(&kernels),
      k_(size.h * size.w * size.in),
      panels_(outputs.end - outputs.begin, kernels.lanes, kernels.tuning.panel_vectors, fold),
      epilogue_(kernels, end.activation, end.order, outputs) {
  planes_ = groups.planes;
  const std::int64_t last = panels_.count() - 1;
  data_ = AlignedBuffer(offset(last) + panel_bytes(panels_.shape(last)));

  const FilterReader reader(weights, size);
  const auto* const bias = static_cast<const float*>(weights.bias.data);
  for (std::int64_t panel = 0; panel <= last; ++panel) {
    pack(panel, reader, size, outputs.begin);
    const kernels::PanelShape shape = panels_.shape(panel);
    const std::int64_t whole = std::int64_t{shape.vectors - (shape.fold == 1 ? 0 : 1)} * kernels.lanes;
    auto* const begins = reinterpret_cast<float*>(data_.data() + offset(panel) + weight_bytes(shape));
    if (shape.fold > 1) std::fill_n(begins + whole, kernels.lanes, -0.0F);
    for (std::int64_t j = 0; j < shape.columns; ++j) {
      float& to = begins[j < whole ? j : whole + (j - whole) * shape.fold];
      to = bias == nullptr ? 0.0F : bias[outputs.begin + shape.first_column + j];
    }
  }
  if (groups.count > 0) pack_lanes(groups, size.in);
}

void PackedGemm::pack(std::int64_t panel, const FilterReader& filter, const FilterSize& size,
                      std::int64_t first_output) {
  const kernels::PanelShape shape = panels_.shape(panel);
  std::byte* const data = data_.data() + offset(panel);
  const std::int64_t width = row_floats(shape.fold == 1 ? shape.vectors : shape.vectors - 1);
  const std::int64_t fold = shape.fold;
  for (std::int64_t y = 0; y < size.h; ++y) {
    for (std::int64_t x = 0; x < size.w; ++x) {
      for (std::int64_t c = 0; c < size.in; ++c) {
        const std::int64_t row = planes_ ? (y * size.in + c) * size.w + x : (y * size.w + x) * size.in + c;
        for (std::int64_t j = 0; j < shape.columns; ++j) {
          const std::int64_t element =
              j < width ? row * width + j : k_ * width + row / fold * kernels_->lanes + (j - width) * fold + row % fold;
          store_element(kernels_->types.weight, data, static_cast<std::size_t>(element),
                        filter.at(first_output + shape.first_column + j, c, y, x));
        }
      }
    }
  }
}

void PackedGemm::pack_lanes(const PanelGroups& groups, std::int64_t inputs) {
  const std::int64_t lanes = kernels_->lanes;
  const std::int64_t outputs = n() / groups.count;
  readable_ = groups.readable;
  lanes_ = AlignedBuffer(inputs * lanes * static_cast<std::int64_t>(sizeof(std::int32_t)));
  auto* const lane = reinterpret_cast<std::int32_t*>(lanes_.data());
  for (std::int64_t i = 0; i < inputs; ++i) {
    for (std::int64_t j = 0; j < n(); ++j) {
      lane[i * lanes + j] = static_cast<std::int32_t>(groups.first + j / outputs * inputs + i);
    }
  }
}

PackedDepthwise::PackedDepthwise(const kernels::KernelTable& kernels, const Weights& weights, const FilterSize& size,
                                 const StageEnd& end)
    : kernels_(&kernels),
      taps_(size.h * size.in * size.w),
      pitch_(round_up(size.out, kernels.lanes)),
      data_(bias_offset() + pitch_ * kFloat),
      epilogue_(kernels, end.activation, end.order, {0, size.out}) {
  const FilterReader reader(weights, size);
  std::int64_t tap = 0;
  for (std::int64_t y = 0; y < size.h; ++y) {
    for (std::int64_t i = 0; i < size.in; ++i) {
      for (std::int64_t x = 0; x < size.w; ++x, ++tap) {
        for (std::int64_t c = 0; c < size.out; ++c) {
          store_element(kernels.types.weight, data_.data(), static_cast<std::size_t>(tap * pitch_ + c),
                        reader.at(c, i, y, x));
        }
      }
    }
  }
  if (weights.bias.data != nullptr) {
    std::copy_n(static_cast<const float*>(weights.bias.data), size.out,
                reinterpret_cast<float*>(data_.data() + bias_offset()));
  }
}

}  // namespace tandem::inline TANDEM_ABI::internal
