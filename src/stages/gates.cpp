#include "src/stages/gates.hpp"

#include "src/stages/stage_tasks.hpp"

namespace tandem::inline TANDEM_ABI::internal {

GateBuffers::GateBuffers(const PackedSqueezeExcite& weights, std::int64_t images, WorkspaceLayout& pieces) noexcept
    : channel_bytes_(weights.channels() * weights.kernels().tensor_bytes()),
      hidden_bytes_(weights.reduce().n() * weights.kernels().tensor_bytes()),
      of_channels_(pieces.add_shared(images * channel_bytes_)),
      hidden_(pieces.add_shared(images * hidden_bytes_)) {}

void MeanTasks::of_channels(std::int64_t image, Range some) const noexcept {
  const std::ptrdiff_t first = some.begin * kernels.tensor_bytes();
  kernels.global_average_pool({{advance(rows_from(src, image * pixels).data, first), src.stride},
                               advance(rows_from(means, image).data, first),
                               pixels,
                               some.end - some.begin,
                               end});
}

namespace {

// A product and, if there is a table, what that makes of its elements.
struct ProductTasks {
  MatrixTasks product;
  const std::optional<ByteTable>& table;

  [[nodiscard]] std::int64_t tasks() const noexcept { return product.tasks(); }
  void operator()(std::int64_t task, const Worker& worker) const noexcept {
    product(task, worker);
    if (!table) return;
    const MatrixTasks::Part some = product.part_of(task);
    const kernels::Panels& panels = product.weights.panels();
    const std::int64_t first = panels.first_column(some.panels.begin);
    const kernels::Rows c{advance(some.operands.c.data, first), some.operands.c.stride};
    product.weights.kernels().lookup(
        {{c.data, c.stride}, c, some.operands.rows, panels.first_column(some.panels.end) - first, table->data()});
  }
};

}  // namespace

void run_products(const PackedSqueezeExcite& weights, const GateSteps& steps, std::int64_t images, const GateRows& rows,
                  Worker& worker) noexcept {
  const auto product = [&](const PackedGemm& matrix, const Step<GemmBlocking>& step, const kernels::Rows& a,
                           const kernels::Rows& c, const std::optional<ByteTable>& table) -> ProductTasks {
    return {{matrix, step.blocking, {.rows = images, .a = {a.data, a.stride}, .c = c}}, table};
  };
  const QuantisedGates& ends = weights.quantised();
  const ProductTasks reduce = product(weights.reduce(), steps.reduce, rows.of_channels, rows.hidden, ends.activation);
  const ProductTasks expand = product(weights.expand(), steps.expand, rows.hidden, rows.of_channels, ends.gate);
  worker.share(reduce.tasks(), reduce);
  worker.share(expand.tasks(), expand);
}

void apply_gates(const PackedSqueezeExcite& weights, const kernels::ConstRows& src, const void* gates,
                 const kernels::Rows& dst, std::int64_t pixels) noexcept {
  const kernels::KernelTable& kernels = weights.kernels();
  const std::int64_t channels = weights.channels();
  if (!kernels.int8()) return kernels.scale_channels({src, gates, dst, pixels, channels});
  kernels.elementwise({kernels::Operation::kMultiply,
                       src,
                       {gates, 0},
                       false,
                       false,
                       dst,
                       pixels,
                       channels,
                       weights.quantised().gating});
}

}  // namespace tandem::inline TANDEM_ABI::internal
