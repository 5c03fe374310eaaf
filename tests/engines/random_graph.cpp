#include "tests/engines/random_graph.hpp"

#include <algorithm>
#include <map>
#include <optional>

#include "engines/graph/edit.hpp"
#include "engines/graph/infer.hpp"
#include "tests/random.hpp"

namespace tandem::test {
namespace {

using namespace graph;

class Builder {
 public:
  explicit Builder(std::uint64_t seed) : r_(seed) {}

  RandomGraph build() {
    g_.layout = r_.coin() ? Layout::kNchw : Layout::kNhwc;
    dynamic_ = r_.coin();
    const Dims first =
        image(r_.integer(1, 2), r_.integer(3, 11), r_.integer(3, 11), r_.pick<std::int64_t>({1, 3, 4, 8, 17}));
    const std::int32_t inputs = r_.size(1, 2);
    for (std::int32_t i = 0; i < inputs; ++i) g_.inputs.push_back(value(first));
    if (r_.integer(0, 2) == 0) byte_ = r_.coin() ? ElementType::kU8 : ElementType::kS8;
    for (const ValueId id : g_.inputs) add_image(id);
    const std::int32_t count = r_.size(1, 14);
    for (std::int32_t i = 0; i < count; ++i) step();
    if (r_.integer(0, 3) == 0) classify();
    finish();
    RandomGraph made;
    for (const ValueId id : g_.inputs) made.inputs.push_back(random_array(dims_[index(id)], r_.next()));
    if (dynamic_) {
      const auto [h, w, c] = image_axes(g_.layout);
      const std::int64_t n = r_.integer(1, 3), dh = r_.integer(0, 4), dw = r_.integer(0, 4);
      for (const ValueId id : g_.inputs) {
        Dims d = dims_[index(id)];
        d[0] = n;
        d[h] += dh;
        d[w] += dw;
        made.other_inputs.push_back(random_array(d, r_.next()));
      }
    }
    made.graph = std::move(g_);
    if (!same_relations(made)) made.other_inputs.clear();
    return made;
  }

 private:
  // The other sizes may not fit the graph: a Concat's inputs, rounded differently, may differ in height.
  static bool same_relations(const RandomGraph& random) {
    std::vector<std::optional<Dims>> sizes[2];
    for (const FloatArray& a : random.inputs) sizes[0].emplace_back(a.dims);
    for (const FloatArray& a : random.other_inputs) sizes[1].emplace_back(a.dims);
    if (sizes[1].empty()) return true;
    Graph known = random.graph;  // the operator of the engine keeps the size
    for (Node& node : known.nodes) node.op = node.op == Op::kForeign ? Op::kIdentity : node.op;
    const Result<AllDims> first = infer(known, sizes[0]), other = infer(known, sizes[1]);
    if (!first.ok() || !other.ok()) return false;
    for (const Node& node : known.nodes) {
      if (node.op != Op::kAdd) continue;
      const std::size_t a = index(node.inputs[0]), b = index(node.inputs[1]);
      if (((*first)[a] == (*first)[b]) != ((*other)[a] == (*other)[b])) return false;
    }
    return true;
  }

  Dims image(std::int64_t n, std::int64_t h, std::int64_t w, std::int64_t c) const {
    return g_.layout == Layout::kNchw ? Dims{n, c, h, w} : Dims{n, h, w, c};
  }
  std::int64_t channels(ValueId id) const { return dims_[index(id)][image_axes(g_.layout).c]; }
  std::int64_t channel_axis() const { return g_.layout == Layout::kNchw ? 1 : 3; }

  // A value of these sizes; a dynamic graph says the channels alone.
  ValueId value(const Dims& dims) {
    Dims declared = dims;
    for (std::size_t i = 0; dynamic_ && i < declared.size(); ++i) {
      if (dims.size() != 4 || i != image_axes(g_.layout).c) declared[i] = kUnknown;
    }
    const ValueId id = g_.tensor("v" + std::to_string(g_.values.size()), declared);
    dims_.resize(g_.values.size());
    dims_[index(id)] = dims;
    return id;
  }
  ValueId constant(const Dims& dims, float scale = 1) {
    std::int64_t n = 1;
    for (const std::int64_t d : dims) n *= d;
    std::vector<float> elements = r_.values(n);
    for (float& e : elements) e *= scale;
    return keep(g_.constant("c", dims, std::move(elements)), dims);
  }
  ValueId number(float x) { return keep(g_.constant("c", r_.coin() ? Dims{} : Dims{1}, {x}), {1}); }
  ValueId keep(ValueId id, const Dims& dims) {
    dims_.resize(g_.values.size());
    dims_[index(id)] = dims;
    return id;
  }

  // Adds a node if its output's sizes can be inferred; kNoValue if not.
  ValueId node(Op op, std::vector<ValueId> inputs, Attributes attributes, std::size_t outputs = 1) {
    Node n;
    n.op = op;
    n.name = "n" + std::to_string(g_.nodes.size());
    n.inputs = std::move(inputs);
    n.attributes = std::move(attributes);
    n.sources = {static_cast<std::int32_t>(g_.nodes.size())};
    if (std::find(n.inputs.begin(), n.inputs.end(), kNoValue) != n.inputs.end()) return kNoValue;
    Graph probe;
    probe.layout = g_.layout;
    AllDims dims;
    for (const Dims& d : dims_) dims.emplace_back(d);
    for (std::size_t i = 0; i < outputs; ++i) {
      n.outputs.push_back(static_cast<ValueId>(dims.size()));
      dims.emplace_back();
    }
    if (op == Op::kForeign) {
      dims.back() = dims_[index(n.inputs[0])];
    } else if (!infer(probe, n, dims).ok()) {
      return kNoValue;
    }
    std::vector<ValueId> made;
    for (const ValueId id : n.outputs) {
      if (!dims[index(id)] || elements(*dims[index(id)]) > 6000 || elements(*dims[index(id)]) < 1) return kNoValue;
    }
    for (const ValueId id : n.outputs) made.push_back(value(*dims[index(id)]));
    n.outputs = made;
    g_.nodes.push_back(std::move(n));
    return made[0];
  }

  ValueId any_image() {
    const auto last = static_cast<std::int64_t>(images_.size()) - 1;
    return images_[static_cast<std::size_t>(r_.coin() ? last : r_.integer(0, last))];
  }
  // Most images of a quantised graph go to 8 bits and back.
  void add_image(ValueId id) {
    if (id != kNoValue) images_.push_back(byte_ && r_.integer(0, 3) != 0 ? rounded(id) : id);
  }

  ValueId rounded(ValueId x) {
    const float scale = r_.pick({0.0107F, 0.0213F, 0.0247F, 0.0317F});
    const QuantizeAttributes a{{scale}, r_.size(-20, 20) + (*byte_ == ElementType::kU8 ? 128 : 0), 0};
    const ValueId integers = node(Op::kQuantize, {x}, a);
    if (integers == kNoValue) return x;
    g_.values[index(integers)].type = *byte_;
    const ValueId reals = node(Op::kDequantize, {integers}, a);
    scales_[reals] = scale;
    return reals;
  }

  // The filter, and with `bias` one number for each output channel, of a layer on x. In a quantised graph most filters are of
  // s8. A bias beside them is one of integers: fp32 would be rounded to such.
  std::vector<ValueId> weights(ValueId x, const Dims& filter, std::size_t axis, float scale, bool bias) {
    const std::int64_t m = filter[axis];
    const auto of_x = scales_.find(x);
    if (!byte_ || r_.integer(0, 4) == 0 || (bias && of_x == scales_.end())) {
      std::vector<ValueId> all{x, constant(filter, scale)};
      if (bias) all.push_back(constant({m}));
      return all;
    }
    std::int64_t count = 1;
    for (const std::int64_t d : filter) count *= d;
    std::vector<std::int8_t> elements;
    for (const float e : r_.values(count)) elements.push_back(static_cast<std::int8_t>(e * 127));
    QuantizeAttributes units{{}, 0, static_cast<std::int64_t>(axis)};
    for (std::int64_t i = 0; i < m; ++i) units.scales.push_back(scale / 127 * r_.pick({1.0F, 0.7F, 0.3F}));
    std::vector<ValueId> all{x,
                             node(Op::kDequantize, {keep(g_.bytes("f", filter, std::move(elements)), filter)}, units)};
    if (!bias) return all;
    std::vector<std::int64_t> integers;
    for (float& unit : units.scales) {
      unit *= of_x->second;
      integers.push_back(r_.integer(-3000, 3000));
    }
    units.axis = 0;
    all.push_back(node(Op::kDequantize, {keep(g_.integers("b", {m}, std::move(integers)), {m})}, units));
    return all;
  }

  Activation activation() {
    switch (r_.integer(0, 10)) {
      case 8:
        return Activation::gelu();
      case 9:
        return Activation::gelu_tanh();
      case 10:
        return Activation::clamp(-0.5F, 0.75F);
      case 0:
        return Activation::relu();
      case 1:
        return Activation::relu6();
      case 2:
        return Activation::leaky_relu(0.1F);
      case 3:
        return Activation::sigmoid();
      case 4:
        return Activation::hard_swish();
      case 5:
        return Activation::hard_sigmoid(0.2F, 0.5F);
      case 6:
        return Activation::tanh();
      default:
        return Activation::silu();
    }
  }

  Padding padding(std::int32_t most) {
    switch (r_.integer(0, 3)) {
      case 0:
        return Padding::same();
      case 1:
        return Padding::same_lower();
      case 2:
        return Padding::explicit_sides(r_.size(0, most), r_.size(0, most), r_.size(0, most), r_.size(0, most));
      default:
        return Padding::uniform(most / 2);
    }
  }

  ValueId conv(ValueId x, bool plain = false) {
    const std::int64_t c = channels(x);
    ConvAttributes a;
    const std::int32_t kind = r_.size(0, 4);  // 0, 1: pointwise
    std::int64_t kh = 1, kw = 1, m = r_.pick<std::int64_t>({1, 3, 8, 16, 19});
    if (kind >= 2) {
      kh = r_.integer(1, 4);
      kw = r_.coin() ? kh : r_.integer(1, 4);
      a.padding = plain ? Padding::same() : padding(2);
      a.stride_h = plain ? 1 : r_.size(1, 2);
      a.stride_w = plain ? 1 : r_.size(1, 2);
      a.dilation_h = plain ? 1 : r_.size(1, 2);
    }
    if (kind >= 3 && c > 1) {  // depthwise
      a.groups = static_cast<std::int32_t>(c);
      m = c * (r_.integer(0, 3) == 0 ? 2 : 1);
    }
    const std::int64_t in = c / a.groups;
    Dims filter{m, in, kh, kw};
    if (g_.layout == Layout::kNhwc) {
      a.filter_layout = a.groups > 1 ? FilterLayout::k1hwc : FilterLayout::kOhwi;
      filter = a.groups > 1 ? Dims{1, kh, kw, m} : Dims{m, kh, kw, in};
    }
    std::vector<ValueId> inputs =
        weights(x, filter, filter[0] == m ? 0 : 3, 1.0F / static_cast<float>(in * kh), r_.coin());
    if (r_.integer(0, 3) == 0) a.activation = activation();
    return node(Op::kConv, std::move(inputs), a);
  }

  // What a model has between two convolutions.
  void step() {
    const ValueId x = any_image();
    switch (r_.integer(0, 18)) {
      case 16:
        return two(x);
      case 17:
        return rearranged(x);
      case 18:
        return add_image(affine(node(Op::kActivation, {conv(x, true)}, activation())));  // as PP-OCR has it
      case 0:
      case 1:
      case 2:
      case 3:
        return add_image(conv(x));
      case 4:
        return add_image(node(Op::kActivation, {x}, activation()));
      case 5:
        return add_image(affine(x));
      case 6:
        return add_image(hard_swish(x));
      case 7:
        return add_image(swish(x));
      case 8:
        return add_image(batch_norm(x));
      case 9:
        return residual(x);
      case 10:
        return squeeze_excite(x);
      case 11:
        return concat();
      case 12:
        return split(x);
      case 13:
        return padded(x);
      case 14:
        return resample(x);
      default:
        return other(x);
    }
  }

  Dims per_channel(ValueId x) const { return g_.layout == Layout::kNchw ? Dims{channels(x), 1, 1} : Dims{channels(x)}; }

  ValueId affine(ValueId x) {
    if (x == kNoValue) return kNoValue;
    const Op op = r_.pick({Op::kMul, Op::kAdd, Op::kSub, Op::kDiv});
    const ValueId c =
        op == Op::kDiv || r_.coin() ? number(r_.pick({0.5F, 1.5F, 2.0F, 1.0F})) : constant(per_channel(x));
    const bool swapped = op != Op::kDiv && r_.coin();
    return node(op, swapped ? std::vector<ValueId>{c, x} : std::vector<ValueId>{x, c}, {});
  }

  ValueId hard_swish(ValueId x) {
    const ValueId sum = node(Op::kAdd, {x, number(3)}, {});
    const ValueId clamp = sum == kNoValue ? kNoValue : node(Op::kActivation, {sum}, Activation::relu6());
    if (clamp == kNoValue) return kNoValue;
    if (r_.coin()) {
      const ValueId gate = node(Op::kDiv, {clamp, number(6)}, {});
      return node(Op::kMul, r_.coin() ? std::vector<ValueId>{x, gate} : std::vector<ValueId>{gate, x}, {});
    }
    const ValueId product = node(Op::kMul, {x, clamp}, {});
    return r_.coin() ? node(Op::kDiv, {product, number(6)}, {}) : node(Op::kMul, {product, number(1.0F / 6)}, {});
  }

  ValueId swish(ValueId x) {
    const Activation gate = r_.coin() ? Activation::sigmoid() : Activation::hard_sigmoid(1.0F / 6, 0.5F);
    const ValueId g = node(Op::kActivation, {x}, gate);
    return node(Op::kMul, {x, g}, {});
  }

  ValueId batch_norm(ValueId x) {
    const std::int64_t c = channels(x);
    std::vector<float> variance = r_.values(c);
    for (float& v : variance) v = v * v + 0.1F;
    const ValueId last = keep(g_.constant("variance", {c}, std::move(variance)), {c});
    return node(Op::kBatchNorm, {x, constant({c}), constant({c}), constant({c}), last}, BatchNormAttributes{1e-3F});
  }

  void residual(ValueId x) {
    const ValueId a = r_.coin() ? conv(x, true) : x;
    for (auto i = images_.rbegin(); a != kNoValue && i != images_.rend(); ++i) {
      if (dims_[index(*i)] != dims_[index(a)] || *i == a) continue;
      const ValueId sum = node(Op::kAdd, r_.coin() ? std::vector<ValueId>{a, *i} : std::vector<ValueId>{*i, a}, {});
      add_image(r_.coin() ? node(Op::kActivation, {sum}, Activation::relu()) : sum);
      return;
    }
    add_image(a);
  }

  ValueId pointwise(ValueId x, std::int64_t m, const Activation& activation) {
    ConvAttributes a;
    a.activation = activation;
    const std::int64_t c = channels(x);
    a.filter_layout = g_.layout == Layout::kNchw ? FilterLayout::kOihw : FilterLayout::kOhwi;
    const Dims f = g_.layout == Layout::kNchw ? Dims{m, c, 1, 1} : Dims{m, 1, 1, c};
    return node(Op::kConv, weights(x, f, 0, 1, true), a);
  }

  ReduceAttributes spatial(bool keep) const {
    return {g_.layout == Layout::kNchw ? std::vector<std::int64_t>{2, 3} : std::vector<std::int64_t>{1, 2}, keep};
  }

  void squeeze_excite(ValueId x) {
    const ValueId mean = node(Op::kReduceMean, {x}, spatial(true));
    const ValueId hidden = pointwise(mean, r_.integer(1, 5), Activation::relu());
    const ValueId gate = pointwise(hidden, channels(x), Activation::none());
    const ValueId opened =
        node(Op::kActivation, {gate}, r_.coin() ? Activation::sigmoid() : Activation::hard_sigmoid(0.2F));
    add_image(node(Op::kMul, r_.coin() ? std::vector<ValueId>{x, opened} : std::vector<ValueId>{opened, x}, {}));
  }

  void concat() {
    std::vector<ValueId> parts{any_image()};
    for (const ValueId id : images_) {
      Dims a = dims_[index(id)], b = dims_[index(parts[0])];
      a[image_axes(g_.layout).c] = b[image_axes(g_.layout).c];
      if (a == b && parts.size() < 4 && r_.coin()) parts.push_back(id);
    }
    add_image(node(Op::kConcat, parts, AxisAttributes{r_.coin() ? channel_axis() : channel_axis() - 4}));
  }

  void split(ValueId x) {
    const std::int64_t c = channels(x);
    if (c < 2) return;
    const std::int64_t first = r_.integer(1, c - 1);
    if (r_.coin()) {
      const ValueId a = node(Op::kSplit, {x}, SplitAttributes{channel_axis(), {first, c - first}}, 2);
      add_image(a);
      add_image(a + 1);
    } else {
      add_image(node(Op::kSlice, {x}, SliceAttributes{{channel_axis()}, {first - c}, {1 << 20}, {1}}));
    }
  }

  // Dims that broadcast to those of an image: some axes are 1, leading ones may be missing.
  Dims some_of(const Dims& from) {
    Dims dims = from;
    for (std::int64_t& size : dims) size = r_.integer(0, 2) == 0 ? 1 : size;
    while (dims.size() > 1 && dims[0] == 1 && r_.coin()) dims.erase(dims.begin());
    return dims;
  }

  // Two tensors, a tensor and a constant that varies along several axes, or two parts of a tensor, neither of which has
  // the shape of the result.
  void two(ValueId x) {
    const Op op = r_.pick({Op::kAdd, Op::kSub, Op::kMul, Op::kMin, Op::kMax});
    const bool fixed = !dynamic_ && r_.coin();
    ValueId y = fixed ? constant(some_of(dims_[index(x)])) : any_image();
    if (!fixed && r_.coin()) {  // a row and a column
      const auto [h, w, c] = image_axes(g_.layout);
      x = node(Op::kSlice, {x}, SliceAttributes{{static_cast<std::int64_t>(h)}, {0}, {1}, {1}});
      y = node(Op::kSlice, {y}, SliceAttributes{{static_cast<std::int64_t>(w)}, {0}, {1}, {1}});
    }
    add_image(node(op, r_.coin() ? std::vector<ValueId>{x, y} : std::vector<ValueId>{y, x}, {}));
  }

  void rearranged(ValueId x) {
    const auto [h, w, c] = image_axes(g_.layout);
    const auto axis = [](std::size_t i) { return static_cast<std::int64_t>(i); };
    switch (r_.integer(0, 5)) {
      case 0:
        return add_image(node(r_.coin() ? Op::kDepthToSpace : Op::kSpaceToDepth, {x}, BlockAttributes{2, true}));
      case 1:
        return add_image(node(Op::kDepthToSpace, {x}, BlockAttributes{2, false}));
      case 2: {  // a crop
        const std::int64_t top = r_.integer(0, 2), left = r_.integer(0, 2);
        return add_image(
            node(Op::kSlice, {x}, SliceAttributes{{axis(h), axis(w)}, {top, left}, {-1, 1 << 20}, {1, 1}}));
      }
      case 3: {  // the last part may be smaller
        const std::int64_t at = r_.coin() ? axis(c) : axis(h) - 4;
        const ValueId first = node(Op::kSplit, {x}, SplitAttributes{at, {}}, 3);
        add_image(first);
        return add_image(first == kNoValue ? kNoValue : first + 2);
      }
      case 4: {  // a channel shuffle
        if (channels(x) % 2 != 0 || dynamic_ || g_.layout != Layout::kNchw) return;
        const Dims d = dims_[index(x)];
        ValueId y = node(Op::kReshape, {x}, ReshapeAttributes{true, {d[0], 2, d[1] / 2, d[2], d[3]}});
        if (y != kNoValue) y = node(Op::kTranspose, {y}, TransposeAttributes{{0, 2, 1, 3, 4}});
        return add_image(y == kNoValue ? y : node(Op::kReshape, {y}, ReshapeAttributes{true, {0, d[1], d[2], -1}}));
      }
      default:
        return add_image(node(r_.coin() ? Op::kErf : Op::kGelu, {x}, {}));
    }
  }

  void padded(ValueId x) {
    PadAttributes a;
    a.before = image(0, r_.integer(0, 2), r_.integer(0, 2), 0);
    a.after = image(0, r_.integer(0, 2), r_.integer(0, 2), r_.integer(0, 3) == 0 ? 2 : 0);
    a.value = r_.integer(0, 3) == 0 ? 0.5F : 0.0F;
    const ValueId wide = node(Op::kPad, {x}, a);
    if (wide != kNoValue) add_image(conv(wide));
  }

  void resample(ValueId x) {
    if (r_.coin()) {
      PoolAttributes a;
      a.kernel_h = r_.size(1, 3);
      a.kernel_w = r_.size(1, 3);
      a.stride_h = r_.size(1, 2);
      a.stride_w = r_.size(1, 2);
      if (r_.coin()) a.padding = Padding::same();
      a.ceil_mode = a.padding.mode == Padding::Mode::kExplicit && r_.coin();
      return add_image(node(r_.coin() ? Op::kMaxPool : Op::kAveragePool, {x}, a));
    }
    ResizeAttributes a;
    a.mode = r_.coin() ? ResizeMode::kNearest : ResizeMode::kLinear;
    if (a.mode == ResizeMode::kLinear) a.coordinates = ResizeCoordinates::kHalfPixel;
    a.scale_h = a.scale_w = 2;
    add_image(node(Op::kResize, {x}, a));
  }

  void other(ValueId x) {
    switch (r_.integer(0, 4)) {
      case 0:
        return add_image(node(Op::kForeign, {x}, {}));
      case 1: {  // there and back
        const ValueId turned = node(Op::kTranspose, {x}, TransposeAttributes{{0, 3, 1, 2}});
        return add_image(node(Op::kTranspose, {turned}, TransposeAttributes{{0, 2, 3, 1}}));
      }
      case 2:
        return add_image(node(Op::kMul, {x, any_gate(x)}, {}));
      case 3: {
        ConvTransposeAttributes a;
        a.stride_h = a.stride_w = 2;
        const std::int64_t c = channels(x), m = r_.integer(1, 5);
        a.filter_layout = g_.layout == Layout::kNchw ? FilterLayout::kIohw : FilterLayout::kOhwi;
        const Dims f = g_.layout == Layout::kNchw ? Dims{c, m, 2, 2} : Dims{m, 2, 2, c};
        const std::size_t axis = g_.layout == Layout::kNchw ? 1 : 0;
        return add_image(node(Op::kConvTranspose, weights(x, f, axis, 0.5F, true), a));
      }
      default:
        return add_image(node(Op::kPrelu, {x, constant(per_channel(x))}, {}));
    }
  }
  ValueId any_gate(ValueId x) {
    const ValueId mean = node(Op::kReduceMean, {x}, spatial(true));
    return node(Op::kActivation, {mean}, Activation::sigmoid());
  }

  // Mean, flatten, matrix, softmax.
  void classify() {
    const ValueId x = any_image();
    const std::int64_t c = channels(x);
    const ValueId mean = node(Op::kReduceMean, {x}, spatial(r_.coin()));
    const ValueId flat = node(Op::kReshape, {mean}, ReshapeAttributes{true, r_.coin() ? Dims{0, -1} : Dims{-1, c}});
    const std::int64_t m = r_.integer(1, 9);
    const bool transposed = r_.coin();
    const std::vector<ValueId> inputs =
        weights(flat, transposed ? Dims{m, c} : Dims{c, m}, transposed ? 0 : 1, 1, true);
    const ValueId y = node(Op::kMatMul, inputs, MatMulAttributes{transposed, {}});
    (void)node(Op::kSoftmax, {y}, AxisAttributes{-1});
  }

  // What nobody reads is an output, and sometimes another value as well.
  void finish() {
    const Uses uses(g_);
    for (std::size_t i = 0; i < g_.values.size(); ++i) {
      const auto id = static_cast<ValueId>(i);
      if (g_.values[i].constant || uses.writer(id) == Uses::kNoNode) continue;
      if (uses.readers(id).empty() || r_.integer(0, 19) == 0) g_.outputs.push_back(id);
    }
  }

  Random r_;
  Graph g_;
  bool dynamic_ = false;
  std::optional<ElementType> byte_;  // of a quantised graph
  std::map<ValueId, float> scales_;  // of what 8 bits became
  std::vector<Dims> dims_;
  std::vector<ValueId> images_;
};

}  // namespace

RandomGraph random_graph(std::uint64_t seed) { return Builder(seed).build(); }

}  // namespace tandem::test
