// Softmax over the channels of each pixel: y[c] = exp(beta * (x[c] - most)) / sum, most = max_c x[c].
//
// Three passes over a pixel, which stays in L1: the largest element, the sum of the exponentials, the outputs. fp32
// keeps the exponentials in dst between the last two; a type whose stores round computes them again.
//
// No exponent is above 0, so nothing overflows. All exponentials are scaled by 2^32, so that they are normal floats down
// to exp(kSoftmaxFloor), below which the quotient rounds to zero. The quotient is rounded once, into the denormals too.
//
// The exponentials are added in the same order on every ISA: in 16 lanes, channel c in lane c % 16. Each lane adds its
// next four as a tree in fp32, the last ones by themselves, and these in double. The 16 sums are rounded to fp32, and
// added in halves: lane i and lane i + 8, then i + 4, i + 2, i + 1.
//
// Lanes past the last channel are filled with -infinity, whose exponential is too small to change a sum.

constexpr float kSoftmaxFloor = -109.0F;

// 2^32 * exp(x) for x <= 0, within 2 units in the last place. A NaN stays NaN.
template <class S>
TANDEM_INLINE typename S::Reg scaled_exponential(const typename S::Reg& x) {
  typename S::Reg r, power;
  reduce<S, 2, 32>(S::at_least(x, S::broadcast(kSoftmaxFloor)), r, power);
  return S::multiply(polynomial<S>(r, S::broadcast(kExp[0]), kExp[1], kExp[2], kExp[3], kExp[4], 1.0F, 1.0F), power);
}

// The result of combining all lanes of v, in every lane: lane i with lane i ^ V/2, then i ^ V/4 ... i ^ 1.
template <class K>
class Butterfly {
 public:
  using Reg = typename K::Reg;
  TANDEM_INLINE Butterfly() {
    for (int distance = K::kWidth / 2, step = 0; distance > 0; distance /= 2, ++step) {
      std::int32_t lane[K::kWidth];
      for (int i = 0; i < K::kWidth; ++i) lane[i] = i ^ distance;
      steps_[step] = K::permutation(lane);
    }
  }
  template <class Combine>
  [[nodiscard]] TANDEM_INLINE Reg all(Reg v, const Combine& combine) const {
    for (int distance = K::kWidth / 2, step = 0; distance > 0; distance /= 2, ++step) {
      v = combine(v, K::permute(v, steps_[step]));
    }
    return v;
  }

 private:
  typename K::Permutation steps_[4];  // V is at most 16
};

template <class K>
class SoftmaxPixel {
 public:
  using Reg = typename K::Reg;
  using Src = typename K::Src;
  using Dst = typename K::Dst;

  explicit TANDEM_INLINE SoftmaxPixel(const SoftmaxArgs& s)
      : beta_(K::broadcast(s.beta)), whole_(s.channels / K::kWidth * K::kWidth), channels_(s.channels) {
    const int rest = static_cast<int>(channels_ - whole_);
    tail_ = K::tail(rest);
    float lanes[K::kWidth];
    for (int i = 0; i < K::kWidth; ++i) lanes[i] = i < rest ? 0.0F : -__builtin_inff();
    fill_ = K::load(lanes);
  }

  TANDEM_INLINE void run(const Src* src, Dst* dst) const {
    const Reg most = butterfly_.all(largest(src), [](Reg a, Reg b) { return K::at_least(a, b); });
    if (whole_ > 0) return store_quotients(src, dst, most, K::quotient(K::broadcast(1.0F), sum(src, dst, most)));
    // The only vector stays in a register. Its sum is that of sum(), whose other lanes would be zero.
    const Reg e = exponential(load_rest(src), most);
    K::store_partial(dst, K::multiply(e, K::quotient(K::broadcast(1.0F), total(e))), tail_);
  }

 private:
  using Wide = typename K::Wide;
  static constexpr int kLanes = 16;
  static constexpr std::int64_t kFourLanes = std::int64_t{4} * kLanes;
  static constexpr int kParts = kLanes / K::kWidth;  // vectors that make up the 16 lanes

  // The last channels, which fill no vector.
  [[nodiscard]] TANDEM_INLINE Reg load_rest(const Src* src) const {
    return K::or_bits(K::load_partial(src + whole_, tail_), fill_);
  }

  // The largest element of each lane.
  [[nodiscard]] TANDEM_INLINE Reg largest(const Src* src) const {
    Reg most = whole_ < channels_ ? load_rest(src) : K::load(src);
    std::int64_t c = 0;
    if (whole_ >= 4 * K::kWidth) {
      Reg m[4];
#pragma GCC unroll 4
      for (int i = 0; i < 4; ++i) m[i] = K::load(src + i * K::kWidth);
      for (c = 4 * K::kWidth; c + 4 * K::kWidth <= whole_; c += 4 * K::kWidth) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) m[i] = K::at_least(K::load(src + c + i * K::kWidth), m[i]);
      }
      most = K::at_least(most, K::at_least(K::at_least(m[0], m[1]), K::at_least(m[2], m[3])));
    }
    for (; c < whole_; c += K::kWidth) most = K::at_least(K::load(src + c), most);
    return most;
  }

  [[nodiscard]] TANDEM_INLINE Reg exponent(const Reg& x, const Reg& most) const {
    return K::multiply(beta_, K::subtract(x, most));
  }
  [[nodiscard]] TANDEM_INLINE Reg exponential(const Reg& x, const Reg& most) const {
    return scaled_exponential<K>(exponent(x, most));
  }

  // The sum of the exponentials, in every lane. Leaves these in dst if its type holds them.
  [[nodiscard]] TANDEM_INLINE Reg sum(const Src* src, Dst* dst, const Reg& most) const {
    using S = Several<K, 4>;
    Wide lanes[kParts];
    for (int part = 0; part < kParts; ++part) lanes[part] = K::widen(K::broadcast(0.0F));
    std::int64_t c = 0;
    for (; c + kFourLanes <= channels_; c += kFourLanes) {
      for (int part = 0; part < kParts; ++part) {
        const std::int64_t first = c + part * K::kWidth;
        typename S::Reg x;
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) x.v[i] = exponent(K::load(src + first + i * kLanes), most);
        const typename S::Reg e = scaled_exponential<S>(x);
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) keep(dst + first + i * kLanes, e.v[i]);
        lanes[part] = wide_add(lanes[part], K::widen(K::add(K::add(e.v[0], e.v[1]), K::add(e.v[2], e.v[3]))));
      }
    }
    for (int part = 0; c < whole_; c += K::kWidth, part = (part + 1) % kParts) {
      const Reg e = exponential(K::load(src + c), most);
      keep(dst + c, e);
      lanes[part] = wide_add(lanes[part], K::widen(e));
    }
    if (whole_ < channels_) {
      const Reg e = exponential(load_rest(src), most);
      if constexpr (K::kRegisterEpilogue) K::store_partial(dst + whole_, e, tail_);
      const auto part = whole_ / K::kWidth % kParts;
      lanes[part] = wide_add(lanes[part], K::widen(e));
    }
    Reg sums[kParts];
    for (int part = 0; part < kParts; ++part) sums[part] = K::narrow(lanes[part]);
    for (int half = kParts / 2; half > 0; half /= 2) {
      for (int part = 0; part < half; ++part) sums[part] = K::add(sums[part], sums[part + half]);
    }
    return total(sums[0]);
  }

  [[nodiscard]] TANDEM_INLINE Reg total(const Reg& v) const {
    return butterfly_.all(v, [](Reg a, Reg b) { return K::add(a, b); });
  }

  static TANDEM_INLINE void keep(Dst* dst, const Reg& e) {
    if constexpr (K::kRegisterEpilogue) K::store(dst, e);
  }

  TANDEM_INLINE void store_quotients(const Src* src, Dst* dst, const Reg& most, const Reg& share) const {
    for (std::int64_t c = 0; c < whole_; c += K::kWidth) {
      Reg e;
      if constexpr (K::kRegisterEpilogue) {
        e = K::load(dst + c);
      } else {
        e = exponential(K::load(src + c), most);
      }
      K::store(dst + c, K::multiply(e, share));
    }
    if (whole_ == channels_) return;
    Reg e;
    if constexpr (K::kRegisterEpilogue) {
      e = K::load_partial(dst + whole_, tail_);
    } else {
      e = exponential(load_rest(src), most);
    }
    K::store_partial(dst + whole_, K::multiply(e, share), tail_);
  }

  Butterfly<K> butterfly_;
  Reg beta_;
  std::int64_t whole_;  // channels in whole vectors
  std::int64_t channels_;
  typename K::Tail tail_;
  Reg fill_;  // -infinity past the last channel
};

template <class K>
void softmax(const SoftmaxArgs& s) noexcept {
  const SoftmaxPixel<K> pixel(s);
  const auto* src = static_cast<const typename K::Src*>(s.src.data);
  auto* dst = static_cast<typename K::Dst*>(s.dst.data);
  std::int64_t p = 0;
  if (is_few_for_softmax<K>(s.channels)) {
    constexpr int kTogether = SoftmaxFew<K>::kPixels;
    const SoftmaxFew<K> few(s);
    for (; p + kTogether <= s.pixels; p += kTogether) {
      few.run(src, dst);
      src = at(src, kTogether * s.src.stride);
      dst = at(dst, kTogether * s.dst.stride);
    }
  }
  for (; p < s.pixels; ++p, src = at(src, s.src.stride), dst = at(dst, s.dst.stride)) {
    pixel.run(src, dst);
  }
}
