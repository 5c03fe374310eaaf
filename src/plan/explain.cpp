#include "src/plan/explain.hpp"

#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <utility>

namespace tandem::inline TANDEM_ABI::internal {
namespace {

/// A line that grows by printf formats.
class Line {
 public:
  [[gnu::format(printf, 2, 3)]] void add(const char* format, ...) {
    char text[160];
    std::va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(text, sizeof(text), format, arguments);
    va_end(arguments);
    text_ += text;
  }
  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

long long number(std::int64_t value) { return static_cast<long long>(value); }
double micros(double seconds) { return seconds * 1e6; }
template <class Bytes>
double kilobytes(Bytes bytes) {
  return static_cast<double>(bytes) / 1024.0;
}

const char* kind_name(PlanKind kind) {
  switch (kind) {
    case PlanKind::kMatrixProduct:
      return "matrix product";
    case PlanKind::kRegular:
      return "regular";
    case PlanKind::kDepthwise:
      return "depthwise";
    case PlanKind::kPooling:
      return "pooling";
    case PlanKind::kFusedBlock:
      return "fused";
    case PlanKind::kLayout:
      return "layout";
    case PlanKind::kSqueezeExcite:
      return "squeeze-and-excite";
    case PlanKind::kTransposed:
      return "transposed";
    case PlanKind::kResize:
      return "resize";
    case PlanKind::kElementwise:
      return "element-wise";
    case PlanKind::kSoftmax:
      return "softmax";
    default:
      return "unfused";
  }
}

const char* partition_name(Partition partition) {
  switch (partition) {
    case Partition::kRows:
      return "rows";
    case Partition::kChannels:
      return "channels";
    default:
      return "rows and channels";
  }
}

void add_blocking(const PlanReport& r, Line& line) {
  if (r.strip_rows > 0) {
    line.add(", strips of %lld of %lld rows", number(r.strip_rows), number(r.row_block));
    if (r.ring_rows > 0) line.add(", ring of %lld rows", number(r.ring_rows));
    line.add(", %lld channels at a time", number(r.channel_block));
  } else {
    line.add(", tasks of %lld rows x %lld channels", number(r.row_block), number(r.channel_block));
  }
  if (r.workers == 1) {
    line.add(", 1 worker");
  } else {
    line.add(", %d workers share %s, balance %.2f", r.workers, partition_name(r.partition), r.balance);
  }
}

void add_cost(const PlanReport& r, Line& line) {
  line.add("; %.2f MFLOP", 2e-6 * static_cast<double>(r.multiply_adds));
  if (r.recomputed_multiply_adds > 0)
    line.add(" + %.2f recomputed", 2e-6 * static_cast<double>(r.recomputed_multiply_adds));
  line.add(", %.0f KB by L2, %.0f by L3, %.0f by memory", kilobytes(r.l2_bytes), kilobytes(r.l3_bytes),
           kilobytes(r.memory_bytes));
  line.add(", workspace %.0f KB", kilobytes(r.workspace_bytes));
  if (r.kind == PlanKind::kFusedBlock) line.add(" (unfused %.0f)", kilobytes(r.unfused_workspace_bytes));
}

// Why the block was fused or not: the predicted time of the other way.
void add_prediction(const PlanReport& r, Line& line) {
  line.add("; predicted %.1f us", micros(r.predicted_seconds));
  if (r.kind == PlanKind::kFusedBlock) line.add(", unfused %.1f", micros(r.unfused_seconds));
  if (r.kind == PlanKind::kUnfusedBlock) {
    if (r.why_not_fused == nullptr) {
      line.add(", fused %.1f", micros(r.fused_seconds));
    } else {
      line.add(", not fused because %s", r.why_not_fused);
    }
  }
  line.add("; candidate %d of %d", r.candidate, r.candidates);
}

}  // namespace

std::string explain(const PlanReport& r) {
  Line line;
  line.add("%s, %s, %s", kind_name(r.kind), r.isa, r.tensor_type);
  if (std::strcmp(r.tensor_type, r.weight_type) != 0) line.add(" with weights of %s", r.weight_type);
  line.add(", for %s", r.machine);
  if (r.tile_rows > 0) line.add(", tile %d x %d", r.tile_rows, r.tile_columns);
  if (r.kernel != nullptr) line.add(", kernel %s", r.kernel);
  if (r.walk != nullptr) line.add(", walk %s", r.walk);
  if (r.epilogue != nullptr) line.add(", epilogue in %s", r.epilogue);
  add_blocking(r, line);
  add_cost(r, line);
  add_prediction(r, line);
  return line.take();
}

}  // namespace tandem::inline TANDEM_ABI::internal
