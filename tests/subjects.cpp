// The list of subjects: shapes of the networks' kinds, and odd ones.
#include "subjects.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>

#include "creation.hpp"
#include "random.hpp"
#include "weights.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

class List {
 public:
  explicit List(const TypedIsa& on) : on_(on) {}

  void conv2d(const char* name, std::int32_t in, std::int32_t out, const Window& window, const Shape& image,
              bool large) {
    Conv2dParams p;
    p.in_channels = in;
    p.out_channels = out;
    p = with_window(p, window);
    p.activation = Activation::relu6();
    add(name, create(p, {weights(p)}, on_), image, in, false, large);
  }

  void conv_transpose2d(const char* name, std::int32_t in, std::int32_t out, const Window& window, const Shape& image,
                        bool residual, bool large) {
    ConvTranspose2dParams p;
    p.in_channels = in;
    p.out_channels = out;
    p = with_window(p, window);
    p.activation = Activation::relu6();
    p.residual = residual;
    add(name, create(p, {weights(p)}, on_), image, in, residual, large);
  }

  void depthwise(const char* name, std::int32_t channels, const Window& window, const Shape& image, bool residual,
                 bool large) {
    DepthwiseParams p;
    p.channels = channels;
    p = with_window(p, window);
    p.residual = residual;
    add(name, create(p, {weights(p)}, on_), image, channels, residual, large);
  }

  void pointwise(const char* name, std::int32_t in, std::int32_t out, const Shape& image, bool residual, bool large) {
    const PointwiseParams p = {in, out, Activation::relu(), residual};
    add(name, create(p, {weights(p)}, on_), image, in, residual, large);
  }

  void separable(const char* name, std::int32_t in, std::int32_t out, const Window& window, const Shape& image,
                 bool large) {
    SeparableParams p;
    p.depthwise.channels = in;
    p.depthwise = with_window(p.depthwise, window);
    p.depthwise.activation = Activation::relu6();
    p.pointwise = {in, out, Activation::relu6(), false};
    add(name, create(p, {weights(p.depthwise), weights(p.pointwise)}, on_), image, in, false, large);
  }

  void inverted_residual(const char* name, std::int32_t in, std::int32_t expanded, std::int32_t out,
                         const Window& window, const Shape& image, bool residual, bool large) {
    InvertedResidualParams p;
    p.expand = {in, expanded, Activation::relu6(), false};
    p.depthwise.channels = expanded;
    p.depthwise = with_window(p.depthwise, window);
    p.depthwise.activation = Activation::relu6();
    p.project = {expanded, out, Activation::none(), false};
    p.residual = residual;
    add(name, create(p, {weights(p.expand), weights(p.depthwise), weights(p.project)}, on_), image, in, false, large);
  }

  void separable_squeezed(const char* name, std::int32_t in, std::int32_t reduced, std::int32_t out,
                          const Window& window, const Shape& image, bool large) {
    SeparableParams p;
    p.depthwise.channels = in;
    p.depthwise = with_window(p.depthwise, window);
    p.depthwise.activation = Activation::hard_swish();
    p.pointwise = {in, out, Activation::relu6(), true};
    p.squeeze_excite = squeeze(in, reduced);
    add_squeezed(name, p, image, in, true, large);
  }

  void inverted_residual_squeezed(const char* name, std::int32_t in, std::int32_t expanded, std::int32_t reduced,
                                  std::int32_t out, const Window& window, const Shape& image, bool residual,
                                  bool large) {
    InvertedResidualParams p;
    p.expand = {in, expanded, Activation::silu(), false};
    p.depthwise.channels = expanded;
    p.depthwise = with_window(p.depthwise, window);
    p.depthwise.activation = Activation::silu();
    p.project = {expanded, out, Activation::none(), false};
    p.residual = residual;
    p.squeeze_excite = squeeze(expanded, reduced);
    add_squeezed(name, p, image, in, false, large);
  }

  void global_average_pool(const char* name, std::int32_t channels, const Shape& image) {
    add(name, create(GlobalAveragePoolParams{channels, Activation::none()}, {}, on_), image, channels, false, false);
  }

  void fully_connected(const char* name, std::int32_t in, std::int32_t out, std::int64_t batch, bool residual,
                       bool large) {
    const FullyConnectedParams p = {in, out, Activation::none(), residual};
    add(name, create(p, {weights(p)}, on_), {batch, 1, 1}, in, residual, large);
  }

  void squeeze_excite(const char* name, std::int32_t reduced, const Shape& shape, bool large) {
    SqueezeExciteParams p;
    p.channels = static_cast<std::int32_t>(shape.c);
    p.reduced_channels = reduced;
    const reference::Weights reduce = random_weights({reduced, shape.c, 1, 1}, true, random_);
    const reference::Weights expand = random_weights({shape.c, reduced, 1, 1}, true, random_);
    add(name, create(p, {reduce, expand}, on_), shape, shape.c, false, large);
    subjects_.back().local = false;
  }

  void convert_layout(const char* name, LayoutConversion conversion, const Shape& shape, bool large) {
    add(name, create(ConvertLayoutParams{static_cast<std::int32_t>(shape.c), conversion}, {}, on_), shape, shape.c,
        false, large);
    subjects_.back().local = false;  // as far as NHWC goes
  }

  template <class Pool>
  void pool(const char* name, const Window& window, const Shape& shape, bool large) {
    Pool p;
    p.channels = static_cast<std::int32_t>(shape.c);
    p = with_window(p, window);
    p.ceil_mode = true;
    p.activation = Activation::relu6();
    add(name, create(p, {}, on_), shape, shape.c, false, large);
  }

  void resize(const char* name, ResizeMode mode, float scale, const Shape& shape, bool large) {
    ResizeParams p;
    p.channels = static_cast<std::int32_t>(shape.c);
    p.mode = mode;
    p.scale_h = p.scale_w = scale;
    add(name, create(p, {}, on_), shape, shape.c, false, large);
  }

  void elementwise(const char* name, ElementwiseOperation operation, const Broadcast& broadcast, const Shape& shape,
                   bool large) {
    ElementwiseParams p;
    p.channels = static_cast<std::int32_t>(shape.c);
    p.operation = operation;
    p.broadcast = broadcast;
    p.activation = Activation::hard_swish();
    add(name, create(p, {}, on_), shape, shape.c, true, large);
    subjects_.back().broadcast = broadcast;
  }

  void activation(const char* name, const Activation& activation, const Shape& shape, bool large) {
    ActivationParams p;
    p.channels = static_cast<std::int32_t>(shape.c);
    p.activation = activation;
    add(name, create(p, {}, on_), shape, shape.c, false, large);
  }

  void softmax(const char* name, const Shape& shape, bool large) {
    add(name, create(SoftmaxParams{static_cast<std::int32_t>(shape.c)}, {}, on_), shape, shape.c, false, large);
  }

  void copy(const char* name, const Shape& shape, bool large) {
    add(name, create(CopyParams{static_cast<std::int32_t>(shape.c)}, {}, on_), shape, shape.c, false, large);
  }

  void depth_to_space(const char* name, DepthToSpaceMode mode, const Shape& shape, bool large) {
    add(name, create(DepthToSpaceParams{static_cast<std::int32_t>(shape.c), 2, mode}, {}, on_), shape, shape.c, false,
        large);
    subjects_.back().local = false;  // its output has other pixels than its input
  }

  std::vector<Subject> take() { return std::move(subjects_); }

 private:
  static SqueezeExciteParams squeeze(std::int32_t channels, std::int32_t reduced) {
    SqueezeExciteParams p;
    p.channels = channels;
    p.reduced_channels = reduced;
    p.gate = Activation::hard_sigmoid();
    return p;
  }

  // A block whose outputs depend on all of the image.
  void add_squeezed(const char* name, const AnyParams& params, const Shape& image, std::int64_t channels, bool residual,
                    bool large) {
    std::vector<reference::Weights> all;
    for (const FilterShape& shape : filter_shapes(params)) all.push_back(random_weights(shape, true, random_));
    add(name, create(params, all, on_), image, channels, residual, large);
    subjects_.back().local = false;
  }

  template <class Params>
  reference::Weights weights(const Params& params) {
    return random_weights(filter_shape(params), true, random_);
  }

  void add(const char* name, const Result<Operator>& op, const Shape& image, std::int64_t channels, bool residual,
           bool large) {
    ASSERT_TRUE(op.ok()) << name << ": " << op.status().message();
    subjects_.push_back({name, *op, {image.n, image.h, image.w, channels}, residual, large});
    subjects_.back().type = on_.types.tensors;
  }

  TypedIsa on_;
  Random random_{1};
  std::vector<Subject> subjects_;
};

std::vector<Subject> all_subjects(const TypedIsa& on) {
  const Window half = {3, 3, 2, 2};
  List list(on);
  list.conv2d("conv2d stem", 3, 32, half, {1, 112, 112}, true);
  list.conv2d("conv2d batch", 16, 40, {3, 3}, {2, 20, 21}, true);
  list.conv2d("conv2d small", 5, 7, {3, 2}, {1, 5, 4}, false);
  const Window twice = {2, 2, 2, 2, 1, 1, Padding::valid()};
  list.conv_transpose2d("conv_transpose2d wide map", 24, 24, twice, {1, 56, 57}, false, true);
  list.conv_transpose2d("conv_transpose2d batch", 32, 40, {4, 4, 2, 2, 1, 1, Padding::uniform(1)}, {2, 14, 13}, true,
                        true);
  list.conv_transpose2d("conv_transpose2d small", 5, 7, {3, 2, 2, 3}, {1, 3, 4}, false, false);
  list.conv_transpose2d("conv_transpose2d long sums", 1500, 20, {5, 5, 2, 2}, {1, 3, 3}, false, false);
  list.depthwise("depthwise wide map", 32, {3, 3}, {1, 112, 112}, false, true);
  list.depthwise("depthwise many channels", 1024, {3, 3}, {1, 7, 7}, false, true);
  list.depthwise("depthwise stride 2", 144, half, {1, 56, 56}, false, true);
  list.depthwise("depthwise residual", 121, {5, 5}, {2, 28, 28}, true, true);
  list.depthwise("depthwise small", 9, {3, 3}, {1, 4, 4}, false, false);
  list.pointwise("pointwise wide map", 32, 64, {1, 56, 56}, false, true);
  list.pointwise("pointwise many channels", 512, 512, {1, 7, 7}, false, true);
  list.pointwise("pointwise residual", 96, 100, {2, 28, 27}, true, true);
  list.pointwise("pointwise small", 3, 5, {1, 3, 3}, false, false);
  list.separable("separable wide map", 32, 64, {3, 3}, {1, 56, 57}, true);
  list.separable("separable many channels", 512, 512, {3, 3}, {1, 7, 7}, true);
  list.separable("separable stride 2", 128, 121, half, {2, 28, 28}, true);
  list.separable("separable small", 5, 6, {3, 3}, {1, 4, 4}, false);
  list.inverted_residual("inverted residual wide map", 16, 96, 24, half, {1, 56, 56}, false, true);
  list.inverted_residual("inverted residual own input", 24, 144, 24, {3, 3}, {1, 56, 56}, true, true);
  list.inverted_residual("inverted residual many channels", 96, 576, 96, {3, 3}, {1, 7, 7}, true, true);
  list.inverted_residual("inverted residual batch", 21, 126, 21, {5, 5}, {3, 14, 14}, true, true);
  list.inverted_residual("inverted residual small", 3, 7, 3, {3, 3}, {1, 4, 4}, true, false);
  list.global_average_pool("global average pool", 1280, {2, 7, 7});
  list.fully_connected("fully connected", 1280, 1000, 1, false, true);
  list.fully_connected("fully connected batch", 200, 121, 30, true, false);
  // Sums of several blocks: of kernel rows, of parts of a tap, of none of the first block, of a single row.
  list.conv2d("conv2d long sums", 600, 20, {3, 3}, {1, 4, 5}, false);
  list.conv2d("conv2d long taps", 4500, 5, {3, 3}, {1, 2, 3}, false);
  list.conv2d("conv2d second block alone", 1024, 70, {3, 3}, {1, 1, 1}, false);
  list.pointwise("pointwise long sums", 5000, 24, {1, 3, 5}, true, false);
  list.inverted_residual("inverted residual long sums", 3, 4200, 5, {3, 3}, {1, 4, 4}, false, false);
  list.fully_connected("fully connected long sums", 9000, 70, 1, false, false);
  list.squeeze_excite("squeeze_excite wide map", 8, {1, 112, 112, 32}, true);
  list.squeeze_excite("squeeze_excite many channels", 240, {1, 7, 7, 960}, true);
  list.squeeze_excite("squeeze_excite batch", 30, {3, 28, 28, 121}, true);
  list.squeeze_excite("squeeze_excite small", 2, {1, 3, 4, 5}, false);
  list.separable_squeezed("separable squeezed", 96, 24, 40, {5, 5, 2, 2}, {1, 28, 28}, true);
  list.separable_squeezed("separable squeezed small", 5, 2, 6, {3, 3}, {2, 4, 5}, false);
  list.inverted_residual_squeezed("inverted residual squeezed wide map", 16, 96, 4, 24, half, {1, 56, 55}, false, true);
  list.inverted_residual_squeezed("inverted residual squeezed own input", 40, 240, 64, 40, {5, 5}, {1, 14, 14}, true,
                                  true);
  list.inverted_residual_squeezed("inverted residual squeezed batch", 21, 126, 30, 21, {3, 3}, {3, 7, 9}, true, true);
  list.inverted_residual_squeezed("inverted residual squeezed small", 3, 7, 2, 3, {3, 3}, {1, 4, 4}, true, false);
  list.convert_layout("nchw_to_nhwc photograph", LayoutConversion::kNchwToNhwc, {2, 224, 223, 3}, true);
  list.convert_layout("nchw_to_nhwc", LayoutConversion::kNchwToNhwc, {1, 28, 27, 121}, true);
  list.convert_layout("nchw_to_nhwc small", LayoutConversion::kNchwToNhwc, {1, 3, 4, 5}, false);
  list.convert_layout("nhwc_to_nchw wide map", LayoutConversion::kNhwcToNchw, {1, 56, 56, 64}, true);
  list.convert_layout("nhwc_to_nchw many channels", LayoutConversion::kNhwcToNchw, {2, 7, 7, 1030}, true);
  const Window halves = {3, 3, 2, 2, 1, 1, Padding::uniform(1)};
  list.pool<MaxPoolParams>("max_pool", halves, {1, 112, 111, 64}, true);
  list.pool<MaxPoolParams>("max_pool small", {2, 2, 2, 2}, {1, 5, 4, 5}, false);
  list.pool<AveragePoolParams>("average_pool", {5, 5}, {2, 28, 28, 121}, true);
  list.pool<AveragePoolParams>("average_pool small", halves, {1, 4, 5, 3}, false);
  list.resize("resize nearest", ResizeMode::kNearest, 2.0F, {1, 28, 27, 121}, true);
  list.resize("resize linear", ResizeMode::kLinear, 2.0F, {2, 28, 28, 64}, true);
  list.resize("resize linear small", ResizeMode::kLinear, 0.6F, {1, 4, 5, 3}, false);
  list.elementwise("elementwise sum", ElementwiseOperation::kAdd, {}, {2, 28, 27, 121}, true);
  list.elementwise("elementwise gate", ElementwiseOperation::kMultiply, {false, true, true, false}, {3, 28, 28, 72},
                   true);
  list.elementwise("elementwise mask", ElementwiseOperation::kSubtractFrom, {false, false, false, true},
                   {1, 40, 41, 33}, true);
  list.elementwise("elementwise small", ElementwiseOperation::kMaximum, {}, {1, 3, 4, 5}, false);
  list.activation("activation wide map", Activation::silu(), {1, 56, 56, 40}, true);
  list.activation("activation small", Activation::tanh(), {1, 2, 3, 5}, false);
  list.softmax("softmax text", {1, 1, 24, 6625}, true);
  list.softmax("softmax anchors", {1, 1, 4420, 2}, true);
  list.softmax("softmax small", {2, 1, 1, 10}, false);
  list.copy("copy", {2, 28, 28, 72}, true);
  list.depth_to_space("depth_to_space", DepthToSpaceMode::kDcr, {2, 56, 56, 64}, true);
  list.depth_to_space("depth_to_space crd", DepthToSpaceMode::kCrd, {2, 20, 21, 12}, true);
  return list.take();
}

}  // namespace

std::vector<Subject> all_subjects(const std::string& isa) { return all_subjects(TypedIsa{isa}); }
std::vector<Subject> subjects(const std::string& isa) { return subjects(TypedIsa{isa}); }

std::vector<Subject> subjects(const TypedIsa& on) {
  constexpr std::int64_t kMost = 6'600'000;  // multiply-adds, of which an emulator does some thirty million a second
  constexpr std::int64_t kMostElements = 60'000;
  std::vector<Subject> list = all_subjects(on);
  if (!on.f32()) std::erase_if(list, [](const Subject& s) { return s.input.elements() > kMostElements; });
  if (list_step() > 1 || !on.f32()) {
    std::erase_if(list, [](const Subject& s) { return s.op.op_count(s.input).value() > kMost; });
  }
  return list;
}

Workspace::Workspace(const Plan& plan) : bytes_(plan.workspace_bytes() + Plan::kWorkspaceAlignment) {
  std::size_t space = bytes_.size();
  aligned_ = bytes_.data();
  std::align(Plan::kWorkspaceAlignment, plan.workspace_bytes(), aligned_, space);
}

Tensors::Tensors(const Subject& subject) {
  Random random(2);
  src = random.values(subject.input.elements());
  if (!subject.residual) return;
  const Result<Shape> output = subject.op.output_shape(subject.input);
  if (!output.ok()) return;
  ElementwiseParams p;  // as it broadcasts, so does any other operator with a residual
  p.broadcast = subject.broadcast;
  residual = random.values(residual_shape(p, *output).elements());
}

RunArgs arguments(const Tensors& tensors, std::vector<float>& dst, Workspace& workspace) {
  return {tensors.src.data(), dst.data(), tensors.residual.empty() ? nullptr : tensors.residual.data(),
          workspace.data()};
}

EncodedTensors::EncodedTensors(const Subject& subject, const Tensors& tensors)
    : src(encoded(subject.type, tensors.src)), residual(encoded(subject.type, tensors.residual)) {}

std::vector<float> run_plan(const Subject& subject, const Plan& plan, const EncodedTensors& tensors,
                            Workspace& workspace) {
  const auto elements = static_cast<std::size_t>(plan.output_shape().elements());
  std::vector<std::byte> dst(elements * element_bytes(subject.type));
  const void* const residual = tensors.residual.empty() ? nullptr : tensors.residual.data();
  const Status status = plan.run({tensors.src.data(), dst.data(), residual, workspace.data()});
  if (!status.ok()) {
    ADD_FAILURE() << subject.name << ": " << status.message();
    return {};
  }
  return load_elements(subject.type, dst.data(), elements);
}

std::vector<float> run_once(const Subject& subject, const EncodedTensors& tensors, const PlanOptions& options) {
  const Result<Plan> plan = subject.op.plan(subject.input, options);
  if (!plan.ok()) {
    ADD_FAILURE() << subject.name << ": " << plan.status().message();
    return {};
  }
  Workspace workspace(*plan);
  return run_plan(subject, *plan, tensors, workspace);
}

std::vector<float> run_once(const Subject& subject, const Tensors& tensors, const PlanOptions& options) {
  return run_once(subject, EncodedTensors(subject, tensors), options);
}

std::int64_t first_difference(const std::vector<float>& a, const std::vector<float>& b) {
  if (a.size() != b.size()) return static_cast<std::int64_t>(std::min(a.size(), b.size()));
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(float)) != 0) return static_cast<std::int64_t>(i);
  }
  return -1;
}

}  // namespace tandem::test
