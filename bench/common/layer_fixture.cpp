#include "bench/common/layer_fixture.hpp"

#include <cstdint>
#include <utility>

#include "bench/common/quantised_layer.hpp"

namespace tandem::bench {
namespace {

std::size_t compulsory_bytes(const shapes::PlacedLayer& layer, bool quantised) {
  std::int64_t elements = layer.input.elements() + layer.output.elements();
  if (network::takes_residual(layer.spec)) elements += layer.output.elements();
  const std::size_t element = quantised ? 1 : sizeof(float);
  const std::size_t output = quantised ? sizeof(std::int32_t) + sizeof(float) : sizeof(float);  // a bias and a scale
  std::size_t bytes = static_cast<std::size_t>(elements) * element;
  for (const network::LayerSpec& stage : network::unfuse({layer.spec})) {
    for (const network::FilterSpec& filter : network::filters(stage)) {
      bytes += filter.values * element + filter.outputs * output;
    }
  }
  return bytes;
}

DataType tensor_type(bool quantised) { return quantised ? DataType::kU8 : DataType::kF32; }

}  // namespace

LayerFixture::LayerFixture(const shapes::PlacedLayer& layer, const Plan& plan, bool quantised)
    : plan_(plan),
      src_(plan.input_shape(), 1, tensor_type(quantised)),
      dst_(plan.output_shape(), 2, tensor_type(quantised)),
      residual_(plan.output_shape(), 3, tensor_type(quantised)),
      workspace_(network::allocate_aligned(plan.workspace_bytes())),
      args_{src_.bytes(), dst_.bytes(), network::takes_residual(layer.spec) ? residual_.bytes() : nullptr,
            workspace_.get()},
      compulsory_bytes_(bench::compulsory_bytes(layer, quantised)) {}

Result<LayerFixture> LayerFixture::create(const shapes::PlacedLayer& layer, const std::string& isa, int threads,
                                          bool quantised) {
  CreateOptions create_options;
  create_options.isa = isa.c_str();
  const RandomWeights weights({layer.spec}, 1);
  const Result<Operator> op = quantised ? make_quantised(layer.spec, weights, create_options)
                                        : network::make_operator(layer.spec, weights, {}, create_options);
  if (!op) return op.status();
  PlanOptions plan_options;
  plan_options.threads = threads;
  const Result<Plan> plan = op->plan(layer.input, plan_options);
  if (!plan) return plan.status();

  LayerFixture fixture(layer, *plan, quantised);
  if (const Status status = fixture.plan_.run(fixture.args_); !status.ok()) return status;
  return fixture;
}

}  // namespace tandem::bench
