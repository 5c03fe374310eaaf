#include "tests/engines/toy_engine.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <thread>

#include "engines/graph/edit.hpp"
#include "tests/random.hpp"

namespace tandem::test {
namespace {

using namespace graph;

// As many threads as workers, for each run anew: simple, and every worker really runs beside the others.
void run_on_threads(void* /*self*/, std::int32_t count, WorkerFunction worker, void* context) {
  std::vector<std::thread> threads;
  for (std::int32_t i = 1; i < count; ++i) threads.emplace_back(worker, context, i);
  worker(context, 0);
  for (std::thread& t : threads) t.join();
}

// Where the outputs go: integers of 8 bits first into bytes.
struct Outputs {
  std::vector<FloatArray>& arrays;
  const Graph* of_bytes;
  std::vector<std::vector<std::int8_t>> bytes = std::vector<std::vector<std::int8_t>>(arrays.size());

  [[nodiscard]] ElementType type(std::size_t i) const {
    return of_bytes == nullptr ? ElementType::kF32 : of_bytes->values[index(of_bytes->outputs[i])].type;
  }
};

void* new_output(void* self, std::size_t i, const std::int64_t* dims, std::size_t rank) {
  auto& outputs = *static_cast<Outputs*>(self);
  FloatArray& to = outputs.arrays[i];
  to.dims.assign(dims, dims + rank);
  std::size_t count = 1;
  for (const std::int64_t d : to.dims) count *= static_cast<std::size_t>(d);
  to.data.assign(std::max<std::size_t>(count, 1), std::numeric_limits<float>::quiet_NaN());
  to.data.resize(count);
  if (!is_byte(outputs.type(i))) return to.data.data();
  outputs.bytes[i].resize(std::max<std::size_t>(count, 1));
  return outputs.bytes[i].data();
}

// The integers of an array that holds them as floats.
std::vector<std::int8_t> to_bytes(const FloatArray& from, ElementType type) {
  std::vector<std::int8_t> to;
  for (const float x : from.data) {
    to.push_back(type == ElementType::kS8 ? static_cast<std::int8_t>(x)
                                          : static_cast<std::int8_t>(static_cast<std::uint8_t>(x)));
  }
  return to;
}

Array exact(const FloatArray& from) {
  Array a;
  a.dims = from.dims;
  for (const float x : from.data) a.numbers.push_back({static_cast<double>(x), 0});
  return a;
}

FloatArray rounded(const Array& from) {
  FloatArray a;
  a.dims = from.dims;
  for (const Number& x : from.numbers) a.data.push_back(static_cast<float>(x.value));
  return a;
}

}  // namespace

Graph subgraph(const Graph& graph, const std::vector<std::int32_t>& sources) {
  const std::set<std::int32_t> wanted(sources.begin(), sources.end());
  const auto inside = [&](const Node& node) {
    return std::any_of(node.sources.begin(), node.sources.end(), [&](std::int32_t s) { return wanted.count(s) != 0; });
  };
  Graph part;
  part.layout = graph.layout;
  part.values = graph.values;
  std::set<ValueId> written, inputs, outputs;
  for (const Node& node : graph.nodes) {
    if (!inside(node)) continue;
    part.nodes.push_back(node);
    written.insert(node.outputs.begin(), node.outputs.end());
    for (const ValueId id : node.inputs) {
      if (id != kNoValue && written.count(id) == 0 && !graph.values[index(id)].constant) inputs.insert(id);
    }
  }
  for (const Node& node : graph.nodes) {
    if (inside(node)) continue;
    for (const ValueId id : node.inputs) {
      if (written.count(id) != 0) outputs.insert(id);
    }
  }
  for (const ValueId id : graph.outputs) {
    if (written.count(id) != 0) outputs.insert(id);
  }
  outputs.erase(kNoValue);
  part.inputs.assign(inputs.begin(), inputs.end());
  part.outputs.assign(outputs.begin(), outputs.end());
  return part;
}

Status run(const Compiled& compiled, const std::vector<FloatArray>& inputs, std::vector<FloatArray>* outputs,
           bool threads, const Graph* of_bytes) {
  std::vector<InputTensor> tensors;
  std::vector<std::vector<std::int8_t>> bytes(inputs.size());
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const FloatArray& a = inputs[i];
    tensors.push_back({a.data.data(), a.dims.data(), a.dims.size()});
    const ElementType type =
        of_bytes == nullptr ? ElementType::kF32 : of_bytes->values[index(of_bytes->inputs[i])].type;
    if (!is_byte(type)) continue;
    bytes[i] = to_bytes(a, type);
    tensors.back().data = bytes[i].data();
  }
  Outputs to{*outputs, of_bytes};
  GraphRun r;
  r.inputs = tensors.data();
  r.input_count = tensors.size();
  r.self = &to;
  r.output = new_output;
  r.parallel = threads ? run_on_threads : nullptr;
  const Status status = compiled.run(r);
  for (std::size_t i = 0; status.ok() && i < outputs->size(); ++i) {
    if (!is_byte(to.type(i))) continue;
    for (std::size_t j = 0; j < (*outputs)[i].data.size(); ++j) {
      const std::int8_t byte = to.bytes[i][j];
      (*outputs)[i].data[j] = to.type(i) == ElementType::kS8 ? static_cast<float>(byte)
                                                             : static_cast<float>(static_cast<std::uint8_t>(byte));
    }
  }
  return status;
}

ToyEngine::ToyEngine(const Graph& graph, const Claims& claims, std::int32_t threads)
    : graph_(graph), claims_(claims), part_of_(graph.nodes.size(), -1) {
  CompileOptions options;
  options.threads = threads;
  for (std::size_t g = 0; g < claims.groups.size(); ++g) {
    const std::set<std::int32_t> sources(claims.groups[g].sources.begin(), claims.groups[g].sources.end());
    for (std::size_t i = 0; i < graph.nodes.size(); ++i) {
      const auto& own = graph.nodes[i].sources;
      const auto inside = std::count_if(own.begin(), own.end(), [&](std::int32_t s) { return sources.count(s) != 0; });
      if (inside == 0) continue;
      if (part_of_[i] != -1) problem_ = "a node is in two groups";
      part_of_[i] = static_cast<std::int32_t>(g);
    }
    Part part{subgraph(graph, claims.groups[g].sources), {}};
    Result<Compiled> compiled = compile(part.graph, options);
    if (!compiled.ok()) {
      problem_ = std::string("compile: ") + compiled.status().message();
      return;
    }
    part.compiled = std::move(compiled.value());
    parts_.push_back(std::move(part));
  }
}

std::vector<FloatArray> ToyEngine::run(const std::vector<FloatArray>& inputs) {
  std::map<ValueId, FloatArray> values;
  for (std::size_t i = 0; i < inputs.size(); ++i) values[graph_.inputs[i]] = inputs[i];
  std::vector<bool> part_done(parts_.size(), false), node_done(graph_.nodes.size(), false);
  const auto ready = [&](const std::vector<ValueId>& ids) {
    return std::all_of(ids.begin(), ids.end(), [&](ValueId id) {
      return id == kNoValue || graph_.values[index(id)].constant || values.count(id) != 0;
    });
  };
  for (bool progress = true; progress;) {
    progress = false;
    for (std::size_t i = 0; i < graph_.nodes.size(); ++i) {
      const Node& node = graph_.nodes[i];
      if (part_of_[i] != -1 || node_done[i] || !ready(node.inputs)) continue;
      Arrays arrays;
      for (const ValueId id : node.inputs) {
        if (id == kNoValue) continue;
        const Value& value = graph_.values[index(id)];
        arrays[id] = value.constant ? constant_array(value) : exact(values.at(id));
      }
      interpret(graph_, node, arrays);
      for (const ValueId id : node.outputs) {
        if (id != kNoValue) values[id] = rounded(arrays.at(id));
      }
      node_done[i] = progress = true;
    }
    for (std::size_t p = 0; p < parts_.size(); ++p) {
      if (part_done[p] || !ready(parts_[p].graph.inputs)) continue;
      std::vector<FloatArray> from, to(parts_[p].graph.outputs.size());
      for (const ValueId id : parts_[p].graph.inputs) from.push_back(values.at(id));
      const Status status = test::run(parts_[p].compiled, from, &to, true, &parts_[p].graph);
      if (!status.ok()) {
        problem_ = std::string("run: ") + status.message();
        return {};
      }
      for (std::size_t i = 0; i < to.size(); ++i) values[parts_[p].graph.outputs[i]] = std::move(to[i]);
      part_done[p] = progress = true;
    }
  }
  if (!ready(graph_.outputs)) {
    problem_ = "not all outputs were computed: a group is not convex";
    return {};
  }
  std::vector<FloatArray> outputs;
  for (const ValueId id : graph_.outputs) outputs.push_back(values.at(id));
  return outputs;
}

std::string ToyEngine::explain() const {
  std::string text = print(claims_);
  for (const Part& part : parts_) text += part.compiled.explain();
  return text;
}

FloatArray random_array(Dims dims, std::uint64_t seed) {
  std::int64_t n = 1;
  for (const std::int64_t d : dims) n *= d;
  return {std::move(dims), Random(seed).values(n)};
}

std::vector<Array> expected(const Graph& graph, const std::vector<FloatArray>& inputs) {
  Arrays arrays;
  for (std::size_t i = 0; i < inputs.size(); ++i) arrays[graph.inputs[i]] = exact(inputs[i]);
  interpret(graph, arrays);
  std::vector<Array> outputs;
  for (const ValueId id : graph.outputs) outputs.push_back(arrays.at(id));
  return outputs;
}

double worst(const std::vector<FloatArray>& got, const std::vector<Array>& want) {
  const double infinity = std::numeric_limits<double>::infinity();
  if (got.size() != want.size()) return infinity;
  double most = 0;
  for (std::size_t i = 0; i < got.size(); ++i) {
    if (got[i].dims != want[i].dims) return infinity;
    for (std::size_t j = 0; j < got[i].data.size(); ++j) {
      const Number& w = want[i].numbers[j];
      const double error = std::abs(static_cast<double>(got[i].data[j]) - w.value);
      if (!(error <= infinity)) return infinity;  // NaN
      if (error > 0) most = std::max(most, error / (w.error + std::abs(w.value) / (1 << 24) + 1e-40));
    }
  }
  return most;
}

}  // namespace tandem::test
