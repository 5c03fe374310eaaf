#include "tests/engines/interpreter.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>

namespace tandem::test {
namespace {

using namespace graph;

constexpr double kUnit = 1.0 / (1 << 24);
constexpr double kInfinity = std::numeric_limits<double>::infinity();

[[noreturn]] void fail(const Node& node, const char* why) {
  std::fprintf(stderr, "interpreter: %s \"%s\": %s\n", to_string(node.op), node.name.c_str(), why);
  std::abort();
}

std::int64_t count(const Dims& dims) {
  std::int64_t n = 1;
  for (const std::int64_t d : dims) n *= d;
  return n;
}

std::int64_t axis_of(std::int64_t axis, const Dims& dims) {
  return axis < 0 ? axis + static_cast<std::int64_t>(dims.size()) : axis;
}

Array make(Dims dims) {
  Array a;
  a.numbers.resize(static_cast<std::size_t>(count(dims)));
  a.dims = std::move(dims);
  return a;
}

// Calls visit(place) for each place of an array, and gives its number.
void each(const Dims& dims, const std::function<void(const Dims&, std::size_t)>& visit) {
  Dims at(dims.size(), 0);
  const std::int64_t n = count(dims);
  for (std::int64_t i = 0; i < n; ++i) {
    visit(at, static_cast<std::size_t>(i));
    for (std::size_t d = dims.size(); d-- > 0;) {
      if (++at[d] < dims[d]) break;
      at[d] = 0;
    }
  }
}

std::size_t offset(const Dims& dims, const Dims& at) {
  std::int64_t i = 0;
  for (std::size_t d = 0; d < dims.size(); ++d) i = i * dims[d] + at[d];
  return static_cast<std::size_t>(i);
}

// An image by n, y, x, c.
class Image {
 public:
  Image(Layout layout, const Array& array) : nchw_(layout == Layout::kNchw), a_(array) {}
  static Dims dims(Layout layout, std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c) {
    return layout == Layout::kNchw ? Dims{n, c, h, w} : Dims{n, h, w, c};
  }
  std::int64_t n() const { return a_.dims[0]; }
  std::int64_t h() const { return a_.dims[nchw_ ? 2 : 1]; }
  std::int64_t w() const { return a_.dims[nchw_ ? 3 : 2]; }
  std::int64_t c() const { return a_.dims[nchw_ ? 1 : 3]; }
  std::size_t at(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c) const {
    return offset(a_.dims, nchw_ ? Dims{n, c, y, x} : Dims{n, y, x, c});
  }

 private:
  bool nchw_;
  const Array& a_;
};

void each_pixel(const Image& image,
                const std::function<void(std::int64_t, std::int64_t, std::int64_t, std::int64_t)>& visit) {
  for (std::int64_t n = 0; n < image.n(); ++n) {
    for (std::int64_t y = 0; y < image.h(); ++y) {
      for (std::int64_t x = 0; x < image.w(); ++x) {
        for (std::int64_t c = 0; c < image.c(); ++c) visit(n, y, x, c);
      }
    }
  }
}

// A sum of products with its bound.
struct Sum {
  double value = 0, carried = 0, magnitude = 0;
  std::int64_t terms = 0;
  void add(const Number& x, double f) {
    value += x.value * f;
    carried += x.error * std::abs(f);
    magnitude += std::abs(x.value * f);
    ++terms;
  }
  Number number() const { return {value, carried + static_cast<double>(terms + 16) * kUnit * (magnitude + carried)}; }
};

double apply(const Activation& a, double x, double slope) {
  switch (a.kind) {
    case Activation::Kind::kClamp:
      return std::min(std::max(x, static_cast<double>(a.lo)), static_cast<double>(a.hi));
    case Activation::Kind::kLeakyRelu:
      return x < 0 ? static_cast<double>(a.alpha) * x : x;
    case Activation::Kind::kPrelu:
      return x < 0 ? slope * x : x;
    case Activation::Kind::kSigmoid:
      return 1 / (1 + std::exp(-x));
    case Activation::Kind::kSilu:
      return x / (1 + std::exp(-x));
    case Activation::Kind::kHardSigmoid:
      return std::min(std::max(static_cast<double>(a.alpha) * x + static_cast<double>(a.beta), 0.0), 1.0);
    case Activation::Kind::kHardSwish:
      return x * std::min(std::max(x / 6 + 0.5, 0.0), 1.0);
    case Activation::Kind::kTanh:
      return std::tanh(x);
    case Activation::Kind::kGelu:
      return x * (1 + std::erf(x / std::sqrt(2.0))) / 2;
    case Activation::Kind::kGeluTanh:
      return x / 2 * (1 + std::tanh(std::sqrt(2 / 3.14159265358979323846) * (x + 0.044715 * x * x * x)));
  }
  std::abort();
}

// No activation here has a slope above 1.6, except by its own number.
Number activate(const Activation& a, const Number& x, double slope = 0) {
  const double steepest = std::max({1.6, std::abs(static_cast<double>(a.alpha)), std::abs(slope)});
  const double y = apply(a, x.value, slope);
  return {y, steepest * x.error + 16 * kUnit * (std::abs(y) + std::abs(x.value) * 2 + 1)};
}

std::int64_t before_same(std::int64_t in, std::int64_t out, std::int64_t kernel, std::int64_t stride,
                         std::int64_t dilation, bool lower) {
  const std::int64_t all = std::max<std::int64_t>((out - 1) * stride + dilation * (kernel - 1) + 1 - in, 0);
  return lower ? all - all / 2 : all / 2;
}

struct Axis {
  std::int64_t in, out, kernel, stride, dilation, before;
};

Axis window(std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation, Padding::Mode mode,
            std::int64_t before, std::int64_t after, bool ceil_mode) {
  Axis a{in, 0, kernel, stride, dilation, before};
  if (mode != Padding::Mode::kExplicit) {
    a.out = (in + stride - 1) / stride;
    a.before = before_same(in, a.out, kernel, stride, dilation, mode == Padding::Mode::kSameLower);
    return a;
  }
  const std::int64_t rest = in + before + after - dilation * (kernel - 1) - 1;
  a.out = rest / stride + 1;
  if (ceil_mode && rest % stride != 0 && a.out * stride < in + before) ++a.out;
  return a;
}

template <class A>
void windows(const Image& x, const A& a, std::int64_t kh, std::int64_t kw, bool ceil_mode, Axis* y, Axis* z) {
  const Padding& p = a.padding;
  *y = window(x.h(), kh, a.stride_h, a.dilation_h, p.mode, p.top, p.bottom, ceil_mode);
  *z = window(x.w(), kw, a.stride_w, a.dilation_w, p.mode, p.left, p.right, ceil_mode);
}

class Interpreter {
 public:
  Interpreter(const Graph& graph, const Node& node, Arrays& arrays) : g_(graph), n_(node), arrays_(arrays) {}

  void run();

 private:
  const Array& in(std::size_t i) const { return arrays_.at(n_.inputs[i]); }
  bool has(std::size_t i) const { return i < n_.inputs.size() && n_.inputs[i] != kNoValue; }
  void out(Array a, std::size_t i = 0) { arrays_[n_.outputs[i]] = std::move(a); }
  template <class T>
  const T& attributes() const {
    return std::get<T>(n_.attributes);
  }

  double filter(FilterLayout layout, std::int64_t m, std::int64_t c, std::int64_t ky, std::int64_t kx) const {
    const Array& f = in(1);
    switch (layout) {
      case FilterLayout::kOihw:
        return f.numbers[offset(f.dims, {m, c, ky, kx})].value;
      case FilterLayout::kOhwi:
        return f.numbers[offset(f.dims, {m, ky, kx, c})].value;
      case FilterLayout::kHwio:
        return f.numbers[offset(f.dims, {ky, kx, c, m})].value;
      case FilterLayout::k1hwc:
        return f.numbers[offset(f.dims, {0, ky, kx, m})].value;
      case FilterLayout::kIohw:
        return f.numbers[offset(f.dims, {c, m, ky, kx})].value;
    }
    std::abort();
  }

  void conv();
  void conv_transpose();
  void pool(bool average);
  void resize();
  void matmul();
  void batch_norm();
  void each_of_one(const std::function<Number(const Number&)>& f);
  void each_of_two(const std::function<Number(const Number&, const Number&)>& f);
  Number quantized(const Number& x) const;
  void dequantized();
  void mean();
  void softmax();
  void moves();
  void space(bool to_space);

  const Graph& g_;
  const Node& n_;
  Arrays& arrays_;
};

void Interpreter::conv() {
  const auto& a = attributes<ConvAttributes>();
  const Array& source = in(0);
  const Image x(g_.layout, source);
  const Dims& f = in(1).dims;
  std::int64_t m = 0, kh = 0, kw = 0;
  switch (a.filter_layout) {
    case FilterLayout::kOhwi:
      m = f[0], kh = f[1], kw = f[2];
      break;
    case FilterLayout::kHwio:
      m = f[3], kh = f[0], kw = f[1];
      break;
    case FilterLayout::k1hwc:
      m = f[3], kh = f[1], kw = f[2];
      break;
    default:
      m = f[0], kh = f[2], kw = f[3];
      break;
  }
  Axis v{}, h{};
  windows(x, a, kh, kw, false, &v, &h);
  Array to = make(Image::dims(g_.layout, x.n(), v.out, h.out, m));
  const Image y(g_.layout, to);
  const std::int64_t inputs = x.c() / a.groups, outputs = m / a.groups;
  each_pixel(y, [&](std::int64_t n, std::int64_t oy, std::int64_t ox, std::int64_t o) {
    Sum sum;
    if (has(2)) sum.add(in(2).numbers[static_cast<std::size_t>(o)], 1);
    for (std::int64_t ky = 0; ky < kh; ++ky) {
      for (std::int64_t kx = 0; kx < kw; ++kx) {
        const std::int64_t iy = oy * v.stride - v.before + ky * v.dilation;
        const std::int64_t ix = ox * h.stride - h.before + kx * h.dilation;
        if (iy < 0 || iy >= x.h() || ix < 0 || ix >= x.w()) continue;
        for (std::int64_t c = 0; c < inputs; ++c) {
          sum.add(source.numbers[x.at(n, iy, ix, o / outputs * inputs + c)], filter(a.filter_layout, o, c, ky, kx));
        }
      }
    }
    to.numbers[y.at(n, oy, ox, o)] = activate(a.activation, sum.number());
  });
  out(std::move(to));
}

void Interpreter::conv_transpose() {
  const auto& a = attributes<ConvTransposeAttributes>();
  if (a.padding.mode != Padding::Mode::kExplicit || a.output_h != 0 || a.groups != 1) fail(n_, "not needed by tests");
  const Array& source = in(0);
  const Image x(g_.layout, source);
  const Dims& f = in(1).dims;
  const bool iohw = a.filter_layout == FilterLayout::kIohw;
  const std::int64_t m = iohw ? f[1] : f[0], kh = f[iohw ? 2 : 1], kw = f[iohw ? 3 : 2];
  const std::int64_t oh =
      a.stride_h * (x.h() - 1) + a.output_padding_h + a.dilation_h * (kh - 1) + 1 - a.padding.top - a.padding.bottom;
  const std::int64_t ow =
      a.stride_w * (x.w() - 1) + a.output_padding_w + a.dilation_w * (kw - 1) + 1 - a.padding.left - a.padding.right;
  Array to = make(Image::dims(g_.layout, x.n(), oh, ow, m));
  const Image y(g_.layout, to);
  std::vector<Sum> sums(to.numbers.size());
  each_pixel(x, [&](std::int64_t n, std::int64_t iy, std::int64_t ix, std::int64_t c) {
    for (std::int64_t ky = 0; ky < kh; ++ky) {
      for (std::int64_t kx = 0; kx < kw; ++kx) {
        const std::int64_t oy = iy * a.stride_h + ky * a.dilation_h - a.padding.top;
        const std::int64_t ox = ix * a.stride_w + kx * a.dilation_w - a.padding.left;
        if (oy < 0 || oy >= oh || ox < 0 || ox >= ow) continue;
        for (std::int64_t o = 0; o < m; ++o) {
          sums[y.at(n, oy, ox, o)].add(source.numbers[x.at(n, iy, ix, c)], filter(a.filter_layout, o, c, ky, kx));
        }
      }
    }
  });
  each_pixel(y, [&](std::int64_t n, std::int64_t oy, std::int64_t ox, std::int64_t o) {
    Sum& sum = sums[y.at(n, oy, ox, o)];
    if (has(2)) sum.add(in(2).numbers[static_cast<std::size_t>(o)], 1);
    to.numbers[y.at(n, oy, ox, o)] = activate(a.activation, sum.number());
  });
  out(std::move(to));
}

void Interpreter::pool(bool average) {
  const auto& a = attributes<PoolAttributes>();
  const Array& source = in(0);
  const Image x(g_.layout, source);
  Axis v{}, h{};
  windows(x, a, a.kernel_h, a.kernel_w, a.ceil_mode, &v, &h);
  const bool is_explicit = a.padding.mode == Padding::Mode::kExplicit;
  const std::int64_t bottom = x.h() + (is_explicit ? a.padding.bottom : 0),
                     right = x.w() + (is_explicit ? a.padding.right : 0);
  Array to = make(Image::dims(g_.layout, x.n(), v.out, h.out, x.c()));
  const Image y(g_.layout, to);
  each_pixel(y, [&](std::int64_t n, std::int64_t oy, std::int64_t ox, std::int64_t c) {
    Sum sum;
    Number most{-kInfinity, 0};
    double inside = 0;
    for (std::int64_t ky = 0; ky < a.kernel_h; ++ky) {
      for (std::int64_t kx = 0; kx < a.kernel_w; ++kx) {
        const std::int64_t iy = oy * v.stride - v.before + ky * v.dilation;
        const std::int64_t ix = ox * h.stride - h.before + kx * h.dilation;
        const bool pixel = iy >= 0 && iy < x.h() && ix >= 0 && ix < x.w();
        inside += pixel || (a.count_include_pad && iy < bottom && ix < right) ? 1 : 0;
        if (!pixel) continue;
        const Number& e = source.numbers[x.at(n, iy, ix, c)];
        sum.add(e, 1);
        most = {std::max(most.value, e.value), std::max(most.error, e.error)};
      }
    }
    Number& result = to.numbers[y.at(n, oy, ox, c)];
    const Number total = sum.number();
    result = average ? Number{inside == 0 ? 0 : total.value / inside, inside == 0 ? 0 : total.error / inside} : most;
  });
  out(std::move(to));
}

void Interpreter::resize() {
  const auto& a = attributes<ResizeAttributes>();
  const Array& source = in(0);
  const Image x(g_.layout, source);
  const auto target = [](std::int64_t size, std::int64_t given, float scale) {
    return given > 0 ? given : static_cast<std::int64_t>(std::floor(static_cast<float>(size) * scale));
  };
  const std::int64_t oh = target(x.h(), a.output_h, a.scale_h), ow = target(x.w(), a.output_w, a.scale_w);
  Array to = make(Image::dims(g_.layout, x.n(), oh, ow, x.c()));
  const Image y(g_.layout, to);
  const auto position = [&](std::int64_t o, std::int64_t n, std::int64_t m) {
    const double scale = static_cast<double>(m) / static_cast<double>(n), at = static_cast<double>(o);
    switch (a.coordinates) {
      case ResizeCoordinates::kAsymmetric:
        return at / scale;
      case ResizeCoordinates::kHalfPixel:
        return (at + 0.5) / scale - 0.5;
      case ResizeCoordinates::kPytorchHalfPixel:
        return m > 1 ? (at + 0.5) / scale - 0.5 : 0.0;
      case ResizeCoordinates::kTfHalfPixelForNearest:
        return (at + 0.5) / scale;
      case ResizeCoordinates::kAlignCorners:
        return m == 1 ? 0.0 : at * static_cast<double>(n - 1) / static_cast<double>(m - 1);
    }
    return 0.0;
  };
  const auto nearest = [&](double p, std::int64_t n) {
    double r = 0;
    switch (a.rounding) {
      case ResizeRounding::kFloor:
        r = std::floor(p);
        break;
      case ResizeRounding::kCeil:
        r = std::ceil(p);
        break;
      case ResizeRounding::kRoundPreferFloor:
        r = std::ceil(p - 0.5);
        break;
      case ResizeRounding::kRoundPreferCeil:
        r = std::floor(p + 0.5);
        break;
    }
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(r), 0, n - 1);
  };
  each_pixel(y, [&](std::int64_t n, std::int64_t oy, std::int64_t ox, std::int64_t c) {
    const double py = position(oy, x.h(), oh), px = position(ox, x.w(), ow);
    Number& result = to.numbers[y.at(n, oy, ox, c)];
    if (a.mode == ResizeMode::kNearest) {
      result = source.numbers[x.at(n, nearest(py, x.h()), nearest(px, x.w()), c)];
      return;
    }
    const double cy = std::clamp(py, 0.0, static_cast<double>(x.h() - 1)),
                 cx = std::clamp(px, 0.0, static_cast<double>(x.w() - 1));
    const auto y0 = static_cast<std::int64_t>(cy), x0 = static_cast<std::int64_t>(cx);
    const std::int64_t y1 = std::min(y0 + 1, x.h() - 1), x1 = std::min(x0 + 1, x.w() - 1);
    const double fy = cy - static_cast<double>(y0), fx = cx - static_cast<double>(x0);
    Sum sum;
    sum.add(source.numbers[x.at(n, y0, x0, c)], (1 - fy) * (1 - fx));
    sum.add(source.numbers[x.at(n, y0, x1, c)], (1 - fy) * fx);
    sum.add(source.numbers[x.at(n, y1, x0, c)], fy * (1 - fx));
    sum.add(source.numbers[x.at(n, y1, x1, c)], fy * fx);
    result = sum.number();
    // Positions are computed in fp32, so that a weight may be off by a few units of the position.
    double span = 0;
    for (const std::int64_t i : {y0, y1}) {
      for (const std::int64_t j : {x0, x1}) span = std::max(span, std::abs(source.numbers[x.at(n, i, j, c)].value));
    }
    result.error += 16 * kUnit * static_cast<double>(x.h() + x.w()) * span;
  });
  out(std::move(to));
}

void Interpreter::matmul() {
  const auto& a = attributes<MatMulAttributes>();
  const Array &x = in(0), &f = in(1);
  const std::int64_t k = x.dims.back(), m = f.dims[a.filter_transposed ? 0 : 1];
  Dims dims = x.dims;
  dims.back() = m;
  Array to = make(dims);
  for (std::int64_t r = 0; r < x.size() / k; ++r) {
    for (std::int64_t o = 0; o < m; ++o) {
      Sum sum;
      if (has(2)) sum.add(in(2).numbers[static_cast<std::size_t>(in(2).size() == 1 ? 0 : o)], 1);
      for (std::int64_t i = 0; i < k; ++i) {
        const std::int64_t at = a.filter_transposed ? o * k + i : i * m + o;
        sum.add(x.numbers[static_cast<std::size_t>(r * k + i)], f.numbers[static_cast<std::size_t>(at)].value);
      }
      to.numbers[static_cast<std::size_t>(r * m + o)] = activate(a.activation, sum.number());
    }
  }
  out(std::move(to));
}

void Interpreter::batch_norm() {
  const Array& source = in(0);
  Array to = make(source.dims);
  const Image x(g_.layout, source);
  const auto epsilon = static_cast<double>(attributes<BatchNormAttributes>().epsilon);
  each_pixel(x, [&](std::int64_t n, std::int64_t y, std::int64_t z, std::int64_t c) {
    const auto v = [&](std::size_t i) { return in(i).numbers[static_cast<std::size_t>(c)].value; };
    const double scale = v(1) / std::sqrt(v(4) + epsilon);
    Sum sum;
    sum.add(source.numbers[x.at(n, y, z, c)], scale);
    sum.add({v(3), 0}, -scale);
    sum.add({v(2), 0}, 1);
    to.numbers[x.at(n, y, z, c)] = sum.number();
  });
  out(std::move(to));
}

void Interpreter::each_of_one(const std::function<Number(const Number&)>& f) {
  Array to = make(in(0).dims);
  for (std::size_t i = 0; i < to.numbers.size(); ++i) to.numbers[i] = f(in(0).numbers[i]);
  out(std::move(to));
}

// The integer of each real number within the bound.
Number Interpreter::quantized(const Number& x) const {
  const auto& a = attributes<QuantizeAttributes>();
  const auto scale = static_cast<double>(a.scales[0]);
  const double least = g_.values[static_cast<std::size_t>(n_.outputs[0])].type == ElementType::kU8 ? 0 : -128;
  const auto integer = [&](double real) {
    return std::clamp(std::nearbyint(real / scale) + a.zero_point, least, least + 255);
  };
  const double bound = x.error + 2 * kUnit * std::abs(x.value);
  const double q = integer(x.value);
  return {q, std::max(integer(x.value + bound) - q, q - integer(x.value - bound))};
}

void Interpreter::dequantized() {
  const auto& a = attributes<QuantizeAttributes>();
  Array to = make(in(0).dims);
  each(to.dims, [&](const Dims& at, std::size_t i) {
    const auto axis = a.scales.size() == 1 ? 0 : static_cast<std::size_t>(axis_of(a.axis, to.dims));
    const auto scale = static_cast<double>(a.scales[a.scales.size() == 1 ? 0 : static_cast<std::size_t>(at[axis])]);
    const Number& q = in(0).numbers[i];
    const double real = scale * (q.value - a.zero_point);
    to.numbers[i] = {real, scale * q.error + kUnit * std::abs(real)};
  });
  out(std::move(to));
}

void Interpreter::each_of_two(const std::function<Number(const Number&, const Number&)>& f) {
  const Array &a = in(0), &b = in(1);
  const std::size_t rank = std::max(a.dims.size(), b.dims.size());
  const auto padded = [&](const Dims& dims) {
    Dims d(rank - dims.size(), 1);
    d.insert(d.end(), dims.begin(), dims.end());
    return d;
  };
  const Dims da = padded(a.dims), db = padded(b.dims);
  Dims dims(rank);
  for (std::size_t i = 0; i < rank; ++i) dims[i] = da[i] == 1 ? db[i] : da[i];
  Array to = make(dims);
  each(dims, [&](const Dims& at, std::size_t i) {
    const auto pick = [&](const Array& from, const Dims& d) {
      Dims p = at;
      for (std::size_t j = 0; j < rank; ++j) p[j] = d[j] == 1 ? 0 : p[j];
      return from.numbers[offset(d, p)];
    };
    to.numbers[i] = f(pick(a, da), pick(b, db));
  });
  out(std::move(to));
}

void Interpreter::mean() {
  const auto& a = attributes<ReduceAttributes>();
  const Array& x = in(0);
  Dims kept = x.dims, dims;
  for (const std::int64_t axis : a.axes) kept[static_cast<std::size_t>(axis_of(axis, x.dims))] = 1;
  std::vector<Sum> sums(static_cast<std::size_t>(count(kept)));
  each(x.dims, [&](const Dims& at, std::size_t i) {
    Dims p = at;
    for (const std::int64_t axis : a.axes) p[static_cast<std::size_t>(axis_of(axis, x.dims))] = 0;
    sums[offset(kept, p)].add(x.numbers[i], 1);
  });
  Array to = make(kept);
  const auto n = static_cast<double>(count(x.dims) / count(kept));
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const Number s = sums[i].number();
    to.numbers[i] = {s.value / n, s.error / n + 4 * kUnit * std::abs(s.value / n)};
  }
  if (!a.keep_dims) {
    for (std::size_t i = 0; i < x.dims.size(); ++i) {
      if (std::none_of(a.axes.begin(), a.axes.end(),
                       [&](std::int64_t axis) { return axis_of(axis, x.dims) == static_cast<std::int64_t>(i); })) {
        dims.push_back(x.dims[i]);
      }
    }
    to.dims = dims;
  }
  out(std::move(to));
}

void Interpreter::softmax() {
  const Array& x = in(0);
  const auto axis = static_cast<std::size_t>(axis_of(attributes<AxisAttributes>().axis, x.dims));
  Array to = make(x.dims);
  Dims lines = x.dims;
  lines[axis] = 1;
  each(lines, [&](const Dims& at, std::size_t) {
    Dims p = at;
    double most = -kInfinity, sum = 0, error = 0, widest = 0;
    for (p[axis] = 0; p[axis] < x.dims[axis]; ++p[axis]) {
      const Number& e = x.numbers[offset(x.dims, p)];
      most = std::max(most, e.value);
      error = std::max(error, e.error);
      widest = std::max(widest, std::abs(e.value));
    }
    for (p[axis] = 0; p[axis] < x.dims[axis]; ++p[axis]) sum += std::exp(x.numbers[offset(x.dims, p)].value - most);
    for (p[axis] = 0; p[axis] < x.dims[axis]; ++p[axis]) {
      const double y = std::exp(x.numbers[offset(x.dims, p)].value - most) / sum;
      to.numbers[offset(x.dims, p)] = {y, y * std::expm1(2 * error) + kUnit * y * (4 * widest + 32)};
    }
  });
  out(std::move(to));
}

// Operators that move elements and change none.
void Interpreter::moves() {
  const Array& x = in(0);
  switch (n_.op) {
    case Op::kConcat: {
      const auto axis = static_cast<std::size_t>(axis_of(attributes<AxisAttributes>().axis, x.dims));
      Dims dims = x.dims;
      dims[axis] = 0;
      for (std::size_t i = 0; i < n_.inputs.size(); ++i) dims[axis] += in(i).dims[axis];
      Array to = make(dims);
      std::int64_t begin = 0;
      for (std::size_t i = 0; i < n_.inputs.size(); ++i) {
        each(in(i).dims, [&](const Dims& at, std::size_t e) {
          Dims p = at;
          p[axis] += begin;
          to.numbers[offset(dims, p)] = in(i).numbers[e];
        });
        begin += in(i).dims[axis];
      }
      return out(std::move(to));
    }
    case Op::kSplit: {
      const auto& a = attributes<SplitAttributes>();
      const auto axis = static_cast<std::size_t>(axis_of(a.axis, x.dims));
      std::int64_t begin = 0;
      for (std::size_t i = 0; i < n_.outputs.size(); ++i) {
        Dims dims = x.dims;
        const auto parts = static_cast<std::int64_t>(n_.outputs.size());
        const std::int64_t equal = (x.dims[axis] + parts - 1) / parts;
        dims[axis] = a.sizes.empty() ? std::clamp<std::int64_t>(x.dims[axis] - begin, 0, equal) : a.sizes[i];
        Array to = make(dims);
        each(dims, [&](const Dims& at, std::size_t e) {
          Dims p = at;
          p[axis] += begin;
          to.numbers[e] = arrays_.at(n_.inputs[0]).numbers[offset(x.dims, p)];
        });
        begin += dims[axis];
        if (n_.outputs[i] != kNoValue) out(std::move(to), i);
      }
      return;
    }
    case Op::kSlice: {
      const auto& a = attributes<SliceAttributes>();
      Dims dims = x.dims, begin(x.dims.size(), 0);
      for (std::size_t i = 0; i < a.axes.size(); ++i) {
        if (a.steps[i] != 1) fail(n_, "not needed by tests");
        const auto axis = static_cast<std::size_t>(axis_of(a.axes[i], x.dims));
        const auto clamp = [&](std::int64_t v) {
          return std::clamp<std::int64_t>(v < 0 ? v + x.dims[axis] : v, 0, x.dims[axis]);
        };
        begin[axis] = clamp(a.starts[i]);
        dims[axis] = std::max<std::int64_t>(clamp(a.ends[i]) - begin[axis], 0);
      }
      Array to = make(dims);
      each(dims, [&](const Dims& at, std::size_t e) {
        Dims p = at;
        for (std::size_t d = 0; d < p.size(); ++d) p[d] += begin[d];
        to.numbers[e] = x.numbers[offset(x.dims, p)];
      });
      return out(std::move(to));
    }
    case Op::kPad: {
      const auto& a = attributes<PadAttributes>();
      Dims dims = x.dims;
      for (std::size_t d = 0; d < dims.size(); ++d) dims[d] += a.before[d] + a.after[d];
      Array to = make(dims);
      for (Number& e : to.numbers) e.value = static_cast<double>(a.value);
      each(x.dims, [&](const Dims& at, std::size_t e) {
        Dims p = at;
        for (std::size_t d = 0; d < p.size(); ++d) p[d] += a.before[d];
        to.numbers[offset(dims, p)] = x.numbers[e];
      });
      return out(std::move(to));
    }
    case Op::kReshape: {
      Dims dims = attributes<ReshapeAttributes>().dims;
      std::int64_t rest = x.size();
      for (std::size_t d = 0; d < dims.size(); ++d) {
        if (dims[d] == 0) dims[d] = x.dims[d];
        if (dims[d] != -1) rest /= dims[d];
      }
      std::replace(dims.begin(), dims.end(), std::int64_t{-1}, rest);
      return out({dims, x.numbers});
    }
    case Op::kTranspose: {
      const auto& permutation = attributes<TransposeAttributes>().permutation;
      Dims dims;
      for (const std::int64_t axis : permutation) dims.push_back(x.dims[static_cast<std::size_t>(axis)]);
      Array to = make(dims);
      each(dims, [&](const Dims& at, std::size_t e) {
        Dims p(at.size());
        for (std::size_t d = 0; d < p.size(); ++d) p[static_cast<std::size_t>(permutation[d])] = at[d];
        to.numbers[e] = x.numbers[offset(x.dims, p)];
      });
      return out(std::move(to));
    }
    default:
      return out(x);
  }
}

void Interpreter::space(bool to_space) {
  const auto& a = attributes<BlockAttributes>();
  const Array& source = in(0);
  const Image x(g_.layout, source);
  const std::int64_t b = a.block;
  Array to = make(to_space ? Image::dims(g_.layout, x.n(), x.h() * b, x.w() * b, x.c() / (b * b))
                           : Image::dims(g_.layout, x.n(), x.h() / b, x.w() / b, x.c() * b * b));
  const Image y(g_.layout, to);
  const Image &wide = to_space ? y : x, &deep = to_space ? x : y;
  each_pixel(wide, [&](std::int64_t n, std::int64_t iy, std::int64_t ix, std::int64_t c) {
    const std::int64_t by = iy % b, bx = ix % b;
    const std::int64_t channel = a.depth_first ? (by * b + bx) * wide.c() + c : (c * b + by) * b + bx;
    const std::size_t w = wide.at(n, iy, ix, c), d = deep.at(n, iy / b, ix / b, channel);
    if (to_space) {
      to.numbers[w] = source.numbers[d];
    } else {
      to.numbers[d] = source.numbers[w];
    }
  });
  out(std::move(to));
}

void Interpreter::run() {
  const auto rounded = [](double v, double carried) {
    return Number{v, carried + 4 * kUnit * (std::abs(v) + carried)};
  };
  switch (n_.op) {
    case Op::kConv:
      return conv();
    case Op::kConvTranspose:
      return conv_transpose();
    case Op::kMaxPool:
      return pool(false);
    case Op::kAveragePool:
      return pool(true);
    case Op::kResize:
      return resize();
    case Op::kMatMul:
      return matmul();
    case Op::kBatchNorm:
      return batch_norm();
    case Op::kReduceMean:
      return mean();
    case Op::kSoftmax:
      return softmax();
    case Op::kDepthToSpace:
      return space(true);
    case Op::kSpaceToDepth:
      return space(false);
    case Op::kActivation:
      return each_of_one([&](const Number& x) { return activate(attributes<Activation>(), x); });
    case Op::kErf:
      return each_of_one([&](const Number& x) { return rounded(std::erf(x.value), 1.2 * x.error); });
    case Op::kGelu:
      return each_of_one([&](const Number& x) {
        const double y = x.value * (1 + std::erf(x.value / std::sqrt(2.0))) / 2;
        return Number{y, 1.2 * x.error + 32 * kUnit * (std::abs(x.value) + 1)};
      });
    case Op::kPrelu:
      return each_of_two([&](const Number& x, const Number& s) { return activate(Activation::prelu({}), x, s.value); });
    case Op::kAdd:
      return each_of_two([&](const Number& a, const Number& b) {
        return Number{a.value + b.value, a.error + b.error + 4 * kUnit * (std::abs(a.value) + std::abs(b.value))};
      });
    case Op::kSub:
      return each_of_two([&](const Number& a, const Number& b) {
        return Number{a.value - b.value, a.error + b.error + 4 * kUnit * (std::abs(a.value) + std::abs(b.value))};
      });
    case Op::kMul:
      return each_of_two([&](const Number& a, const Number& b) {
        return rounded(a.value * b.value,
                       std::abs(a.value) * b.error + std::abs(b.value) * a.error + a.error * b.error);
      });
    case Op::kDiv:
      return each_of_two([&](const Number& a, const Number& b) {
        return rounded(a.value / b.value,
                       a.error / std::abs(b.value) + std::abs(a.value / b.value / b.value) * b.error * 2);
      });
    case Op::kMin:
      return each_of_two([&](const Number& a, const Number& b) {
        return Number{std::min(a.value, b.value), std::max(a.error, b.error)};
      });
    case Op::kMax:
      return each_of_two([&](const Number& a, const Number& b) {
        return Number{std::max(a.value, b.value), std::max(a.error, b.error)};
      });
    case Op::kConcat:
    case Op::kSplit:
    case Op::kSlice:
    case Op::kPad:
    case Op::kReshape:
    case Op::kTranspose:
    case Op::kIdentity:
      return moves();
    case Op::kQuantize:
      return each_of_one([&](const Number& x) { return quantized(x); });
    case Op::kDequantize:
      return dequantized();
    case Op::kForeign:
      return each_of_one([](const Number& x) { return Number{-x.value, x.error}; });  // tests: Neg
    default:
      fail(n_, "not an operator of readers");
  }
}

}  // namespace

Array constant_array(const Value& value) {
  Array a = make(value.dims);
  for (std::size_t i = 0; i < a.numbers.size(); ++i) {
    a.numbers[i].value = value.type == ElementType::kF32  ? static_cast<double>(value.data.floats[i])
                         : value.type == ElementType::kU8 ? static_cast<const std::uint8_t*>(value.data.bytes)[i]
                         : value.type == ElementType::kS8 ? static_cast<const std::int8_t*>(value.data.bytes)[i]
                                                          : static_cast<double>(value.data.integers[i]);
  }
  return a;
}

void interpret(const Graph& graph, const Node& node, Arrays& arrays) { Interpreter(graph, node, arrays).run(); }

void interpret(const Graph& graph, Arrays& arrays) {
  for (std::size_t i = 0; i < graph.values.size(); ++i) {
    const Value& value = graph.values[i];
    if (value.constant) arrays[static_cast<ValueId>(i)] = constant_array(value);
  }
  for (const Node& node : graph.nodes) interpret(graph, node, arrays);
}

}  // namespace tandem::test
