// Spreads the channels of a grouped convolution, see SpreadArgs. It makes one vector of outputs for all pixels of the
// row, since its lanes need the same inputs in every pixel.
//
// Groups of one input and 4 outputs, outputs 6..9:                 lanes   6 7 8 9      one load of the inputs 1 and 2,
//                                                                  inputs  1 1 2 2      one permutation, one store
// With more inputs per group the wanted ones do not lie side by side and are copied one by one.

template <class K>
void spread(const SpreadArgs& s) noexcept {
  using Bits = typename K::Bits;
  const auto input_of = [&](std::int64_t output) {
    return (s.first + output) / s.group_outputs * s.group_inputs + s.member;
  };
  for (std::int64_t o = 0; o < s.channels; o += K::kWidth) {
    const std::int64_t left = s.channels - o;
    const int lanes = left < K::kWidth ? static_cast<int>(left) : K::kWidth;
    const Bits* from = static_cast<const Bits*>(s.src.data) + input_of(o);
    Bits* to = static_cast<Bits*>(s.dst.data) + o;
    std::int32_t offset[K::kWidth];
    for (int l = 0; l < K::kWidth; ++l) {
      offset[l] = static_cast<std::int32_t>(input_of(o + (l < lanes ? l : lanes - 1)) - input_of(o));
    }
    if (s.group_inputs == 1) {
      const auto permutation = K::permutation(offset);
      const auto inputs = K::tail(offset[lanes - 1] + 1);
      const auto outputs = K::tail(lanes);
      for (std::int64_t x = 0; x < s.pixels; ++x, from = at(from, s.src.stride), to = at(to, s.dst.stride)) {
        const auto v = K::permute(K::load_partial(from, inputs), permutation);
        if (lanes == K::kWidth) {
          K::store(to, v);
        } else {
          K::store_partial(to, v, outputs);
        }
      }
    } else {
      for (std::int64_t x = 0; x < s.pixels; ++x, from = at(from, s.src.stride), to = at(to, s.dst.stride)) {
        for (int l = 0; l < lanes; ++l) to[l] = from[offset[l]];
      }
    }
  }
}
