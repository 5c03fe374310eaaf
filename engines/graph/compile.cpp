// The public face of a compiled group: a cache of executables by input shapes.
#include "engines/graph/compile.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

#include "engines/graph/edit.hpp"
#include "engines/graph/error.hpp"
#include "engines/graph/executable.hpp"

namespace tandem::graph {
namespace {

// Runs a function that may throw bad_alloc alone.
template <class Function>
auto no_throw(Function function) noexcept -> decltype(function()) {
  try {
    return function();
  } catch (const std::exception& e) {
    return error(StatusCode::kOutOfMemory, "out of memory (%.100s)", e.what());
  }
}

}  // namespace

struct Compiled::Impl {
  struct Planned {
    std::vector<Dims> inputs;
    std::shared_ptr<Executable> executable;
  };

  Network network;
  CompileOptions options;
  std::mutex planning;         // one new shape at a time
  mutable std::mutex mutex;    // guards `plans`
  std::vector<Planned> plans;  // most recently used first

  bool fits(const Planned& planned, const InputTensor* inputs) const {
    for (std::size_t i = 0; i < planned.inputs.size(); ++i) {
      const Dims& dims = planned.inputs[i];
      if (!std::equal(dims.begin(), dims.end(), inputs[i].dims, inputs[i].dims + inputs[i].rank)) return false;
    }
    return true;
  }

  std::shared_ptr<Executable> find(const InputTensor* inputs) {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto at =
        std::find_if(plans.begin(), plans.end(), [&](const Planned& planned) { return fits(planned, inputs); });
    if (at == plans.end()) return nullptr;
    std::rotate(plans.begin(), at, at + 1);
    return plans.front().executable;
  }

  Status check_inputs(const InputTensor* inputs, std::size_t count) const {
    const Graph& graph = network.graph;
    if (count != graph.inputs.size() || (count > 0 && inputs == nullptr)) {
      return error(StatusCode::kInvalidArgument, "%zu inputs, but the network has %zu", count, graph.inputs.size());
    }
    for (std::size_t i = 0; i < count; ++i) {
      if (inputs[i].rank > 0 && inputs[i].dims == nullptr) {
        return error(StatusCode::kInvalidArgument, "input %zu has no dims", i);
      }
      for (std::size_t d = 0; d < inputs[i].rank; ++d) {
        if (inputs[i].dims[d] < 0) {
          return error(StatusCode::kInvalidArgument, "axis %zu of input %zu has %lld elements", d, i,
                       static_cast<long long>(inputs[i].dims[d]));
        }
      }
      const Value& value = graph.values[index(graph.inputs[i])];
      // An engine may be wrong about the sizes (ONNX Runtime is about dilated SAME pools), but not about the axes.
      if (value.rank_known && value.dims.size() != inputs[i].rank) {
        return error(StatusCode::kInvalidArgument, "input %zu, \"%.80s\", has %zu axes, but the network says %zu", i,
                     value.name.c_str(), inputs[i].rank, value.dims.size());
      }
    }
    return {};
  }

  Result<std::shared_ptr<Executable>> make(const std::vector<Dims>& shapes) {
    const Graph& graph = network.graph;
    const Result<AllDims> dims = infer(graph, {shapes.begin(), shapes.end()});
    if (!dims.ok()) return dims.status();
    std::vector<Dims> outputs;
    for (const ValueId id : graph.outputs) {
      const auto& d = (*dims)[index(id)];
      if (!d || elements(*d) == kUnknown) {
        return error(StatusCode::kInvalidArgument, "the shape of output \"%.80s\" does not follow from the inputs",
                     graph.values[index(id)].name.c_str());
      }
      outputs.push_back(*d);
    }
    Result<Program> program = emit(network, *dims);
    if (!program.ok()) return program.status();
    eliminate_copies(program.value());
    place_buffers(program.value());
    return Executable::create(std::move(program.value()), std::move(outputs), options.threads);
  }

  Result<std::shared_ptr<Executable>> get(const InputTensor* inputs, std::size_t count) {
    const Status good = check_inputs(inputs, count);
    if (!good.ok()) return good;
    if (auto found = find(inputs)) return found;
    const std::lock_guard<std::mutex> one_at_a_time(planning);
    if (auto found = find(inputs)) return found;
    std::vector<Dims> shapes;
    for (std::size_t i = 0; i < count; ++i) shapes.emplace_back(inputs[i].dims, inputs[i].dims + inputs[i].rank);
    Result<std::shared_ptr<Executable>> made = make(shapes);
    if (!made.ok()) return made;
    const std::lock_guard<std::mutex> lock(mutex);
    if (plans.size() >= options.plans) plans.pop_back();  // runs that use it keep it alive
    plans.insert(plans.begin(), {std::move(shapes), made.value()});
    return made;
  }

  Status run(const GraphRun& run) {
    if (run.output == nullptr && !network.graph.outputs.empty()) {
      return {StatusCode::kInvalidArgument, "GraphRun::output is null"};
    }
    const Result<std::shared_ptr<Executable>> executable = get(run.inputs, run.input_count);
    if (!executable.ok()) return executable.status();
    for (std::size_t i = 0; i < run.input_count; ++i) {
      const auto at = reinterpret_cast<std::uintptr_t>(run.inputs[i].data);
      const bool floats = network.graph.values[index(network.graph.inputs[i])].type == ElementType::kF32;
      if (floats && at % alignof(float) != 0)
        return error(StatusCode::kInvalidArgument, "input %zu is not aligned to a float", i);
    }
    return (*executable)->run(run);
  }
};

Status Compiled::run(const GraphRun& run) const noexcept {
  if (empty()) return {StatusCode::kInvalidArgument, "the Compiled is empty"};
  return no_throw([&] { return impl_->run(run); });
}

Status Compiled::prepare(const InputTensor* inputs, std::size_t input_count) const noexcept {
  if (empty()) return {StatusCode::kInvalidArgument, "the Compiled is empty"};
  return no_throw([&] { return impl_->get(inputs, input_count).status(); });
}

Status Compiled::output_shapes(const GraphRun& run) const noexcept {
  if (empty() || run.output == nullptr) {
    return {StatusCode::kInvalidArgument, "the Compiled is empty, or GraphRun::output is null"};
  }
  return no_throw([&]() -> Status {
    const Result<std::shared_ptr<Executable>> executable = impl_->get(run.inputs, run.input_count);
    if (!executable.ok()) return executable.status();
    const std::vector<Dims>& outputs = (*executable)->outputs();
    for (std::size_t i = 0; i < outputs.size(); ++i) {
      (void)run.output(run.self, i, outputs[i].data(), outputs[i].size());
    }
    return {};
  });
}

std::size_t Compiled::bytes() const noexcept {
  if (empty()) return 0;
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  std::size_t sum = impl_->network.bytes;
  for (const Impl::Planned& planned : impl_->plans) sum += planned.executable->bytes();
  return sum;
}

std::string Compiled::explain() const {
  if (empty()) return {};
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->plans.empty() ? std::string() : impl_->plans.front().executable->explain();
}

Result<Compiled> compile(const Graph& graph, const CompileOptions& options) noexcept {
  return no_throw([&]() -> Result<Compiled> {
    if (options.threads < 1 || options.plans < 1) {
      return error(StatusCode::kInvalidArgument, "threads and plans must be at least 1, but are %d and %zu",
                   options.threads, options.plans);
    }
    Graph own = graph;
    own.rounding = options.rounding;
    Result<Network> network = build(std::move(own));
    if (!network.ok()) return network.status();
    Compiled compiled;
    compiled.impl_ = std::make_shared<Compiled::Impl>();
    compiled.impl_->network = std::move(network.value());
    compiled.impl_->options = options;
    std::vector<InputTensor> inputs;
    bool known = true;
    for (const ValueId id : graph.inputs) {
      const Value& value = graph.values[index(id)];
      known = known && value.rank_known && elements(value.dims) != kUnknown;
      inputs.push_back({nullptr, value.dims.data(), value.dims.size()});
    }
    if (known) {
      const Status planned = compiled.prepare(inputs.data(), inputs.size());
      if (!planned.ok()) return planned;
    }
    return compiled;
  });
}

}  // namespace tandem::graph
