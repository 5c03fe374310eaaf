#include "bench/peers/read_bandwidth.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdint>

#include "network/aligned_buffer.hpp"

namespace tandem::bench::peers {
namespace {

// The compiler's own vectors: an xor needs nothing but their width.
using Vector16 = std::uint64_t __attribute__((vector_size(16)));
using Vector32 = std::uint64_t __attribute__((vector_size(32)));
using Vector64 = std::uint64_t __attribute__((vector_size(64)));

// Eight chains: a xor takes one cycle and uses at most three loads of that cycle, so only loads limit.
constexpr std::size_t kChains = 8;
constexpr std::size_t kStepBytes = kChains * sizeof(Vector64);  // a multiple of every vector's step

// Inlined into a function with its ISA's target attribute, which a template cannot carry.
template <class Vector>
[[gnu::always_inline]] inline std::uint64_t read_all(const std::byte* bytes, std::size_t size) {
  const auto* src = reinterpret_cast<const Vector*>(bytes);
  Vector x[kChains] = {};
  for (const Vector* end = src + size / sizeof(Vector); src != end; src += kChains) {
    _Pragma("GCC unroll 8") for (std::size_t i = 0; i < kChains; ++i) x[i] ^= src[i];
  }
  for (std::size_t i = 1; i < kChains; ++i) x[0] ^= x[i];
  return x[0][0];  // or the reads would be for nothing
}

using Read = std::uint64_t (*)(const std::byte* bytes, std::size_t size);

std::uint64_t read_16(const std::byte* bytes, std::size_t size) { return read_all<Vector16>(bytes, size); }
#if defined(__x86_64__)
__attribute__((target("avx2"))) std::uint64_t read_32(const std::byte* bytes, std::size_t size) {
  return read_all<Vector32>(bytes, size);
}
__attribute__((target("avx512f"))) std::uint64_t read_64(const std::byte* bytes, std::size_t size) {
  return read_all<Vector64>(bytes, size);
}
#endif

Read widest_read([[maybe_unused]] const std::string& isa) {
#if defined(__x86_64__)
  if (isa == "avx512" || isa == "avx512vnni") return read_64;
  if (isa == "avx2" || isa == "avxvnni") return read_32;
#endif
  return read_16;
}

double bytes_per_second(Read read, const std::byte* memory, std::size_t bytes) {
  using Clock = std::chrono::steady_clock;
  constexpr std::size_t kBytesPerLap = std::size_t{1} << 22U;  // long beside a reading of the clock
  constexpr auto kDuration = std::chrono::milliseconds(100);
  const std::size_t repeats = std::max<std::size_t>(1, kBytesPerLap / bytes);
  volatile std::uint64_t sink = 0;
  double best = 0.0;
  const Clock::time_point start = Clock::now();
  for (int lap = 0; lap < 3 || Clock::now() - start < kDuration; ++lap) {
    std::uint64_t result = 0;
    const Clock::time_point begin = Clock::now();
    for (std::size_t i = 0; i < repeats; ++i) result ^= read(memory, bytes);
    const double seconds = std::chrono::duration<double>(Clock::now() - begin).count();
    sink = sink ^ result;
    best = std::max(best, static_cast<double>(repeats * bytes) / seconds);
  }
  return best;
}

std::size_t cache_bytes(int name) { return static_cast<std::size_t>(std::max(0L, sysconf(name))); }

/// Half of L1 or L2 surely stays there. Four times L2 surely does not, and is a small part of any L3.
std::vector<MemoryLevel> levels() {
  constexpr std::size_t kMebibyte = std::size_t{1} << 20U;
  const std::size_t l1 = cache_bytes(_SC_LEVEL1_DCACHE_SIZE);
  const std::size_t l2 = cache_bytes(_SC_LEVEL2_CACHE_SIZE);
  const std::size_t l3 = cache_bytes(_SC_LEVEL3_CACHE_SIZE);
  std::vector<MemoryLevel> known;
  if (l1 > 0) known.push_back({"L1", l1 / 2});
  if (l2 > 0) known.push_back({"L2", l2 / 2});
  if (l3 > 4 * l2) known.push_back({"L3", 4 * l2});
  known.push_back({"DRAM", std::clamp(4 * l3, 64 * kMebibyte, 512 * kMebibyte)});
  return known;
}

}  // namespace

std::vector<MemoryLevel> measure_read_bandwidths(const std::string& isa) {
  std::vector<MemoryLevel> measured;
  for (MemoryLevel level : levels()) {
    level.bytes -= level.bytes % kStepBytes;
    const network::AlignedBytes memory = network::allocate_aligned(level.bytes);
    if (memory == nullptr) continue;
    std::fill_n(memory.get(), level.bytes, std::byte{1});  // a page without a write has no memory yet
    level.bytes_per_second = bytes_per_second(widest_read(isa), memory.get(), level.bytes);
    measured.push_back(level);
  }
  return measured;
}

}  // namespace tandem::bench::peers
