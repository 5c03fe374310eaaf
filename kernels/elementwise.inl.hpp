// Element by element: dst[p, c] = f(a[p, c] OP b[p, c]), or f(a[p, c]). It goes pixel by pixel, so that memory is read
// and written in one stream: two loads and a store per vector.
//
// A clamp of fp32 is two instructions and stays in registers. Else the operation leaves its results in a block of fp32 in
// L1, of which finish_sums() makes outputs, as it does for all kernels.
//
// Rows without gaps are one long row, so that few channels fill whole vectors. A row of few channels that all pixels
// share is repeated for that, up to kRepeated elements:
//
//   a   p0c0 p0c1 p0c2 p1c0 p1c1 p1c2 p2c0 ..       three channels, pixel after pixel
//   b     b0   b1   b2   b0   b1   b2   b0 ..

constexpr std::int64_t kElementwiseBlock = 1024;  // fp32 results in L1: 4 KB
constexpr std::int64_t kRepeated = 512;

template <class K, Operation O>
TANDEM_INLINE typename K::Reg operate(const typename K::Reg& a, const typename K::Reg& b) {
  if constexpr (O == Operation::kAdd) return K::add(a, b);
  if constexpr (O == Operation::kSubtract) return K::subtract(a, b);
  if constexpr (O == Operation::kSubtractFrom) return K::subtract(b, a);
  if constexpr (O == Operation::kMultiply) return K::multiply(a, b);
  if constexpr (O == Operation::kDivide) return K::quotient(a, b);
  if constexpr (O == Operation::kDivideInto) return K::quotient(b, a);
  if constexpr (O == Operation::kMaximum || O == Operation::kMinimum) {
    const auto chosen = O == Operation::kMaximum ? K::at_least(a, b) : K::at_most(a, b);  // a, if b is a NaN
    const auto magnitude = K::and_bits(b, K::bits(0x7fffffffU));
    return K::if_bits_less(K::bits(0x7f800000U), magnitude, b, chosen);
  }
  if constexpr (O == Operation::kNone) return a;
}

// A pixel of b. Element: of the type of the tensors, or a float.
template <class K, class Element, bool Single>
class SecondOperand {
 public:
  using Reg = typename K::Reg;
  explicit TANDEM_INLINE SecondOperand(const Element* pixel)
      : pixel_(pixel), single_(Single ? K::load_broadcast(pixel) : K::broadcast(0.0F)) {}
  [[nodiscard]] TANDEM_INLINE Reg load(std::int64_t c) const { return Single ? single_ : K::load(pixel_ + c); }
  [[nodiscard]] TANDEM_INLINE Reg load_partial(std::int64_t c, typename K::Tail tail) const {
    return Single ? single_ : K::load_partial(pixel_ + c, tail);
  }

 private:
  const Element* pixel_;
  Reg single_;
};

// f(a OP b) with the clamp f. If the number of channels is no multiple of V, the last V channels are one more vector,
// which overlaps the one before. It is computed before that one is stored, since dst may be a or b.
template <class K, Operation O, class Element, bool Single>
TANDEM_INLINE void clamp_pixels(const ElementwiseArgs& e) {
  const std::int64_t last = e.channels - K::kWidth;
  const bool overlaps = e.channels % K::kWidth != 0;
  const auto lo = K::broadcast(e.epilogue.lo);
  const auto hi = K::broadcast(e.epilogue.hi);
  const auto* a = static_cast<const typename K::Src*>(e.a.data);
  const auto* b = static_cast<const Element*>(e.b.data);
  auto* dst = static_cast<typename K::Dst*>(e.dst.data);
  for (std::int64_t p = 0; p < e.pixels;
       ++p, a = at(a, e.a.stride), b = at(b, e.b.stride), dst = at(dst, e.dst.stride)) {
    const SecondOperand<K, Element, Single> second(b);
    const auto result = [&](std::int64_t c) { return K::clamp(operate<K, O>(K::load(a + c), second.load(c)), lo, hi); };
    const auto overlapping = overlaps ? result(last) : lo;
    for (std::int64_t c = 0; c <= last; c += K::kWidth) K::store(dst + c, result(c));
    if (overlaps) K::store(dst + last, overlapping);
  }
}

// The same for fewer channels than a vector has.
template <class K, Operation O, class Element, bool Single>
TANDEM_INLINE void clamp_few_channels(const ElementwiseArgs& e) {
  const typename K::Tail tail = K::tail(static_cast<int>(e.channels));
  const auto lo = K::broadcast(e.epilogue.lo);
  const auto hi = K::broadcast(e.epilogue.hi);
  const auto* a = static_cast<const typename K::Src*>(e.a.data);
  const auto* b = static_cast<const Element*>(e.b.data);
  auto* dst = static_cast<typename K::Dst*>(e.dst.data);
  for (std::int64_t p = 0; p < e.pixels;
       ++p, a = at(a, e.a.stride), b = at(b, e.b.stride), dst = at(dst, e.dst.stride)) {
    const SecondOperand<K, Element, Single> second(b);
    const auto result = operate<K, O>(K::load_partial(a, tail), second.load_partial(0, tail));
    K::store_partial(dst, K::clamp(result, lo, hi), tail);
  }
}

// a OP b into rows of whole vectors, `stride` floats apart.
template <class K, Operation O, class Element, bool Single>
TANDEM_INLINE void operate_block(const ElementwiseArgs& e, float* results, std::int64_t stride) {
  const std::int64_t whole = e.channels / K::kWidth * K::kWidth;
  const typename K::Tail tail = K::tail(static_cast<int>(e.channels - whole));
  const auto* a = static_cast<const typename K::Src*>(e.a.data);
  const auto* b = static_cast<const Element*>(e.b.data);
  for (std::int64_t p = 0; p < e.pixels; ++p, a = at(a, e.a.stride), b = at(b, e.b.stride), results += stride) {
    const SecondOperand<K, Element, Single> second(b);
    for (std::int64_t c = 0; c < whole; c += K::kWidth) {
      K::store(results + c, operate<K, O>(K::load(a + c), second.load(c)));
    }
    if (whole == e.channels) continue;
    K::store(results + whole, operate<K, O>(K::load_partial(a + whole, tail), second.load_partial(whole, tail)));
  }
}

// Block by block through L1. Not inlined: Clang would give the block of each operation a place of its own on the stack.
template <class K, Operation O, class Element, bool Single>
__attribute__((noinline)) void operate_and_finish(const ElementwiseArgs& e) {
  alignas(64) float results[kElementwiseBlock];
  const std::int64_t columns = e.channels < kElementwiseBlock ? e.channels : kElementwiseBlock;
  const std::int64_t stride = (columns + K::kWidth - 1) / K::kWidth * K::kWidth;
  const std::int64_t rows = kElementwiseBlock / stride;
  for (std::int64_t p = 0; p < e.pixels; p += rows) {
    for (std::int64_t c = 0; c < e.channels; c += columns) {
      ElementwiseArgs block = e;
      block.a.data = at(static_cast<const typename K::Src*>(e.a.data), p * e.a.stride) + c;
      if (O != Operation::kNone) {
        block.b.data = at(static_cast<const Element*>(e.b.data), p * e.b.stride) + (Single ? 0 : c);
      }
      block.pixels = e.pixels - p < rows ? e.pixels - p : rows;
      block.channels = e.channels - c < columns ? e.channels - c : columns;
      operate_block<K, O, Element, Single>(block, results, stride);
      auto* dst = at(static_cast<typename K::Dst*>(e.dst.data), p * e.dst.stride) + c;
      const auto results_stride = stride * std::ptrdiff_t{sizeof(float)};
      finish_sums<K>(
          {e.epilogue, results, results_stride, nullptr, 0, dst, e.dst.stride, block.pixels, block.channels, c});
    }
  }
}

template <class K, Operation O, class Element, bool Single>
void elementwise_pixels(const ElementwiseArgs& e) {
  if constexpr (K::kRegisterEpilogue) {
    if (is_clamp(e.epilogue, nullptr)) {
      return e.channels < K::kWidth ? clamp_few_channels<K, O, Element, Single>(e)
                                    : clamp_pixels<K, O, Element, Single>(e);
    }
  }
  operate_and_finish<K, O, Element, Single>(e);
}

template <class K, class Element, bool Single>
TANDEM_INLINE void elementwise_operation(const ElementwiseArgs& e) {
  switch (e.operation) {
    case Operation::kAdd:
      return elementwise_pixels<K, Operation::kAdd, Element, Single>(e);
    case Operation::kSubtract:
      return elementwise_pixels<K, Operation::kSubtract, Element, Single>(e);
    case Operation::kSubtractFrom:
      return elementwise_pixels<K, Operation::kSubtractFrom, Element, Single>(e);
    case Operation::kMultiply:
      return elementwise_pixels<K, Operation::kMultiply, Element, Single>(e);
    case Operation::kDivide:
      return elementwise_pixels<K, Operation::kDivide, Element, Single>(e);
    case Operation::kDivideInto:
      return elementwise_pixels<K, Operation::kDivideInto, Element, Single>(e);
    case Operation::kMaximum:
      return elementwise_pixels<K, Operation::kMaximum, Element, Single>(e);
    case Operation::kMinimum:
      return elementwise_pixels<K, Operation::kMinimum, Element, Single>(e);
    case Operation::kNone:
      break;
  }
}

template <class K, class Element>
TANDEM_INLINE void elementwise_rows(const ElementwiseArgs& e) {
  return e.b_single ? elementwise_operation<K, Element, true>(e) : elementwise_operation<K, Element, false>(e);
}

template <class K>
TANDEM_INLINE void elementwise_typed(const ElementwiseArgs& e) {
  if (e.operation == Operation::kNone) {  // any pointer will do for b, which is loaded once but not used
    ElementwiseArgs alone = e;
    alone.b = {&e.epilogue.lo, 0};
    return elementwise_pixels<K, Operation::kNone, float, true>(alone);
  }
  if (e.b_constant) return elementwise_rows<K, float>(e);
  return elementwise_rows<K, typename K::Src>(e);
}

// Few channels of b that all pixels share, on dense rows.
template <class K, class Element>
void elementwise_repeated(const ElementwiseArgs& e) {
  alignas(64) Element repeated[kRepeated];
  const std::int64_t most = kRepeated / e.channels;
  const std::int64_t times = most < e.pixels ? most : e.pixels;
  const auto* b = static_cast<const Element*>(e.b.data);
  for (std::int64_t i = 0; i < times; ++i) {
    __builtin_memcpy(repeated + i * e.channels, b, static_cast<std::size_t>(e.channels) * sizeof(Element));
  }
  ElementwiseArgs wide = e;
  wide.b = {repeated, 0};
  wide.pixels = e.pixels / times;
  wide.channels = times * e.channels;
  wide.a.stride = wide.dst.stride = times * e.a.stride;
  elementwise_rows<K, Element>(wide);
  ElementwiseArgs rest = wide;
  rest.pixels = 1;
  rest.channels = e.pixels % times * e.channels;
  if (rest.channels == 0) return;
  rest.a.data = at(static_cast<const typename K::Src*>(e.a.data), wide.pixels * wide.a.stride);
  rest.dst.data = at(static_cast<typename K::Dst*>(e.dst.data), wide.pixels * wide.dst.stride);
  elementwise_rows<K, Element>(rest);
}

template <class K>
void elementwise(const ElementwiseArgs& e) noexcept {
  const std::ptrdiff_t pixel = e.channels * std::ptrdiff_t{sizeof(typename K::Src)};
  const bool dense = e.a.stride == pixel && e.dst.stride == pixel && e.pixels > 1 && e.epilogue.slopes == nullptr &&
                     e.epilogue.scale == nullptr;
  if (!dense) return elementwise_typed<K>(e);
  const bool shared = e.b_single && e.b.stride == 0;
  if (e.operation == Operation::kNone || shared || (!e.b_single && !e.b_constant && e.b.stride == pixel)) {
    ElementwiseArgs row = e;
    row.pixels = 1;
    row.channels = e.pixels * e.channels;
    return elementwise_typed<K>(row);
  }
  if (e.b_single || e.b.stride != 0 || e.channels > kRepeated / 4) return elementwise_typed<K>(e);
  if (e.b_constant) return elementwise_repeated<K, float>(e);
  return elementwise_repeated<K, typename K::Src>(e);
}
