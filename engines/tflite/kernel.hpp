// What the interpreter runs in the place of a group of its nodes.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engines/graph/compile.hpp"
#include "engines/tflite/explanation.hpp"
#include "engines/tflite/pool.hpp"
#include "tandem/status.hpp"

namespace tandem_tflite {

class Kernel {
 public:
  /// What the kernels of one interpreter share.
  struct Shared {
    std::shared_ptr<Pool> pool;
    std::shared_ptr<Explanation> explanation;
    bool profile = false;  ///< tell the explanation how long each run took
  };

  /// @param compiled  its inputs are the tensors `inputs`, in this order, and so its outputs
  Kernel(tandem::graph::Compiled compiled, std::vector<int> inputs, std::vector<int> outputs, Shared shared,
         std::size_t number);

  /// Tells the interpreter the sizes of the outputs, and plans for those of the inputs. Where the sizes of an input are
  /// not known before the run, both wait until then.
  tandem::Status prepare(TfLiteContext* context) const;
  tandem::Status invoke(TfLiteContext* context) const;

 private:
  class Run;

  tandem::graph::Compiled compiled_;
  std::vector<int> inputs_, outputs_;
  Shared shared_;
  std::size_t number_;  // of the kernel in the explanation
};

}  // namespace tandem_tflite
