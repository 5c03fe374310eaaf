// Softmax over few channels: as many pixels at a time as a vector has lanes, a vector for each channel.
//
//     src   a0 a1 | b0 b1 | c0 c1 | d0 d1        x[0]  a0 b0 c0 d0
//                                                x[1]  a1 b1 c1 d1
//
// A pixel by itself would leave most lanes idle, and its short stores would delay the loads of the next pixels. The
// exponentials of a pixel are added as softmax.inl.hpp says, so the bits are the same.

template <class S>
TANDEM_INLINE typename S::Reg scaled_exponential(const typename S::Reg& x);  // softmax.inl.hpp

constexpr std::int64_t kFewSoftmaxChannels = 8;

template <class K>
constexpr bool is_few_for_softmax(std::int64_t channels) {
  return channels <= kFewSoftmaxChannels && 2 * channels <= K::kWidth;
}

template <class K>
class SoftmaxFew {
 public:
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Dst = typename K::Dst;
  static constexpr int kPixels = K::kWidth;

  explicit TANDEM_INLINE SoftmaxFew(const SoftmaxArgs& s)
      : beta_(K::broadcast(s.beta)), s_(s), tail_(K::tail(static_cast<int>(s.channels))) {}

  // kPixels pixels.
  TANDEM_INLINE void run(const Src* src, Dst* dst) const {
    alignas(64) float x[kFewSoftmaxChannels][kPixels];
    load(src, x);
    Reg most = K::load(x[0]);
    for (std::int64_t c = 1; c < s_.channels; ++c) most = K::at_least(K::load(x[c]), most);
    for (std::int64_t c = 0; c < s_.channels; ++c) {
      K::store(x[c], scaled_exponential<K>(K::multiply(beta_, K::subtract(K::load(x[c]), most))));
    }
    const Reg share = K::quotient(K::broadcast(1.0F), total(x));
    for (std::int64_t c = 0; c < s_.channels; ++c) K::store(x[c], K::multiply(K::load(x[c]), share));
    store(x, dst);
  }

 private:
  TANDEM_INLINE void load(const Src* src, float (&x)[kFewSoftmaxChannels][kPixels]) const {
    if constexpr (K::kRegisterEpilogue) {  // float
      for (std::int64_t c = 0; c < s_.channels; ++c) {
        for (int p = 0; p < kPixels; ++p) x[c][p] = *at(src + c, p * s_.src.stride);
      }
    } else {
      float pixel[K::kWidth];
      for (int p = 0; p < kPixels; ++p) {
        K::store(pixel, K::load_partial(at(src, p * s_.src.stride), tail_));
        for (std::int64_t c = 0; c < s_.channels; ++c) x[c][p] = pixel[c];
      }
    }
  }

  TANDEM_INLINE void store(const float (&x)[kFewSoftmaxChannels][kPixels], Dst* dst) const {
    if constexpr (K::kRegisterEpilogue) {
      for (std::int64_t c = 0; c < s_.channels; ++c) {
        for (int p = 0; p < kPixels; ++p) *at(dst + c, p * s_.dst.stride) = x[c][p];
      }
    } else {
      float pixel[K::kWidth] = {};
      for (int p = 0; p < kPixels; ++p) {
        for (std::int64_t c = 0; c < s_.channels; ++c) pixel[c] = x[c][p];
        K::store_partial(at(dst, p * s_.dst.stride), K::load(pixel), tail_);
      }
    }
  }

  // Channels i and i + 4, then i and i + 2, then 0 and 1.
  [[nodiscard]] TANDEM_INLINE Reg total(const float (&x)[kFewSoftmaxChannels][kPixels]) const {
    Reg sums[4];
    for (int c = 0; c < 4; ++c) {
      sums[c] = c < s_.channels ? K::load(x[c]) : K::broadcast(0.0F);
      if (c + 4 < s_.channels) sums[c] = K::add(sums[c], K::load(x[c + 4]));
    }
    return K::add(K::add(sums[0], sums[2]), K::add(sums[1], sums[3]));
  }

  Reg beta_;
  const SoftmaxArgs& s_;
  typename K::Tail tail_;
};
