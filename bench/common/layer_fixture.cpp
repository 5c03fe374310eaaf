#include "bench/common/layer_fixture.hpp"

#include <utility>

#include "network/make_operator.hpp"

namespace tandem::bench {
namespace {

std::size_t compulsory_elements(const shapes::PlacedLayer& layer) {
  std::int64_t elements = layer.input.elements() + layer.output.elements();
  if (network::takes_residual(layer.spec)) elements += layer.output.elements();
  auto count = static_cast<std::size_t>(elements);
  for (const network::LayerSpec& stage : network::unfuse({layer.spec})) {
    for (const network::FilterSpec& filter : network::filters(stage)) count += filter.values + filter.outputs;
  }
  return count;
}

}  // namespace

LayerFixture::LayerFixture(const shapes::PlacedLayer& layer, const Plan& plan)
    : plan_(plan),
      src_(plan.input_shape(), 1),
      dst_(plan.output_shape(), 2),
      residual_(plan.output_shape(), 3),
      workspace_(network::allocate_aligned(plan.workspace_bytes())),
      args_{src_.data(), dst_.data(), network::takes_residual(layer.spec) ? residual_.data() : nullptr,
            workspace_.get()},
      compulsory_bytes_(compulsory_elements(layer) * sizeof(float)) {}

Result<LayerFixture> LayerFixture::create(const shapes::PlacedLayer& layer, const std::string& isa, int threads) {
  CreateOptions create_options;
  create_options.isa = isa.c_str();
  const Result<Operator> op = network::make_operator(layer.spec, RandomWeights({layer.spec}, 1), {}, create_options);
  if (!op) return op.status();
  PlanOptions plan_options;
  plan_options.threads = threads;
  const Result<Plan> plan = op->plan(layer.input, plan_options);
  if (!plan) return plan.status();

  LayerFixture fixture(layer, *plan);
  if (const Status status = fixture.plan_.run(fixture.args_); !status.ok()) return status;
  return fixture;
}

}  // namespace tandem::bench
