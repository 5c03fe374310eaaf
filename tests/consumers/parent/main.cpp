// Prints the bits of some results on each ISA, and ends with 1 where a special value is lost. The program is compiled
// by several projects, whose flags must not change a bit. It looks at bits because its own arithmetic may be fast and
// wrong.
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <tandem/tandem.hpp>
#include <vector>

namespace {

std::uint32_t bits(float value) {
  std::uint32_t b = 0;
  std::memcpy(&b, &value, sizeof b);
  return b;
}

float of_bits(std::uint32_t b) {
  float value = 0.0F;
  std::memcpy(&value, &b, sizeof value);
  return value;
}

bool is_nan(float value) { return (bits(value) & 0x7fffffffU) > 0x7f800000U; }

const float kNaN = of_bits(0x7fc00000U);
const float kInfinity = of_bits(0x7f800000U);

std::vector<float> numbers(std::size_t count, std::uint32_t seed) {
  std::vector<float> values(count);
  for (float& value : values) {
    seed = seed * 1664525U + 1013904223U;
    value = of_bits(0x3f800000U | seed >> 9U) - 1.5F;
  }
  return values;
}

// 3 x 3 depthwise, 1 x 1 to 24 channels and an activation, over 9 x 9 x 19.
std::vector<float> outputs(const char* isa, tandem::Activation activation, const std::vector<float>& image) {
  const std::vector<float> depthwise = numbers(9 * 19, 1);
  const std::vector<float> pointwise = numbers(19 * 24, 2);
  tandem::SeparableParams params;
  params.depthwise.channels = params.pointwise.in_channels = 19;
  params.depthwise.padding = tandem::Padding::same();
  params.pointwise.out_channels = 24;
  params.pointwise.activation = activation;
  const auto op = tandem::Operator::separable(params, {depthwise}, {pointwise}, tandem::CreateOptions{isa});
  if (!op) return std::puts(op.status().message()), std::vector<float>{};
  const auto plan = op->plan({1, 9, 9, 19});
  if (!plan) return std::puts(plan.status().message()), std::vector<float>{};
  std::vector<float> dst(9 * 9 * 24);
  void* const workspace =
      std::aligned_alloc(tandem::Plan::kWorkspaceAlignment, (plan->workspace_bytes() + 64) & ~std::size_t{63});
  const tandem::Status status = plan->run(image.data(), dst.data(), workspace);
  std::free(workspace);
  if (!status.ok()) return std::puts(status.message()), std::vector<float>{};
  return dst;
}

int failures = 0;

void expect(bool condition, const char* isa, const char* what) {
  if (condition) return;
  std::printf("%s: %s\n", isa, what);
  ++failures;
}

void check(const char* isa) {
  const std::vector<float> image = numbers(9 * 9 * 19, 3);
  std::uint32_t sum = 0;
  for (const tandem::Activation& activation :
       {tandem::Activation::none(), tandem::Activation::silu(), tandem::Activation::tanh()}) {
    for (const float value : outputs(isa, activation, image)) sum = sum * 31U + bits(value);
  }
  std::printf("%s %08llx\n", isa, 0ULL + sum);

  std::vector<float> special = image;
  special[0] = kNaN;
  special[8 * 19] = kInfinity;
  const std::vector<float> dst = outputs(isa, tandem::Activation::relu(), special);
  if (dst.empty()) return expect(false, isa, "no outputs");
  expect(is_nan(dst[0]), isa, "relu of NaN is not NaN");
  for (std::size_t i = 0; i < 24; ++i) {
    const std::uint32_t b = bits(dst[8 * 24 + i]);
    expect(b == 0 || b == bits(kInfinity) || is_nan(dst[8 * 24 + i]), isa, "infinity became a number");
  }
}

}  // namespace

int main() {
  for (const tandem::IsaInfo& isa : tandem::isas()) {
    if (isa.available) check(isa.name);
  }

  std::uint16_t half = 0;
  tandem::convert(tandem::DataType::kF32, &kNaN, tandem::DataType::kBf16, &half, 1);
  expect((half & 0x7fffU) > 0x7f80U, "convert", "NaN is lost in bf16");
  tandem::convert(tandem::DataType::kF32, &kNaN, tandem::DataType::kF16, &half, 1);
  expect((half & 0x7fffU) > 0x7c00U, "convert", "NaN is lost in f16");

  tandem::PointwiseParams params;
  params.in_channels = params.out_channels = 1;
  params.activation = tandem::Activation::clamp(kNaN, 1.0F);
  const std::vector<float> one{1.0F};
  expect(!tandem::Operator::pointwise(params, {one}).ok(), "create", "a clamp at NaN is accepted");
  if (failures != 0) return 1;
  std::puts("special values kept");
}
