// A whole network of Tandem operators, ready to run: operators and plans in order, and all the memory they share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "network/aligned_buffer.hpp"
#include "network/layer_spec.hpp"
#include "network/layer_types.hpp"
#include "network/make_operator.hpp"
#include "tandem/tandem.hpp"

namespace network {

/// A layer that is ready to run.
struct Layer {
  LayerSpec spec;
  LayerTypes types;
  tandem::Operator op;
  tandem::Plan plan;
};

/// A tensor between two layers, until the next run.
struct TensorView {
  const void* data;           ///< of the elements that the layers' types say
  tandem::Shape shape;        ///< [N, H, W, C]
  std::int64_t pixel_stride;  ///< in elements, >= shape.c
};

/// create() allocates everything; run() is one Sequence::run(). One run at a time: the runs share the buffers.
class Network {
 public:
  /// @param specs    in order; each reads the output of the one before
  /// @param weights  returns each tensor by its name; called only here
  /// @param input    [N, H, W, C] of the first layer's input
  /// @param types    of each layer; the dst of one is the src of the next, and the residual of those that add it
  /// Errors: those of Operator's create functions and plan(), a missing weight, a shortcut that reaches before the
  /// first layer or joins different shapes, lack of memory. The sentence begins with the layer's name.
  static tandem::Result<Network> create(const std::vector<LayerSpec>& specs, const WeightSource& weights,
                                        const tandem::Shape& input, const tandem::PlanOptions& plan_options,
                                        const tandem::CreateOptions& create_options,
                                        const std::vector<LayerTypes>& types);
  /// The same types for all layers.
  static tandem::Result<Network> create(const std::vector<LayerSpec>& specs, const WeightSource& weights,
                                        const tandem::Shape& input, const tandem::PlanOptions& plan_options = {},
                                        const tandem::CreateOptions& create_options = {}, const Types& types = {}) {
    return create(specs, weights, input, plan_options, create_options,
                  std::vector<LayerTypes>(specs.size(), types.of_layer()));
  }

  /// @param src  in, input_shape(), dense NHWC, elements of the first layer's src
  /// @param dst  out, output_shape(); must not overlap src
  tandem::Status run(const void* src, void* dst) noexcept;

  /// One layer of run(), to time layers one by one. Call in order from the first.
  tandem::Status run_layer(std::size_t index, const void* src, void* dst) noexcept;

  /// The output of layer `index`, which is not the last. A later layer may write to the same memory.
  [[nodiscard]] TensorView output_of(std::size_t index) const noexcept;

  [[nodiscard]] const std::vector<Layer>& layers() const noexcept { return layers_; }
  [[nodiscard]] const tandem::Shape& input_shape() const noexcept { return layers_.front().plan.input_shape(); }
  [[nodiscard]] const tandem::Shape& output_shape() const noexcept { return layers_.back().plan.output_shape(); }

  /// Multiply-adds of one run, by the formulas of tandem/cost.hpp.
  [[nodiscard]] std::int64_t op_count() const noexcept;
  /// Bytes of all packed filters and biases.
  [[nodiscard]] std::size_t packed_bytes() const noexcept;
  /// Bytes of the scratch that all layers share: the most that any of them needs.
  [[nodiscard]] std::size_t workspace_bytes() const noexcept { return workspace_bytes_; }
  /// Bytes of the buffers between the layers.
  [[nodiscard]] std::size_t activation_bytes() const noexcept { return activation_bytes_; }

 private:
  Network() = default;

  /// The arguments of layer `index`.
  [[nodiscard]] tandem::RunArgs arguments(std::size_t index, const void* src, void* dst) const noexcept;

  std::vector<Layer> layers_;
  tandem::Sequence sequence_;          // of the layers' plans
  std::vector<tandem::RunArgs> args_;  // of its run
  // Tensor i is the input of layer i. tensors_[i] is its place in memory_, or null for the first and the last tensor,
  // the caller's src and dst.
  std::vector<void*> tensors_;
  std::vector<std::int64_t> strides_;  // from one pixel of it to the next, in elements
  AlignedBytes memory_;                // activations, then workspace
  void* workspace_ = nullptr;
  std::size_t activation_bytes_ = 0;
  std::size_t workspace_bytes_ = 0;
};

}  // namespace network
