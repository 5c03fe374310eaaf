#include "src/weights/pack.hpp"

#include <algorithm>

#include "src/base/checked.hpp"

namespace tandem::inline TANDEM_ABI::internal {

// The kernels' functions are the public kinds by another name.
static_assert(static_cast<int>(kernels::Function::kTanh) == static_cast<int>(Activation::Kind::kTanh));

PackedEpilogue::PackedEpilogue(const kernels::KernelTable& kernels, const Activation& activation, ResidualOrder order,
                               Range outputs)
    : epilogue_{activation.lo,
                activation.hi,
                static_cast<kernels::Function>(activation.kind),
                order == ResidualOrder::kAfterActivation,
                activation.alpha,
                activation.beta} {
  if (activation.kind != Activation::Kind::kPrelu) return;
  const std::int64_t channels = outputs.end - outputs.begin;
  slopes_ = AlignedBuffer(round_up(channels, kernels.vector_floats));
  std::copy_n(activation.slopes.data + outputs.begin, channels, slopes_.data());
}

PackedGemm::PackedGemm(const kernels::KernelTable& kernels, const Filter& filter, const FilterSize& size,
                       const StageEnd& end, Range outputs)
    : k_(size.h * size.w * size.in),
      n_(outputs.end - outputs.begin),
      vector_floats_(kernels.vector_floats),
      shapes_(split_panels(n_, kernels)),
      epilogue_(kernels, end.activation, end.order, outputs) {
  std::int64_t total = 0;
  for (const PanelShape& shape : shapes_) {
    offsets_.push_back(total);
    total += (k_ + 1) * shape.vectors * vector_floats_;
  }
  data_ = AlignedBuffer(total);

  const FilterReader reader(filter, size);
  float* out = data_.data();
  for (const PanelShape& shape : shapes_) {
    const std::int64_t width = shape.vectors * vector_floats_;
    for (std::int64_t y = 0; y < size.h; ++y) {
      for (std::int64_t x = 0; x < size.w; ++x) {
        for (std::int64_t c = 0; c < size.in; ++c, out += width) {
          for (std::int64_t j = 0; j < shape.columns; ++j) {
            out[j] = reader.at(outputs.begin + shape.first_column + j, c, y, x);
          }
        }
      }
    }
    if (end.bias.data != nullptr) {
      std::copy_n(end.bias.data + outputs.begin + shape.first_column, shape.columns, out);
    }
    out += width;
  }
}

PackedDepthwise::PackedDepthwise(const kernels::KernelTable& kernels, const Filter& filter, const FilterSize& size,
                                 const StageEnd& end)
    : taps_(size.h * size.in * size.w),
      pitch_(round_up(size.out, kernels.vector_floats)),
      data_((taps_ + 1) * pitch_),
      epilogue_(kernels, end.activation, end.order, {0, size.out}) {
  const FilterReader reader(filter, size);
  float* out = data_.data();
  for (std::int64_t y = 0; y < size.h; ++y) {
    for (std::int64_t i = 0; i < size.in; ++i) {
      for (std::int64_t x = 0; x < size.w; ++x, out += pitch_) {
        for (std::int64_t c = 0; c < size.out; ++c) out[c] = reader.at(c, i, y, x);
      }
    }
  }
  if (end.bias.data != nullptr) std::copy_n(end.bias.data, size.out, out);
}

}  // namespace tandem::inline TANDEM_ABI::internal
