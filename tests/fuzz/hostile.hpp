// Parameters as a hostile caller would give them, made of the fuzzer's bytes: mostly small and consistent, so that
// create(), plan() and run() are reached, and each now and then nonsense.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "tests/any_operator.hpp"

namespace tandem::test {

using Bytes = FuzzedDataProvider;

/// Small in most cases, else a boundary of something, else any value.
std::int32_t hostile_int(Bytes& bytes);
std::int64_t hostile_long(Bytes& bytes);
/// 0 in most cases.
double hostile_rate(Bytes& bytes);

/// One of those that there are in most cases, of a right quantisation.
TensorType hostile_type(Bytes& bytes);
/// u8 or s8, of a right quantisation in most cases.
TensorType hostile_quantised_type(Bytes& bytes);

AnyParams hostile_params(Bytes& bytes);
Shape hostile_shape(Bytes& bytes, const AnyParams& params);
/// 0 or at least `channels` in most cases.
std::int64_t hostile_stride(Bytes& bytes, std::int64_t channels);

/// The weights of one stage, in memory of exactly their size. The count may be wrong and a pointer null; no more is
/// promised to be there than there is.
class HostileWeights {
 public:
  HostileWeights(Bytes& bytes, const FilterShape& shape, DataType type);

  [[nodiscard]] Weights stage() const noexcept { return {filter_span_, layout_, bias_span_, scales_}; }

 private:
  ElementSpan span(Bytes& bytes, DataType type, std::optional<std::size_t> right, std::vector<std::byte>& memory);

  std::vector<std::byte> filter_;
  std::vector<std::byte> bias_;
  std::vector<float> scale_values_;
  ElementSpan filter_span_;
  ElementSpan bias_span_;
  FloatSpan scales_;
  FilterLayout layout_;
};

}  // namespace tandem::test
