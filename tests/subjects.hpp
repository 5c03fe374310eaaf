// Every operator once or more, with random weights and an input: what the tests of contracts (threads, allocations,
// concurrency, operation counts) are carried out on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "tandem/operator.hpp"
#include "typed_isas.hpp"

namespace tandem::test {

struct Subject {
  std::string name;
  Operator op;
  Shape input;
  bool residual;  ///< run() wants one
  bool large;     ///< worth sharing between threads
  /// An output depends on the input around its own pixel, or, when it has but one pixel, on all of its image.
  bool local = true;
  DataType type = DataType::kF32;  ///< of its tensors
  Broadcast broadcast = {};        ///< of its residual
};

/// Fails the current test when one cannot be created.
std::vector<Subject> all_subjects(const std::string& isa);

/// The same, but without those that take an emulator long: see list_step().
std::vector<Subject> subjects(const std::string& isa);

/// The same in other types. Where not all is fp32 only those that are soon done: the tests convert each element.
std::vector<Subject> subjects(const TypedIsa& on);

/// Scratch memory for runs of one plan.
class Workspace {
 public:
  explicit Workspace(const Plan& plan);
  [[nodiscard]] void* data() noexcept { return aligned_; }

 private:
  std::vector<std::uint8_t> bytes_;
  void* aligned_ = nullptr;
};

/// The inputs of a subject, the same for the same subject. Values, which a run rounds to the subject's type.
struct Tensors {
  explicit Tensors(const Subject& subject);
  std::vector<float> src;
  std::vector<float> residual;  ///< empty when there is none
};

/// The same as elements of the subject's type: what is run more than once is converted once.
struct EncodedTensors {
  EncodedTensors(const Subject& subject, const Tensors& tensors);
  std::vector<std::byte> src;
  std::vector<std::byte> residual;
};

/// Arguments of a run onto dst; only of a subject whose tensors are fp32.
RunArgs arguments(const Tensors& tensors, std::vector<float>& dst, Workspace& workspace);

/// Runs a plan of the subject and returns the values of its output; fails the current test and returns an empty vector
/// when that does not work.
std::vector<float> run_plan(const Subject& subject, const Plan& plan, const EncodedTensors& tensors,
                            Workspace& workspace);

/// Plans and runs once; fails the current test and returns an empty vector when that does not work.
std::vector<float> run_once(const Subject& subject, const EncodedTensors& tensors, const PlanOptions& options);
std::vector<float> run_once(const Subject& subject, const Tensors& tensors, const PlanOptions& options);

/// Index of the first element whose bits differ, or -1.
std::int64_t first_difference(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace tandem::test
