// A plan that passes over the pixels of its input once: element-wise operators, softmax, copies.
#pragma once

#include <cstdint>

#include "src/base/ranges.hpp"
#include "src/operators/operator_impl.hpp"
#include "src/plan/stream.hpp"

namespace tandem::inline TANDEM_ABI::internal {

/// The kind of a stream, and its work besides reading the input and writing as many elements.
struct StreamKind {
  PlanKind kind;
  std::int64_t other_elements = 0;  ///< read in addition to the input
  double cycles = 0.0;              ///< see StreamWork
};

/// Chooses the number of blocks of pixels and of workers, and fills in the report. Throws std::bad_alloc.
std::int64_t plan_stream(const StreamKind& stream, const Planning& planning, PlanInfo& info);

/// The plan of work whose body takes a range of the pixels of all images: body(args, info, pixels).
template <class Body>
class StreamPlan final : public PlanImpl {
 public:
  StreamPlan(PlanInfo planned, std::int64_t blocks, const Body& body) : blocks_(blocks), body_(body) {
    info = std::move(planned);
  }

  void run(const RunArgs& args, Worker& worker) const noexcept override {
    const std::int64_t pixels = info.input.n * info.input.h * info.input.w;
    worker.share(blocks_, [&](std::int64_t task, const Worker&) { body_(args, info, part(pixels, blocks_, task)); });
  }

 private:
  std::int64_t blocks_;
  Body body_;
};

/// Plans the stream. Throws std::bad_alloc.
template <class Body>
std::unique_ptr<PlanImpl> make_stream_plan(const StreamKind& stream, const Planning& planning, PlanInfo info,
                                           const Body& body) {
  const std::int64_t blocks = plan_stream(stream, planning, info);
  return std::make_unique<StreamPlan<Body>>(std::move(info), blocks, body);
}

}  // namespace tandem::inline TANDEM_ABI::internal
