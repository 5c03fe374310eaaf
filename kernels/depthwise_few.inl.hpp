// The register tile for fewer channels than a vector has lanes: with stride 1 and no gaps between the pixels, a row is
// one sequence of floats to which the taps are a few floats apart, whatever channel a float is of.
//
//     3 channels       dst     r g b r g b r g | b r g b ...       dst[f] += src[f + kx * C] * tap[kx][f mod C]
//                      taps    r g b r g b r g | b r g b ...
//
// The weights of a tap, C of them, are brought to the lanes by a permutation, which depends on where in a pixel a vector
// begins. Only outputs that see all taps of a row are made here. The sums are in the order of all other tiles.

template <class S>
class DepthwiseFewTile {
 public:
  using Reg = typename S::Reg;
  static constexpr int kVectors = 4;  // with as many permutations and two temporaries: 10 of 16 registers

  // d has a row of at least a vector of outputs.
  DepthwiseFewTile(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x)
      : d_(d), inner_(inner), src_(inner.offset + (x - d.pad_left) * d.channels), dst_(x * d.channels) {
    for (int i = 0, channel = 0; i < 2 * S::kWidth; ++i) {
      channels_[i] = channel;
      channel = channel + 1 == d.channels ? 0 : channel + 1;
    }
  }

  // Floats [0, count) from pixel x on.
  TANDEM_INLINE void run(std::int64_t count) const {
    std::int64_t f = 0;
    for (; f + kVectors * S::kWidth <= count; f += kVectors * S::kWidth) tile<kVectors>(f);
    for (; f + S::kWidth <= count; f += S::kWidth) tile<1>(f);
    if (f < count) tile<1>(count - S::kWidth);
  }

 private:
  template <int Vectors>
  TANDEM_INLINE void tile(std::int64_t f) const {
    Reg acc[Vectors];
    typename S::Permutation lanes[Vectors];
    const Reg bias = S::load(d_.bias);
#pragma GCC unroll 4
    for (int i = 0; i < Vectors; ++i) {
      lanes[i] = S::permutation(channels_ + (f + i * S::kWidth) % d_.channels);
      acc[i] = S::permute(bias, lanes[i]);
    }
    const float* filter = inner_.filter;
    for (std::int64_t y = 0; y < inner_.count; ++y) {
      const float* p = inner_.rows[y] + src_ + f;
      for (std::int32_t kx = 0; kx < d_.kernel_w; ++kx, filter += d_.filter_stride, p += d_.channels) {
        const Reg tap = S::load(filter);
#pragma GCC unroll 4
        for (int i = 0; i < Vectors; ++i) {
          acc[i] = S::madd(S::load(p + i * S::kWidth), S::permute(tap, lanes[i]), acc[i]);
        }
      }
    }
    finish<Vectors>(f, acc);
  }

  template <int Vectors>
  TANDEM_INLINE void finish(std::int64_t f, Reg (&acc)[Vectors]) const {
    const float* residual = d_.residual == nullptr ? nullptr : d_.residual + dst_ + f;
    float* dst = d_.dst + dst_ + f;
    if (!is_clamp(d_.epilogue, residual)) {
      float sums[Vectors * S::kWidth];
#pragma GCC unroll 4
      for (int i = 0; i < Vectors; ++i) S::store(sums + i * S::kWidth, acc[i]);
      return finish_sums<S>({d_.epilogue, sums, 0, residual, 0, dst, 0, 1, Vectors * S::kWidth});
    }
    const Reg lo = S::broadcast(d_.epilogue.lo);
    const Reg hi = S::broadcast(d_.epilogue.hi);
#pragma GCC unroll 4
    for (int i = 0; i < Vectors; ++i) {
      if (residual != nullptr) acc[i] = S::add(acc[i], S::load(residual + i * S::kWidth));
      S::store(dst + i * S::kWidth, S::clamp(acc[i], lo, hi));
    }
  }

  const DepthwiseArgs& d_;
  const InnerRows& inner_;
  std::ptrdiff_t src_, dst_;
  std::int32_t channels_[2 * S::kWidth];  // of a float and those after it
};

// A row without dilation; false if its channels, strides or epilogue are none for that tile.
template <class S>
bool depthwise_few(const DepthwiseArgs& d, const InnerRows& inner) {
  if (d.channels >= S::kWidth || d.stride_w != 1 || d.src_stride != d.channels || d.dst_stride != d.channels)
    return false;
  if (d.residual != nullptr && (d.residual_stride != d.channels || adds_in_place(d))) return false;
  if (d.epilogue.function == Function::kPrelu) return false;  // its slopes would have to be permuted, too
  const std::int64_t last = d.in_width + d.pad_left - d.kernel_w + 1;
  const std::int64_t begin = d.pad_left > 0 ? d.pad_left : 0;
  const std::int64_t end = last < d.out_width ? last : d.out_width;
  if ((end - begin) * d.channels < S::kWidth) return false;
  if (begin > 0) depthwise_any<S>(d, inner, 0, begin);
  DepthwiseFewTile<S>(d, inner, begin).run((end - begin) * d.channels);
  if (end < d.out_width) depthwise_any<S>(d, inner, end, d.out_width);
  return true;
}
