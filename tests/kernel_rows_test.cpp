// Every row of every kernel table runs in some plan, and the report names the row that runs.
//
// The report is not trusted. The library gets a copy of its kernel table in which the function of each row counts its
// calls: the counts say which rows ran.
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "any_operator.hpp"
#include "current_case.hpp"
#include "kernel_tables.hpp"
#include "layer_check.hpp"
#include "machines.hpp"
#include "src/machine/isa.hpp"
#include "subjects.hpp"
#include "test_pools.hpp"
#include "windows.hpp"

namespace tandem::test {
namespace {

/// How much a call does, to tell which of two rows does more: rows of a panel, or calls of a depthwise kernel.
std::int64_t amount(const kernels::GemmArgs& g) { return g.steps.outer * g.steps.inner == 0 ? 0 : g.rows; }
std::int64_t amount(const kernels::GemvArgs& g) { return g.panels; }
std::int64_t amount(const kernels::DepthwiseArgs&) { return 1; }

/// A function that counts what it is called for and passes it on. Kernels carry no data, so that each row needs a
/// function of its own, with its count in static memory.
template <class Args>
struct Counter {
  using Function = void (*)(const Args& args) noexcept;
  Function count;
  Function* passes_on;
  std::int64_t* amount;
};

template <class Args, std::size_t I>
struct CounterOf {
  static inline typename Counter<Args>::Function passes_on = nullptr;
  static inline std::int64_t total = 0;
  static void count(const Args& args) noexcept {
    total += amount(args);
    passes_on(args);
  }
};

constexpr std::size_t kMostRows = 30;  // of a kernel in a table

template <class Args, std::size_t... I>
constexpr std::array<Counter<Args>, sizeof...(I)> make_counters(std::index_sequence<I...>) {
  return {{{CounterOf<Args, I>::count, &CounterOf<Args, I>::passes_on, &CounterOf<Args, I>::total}...}};
}
template <class Args>
constexpr auto kCounters = make_counters<Args>(std::make_index_sequence<kMostRows>());

using Amounts = std::map<std::string, std::int64_t>;

/// While it lives, operators with the ISA and types of `table` run on a copy of it that counts. One at a time, on one
/// thread.
class CountingTable {
 public:
  explicit CountingTable(const kernels::KernelTable& table)
      : table_(table),
        gemm_(table.gemm.begin(), table.gemm.end()),
        depthwise_(table.depthwise.begin(), table.depthwise.end()) {
    table_.gemm = count_rows<kernels::GemmArgs>(gemm_);
    table_.depthwise = count_rows<kernels::DepthwiseArgs>(depthwise_);
    count("gemv", table_.gemv, kCounters<kernels::GemvArgs>[0]);
    internal::pretend_kernels(&table_);
  }
  CountingTable(const CountingTable&) = delete;
  CountingTable& operator=(const CountingTable&) = delete;
  ~CountingTable() { internal::pretend_kernels(nullptr); }

  /// What each row did since the last call, by its name. Rows that did nothing are left out.
  [[nodiscard]] Amounts take_amounts() {
    Amounts taken;
    for (const auto& [name, amount] : amounts_) {
      if (*amount > 0) taken[name] = std::exchange(*amount, 0);
    }
    return taken;
  }
  [[nodiscard]] std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& row : amounts_) all.insert(row.first);
    return all;
  }

 private:
  template <class Args, class Kernel>
  kernels::KernelRows<Kernel> count_rows(std::vector<Kernel>& rows) {
    for (std::size_t i = 0; i < rows.size(); ++i) count(rows[i].name, rows[i].function, kCounters<Args>.at(i));
    return {rows.data(), static_cast<std::int32_t>(rows.size())};
  }
  template <class Args>
  void count(const char* name, void (*&function)(const Args&) noexcept, const Counter<Args>& counter) {
    *counter.passes_on = std::exchange(function, counter.count);
    *counter.amount = 0;
    EXPECT_TRUE(amounts_.emplace(name, counter.amount).second) << "two rows are named " << name;
  }

  kernels::KernelTable table_;
  std::vector<kernels::GemmKernel> gemm_;
  std::vector<kernels::DepthwiseKernel> depthwise_;
  std::map<std::string, std::int64_t*> amounts_;
};

bool is_depthwise(const std::string& row) { return row.starts_with("depthwise"); }
bool is_pair(const std::string& row) { return row.ends_with("pair"); }

class KernelRowsTest : public KernelTest {
 protected:
  /// Runs the layer in every way, on one thread and on eight.
  void run(AnyParams params, Shape image) {
    set_types(params, tensor(), std::vector<DataType>(filter_shapes(params).size(), weight()));
    image.c = input_channels(params) / (std::holds_alternative<FullyConnectedParams>(params) ? image.h * image.w : 1);
    LayerCase layer{params, image};
    Random random(1);
    std::vector<reference::Weights> weights;
    for (const FilterShape& shape : filter_shapes(params)) {
      weights.push_back(random_weights(shape, true, random));
      layer.layouts.push_back(FilterLayout::kOihw);
      layer.biases.push_back(true);
    }
    const CurrentCase described(text(layer));
    const Result<Operator> op = create_guarded(layer, weights, table().isa, Placement::kEndsAtGuard);
    ASSERT_TRUE(op.ok()) << op.status().message();
    const std::vector<std::byte> src = encoded(tensor(), random.values(image.elements()));
    std::vector<std::byte> dst(static_cast<std::size_t>(bytes(op->output_shape(image).value().elements())));
    BackwardPool pool(8);
    for (const std::int32_t threads : {1, 8}) {
      PlanOptions options{threads, pool.executor(), 0, usual()};
      const std::int32_t candidates = op->plan(image, options).value().report().candidates;
      for (options.candidate = 1; options.candidate <= candidates; options.candidate += list_step()) {
        const Plan plan = op->plan(image, options).value();
        const CurrentCase planned(plan.explain());
        Workspace workspace(plan);
        static_cast<void>(counting_.take_amounts());
        const Status status = plan.run(src.data(), dst.data(), workspace.data());
        ASSERT_TRUE(status.ok()) << status.message();
        expect_reported(plan.report(), counting_.take_amounts());
      }
    }
  }

  /// A matrix product may have another row for its last panel, and one for a single row left over. Where the report
  /// names a row of the table for two output rows of a depthwise convolution, single ones have another. A block's
  /// report leaves out its products.
  void expect_reported(const PlanReport& report, const Amounts& ran) {
    const bool product = report.kind == PlanKind::kMatrixProduct || report.kind == PlanKind::kRegular;
    const std::string reported = report.kernel;
    ASSERT_TRUE(ran.contains(reported)) << reported << " is reported, but did not run; these did: " << names(ran);
    ASSERT_EQ(is_depthwise(reported), !product);
    reported_.insert(reported);
    const std::int64_t single_rows = product && reported != "gemv" && ran.contains("gemv") ? ran.at("gemv") : 0;
    int others = 0;
    for (const auto& [name, amount] : ran) {
      if (name == reported || is_depthwise(name) == product) continue;
      ++others;
      if (!product) continue;
      EXPECT_LE(amount, ran.at(reported) + single_rows) << name << " did more than " << reported;
    }
    if (product) return;
    EXPECT_LE(others, is_pair(reported) ? 1 : 0) << reported << " is reported, but these ran: " << names(ran);
  }

  [[nodiscard]] std::set<std::string> rows_never_reported() const {
    std::set<std::string> rows = counting_.names();
    for (const std::string& name : reported_) rows.erase(name);
    return rows;
  }

  [[nodiscard]] std::int32_t lanes() const { return table().lanes; }

 private:
  static std::string names(const Amounts& ran) {
    std::string all;
    for (const auto& row : ran) all += text(row.first, " (", row.second, ") ");
    return all;
  }

  CountingTable counting_{table()};
  std::set<std::string> reported_;
};

// The layers are swept over without a look at the table, so that a row that no layer reaches is found.
TEST_P(KernelRowsTest, EveryRowRunsInSomePlan) {
  for (std::int32_t columns = 1; columns <= 3 * lanes(); ++columns) {
    for (const std::int32_t k : {1, 64}) run(PointwiseParams{k, columns, {}, false}, {1, 3, 3, k});
  }
  run(FullyConnectedParams{5, 4 * lanes(), {}, false}, {1, 1, 1});
  Conv2dParams pairs;  // of channels
  pairs.in_channels = pairs.out_channels = 8;
  pairs.groups = 4;
  run(with_window(pairs, {1, 1}), {1, 3, 3});
  for (const std::int32_t kernel : {1, 2, 3, 4, 5, 7}) {
    for (const std::int32_t stride : {1, 2}) {
      for (const std::int32_t channels : {lanes() / 4, lanes() / 2, lanes() - 1, 2 * lanes()}) {
        DepthwiseParams p;
        p.channels = channels;
        if (channels == 0) continue;
        p = with_window(p, {kernel, kernel, stride, stride});
        for (const std::int64_t width : {9, 16, 17, 28}) run(p, {1, 9, width});  // tiles of one row, or of two
      }
    }
  }
  const std::set<std::string> never = rows_never_reported();
  for (const std::string& name : never) ADD_FAILURE() << "no layer is run by the row " << name;
}

TEST_P(KernelRowsTest, MatrixProducts) {
  for (const std::int32_t columns : {1, lanes(), 2 * lanes(), 3 * lanes(), 4 * lanes(), 5 * lanes() - 1, 7 * lanes()}) {
    for (const std::int64_t pixels : {1, 2, 9, 400}) {
      for (const std::int32_t k : {3, 4, 17}) run(PointwiseParams{k, columns, {}, false}, {1, pixels, 1});
    }
    for (const std::int64_t images : {1, 2}) {
      run(FullyConnectedParams{12, columns, {}, false}, {images, 1, 1});
      run(FullyConnectedParams{12, columns, {}, false}, {images, 2, 2});  // segments of three
    }
  }
}

TEST_P(KernelRowsTest, Depthwise) {
  for (const std::int32_t kernel : {1, 3, 5, 7}) {
    for (const std::int32_t stride : {1, 2, 3}) {
      for (const std::int32_t dilation : {1, 2}) {
        for (const std::int32_t channels : {1, lanes() + 1, 2 * lanes()}) {
          for (const Shape& image : {Shape{1, 1, 1}, {1, 3, 28}, {1, 12, 29}, {2, 13, 5}}) {
            DepthwiseParams p;
            p.channels = channels;
            p = with_window(p, {kernel, kernel, stride, stride, dilation, dilation});
            run(p, image);
            p.multiplier = 2;
            run(p, image);
          }
        }
      }
    }
  }
}

TEST_P(KernelRowsTest, RegularConvolutions) {
  for (const Window& window : {Window{3, 3}, {3, 3, 2, 2}, {3, 3, 1, 1, 2, 2}, {1, 1, 2, 2}, {5, 2}}) {
    for (const std::int32_t in : {1, 3, 16}) {
      for (const std::int32_t out : {1, lanes(), 3 * lanes(), 4 * lanes()}) {
        for (const Shape& image : {Shape{1, 1, 1}, {1, 3, 11}, {1, 12, 14}}) {
          Conv2dParams p;
          p.in_channels = in;
          p.out_channels = out;
          run(with_window(p, window), image);
        }
      }
    }
  }
}

TEST_P(KernelRowsTest, Blocks) {
  for (const Window& window : {Window{3, 3}, {3, 3, 2, 2}, {5, 5}, {5, 5, 2, 2}, {3, 3, 1, 1, 2, 2}}) {
    for (const std::int32_t hidden : {lanes(), 2 * lanes() + 1, 6 * lanes()}) {
      for (const Shape& image : {Shape{1, 3, 4}, {1, 14, 14}, {2, 5, 28}}) {
        InvertedResidualParams p;
        p.expand = {5, hidden, {}, false};
        p.depthwise.channels = hidden;
        p.depthwise = with_window(p.depthwise, window);
        p.project = {hidden, 7, {}, false};
        run(p, image);
        run(SeparableParams{p.depthwise, p.project}, image);
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Tables, KernelRowsTest, testing::ValuesIn(tables_under_test()), isa_test_name);

}  // namespace
}  // namespace tandem::test
