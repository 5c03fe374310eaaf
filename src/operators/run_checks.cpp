#include "src/operators/run_checks.hpp"

#include <cstdint>

#include "src/base/error.hpp"
#include "src/operators/validate.hpp"

namespace tandem::inline TANDEM_ABI::internal {
namespace {

/// Memory that a run reads or writes: `count` pieces of `piece` bytes, `stride` bytes apart. The pieces of a tensor are
/// its pixels.
struct Region {
  const char* name;
  const void* data;
  std::uint64_t piece;
  std::uint64_t stride;
  std::uint64_t count;

  [[nodiscard]] std::uint64_t begin() const noexcept { return reinterpret_cast<std::uintptr_t>(data); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return (count - 1) * stride + piece; }
};

Region tensor(const char* name, const void* data, DataType type, const Shape& shape,
              std::int64_t pixel_stride) noexcept {
  const auto bytes = [type](std::int64_t elements) {
    return static_cast<std::uint64_t>(elements) * element_bytes(type);
  };
  return {name, data, bytes(shape.c), bytes(pixel_stride), static_cast<std::uint64_t>(shape.n * shape.h * shape.w)};
}

// Exact for equal strides: the pieces of one region may lie between the pieces of the other. With different strides,
// regions that interleave count as overlapping.
bool overlap(const Region& a, const Region& b) noexcept {
  const bool a_first = a.begin() <= b.begin();
  const Region& low = a_first ? a : b;
  const Region& high = a_first ? b : a;
  const std::uint64_t distance = high.begin() - low.begin();
  if (distance >= low.bytes()) return false;
  const std::uint64_t offset = distance % low.stride;
  return low.stride != high.stride || offset < low.piece || offset + high.piece > low.stride;
}

Status check_apart(const Region& written, const Region& other) noexcept {
  if (other.data == nullptr || !overlap(written, other)) return {};
  const auto distance = static_cast<long long>(other.begin() - written.begin());
  return error(StatusCode::kInvalidArgument, "%s must not overlap %s, but begins %lld bytes %s its first element",
               other.name, written.name, distance < 0 ? -distance : distance, distance < 0 ? "before" : "after");
}

Status check_alignment(const char* name, const void* data, std::size_t alignment) noexcept {
  const std::size_t past = reinterpret_cast<std::uintptr_t>(data) % alignment;
  if (past == 0) return {};
  return error(StatusCode::kInvalidArgument, "%s must be aligned to %zu bytes, but lies %zu past a multiple", name,
               alignment, past);
}

Status check_workspace(const PlanInfo& info, const RunArgs& args) noexcept {
  if (args.workspace == nullptr) {
    return error(StatusCode::kInvalidArgument, "workspace is null, but %zu bytes are needed", info.workspace_bytes);
  }
  if (args.workspace_bytes < info.workspace_bytes) {
    return error(StatusCode::kInvalidArgument, "workspace holds %zu bytes, but %zu are needed", args.workspace_bytes,
                 info.workspace_bytes);
  }
  return check_alignment("workspace", args.workspace, Plan::kWorkspaceAlignment);
}

}  // namespace

RunArgs with_workspace_bytes(const PlanInfo& info, RunArgs args) noexcept {
  if (args.workspace_bytes == RunArgs().workspace_bytes) args.workspace_bytes = info.workspace_bytes;
  return args;
}

Status check_run(const PlanInfo& info, const RunArgs& args) noexcept {
  if (info.input.n == 0) return {};  // nothing is read or written
  if (args.src == nullptr) return Status(StatusCode::kInvalidArgument, "src is null");
  if (args.dst == nullptr) return Status(StatusCode::kInvalidArgument, "dst is null");
  if (info.takes_residual != (args.residual != nullptr)) {
    return Status(StatusCode::kInvalidArgument, info.takes_residual
                                                    ? "residual is null, but the operator was created with one"
                                                    : "residual is given, but the operator was created without one");
  }
  const Region src = tensor("src", args.src, info.types.src, info.input, info.strides.src);
  const Region dst = tensor("dst", args.dst, info.types.dst, info.output, info.strides.dst);
  const Region residual = tensor("residual", args.residual, info.types.dst, info.residual, info.strides.residual);
  const bool in_place = info.runs_in_place && args.src == args.dst && src.stride == dst.stride;
  const bool onto_residual = args.residual == args.dst && residual.stride == dst.stride && info.residual == info.output;
  const Status tensors =
      first_error({check_alignment("src", args.src, element_bytes(info.types.src)),
                   check_alignment("dst", args.dst, element_bytes(info.types.dst)),
                   check_alignment("residual", args.residual, element_bytes(info.types.dst)),
                   in_place ? Status() : check_apart(dst, src), onto_residual ? Status() : check_apart(dst, residual)});
  if (!tensors.ok() || info.workspace_bytes == 0) return tensors;
  const Status status = check_workspace(info, args);
  if (!status.ok()) return status;
  const Region workspace{"workspace", args.workspace, args.workspace_bytes, args.workspace_bytes, 1};
  return first_error({check_apart(workspace, src), check_apart(workspace, dst), check_apart(workspace, residual)});
}

}  // namespace tandem::inline TANDEM_ABI::internal
