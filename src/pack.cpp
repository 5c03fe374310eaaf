#include "src/pack.hpp"

#include "src/checked.hpp"

namespace tandem::internal {

PackedGemm::PackedGemm(const kernels::KernelTable& kernels, const Filter& filter, const FilterSize& size,
                       FloatSpan bias)
    : k_(size.h * size.w * size.in),
      n_(size.out),
      vector_floats_(kernels.vector_floats),
      shapes_(split_panels(n_, kernels)) {
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
          for (std::int64_t j = 0; j < shape.columns; ++j) out[j] = reader.at(shape.first_column + j, c, y, x);
        }
      }
    }
    for (std::int64_t j = 0; j < shape.columns && bias.data != nullptr; ++j) out[j] = bias.data[shape.first_column + j];
    out += width;
  }
}

PackedDepthwise::PackedDepthwise(const kernels::KernelTable& kernels, const Filter& filter, const FilterSize& size,
                                 FloatSpan bias)
    : taps_(size.h * size.w), pitch_(round_up(size.out, kernels.vector_floats)), data_((taps_ + 1) * pitch_) {
  const FilterReader reader(filter, size);
  float* out = data_.data();
  for (std::int64_t y = 0; y < size.h; ++y) {
    for (std::int64_t x = 0; x < size.w; ++x, out += pitch_) {
      for (std::int64_t c = 0; c < size.out; ++c) out[c] = reader.at(c, 0, y, x);
    }
  }
  for (std::int64_t c = 0; c < size.out && bias.data != nullptr; ++c) out[c] = bias.data[c];
}

}  // namespace tandem::internal
