// Walks over pixels and their channels.

// Rows without gaps are one long row, so that few channels fill whole vectors.
template <class Src, class Dst, class Args>
TANDEM_INLINE Args joined_rows(Args args) {
  const bool dense = args.src.stride == args.channels * std::ptrdiff_t{sizeof(Src)} &&
                     args.dst.stride == args.channels * std::ptrdiff_t{sizeof(Dst)};
  if (!dense) return args;
  args.channels *= args.pixels;
  args.pixels = 1;
  return args;
}

// The groups of for_channels() that are whole, from channel c on. Returns the channel behind them.
template <class K, int Vectors, class Body>
TANDEM_INLINE std::int64_t whole_vectors(std::int64_t c, std::int64_t channels, const Body& body) {
  constexpr std::int64_t kGroup = std::int64_t{Vectors} * K::kWidth;
  for (; c + kGroup <= channels; c += kGroup) body.template operator()<Vectors, false>(c, K::tail(0));
  if constexpr (Vectors > 1) {
    return whole_vectors<K, Vectors / 2>(c, channels, body);
  } else {
    return c;
  }
}

// For kernels that compute each channel by itself and whose dst is no source:
// Calls body.operator()<Vectors, Partial>(channel, tail) for groups of `Most` vectors, then of half as many, down to
// single ones. If the channels fill no vector, that is a single call with Partial = true. Else the last vector may overlap
// the one before: both calls store the same values.
template <class K, int Most, class Body>
TANDEM_INLINE void for_channels(std::int64_t channels, const Body& body) {
  constexpr std::int64_t kV = K::kWidth;
  if (channels < kV) return body.template operator()<1, true>(0, K::tail(static_cast<int>(channels)));
  const std::int64_t end = whole_vectors<K, Most>(0, channels, body);
  if (end < channels) body.template operator()<1, false>(channels - kV, K::tail(0));
}

// As for_channels(), but the last vector has half the width where there are such vectors and one holds the rest: it takes
// half the time. The body's first template argument is the kernel type of its vectors.
template <class K, int Most, class Body>
TANDEM_INLINE void for_channels_and_half(std::int64_t channels, const Body& body) {
  const auto of_whole = [&]<int Vectors, bool Partial>(std::int64_t c, typename K::Tail tail)
                            __attribute__((always_inline)) { body.template operator()<K, Vectors, Partial>(c, tail); };
  if constexpr (K::kEveryTile && K::kHalves) {
    using Half = F32<typename K::HalfArch>;
    constexpr std::int64_t kH = Half::kWidth;
    if (channels < kH) return body.template operator()<Half, 1, true>(0, Half::tail(static_cast<int>(channels)));
    const std::int64_t rest = channels % K::kWidth;
    if (rest > 0 && rest <= kH) {
      whole_vectors<K, Most>(0, channels, of_whole);
      return body.template operator()<Half, 1, false>(channels - kH, Half::tail(0));
    }
  }
  for_channels<K, Most>(channels, of_whole);
}

// Calls body<K>(), or if `half` body of vectors of half the width, where there are such.
template <class K, class Body>
TANDEM_INLINE void with_half_vectors(bool half, const Body& body) {
  if constexpr (K::kEveryTile && K::kHalves) {
    if (half) return body.template operator()<F32<typename K::HalfArch>>();
  }
  body.template operator()<K>();
}

// Calls body<K>(); or body of vectors of half the width, or of a single lane, if they hold all channels. A short vector
// takes less time than a longer one that is half empty. A single float is loaded and stored in less time than a masked vector.
template <class K, class Body>
TANDEM_INLINE void with_fitting_vectors(std::int64_t channels, const Body& body) {
  if constexpr (K::kEveryTile && K::kWidth > 1) {
    if (channels == 1) return body.template operator()<typename K::OneChannel>();
  }
  with_half_vectors<K>(channels <= K::kWidth / 2, body);
}
