// The provider of one session: it claims groups of nodes, compiles them, and reports.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engines/explain/explain.hpp"
#include "engines/onnxruntime/api.hpp"
#include "engines/onnxruntime/compute.hpp"
#include "engines/onnxruntime/options.hpp"
#include "engines/onnxruntime/reader.hpp"

namespace tandem_onnxruntime {

/// ONNX Runtime calls everything but the runs of groups from one thread at a time.
class Provider : public OrtEp {
 public:
  /// @param useless  why this session gets nothing from Tandem; else empty
  /// @param logger   of the session, which outlives the provider
  Provider(Options options, std::string useless, const OrtLogger* logger);
  ~Provider();
  Provider(const Provider&) = delete;
  Provider& operator=(const Provider&) = delete;

 private:
  void find_capability(const OrtGraph* graph, OrtEpGraphSupportInfo* support);
  OrtNodeComputeInfo* compile(const OrtGraph* graph, const OrtNode* fused);
  // Which group of the claims these nodes are.
  [[nodiscard]] std::size_t find_group(const Network& network) const;
  void release(OrtNodeComputeInfo* node) noexcept;
  tandem::Status explain();
  void warn(const std::string& sentence) const noexcept;

  Options options_;
  const OrtLogger* logger_;
  std::string useless_;  // see the constructor
  tandem::explain::Report report_;
  bool explained_ = false;                 // the report has been written once
  std::vector<std::string> group_values_;  // Capability::group_values
  KnownDims known_dims_;                   // Capability::dims
  // Owned here, since a host whose session fails halfway releases none.
  struct Node {
    std::unique_ptr<GroupNode> node;
    std::size_t group;  // in the report
  };
  std::vector<Node> nodes_;
};

}  // namespace tandem_onnxruntime
