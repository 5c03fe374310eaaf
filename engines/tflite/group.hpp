// The nodes of one kernel, as they are compiled: when the interpreter makes the kernel, and again when an input gets sizes
// that the model had not left open.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <memory>
#include <vector>

#include "engines/graph/compile.hpp"
#include "engines/tflite/constants.hpp"
#include "engines/tflite/reader.hpp"
#include "tandem/status.hpp"

namespace tandem_tflite {

class Group {
 public:
  using Nodes = std::shared_ptr<const std::vector<ModelNode>>;

  /// @param all     the nodes of the interpreter
  /// @param own     the numbers of those that are in this group
  Group(Nodes all, std::vector<int> own, Border border);

  [[nodiscard]] const std::vector<int>& inputs() const noexcept { return border_.inputs; }
  [[nodiscard]] const std::vector<int>& outputs() const noexcept { return border_.outputs; }

  /// Empty if the group has no outputs.
  tandem::Result<tandem::graph::Compiled> compile(const TfLiteContext& context, Constants& constants,
                                                  const tandem::graph::CompileOptions& options);
  /// Leaves those sizes open in which an input now differs from what was compiled. True if there are any.
  bool open(const TfLiteContext& context);
  /// The same with constants read anew.
  tandem::Result<tandem::graph::Compiled> compile_again(const TfLiteContext& context);

 private:
  Nodes all_;
  std::vector<int> own_;
  Border border_;
  std::vector<tandem::graph::Dims> compiled_;  // the inputs' sizes, -1: open
  tandem::graph::CompileOptions options_;
};

}  // namespace tandem_tflite
