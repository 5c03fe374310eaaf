// What transposed convolutions of all types share: their sizes, the choice of a way to run them, and its report.
#pragma once

#include "src/operators/operator_impl.hpp"
#include "src/plan/transposed.hpp"
#include "src/weights/pack.hpp"
#include "tandem/params.hpp"

namespace tandem::inline TANDEM_ABI::internal {

class TransposedOperator : public OperatorImpl {
 public:
  [[nodiscard]] const char* name() const noexcept final { return "conv_transpose2d"; }
  [[nodiscard]] Result<Shape> output_shape(const Shape& input) const noexcept final;
  [[nodiscard]] std::int64_t op_count(const Shape& input, const Shape& output) const noexcept final;

 protected:
  /// The parameters were checked.
  TransposedOperator(const kernels::KernelTable& kernels, const ConvTranspose2dParams& params) noexcept
      : OperatorImpl(kernels, {params.src_type.type, params.dst_type.type}), params_(params) {}

  [[nodiscard]] const ConvTranspose2dParams& params() const noexcept { return params_; }
  /// Laid over an input that output_shape() accepts, without joined phases. channels, matrix: of a group. Throws
  /// std::bad_alloc.
  [[nodiscard]] TransposedGeometry geometry(const Shape& input, std::int64_t channels,
                                            const MatrixGeometry& matrix) const;
  /// Chooses the candidate that is planned, and reports it. Throws std::bad_alloc.
  [[nodiscard]] static TransposedBlocking choose_blocking(const TransposedGeometry& geometry, const Planning& planning,
                                                          PlanInfo& info);
  /// weights: of any phase.
  static void report_kernel(const PackedGemm& weights, PlanInfo& info) noexcept;

 private:
  ConvTranspose2dParams params_;
};

}  // namespace tandem::inline TANDEM_ABI::internal
