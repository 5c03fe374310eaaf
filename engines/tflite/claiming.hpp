// From one interpreter's graph to its kernels: reads it, lets the graph library choose, and compiles each group that TFLite
// makes of the chosen nodes.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engines/common/options.hpp"
#include "engines/tflite/constants.hpp"
#include "engines/tflite/explanation.hpp"
#include "engines/tflite/kernel.hpp"
#include "engines/tflite/pool.hpp"
#include "tandem/status.hpp"

namespace tandem_tflite {

class Claiming {
 public:
  Claiming(TfLiteContext* context, const tandem::engines::Options& options);

  /// The numbers of the nodes that Tandem takes, ascending, folded constants included; none if it takes nothing.
  tandem::Result<std::vector<int>> choose();
  /// The kernel for a group of the chosen nodes.
  tandem::Result<std::unique_ptr<Kernel>> compile(const TfLiteDelegateParams& group);
  /// Once all groups are compiled.
  tandem::Status explain();

 private:
  [[nodiscard]] std::vector<bool> constants_to_take(const std::vector<bool>& claimed) const;

  TfLiteContext* context_;
  const tandem::engines::Options& options_;
  std::vector<ModelNode> nodes_;
  Constants constants_;
  std::int32_t threads_;
  std::shared_ptr<Pool> pool_;  // made for the first kernel
  std::shared_ptr<Explanation> explanation_;
};

}  // namespace tandem_tflite
