// Which nodes of an interpreter's graph Tandem takes, in the groups that TFLite will make of them.
//
// The graph library proposes nodes, looking at the whole graph. TFLite then groups whatever nodes a delegate names, by an
// order of its own: it may split a chain that waits for a node of the engine's, or join two chains. It also knows which
// tensors are outputs of the model, which a delegate cannot ask. So each of its groups is looked at again, and nodes that
// do not pay in their group go back, until all agree.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <map>
#include <vector>

#include "engines/graph/claim.hpp"
#include "engines/tflite/constants.hpp"
#include "engines/tflite/reader.hpp"
#include "tandem/status.hpp"

namespace tandem_tflite {

class Choice {
 public:
  Choice(TfLiteContext* context, const std::vector<ModelNode>& nodes, Constants& constants,
         const tandem::graph::ClaimOptions& options);

  tandem::Status choose();

  /// The numbers of the nodes that Tandem takes, folded constants included.
  [[nodiscard]] std::vector<int> nodes() const;
  /// The decisions, a group for each of TFLite's, and the sums.
  [[nodiscard]] tandem::graph::Claims claims() const;
  /// Which of the groups has the node.
  [[nodiscard]] std::size_t group_of(int node) const;

 private:
  void take_constants();
  void decide(const Network& network, const tandem::graph::Claims& claims);
  // Looks at TFLite's groups: true if all of their nodes stay.
  tandem::Result<bool> agree();

  TfLiteContext* context_;
  const std::vector<ModelNode>& nodes_;
  Constants& constants_;
  tandem::graph::ClaimOptions options_;
  std::map<int, tandem::graph::Decision> decisions_;  // by the nodes' numbers; group -1: left to the engine
  std::vector<tandem::graph::Group> groups_;
  std::int64_t multiply_adds_ = 0;
};

/// What TFLite's parameters say of the border of a group. Constants are neither inputs nor outputs.
Border border_of(const TfLiteContext& context, const Constants& constants, const TfLiteDelegateParams& params);

}  // namespace tandem_tflite
