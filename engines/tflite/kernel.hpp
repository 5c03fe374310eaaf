// What the interpreter runs in the place of a group of its nodes.
#pragma once

#include <tensorflow/lite/core/c/common.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "engines/graph/compile.hpp"
#include "engines/tflite/explanation.hpp"
#include "engines/tflite/group.hpp"
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

  /// @param compiled  the group
  /// @param number    of the group in the explanation
  Kernel(tandem::graph::Compiled compiled, Group group, Shared shared, std::size_t number);

  /// Tells the interpreter the sizes of the outputs, and plans for those of the inputs. Where the sizes of an input are
  /// not known before the run, both wait until then.
  tandem::Status prepare(TfLiteContext* context);
  tandem::Status invoke(TfLiteContext* context);

 private:
  class Run;

  // Compiles the group again if the sizes of its inputs are not what it was compiled for.
  tandem::Status fit(const TfLiteContext& context);

  tandem::graph::Compiled compiled_;
  Group group_;
  Shared shared_;
  std::size_t number_;
};

}  // namespace tandem_tflite
