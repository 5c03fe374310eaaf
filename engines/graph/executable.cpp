// Planning a program's steps, and running them in one arena.
#include "engines/graph/executable.hpp"

#include <cstdio>
#include <new>

#include "engines/graph/error.hpp"

namespace tandem::graph {
namespace {

constexpr std::size_t kAlignment = Plan::kWorkspaceAlignment;

// The run that this thread is in. A plan knows its executor from the beginning, but an engine's pool comes with each run;
// tandem calls `parallel` on the thread that runs the plan, so this leads it there.
thread_local const GraphRun* current_run = nullptr;

std::int32_t concurrency(void* threads) { return *static_cast<const std::int32_t*>(threads); }

void parallel(void* /*threads*/, std::int32_t count, WorkerFunction worker, void* context) {
  const GraphRun* run = current_run;
  if (run != nullptr && run->parallel != nullptr) {
    run->parallel(run->self, count, worker, context);
    return;
  }
  for (std::int32_t i = 0; i < count; ++i) worker(context, i);
}

// An executor of so many workers. The numbers live as long as the program, because plans refer to them.
Executor executor(std::int32_t threads) {
  constexpr std::int32_t kMost = 256;
  static const auto* const numbers = [] {
    auto* n = new std::int32_t[kMost + 1];
    for (std::int32_t i = 0; i <= kMost; ++i) n[i] = i;
    return n;
  }();
  if (threads <= 1) return Executor::inline_only();
  ThreadPool pool;
  pool.self = const_cast<std::int32_t*>(numbers + std::min(threads, kMost));  // only read
  pool.concurrency = concurrency;
  pool.parallel = parallel;
  return Executor::pool(pool);
}

std::int64_t stride_of(const Operand& at) { return at.buffer < 0 || at.stride == at.row ? 0 : at.stride; }

}  // namespace

// Memory of one run at a time: the buffers between steps, the workspace behind them, and the arguments of the steps, of
// which only the engine's pointers change.
struct Executable::Arena {
  struct Delete {
    void operator()(std::byte* p) const noexcept { ::operator delete[](p, std::align_val_t{kAlignment}); }
  };
  std::unique_ptr<std::byte[], Delete> memory;
  std::vector<RunArgs> args;
  std::vector<std::byte*> outputs;
};

// Gives an arena back.
struct Executable::Lease {
  Executable& owner;
  std::unique_ptr<Arena> arena;
  const GraphRun* outer = current_run;
  ~Lease() {
    current_run = outer;
    if (arena == nullptr) return;
    const std::lock_guard<std::mutex> lock(owner.mutex_);
    owner.free_.push_back(std::move(arena));
  }
};

Result<std::shared_ptr<Executable>> Executable::create(Program program, std::vector<Dims> outputs,
                                                       std::int32_t threads) {
  auto made = std::make_shared<Executable>();
  PlanOptions options;
  options.executor = executor(threads);
  options.threads = threads;
  for (const Step& s : program.steps) {
    options.strides = {stride_of(s.src), stride_of(s.dst), stride_of(s.residual)};
    Result<Plan> plan = s.op.plan(s.shape, options);
    if (!plan.ok()) {
      return error(plan.status().code(), "%s \"%.80s\": %s", s.op.name(), s.name.c_str(), plan.status().message());
    }
    made->plans_.push_back(std::move(plan.value()));
  }
  if (!made->plans_.empty()) {
    Result<Sequence> sequence = Sequence::create(made->plans_);
    if (!sequence.ok()) return sequence.status();
    made->sequence_ = std::move(sequence.value());
  }
  made->program_ = std::move(program);
  made->outputs_ = std::move(outputs);
  made->arena_bytes_ = static_cast<std::size_t>(made->program_.arena_bytes) + made->sequence_.workspace_bytes();
  made->free_.push_back(std::unique_ptr<Arena>(made->new_arena()));
  return made;
}

Executable::Arena* Executable::new_arena() {
  auto arena = std::make_unique<Arena>();
  const std::size_t bytes = arena_bytes_ == 0 ? kAlignment : arena_bytes_;
  arena->memory.reset(static_cast<std::byte*>(::operator new[](bytes, std::align_val_t{kAlignment})));
  arena->outputs.resize(outputs_.size());
  const auto buffers = static_cast<std::size_t>(program_.arena_bytes);
  arena->args.resize(program_.steps.size());
  const auto place = [&](const Operand& at) -> std::byte* {
    if (at.buffer < 0) return nullptr;
    const Buffer& b = program_.buffers[static_cast<std::size_t>(at.buffer)];
    if (b.kind != Buffer::Kind::kArena) return nullptr;
    return arena->memory.get() + b.offset + at.offset * b.element_bytes;
  };
  for (std::size_t i = 0; i < program_.steps.size(); ++i) {
    const Step& s = program_.steps[i];
    RunArgs& args = arena->args[i];
    args.src = place(s.src);
    args.dst = place(s.dst);
    args.residual = place(s.residual);
    args.workspace = arena->memory.get() + buffers;
    args.workspace_bytes = sequence_.workspace_bytes();
  }
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    free_.reserve(++arenas_);  // so that giving it back allocates nothing
  }
  return arena.release();
}

Status Executable::run(const GraphRun& run) {
  Lease lease{*this, nullptr};
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!free_.empty()) {
      lease.arena = std::move(free_.back());
      free_.pop_back();
    }
  }
  if (lease.arena == nullptr) lease.arena.reset(new_arena());
  Arena& arena = *lease.arena;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    arena.outputs[i] = static_cast<std::byte*>(run.output(run.self, i, outputs_[i].data(), outputs_[i].size()));
    if (arena.outputs[i] == nullptr) {
      return error(StatusCode::kOutOfMemory, "the engine has no memory for output %zu", i);
    }
  }
  if (plans_.empty()) return {};
  const auto engine = [&](const Operand& at, auto*& to) {
    if (at.buffer < 0) return;
    const Buffer& b = program_.buffers[static_cast<std::size_t>(at.buffer)];
    const std::int64_t offset = at.offset * b.element_bytes;
    if (b.kind == Buffer::Kind::kOutput) to = arena.outputs[b.index] + offset;
    if constexpr (std::is_same_v<std::remove_reference_t<decltype(to)>, const void*>) {
      if (b.kind == Buffer::Kind::kInput) to = static_cast<const std::byte*>(run.inputs[b.index].data) + offset;
      if (b.kind == Buffer::Kind::kConstant) to = program_.constants[b.index].data() + at.offset;
    }
  };
  for (std::size_t i = 0; i < program_.steps.size(); ++i) {
    const Step& s = program_.steps[i];
    engine(s.src, arena.args[i].src);
    engine(s.dst, arena.args[i].dst);
    engine(s.residual, arena.args[i].residual);
  }
  current_run = &run;
  return sequence_.run(arena.args);
}

double Executable::predicted_seconds() const noexcept {
  double sum = 0;
  for (const Plan& plan : plans_) sum += plan.report().predicted_seconds;
  return sum;
}

std::string Executable::explain() const {
  std::string text;
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    text += program_.steps[i].name + ": " + plans_[i].explain() + '\n';
  }
  char sum[96];
  std::snprintf(sum, sizeof sum, "%zu steps, %.3f ms expected, %zu bytes of arena\n", plans_.size(),
                predicted_seconds() * 1e3, arena_bytes_);
  return text + sum;
}

}  // namespace tandem::graph
