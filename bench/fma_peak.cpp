// Measures the FMA peak: one loop of independent multiply-adds per ISA, on any number of threads at once.
//
//   x[i] = x[i] * m + b      i in [0, kChains): independent chains
//
// The chains must cover latency x ports, or the loop measures latency. x86: 4 cycles x 2 ports = 8 fused multiply-adds
// in flight, or, if an addition waits for its multiplication, 6 to 8 cycles x 1 to 2 ports = up to 12; 12 chains and
// two constants fit 16 registers. aarch64: 4 cycles x 4 ports = 16 chains, of 32 registers.
// m = 1/2 and b = 1 pull every chain to 2: no denormal, no infinity.
#include "fma_peak.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <thread>
#include <vector>

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace tandem::bench {
namespace {

#if defined(__aarch64__)
constexpr int kChains = 16;
#else
constexpr int kChains = 12;
#endif

// A macro, because a template cannot carry an ISA's target attribute. `step` is an expression in x[i], m and b; `reg`
// is the asm constraint of a vector register. Unrolling keeps x[] in registers. The empty asm claims to change x[i]: it
// costs no instruction, and keeps the compiler from vectorising across chains, folding steps and dropping the result.
#define TANDEM_BENCH_FMA_LOOP(Vector, reg, zero, step)                      \
  Vector x[kChains];                                                        \
  _Pragma("GCC unroll 16") for (int i = 0; i < kChains; ++i) x[i] = (zero); \
  for (std::int64_t n = 0; n < steps; ++n) {                                \
    _Pragma("GCC unroll 16") for (int i = 0; i < kChains; ++i) {            \
      x[i] = (step);                                                        \
      asm volatile("" : reg(x[i]));                                         \
    }                                                                       \
  }

#if defined(__x86_64__)

__attribute__((target("avx512f"))) void avx512(std::int64_t steps) {
  const __m512 m = _mm512_set1_ps(0.5F), b = _mm512_set1_ps(1.0F);
  TANDEM_BENCH_FMA_LOOP(__m512, "+v", _mm512_setzero_ps(), _mm512_fmadd_ps(x[i], m, b))
}

__attribute__((target("avx2,fma"))) void avx2(std::int64_t steps) {
  const __m256 m = _mm256_set1_ps(0.5F), b = _mm256_set1_ps(1.0F);
  TANDEM_BENCH_FMA_LOOP(__m256, "+x", _mm256_setzero_ps(), _mm256_fmadd_ps(x[i], m, b))
}

__attribute__((target("sse4.1"))) void sse41(std::int64_t steps) {
  const __m128 m = _mm_set1_ps(0.5F), b = _mm_set1_ps(1.0F);
  TANDEM_BENCH_FMA_LOOP(__m128, "+x", _mm_setzero_ps(), _mm_add_ps(_mm_mul_ps(x[i], m), b))
}

void scalar(std::int64_t steps) {
  const float m = 0.5F, b = 1.0F;
  TANDEM_BENCH_FMA_LOOP(float, "+x", 0.0F, x[i] * m + b)
}

#elif defined(__aarch64__)

void neon(std::int64_t steps) {
  const float32x4_t m = vdupq_n_f32(0.5F), b = vdupq_n_f32(1.0F);  // fmla adds in place: x[i] + m * b, up to 2^24
  TANDEM_BENCH_FMA_LOOP(float32x4_t, "+w", vdupq_n_f32(0.0F), vfmaq_f32(x[i], m, b))
}

void scalar(std::int64_t steps) {
  const float m = 0.5F, b = 1.0F;
  TANDEM_BENCH_FMA_LOOP(float, "+w", 0.0F, __builtin_fmaf(x[i], m, b))
}

#endif

#undef TANDEM_BENCH_FMA_LOOP

struct FmaLoop {
  const char* isa;
  int vector_floats;
  void (*run)(std::int64_t steps);
};

constexpr FmaLoop kLoops[] = {
#if defined(__x86_64__)
    {"avx512vnni", 16, avx512}, {"avx512", 16, avx512}, {"avx2", 8, avx2}, {"sse41", 4, sse41}, {"scalar", 1, scalar},
#elif defined(__aarch64__)
    {"neon", 4, neon},
    {"scalar", 1, scalar},
#endif
};

using Clock = std::chrono::steady_clock;

// Threads that meet here leave together. It spins, because waking a sleeping thread would be part of the measurement.
class SpinBarrier {
 public:
  explicit SpinBarrier(int threads) : threads_(threads) {}
  void meet() {
    const std::int64_t round = arrived_.fetch_add(1) / threads_;
    for (int spins = 0; arrived_.load() < (round + 1) * threads_; ++spins) {
      if (spins > kSpinsBeforeYield) std::this_thread::yield();  // more threads than cores
    }
  }

 private:
  static constexpr int kSpinsBeforeYield = 100'000;
  const int threads_;
  std::atomic<std::int64_t> arrived_{0};
};

struct Interval {
  Clock::time_point begin, end;
};

}  // namespace

double measure_fma_peak(const std::string& isa, int threads) {
  const auto* loop = std::find_if(std::begin(kLoops), std::end(kLoops), [&](const FmaLoop& l) { return l.isa == isa; });
  if (loop == std::end(kLoops)) return 0.0;

  // A step takes 6 to 12 cycles and a repeat 0.1 ms: long beside the clock, short beside a time slice. So even on a
  // busy machine some repeats run undisturbed on all threads.
  constexpr std::int64_t kSteps = 30'000;
  constexpr auto kDuration = std::chrono::milliseconds(50);

  SpinBarrier barrier(threads);
  std::vector<Interval> intervals(static_cast<std::size_t>(threads));
  double best_seconds = 0.0;  // of one repeat, from the first thread's start to the last one's end
  bool done = false;          // written by thread 0 between two meetings, read after the second

  const auto repeat = [&](int thread) {
    const Clock::time_point start = Clock::now();
    while (true) {
      barrier.meet();
      if (done) return;
      Interval& own = intervals[static_cast<std::size_t>(thread)];
      own.begin = Clock::now();
      loop->run(kSteps);
      own.end = Clock::now();
      barrier.meet();
      if (thread != 0) continue;
      Interval all = intervals[0];
      for (const Interval& i : intervals) all = {std::min(all.begin, i.begin), std::max(all.end, i.end)};
      const double seconds = std::chrono::duration<double>(all.end - all.begin).count();
      best_seconds = best_seconds == 0.0 ? seconds : std::min(best_seconds, seconds);
      done = Clock::now() - start > kDuration;
    }
  };
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(repeat, i);
  repeat(0);
  for (std::thread& t : others) t.join();

  const double flops = 2.0 * kChains * static_cast<double>(loop->vector_floats) * static_cast<double>(kSteps) * threads;
  return flops / best_seconds * 1e-9;
}

}  // namespace tandem::bench
