// From one interpreter's graph to its kernels: chooses nodes, and compiles each group that TFLite makes of them.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "engines/common/options.hpp"
#include "engines/tflite/choice.hpp"
#include "engines/tflite/constants.hpp"
#include "engines/tflite/explanation.hpp"
#include "engines/tflite/group.hpp"
#include "engines/tflite/kernel.hpp"
#include "engines/tflite/pool.hpp"
#include "tandem/status.hpp"

namespace tandem_tflite {

class Claiming {
 public:
  Claiming(TfLiteContext* context, const tandem::engines::Options& options);

  /// The numbers of the nodes that Tandem takes, ascending, folded constants included; none if it takes nothing. Writes
  /// the explanation.
  tandem::Result<std::vector<int>> choose();
  /// The kernel for a group of the chosen nodes, as TFLite describes it.
  tandem::Result<std::unique_ptr<Kernel>> compile(const TfLiteDelegateParams& params);

 private:
  TfLiteContext* context_;
  const tandem::engines::Options& options_;
  Group::Nodes nodes_;
  Constants constants_;
  std::int32_t threads_;
  Choice choice_;
  std::shared_ptr<Pool> pool_;  // made for the first kernel
  std::shared_ptr<Explanation> explanation_;
};

}  // namespace tandem_tflite
