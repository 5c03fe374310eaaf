// SIGPROF, and what `nm` knows about this program.
#include "profiler.hpp"

#include <link.h>
#include <signal.h>
#include <sys/time.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <sstream>

namespace tandem::test {
namespace {

constexpr std::size_t kMostSamples = 1 << 16;
std::uintptr_t samples[kMostSamples];
std::atomic<std::size_t> sample_count{0};

void on_tick(int, siginfo_t*, void* context) {
  const mcontext_t& machine = static_cast<const ucontext_t*>(context)->uc_mcontext;
#if defined(__x86_64__)
  const auto address = static_cast<std::uintptr_t>(machine.gregs[REG_RIP]);
#elif defined(__aarch64__)
  const auto address = static_cast<std::uintptr_t>(machine.pc);
#elif defined(__riscv)
  const auto address = static_cast<std::uintptr_t>(machine.__gregs[REG_PC]);
#endif
  const std::size_t i = sample_count.fetch_add(1, std::memory_order_relaxed);
  if (i < kMostSamples) samples[i] = address;
}

void set_timer(suseconds_t microseconds) {
  const itimerval interval = {{0, microseconds}, {0, microseconds}};
  setitimer(ITIMER_PROF, &interval, nullptr);
}

}  // namespace

Symbols::Symbols() {
  char path[4096] = {};
  if (readlink("/proc/self/exe", path, sizeof path - 1) < 0) return;
  const std::string command = "nm -C --defined-only '" + std::string(path) + "'";
  const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
  if (!pipe) return;
  char* line = nullptr;
  std::size_t capacity = 0;
  while (getline(&line, &capacity, pipe.get()) > 0) {
    std::istringstream words(line);
    std::uintptr_t address = 0;
    char type = 0;
    std::string name;
    if (!(words >> std::hex >> address >> type) || (type != 't' && type != 'T' && type != 'w' && type != 'W')) continue;
    std::getline(words >> std::ws, name);
    names_[address] = name;
  }
  std::free(line);

  // The first object that is told is the program itself.
  dl_iterate_phdr(
      [](dl_phdr_info* info, std::size_t, void* self) {
        auto* symbols = static_cast<Symbols*>(self);
        symbols->base_ = info->dlpi_addr;
        for (int i = 0; i < info->dlpi_phnum; ++i) {
          const auto& segment = info->dlpi_phdr[i];
          if (segment.p_type == PT_LOAD) {
            symbols->end_ =
                std::max<std::uintptr_t>(symbols->end_, info->dlpi_addr + segment.p_vaddr + segment.p_memsz);
          }
        }
        return 1;
      },
      this);
}

std::string Symbols::name_of(std::uintptr_t address) const {
  if (address < base_ || address >= end_) return {};
  const auto next = names_.upper_bound(address - base_);
  return next == names_.begin() ? std::string() : std::prev(next)->second;
}

Profiler::Profiler() {
  sample_count = 0;
  struct sigaction action{};
  action.sa_sigaction = on_tick;
  action.sa_flags = SA_SIGINFO | SA_RESTART;
  sigaction(SIGPROF, &action, nullptr);
  set_timer(1000);
}

Profiler::~Profiler() { set_timer(0); }

std::size_t Profiler::count() const noexcept { return std::min(sample_count.load(), kMostSamples); }

std::vector<std::uintptr_t> Profiler::stop() {
  set_timer(0);
  return {samples, samples + count()};
}

}  // namespace tandem::test
