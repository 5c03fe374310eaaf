// Operators that go element by element.
#include <tensorflow/lite/builtin_ops.h>

#include "engines/tflite/operators.hpp"

namespace tandem_tflite {
namespace {

using tandem::Activation;
using tandem::graph::AxisAttributes;
using tandem::graph::Op;

void unary(const NodeReader& node, Op op) { node.write(op, {node.input(0)}); }
void activation(const NodeReader& node, const Activation& function) {
  node.write(Op::kActivation, {node.input(0)}, function);
}

// Both inputs broadcast, as numpy does it.
void binary(const NodeReader& node, Op op, TfLiteFusedActivation activation = kTfLiteActNone) {
  node.write(op, {node.input(0), node.input(1)}, {}, activation);
}

void leaky_relu(const NodeReader& node) {
  activation(node, Activation::leaky_relu(node.parameters<TfLiteLeakyReluParams>().alpha));
}

void prelu(const NodeReader& node) { node.write(Op::kPrelu, {node.input(0), node.input(1)}); }

void gelu(const NodeReader& node) {
  activation(node, node.parameters<TfLiteGeluParams>().approximate ? Activation::gelu_tanh() : Activation::gelu());
}

void softmax(const NodeReader& node) {
  const float beta = node.parameters<TfLiteSoftmaxParams>().beta;
  if (beta != 1.0F) throw Unsupported{"its beta is not 1"};
  node.write(Op::kSoftmax, {node.input(0)}, AxisAttributes{-1});
}

constexpr Translation kTranslations[] = {
    {kTfLiteBuiltinAdd, [](const NodeReader& n) { binary(n, Op::kAdd, n.parameters<TfLiteAddParams>().activation); }},
    {kTfLiteBuiltinDequantize, [](const NodeReader& n) { unary(n, Op::kIdentity); }},
    {kTfLiteBuiltinDiv, [](const NodeReader& n) { binary(n, Op::kDiv, n.parameters<TfLiteDivParams>().activation); }},
    {kTfLiteBuiltinGelu, gelu},
    {kTfLiteBuiltinHardSwish, [](const NodeReader& n) { activation(n, Activation::hard_swish()); }},
    {kTfLiteBuiltinLeakyRelu, leaky_relu},
    {kTfLiteBuiltinLogistic, [](const NodeReader& n) { activation(n, Activation::sigmoid()); }},
    {kTfLiteBuiltinMaximum, [](const NodeReader& n) { binary(n, Op::kMax); }},
    {kTfLiteBuiltinMinimum, [](const NodeReader& n) { binary(n, Op::kMin); }},
    {kTfLiteBuiltinMul, [](const NodeReader& n) { binary(n, Op::kMul, n.parameters<TfLiteMulParams>().activation); }},
    {kTfLiteBuiltinPow, [](const NodeReader& n) { binary(n, Op::kPow); }},
    {kTfLiteBuiltinPrelu, prelu},
    {kTfLiteBuiltinQuantize, [](const NodeReader& n) { unary(n, Op::kIdentity); }},
    {kTfLiteBuiltinRelu, [](const NodeReader& n) { activation(n, Activation::relu()); }},
    {kTfLiteBuiltinRelu0To1, [](const NodeReader& n) { activation(n, Activation::clamp(0.0F, 1.0F)); }},
    {kTfLiteBuiltinRelu6, [](const NodeReader& n) { activation(n, Activation::relu6()); }},
    {kTfLiteBuiltinReluN1To1, [](const NodeReader& n) { activation(n, Activation::clamp(-1.0F, 1.0F)); }},
    {kTfLiteBuiltinSoftmax, softmax},
    {kTfLiteBuiltinSqrt, [](const NodeReader& n) { unary(n, Op::kSqrt); }},
    {kTfLiteBuiltinSub, [](const NodeReader& n) { binary(n, Op::kSub, n.parameters<TfLiteSubParams>().activation); }},
    {kTfLiteBuiltinTanh, [](const NodeReader& n) { activation(n, Activation::tanh()); }},
};

}  // namespace

std::span<const Translation> element_translations() noexcept { return kTranslations; }

}  // namespace tandem_tflite
