// A separable convolution, by hand: 3 x 3 ones over a 4 x 4 x 2 image of ones count the pixels under the kernel, 4 in a
// corner, 6 on an edge, 9 inside; the pointwise stage adds channel 0 once and channel 1 ten times: 44, 66, 99.
#include <cstdio>
#include <new>
#include <tandem/tandem.hpp>
#include <vector>

int main() {
  const std::vector<float> depthwise_filter(9 * 2, 1.0F);
  const std::vector<float> pointwise_filter{1.0F, 10.0F};
  tandem::SeparableParams params;
  params.depthwise.channels = 2;
  params.depthwise.padding = tandem::Padding::same();
  params.pointwise.in_channels = 2;
  params.pointwise.out_channels = 1;

  const auto op = tandem::Operator::separable(params, {depthwise_filter}, {pointwise_filter});
  if (!op) return std::fprintf(stderr, "create: %s\n", op.status().message()), 1;
  const auto plan = op->plan({1, 4, 4, 2});
  if (!plan) return std::fprintf(stderr, "plan: %s\n", plan.status().message()), 1;

  const std::vector<float> src(4 * 4 * 2, 1.0F);
  std::vector<float> dst(4 * 4);
  const std::align_val_t alignment{tandem::Plan::kWorkspaceAlignment};
  void* workspace = operator new(plan->workspace_bytes(), alignment);
  const tandem::Status status = plan->run(src.data(), dst.data(), workspace);
  operator delete(workspace, alignment);
  if (!status.ok()) return std::fprintf(stderr, "run: %s\n", status.message()), 1;

  for (int i = 0; i < 16; ++i) {
    const bool y_border = i / 4 == 0 || i / 4 == 3;
    const bool x_border = i % 4 == 0 || i % 4 == 3;
    const float expected = y_border && x_border ? 44.0F : (y_border || x_border ? 66.0F : 99.0F);
    const float value = dst[static_cast<std::size_t>(i)];
    if (value != expected) return std::fprintf(stderr, "output %d is %g, not %g\n", i, value, expected), 1;
  }
  std::printf("tandem %s on %s: %g %g %g\n", tandem::version(), plan->isa(), dst[0], dst[1], dst[5]);
}
