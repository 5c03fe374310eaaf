#include "engines/tflite/densify.hpp"

#include <algorithm>
#include <cstring>
#include <span>

#include "engines/tflite/tensors.hpp"

namespace tandem_tflite {
namespace {

// A sparse tensor is a tree: level i fixes the coordinate in dimension traversal_order[i], and the leaves are the elements
// in their order in memory. Dimensions from the rank on are those inside a block; block_map tells which dimension of the
// tensor a block divides. A dense level has all coordinates, a sparse one those that its segments list (CSR).
class Tree {
 public:
  Tree(const TfLiteTensor& tensor, std::size_t element_bytes)
      : sparsity_(*tensor.sparsity),
        shape_(view(tensor.dims)),
        order_(view(sparsity_.traversal_order)),
        blocks_(view(sparsity_.block_map)),
        levels_(sparsity_.dim_metadata, static_cast<std::size_t>(sparsity_.dim_metadata_size)),
        element_bytes_(element_bytes),
        stored_(tensor.bytes / element_bytes),
        src_(reinterpret_cast<const std::byte*>(tensor.data.raw_const)),
        at_(order_.size()) {}

  // False if the description does not fit the tensor.
  bool write(std::vector<std::byte>& dense) {
    if (order_.size() != levels_.size() || order_.size() != shape_.size() + blocks_.size()) return false;
    std::vector<bool> seen(order_.size());
    for (const int dimension : order_) {
      if (dimension < 0 || static_cast<std::size_t>(dimension) >= order_.size()) return false;
      seen[static_cast<std::size_t>(dimension)] = true;
    }
    if (std::find(seen.begin(), seen.end(), false) != seen.end()) return false;
    for (const int dimension : blocks_) {
      if (dimension < 0 || static_cast<std::size_t>(dimension) >= shape_.size()) return false;
    }
    return descend(0, 0, dense);
  }

 private:
  bool descend(std::size_t level, std::size_t node, std::vector<std::byte>& dense) {
    if (level == levels_.size()) return copy(node, dense);
    const TfLiteDimensionMetadata& metadata = levels_[level];
    std::size_t& coordinate = at_[static_cast<std::size_t>(order_[level])];
    if (metadata.format == kTfLiteDimDense) {
      if (metadata.dense_size < 0) return false;
      const auto size = static_cast<std::size_t>(metadata.dense_size);
      for (coordinate = 0; coordinate < size; ++coordinate) {
        if (!descend(level + 1, node * size + coordinate, dense)) return false;
      }
      return true;
    }
    const std::span<const int> segments = view(metadata.array_segments), indices = view(metadata.array_indices);
    if (metadata.format != kTfLiteDimSparseCSR || node + 1 >= segments.size() || segments[node] < 0 ||
        static_cast<std::size_t>(std::max(segments[node + 1], 0)) > indices.size()) {
      return false;
    }
    for (int i = segments[node]; i < segments[node + 1]; ++i) {
      if (indices[static_cast<std::size_t>(i)] < 0) return false;
      coordinate = static_cast<std::size_t>(indices[static_cast<std::size_t>(i)]);
      if (!descend(level + 1, static_cast<std::size_t>(i), dense)) return false;
    }
    return true;
  }

  bool copy(std::size_t node, std::vector<std::byte>& dense) const {
    if (node >= stored_) return false;
    std::size_t offset = 0;
    for (std::size_t dimension = 0; dimension < shape_.size(); ++dimension) {
      std::size_t coordinate = at_[dimension];
      for (std::size_t b = 0; b < blocks_.size(); ++b) {
        if (static_cast<std::size_t>(blocks_[b]) != dimension) continue;
        coordinate = coordinate * block_size(shape_.size() + b) + at_[shape_.size() + b];
      }
      if (coordinate >= static_cast<std::size_t>(shape_[dimension])) return false;
      offset = offset * static_cast<std::size_t>(shape_[dimension]) + coordinate;
    }
    std::memcpy(dense.data() + offset * element_bytes_, src_ + node * element_bytes_, element_bytes_);
    return true;
  }

  // Blocks are dense: their level says how large they are.
  [[nodiscard]] std::size_t block_size(std::size_t dimension) const {
    const auto level = std::find(order_.begin(), order_.end(), static_cast<int>(dimension)) - order_.begin();
    return static_cast<std::size_t>(levels_[static_cast<std::size_t>(level)].dense_size);
  }

  const TfLiteSparsity& sparsity_;
  std::span<const int> shape_, order_, blocks_;
  std::span<const TfLiteDimensionMetadata> levels_;
  std::size_t element_bytes_, stored_;
  const std::byte* src_;
  std::vector<std::size_t> at_;  // the coordinate in each dimension of the tensor, then in each of a block
};

}  // namespace

std::vector<std::byte> densify(const TfLiteTensor& tensor, std::size_t element_bytes) {
  const std::int64_t elements = element_count(tensor);
  if (tensor.sparsity == nullptr || elements <= 0 || !is_stored(tensor)) return {};
  std::vector<std::byte> dense(static_cast<std::size_t>(elements) * element_bytes);
  if (!Tree(tensor, element_bytes).write(dense)) return {};
  return dense;
}

}  // namespace tandem_tflite
