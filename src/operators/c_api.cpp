// The C99 interface apart from operators and plans. Each function translates its structs, calls the C++ function and
// translates the Status back.
#include "src/operators/c_struct_size.hpp"
#include "src/operators/c_structs.hpp"
#include "tandem/tandem.h"

namespace {

using namespace tandem::internal;  // NOLINT(google-build-using-namespace)

tandem::DataType of(const tandem_data_type& type) noexcept { return static_cast<tandem::DataType>(value_of(type)); }

}  // namespace

extern "C" {

const char* tandem_version(void) { return tandem::version(); }

const char* tandem_status_code_name(tandem_status_code code) {
  return tandem::to_string(static_cast<tandem::StatusCode>(value_of(code)));
}

const char* tandem_data_type_name(tandem_data_type type) { return tandem::to_string(of(type)); }
size_t tandem_element_bytes(tandem_data_type type) { return tandem::element_bytes(of(type)); }
bool tandem_convert(tandem_data_type src_type, const void* src, tandem_data_type dst_type, void* dst, size_t count) {
  if ((src == nullptr || dst == nullptr) && count > 0) return false;
  return tandem::convert(of(src_type), src, of(dst_type), dst, count);
}

size_t tandem_isa_count(void) { return tandem::isas().size; }
const char* tandem_isa_name(size_t index) {
  return index < tandem::isas().size ? tandem::isas().data[index].name : nullptr;
}
bool tandem_isa_available(size_t index) { return index < tandem::isas().size && tandem::isas().data[index].available; }
int32_t tandem_isa_vector_floats(size_t index) {
  return index < tandem::isas().size ? tandem::isas().data[index].vector_floats : 0;
}
const char* tandem_select_isa(const char* name, tandem_status* status) {
  const tandem::Result<const char*> isa = tandem::select_isa(name);
  report(isa.status(), status);
  return isa.ok() ? *isa : nullptr;
}

int64_t tandem_unaliased_stride(int64_t channels, tandem_data_type type) {
  return tandem::unaliased_stride(channels, of(type));
}

bool tandem_fold_batch_norm(const tandem_batch_norm* norm, int32_t out_channels, const tandem_weights* weights,
                            float* folded_filter, float* folded_bias, tandem_status* status) {
  tandem::BatchNorm cpp_norm;
  tandem::Weights cpp_weights;
  const tandem::Status of_norm = read("norm", norm, out_channels, cpp_norm);
  if (!of_norm.ok()) return report(of_norm, status);
  const tandem::Status of_weights = read("weights", weights, cpp_weights);
  if (!of_weights.ok()) return report(of_weights, status);
  return report(tandem::fold_batch_norm(cpp_norm, out_channels, cpp_weights, folded_filter, folded_bias), status);
}

bool tandem_quantize_weights(const tandem_weights* weights, int32_t out_channels, float src_scale, int8_t* filter,
                             float* scales, int32_t* bias, tandem_status* status) {
  tandem::Weights cpp_weights;
  const tandem::Status of_weights = read("weights", weights, cpp_weights);
  if (!of_weights.ok()) return report(of_weights, status);
  return report(tandem::quantize_weights(cpp_weights, out_channels, src_scale, filter, scales, bias), status);
}

int64_t tandem_cost_regular(int64_t kernel_h, int64_t kernel_w, int64_t in_channels, int64_t out_h, int64_t out_w,
                            int64_t out_channels) {
  return tandem::cost::regular(kernel_h, kernel_w, in_channels, out_h, out_w, out_channels);
}
int64_t tandem_cost_depthwise(int64_t kernel_h, int64_t kernel_w, int64_t channels, int64_t out_h, int64_t out_w) {
  return tandem::cost::depthwise(kernel_h, kernel_w, channels, out_h, out_w);
}
int64_t tandem_cost_pointwise(int64_t in_channels, int64_t out_h, int64_t out_w, int64_t out_channels) {
  return tandem::cost::pointwise(in_channels, out_h, out_w, out_channels);
}
int64_t tandem_cost_separable(int64_t kernel_h, int64_t kernel_w, int64_t in_channels, int64_t out_h, int64_t out_w,
                              int64_t out_channels) {
  return tandem::cost::separable(kernel_h, kernel_w, in_channels, out_h, out_w, out_channels);
}
double tandem_cost_separable_ratio(int64_t kernel_h, int64_t kernel_w, int64_t out_channels) {
  return tandem::cost::separable_ratio(kernel_h, kernel_w, out_channels);
}

}  // extern "C"
