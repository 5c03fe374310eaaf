// Tensors of 8 bits as integers, and a run of an operator on them between guard pages.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <vector>

#include "tandem/operator.hpp"
#include "tests/guarded_buffer.hpp"
#include "tests/random.hpp"

namespace tandem::test::int8 {

inline std::int32_t least(DataType type) { return type == DataType::kU8 ? 0 : -128; }

struct Tensor {
  Shape shape;
  TensorType type;
  std::vector<std::int32_t> values;
  std::int64_t gap = 0;  ///< elements between pixels

  [[nodiscard]] std::int64_t stride() const { return shape.c + gap; }
  [[nodiscard]] std::int64_t bytes() const { return shape.n * shape.h * shape.w * stride() - gap; }
  [[nodiscard]] std::int32_t at(std::int64_t n, std::int64_t y, std::int64_t x, std::int64_t c) const {
    return values[static_cast<std::size_t>(((n * shape.h + y) * shape.w + x) * shape.c + c)];
  }
};

inline Tensor random_tensor(Random& random, const Shape& shape, const TensorType& type) {
  Tensor t{shape, type, std::vector<std::int32_t>(static_cast<std::size_t>(shape.elements())), 0};
  for (std::int32_t& v : t.values) v = least(type.type) + random.size(0, 255);
  if (random.integer(0, 3) == 0) t.gap = random.integer(1, 9);
  return t;
}

inline constexpr auto kGap = std::byte{0xa7};

inline std::vector<std::byte> stored(const Tensor& t) {
  std::vector<std::byte> bytes(static_cast<std::size_t>(t.bytes()), kGap);
  for (std::int64_t i = 0; i < t.shape.elements(); ++i) {
    const std::int64_t place = i / t.shape.c * t.stride() + i % t.shape.c;
    bytes[static_cast<std::size_t>(place)] = static_cast<std::byte>(t.values[static_cast<std::size_t>(i)]);
  }
  return bytes;
}

/// Runs `op` on src, with `second` as its residual unless that is null, and expects the values of `expected`, and gaps that
/// stay as they are.
inline void expect_run(const Operator& op, const Tensor& src, const Tensor* second, const Tensor& expected,
                       Random& random) {
  PlanOptions options;
  options.threads = random.size(1, 3);
  options.strides = {src.stride(), expected.stride(), second == nullptr ? 0 : second->stride()};
  const Result<Plan> plan = op.plan(src.shape, options);
  ASSERT_TRUE(plan.ok()) << plan.status().message();
  ASSERT_EQ(plan->output_shape(), expected.shape);
  for (const Placement placement : kPlacements) {
    const GuardedInput from("src", stored(src), placement, 1);
    const GuardedInput with("residual", second == nullptr ? std::vector<std::byte>(1) : stored(*second), placement, 1);
    GuardedBuffer to("dst", static_cast<std::size_t>(expected.bytes()), placement, 1);
    std::memset(to.data(), static_cast<int>(kGap), to.bytes());
    GuardedBuffer workspace("workspace", plan->workspace_bytes(), placement, Plan::kWorkspaceAlignment);
    RunArgs args;
    args.src = from.data();
    args.dst = to.data();
    args.residual = second == nullptr ? nullptr : with.data();
    args.workspace = workspace.data();
    const Status status = plan->run(args);
    ASSERT_TRUE(status.ok()) << status.message();
    ASSERT_TRUE(to.intact() && workspace.intact());
    const std::vector<std::byte> wanted = stored(expected);
    const auto* const got = static_cast<const std::byte*>(to.data());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_EQ(static_cast<int>(got[i]), static_cast<int>(wanted[i]))
          << "byte " << i << ", pixels lie " << expected.stride() << " apart";
    }
  }
}

}  // namespace tandem::test::int8
