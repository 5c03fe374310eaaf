// The register tile for fewer channels than a vector has lanes. With stride 1 and no gaps between the pixels, a row is
// one sequence of floats, and the input of the next tap lies C floats further on for every channel.
//
//     3 channels       dst     r g b r g b r g | b r g b ...       dst[f] += src[f + kx * C] * tap[kx][f mod C]
//                      taps    r g b r g b r g | b r g b ...
//
// A permutation brings the C weights of a tap to the lanes; it depends on the channel at which a vector begins. This
// tile makes only outputs that need all taps of a row. It sums in the order of all other tiles.

template <class K>
class DepthwiseFewTile {
 public:
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Weight = typename K::Weight;
  using Dst = typename K::Dst;
  static constexpr int kVectors = 4;  // 4 sums, 4 permutations, 2 temporaries: 10 of 16 registers

  // The row of d has at least a vector of outputs.
  DepthwiseFewTile(const DepthwiseArgs& d, const InnerRows& inner, std::int64_t x)
      : d_(d), inner_(inner), src_((x - d.pad_left) * d.channels), dst_(x * d.channels) {
    for (int i = 0, channel = 0; i < 2 * K::kWidth; ++i) {
      channels_[i] = channel;
      channel = channel + 1 == d.channels ? 0 : channel + 1;
    }
    after_ = channels_[K::kWidth];
  }

  // Floats [0, count) from pixel x on, whole pixels.
  TANDEM_INLINE void run(std::int64_t count) const {
    std::int64_t f = 0;
    std::int64_t channel = 0;
    for (; f + kVectors * K::kWidth <= count; f += kVectors * K::kWidth) channel = tile<kVectors>(f, channel);
    for (; f + K::kWidth <= count; f += K::kWidth) channel = tile<1>(f, channel);
    // The last vector ends with the last channel.
    if (f < count) tile<1>(count - K::kWidth, after_ == 0 ? 0 : d_.channels - after_);
  }

 private:
  // The vectors from float f on, which begin at this channel. Returns the channel behind them: counted, because a
  // remainder takes as long as the multiply-adds of several taps.
  template <int Vectors>
  TANDEM_INLINE std::int64_t tile(std::int64_t f, std::int64_t channel) const {
    Reg acc[Vectors];
    typename K::Permutation lanes[Vectors];
    const Reg bias = K::load(d_.bias);
#pragma GCC unroll 4
    for (int i = 0; i < Vectors; ++i) {
      lanes[i] = K::permutation(channels_ + channel);
      acc[i] = K::permute(bias, lanes[i]);
      channel += after_;
      if (channel >= d_.channels) channel -= d_.channels;
    }
    const auto* filter = static_cast<const Weight*>(inner_.filter);
    for (std::int64_t y = 0; y < inner_.count; ++y) {
      const Src* p = at(static_cast<const Src*>(inner_.rows[y]), inner_.offset) + src_ + f;
      for (std::int32_t kx = 0; kx < d_.kernel_w; ++kx, filter = at(filter, d_.filter_stride), p += d_.channels) {
        const Reg tap = K::load(filter);
#pragma GCC unroll 4
        for (int i = 0; i < Vectors; ++i) {
          acc[i] = K::madd(K::load(p + i * K::kWidth), K::permute(tap, lanes[i]), acc[i]);
        }
      }
    }
    finish<Vectors>(f, acc);
    return channel;
  }

  template <int Vectors>
  TANDEM_INLINE void finish(std::int64_t f, Reg (&acc)[Vectors]) const {
    const auto* residual = static_cast<const Dst*>(d_.residual);
    if (residual != nullptr) residual += dst_ + f;
    Dst* dst = static_cast<Dst*>(d_.dst) + dst_ + f;
    if (!ends_in_registers<K>(d_.epilogue, residual)) {
      float sums[Vectors * K::kWidth];
#pragma GCC unroll 4
      for (int i = 0; i < Vectors; ++i) K::store(sums + i * K::kWidth, acc[i]);
      return finish_sums<K>({d_.epilogue, sums, 0, residual, 0, dst, 0, 1, Vectors * K::kWidth});
    }
    const Reg lo = K::broadcast(d_.epilogue.lo);
    const Reg hi = K::broadcast(d_.epilogue.hi);
#pragma GCC unroll 4
    for (int i = 0; i < Vectors; ++i) {
      if (residual != nullptr) acc[i] = K::add(acc[i], K::load(residual + i * K::kWidth));
      K::store(dst + i * K::kWidth, K::clamp(acc[i], lo, hi));
    }
  }

  const DepthwiseArgs& d_;
  const InnerRows& inner_;
  std::ptrdiff_t src_, dst_;
  std::int32_t channels_[2 * K::kWidth];  // channel of a float and of the floats after it
  std::int64_t after_;                    // channel of the float behind a vector that begins at channel 0
};

// A row without dilation and without gaps between the pixels. depthwise_any takes the outputs at the borders, which
// need fewer taps. It takes the whole row if that is shorter than a vector, or if the residual is dst: the last vector
// overlaps the one before.
template <class K>
void depthwise_few(const DepthwiseArgs& d, const InnerRows& inner) {
  const std::int64_t last = d.in_width + d.pad_left - d.kernel_w + 1;
  const std::int64_t begin = d.pad_left > 0 ? d.pad_left : 0;
  const std::int64_t end = last < d.out_width ? last : d.out_width;
  if ((end - begin) * d.channels < K::kWidth || adds_in_place(d)) return depthwise_any<K>(d, inner, 0, d.out_width);
  if (begin > 0) depthwise_any<K>(d, inner, 0, begin);
  DepthwiseFewTile<K>(d, inner, begin).run((end - begin) * d.channels);
  if (end < d.out_width) depthwise_any<K>(d, inner, end, d.out_width);
}
