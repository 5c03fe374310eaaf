#include "engines/onnxruntime/status.hpp"

#include <string>

namespace tandem_onnxruntime {
namespace {

OrtErrorCode ort_code(tandem::StatusCode code) noexcept {
  switch (code) {
    case tandem::StatusCode::kOk:
      return ORT_OK;
    case tandem::StatusCode::kInvalidArgument:
    case tandem::StatusCode::kOutOfRange:
      return ORT_INVALID_ARGUMENT;
    case tandem::StatusCode::kUnsupported:
    case tandem::StatusCode::kUnknownIsa:
    case tandem::StatusCode::kUnavailableIsa:
      return ORT_NOT_IMPLEMENTED;
    case tandem::StatusCode::kOutOfMemory:
      return ORT_EP_FAIL;
  }
  return ORT_FAIL;
}

OrtStatus* make_status(OrtErrorCode code, const char* sentence) noexcept {
  try {
    return Ort::GetApi().CreateStatus(code, (std::string("Tandem: ") + sentence).c_str());
  } catch (...) {  // no memory for the longer sentence
    return Ort::GetApi().CreateStatus(code, sentence);
  }
}

}  // namespace

OrtStatus* to_ort(const tandem::Status& status) noexcept {
  return status.ok() ? nullptr : make_status(ort_code(status.code()), status.message());
}

OrtStatus* current_exception_to_ort() noexcept {
  try {
    throw;
  } catch (const Failure& failure) {
    return to_ort(failure.status());
  } catch (const Ort::Exception& e) {
    return Ort::GetApi().CreateStatus(e.GetOrtErrorCode(), e.what());
  } catch (const std::bad_alloc&) {
    return make_status(ORT_EP_FAIL, "out of memory");
  } catch (const std::exception& e) {
    return make_status(ORT_EP_FAIL, e.what());
  } catch (...) {
    return make_status(ORT_EP_FAIL, "an unknown error");
  }
}

}  // namespace tandem_onnxruntime
