// Measures the peaks: one loop of independent multiply-adds per ISA and type, on any number of threads at once.
//
//   x[i] = x[i] * m + b      i in [0, kChains): independent chains
//
// The chains must cover latency x ports, or the loop measures latency. x86: 4 cycles x 2 ports = 8 fused multiply-adds
// in flight, or, if an addition waits for its multiplication, 6 to 8 cycles x 1 to 2 ports = up to 12; 12 chains and
// two constants fit 16 registers. aarch64: 4 cycles x 4 ports = 16 chains, of 32 registers.
// m = 1/2 and b = 1 pull every chain to 2: no denormal, no infinity. Integers wrap, and take no longer for it.
#include "fma_peak.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <span>
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

__attribute__((target("avx512f,avx512bw,avx512vnni"))) void avx512vnni_dot(std::int64_t steps) {
  const __m512i m = _mm512_set1_epi8(3), b = _mm512_set1_epi8(5);
  TANDEM_BENCH_FMA_LOOP(__m512i, "+v", _mm512_setzero_si512(), _mm512_dpbusd_epi32(x[i], m, b))
}

// pmaddwd and the addition wait for each other within a chain, as a multiplication and an addition of floats do.
__attribute__((target("avx512f,avx512bw"))) void avx512_dot(std::int64_t steps) {
  const __m512i m = _mm512_set1_epi16(3);
  TANDEM_BENCH_FMA_LOOP(__m512i, "+v", _mm512_setzero_si512(), _mm512_add_epi32(x[i], _mm512_madd_epi16(x[i], m)))
}

__attribute__((target("avx2,avxvnni"))) void avxvnni_dot(std::int64_t steps) {
  const __m256i m = _mm256_set1_epi8(3), b = _mm256_set1_epi8(5);
  TANDEM_BENCH_FMA_LOOP(__m256i, "+x", _mm256_setzero_si256(), _mm256_dpbusd_avx_epi32(x[i], m, b))
}

__attribute__((target("avx2"))) void avx2_dot(std::int64_t steps) {
  const __m256i m = _mm256_set1_epi16(3);
  TANDEM_BENCH_FMA_LOOP(__m256i, "+x", _mm256_setzero_si256(), _mm256_add_epi32(x[i], _mm256_madd_epi16(x[i], m)))
}

__attribute__((target("sse4.1"))) void sse41_dot(std::int64_t steps) {
  const __m128i m = _mm_set1_epi16(3);
  TANDEM_BENCH_FMA_LOOP(__m128i, "+x", _mm_setzero_si128(), _mm_add_epi32(x[i], _mm_madd_epi16(x[i], m)))
}

void scalar_dot(std::int64_t steps) {
  std::uint32_t m = 3, b = 5;
  asm("" : "+r"(m), "+r"(b));  // else an addition of shifted registers does
  TANDEM_BENCH_FMA_LOOP(std::uint32_t, "+r", 0U, x[i] * m + b)
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

void neon_dot(std::int64_t steps) {
  const int16x4_t m = vdup_n_s16(3), b = vdup_n_s16(5);
  TANDEM_BENCH_FMA_LOOP(int32x4_t, "+w", vdupq_n_s32(0), vmlal_s16(x[i], m, b))
}

__attribute__((target("arch=armv8.2-a+dotprod"))) void neondot_dot(std::int64_t steps) {
  const int8x16_t m = vdupq_n_s8(3), b = vdupq_n_s8(5);
  TANDEM_BENCH_FMA_LOOP(int32x4_t, "+w", vdupq_n_s32(0), vdotq_s32(x[i], m, b))
}

__attribute__((target("arch=armv8.2-a+i8mm"))) void neoni8mm_dot(std::int64_t steps) {
  const int8x16_t m = vdupq_n_s8(3), b = vdupq_n_s8(5);
  TANDEM_BENCH_FMA_LOOP(int32x4_t, "+w", vdupq_n_s32(0), vmmlaq_s32(x[i], m, b))
}

void scalar_dot(std::int64_t steps) {
  std::uint32_t m = 3, b = 5;
  asm("" : "+r"(m), "+r"(b));  // else an addition of shifted registers does
  TANDEM_BENCH_FMA_LOOP(std::uint32_t, "+r", 0U, x[i] * m + b)
}

#endif

#undef TANDEM_BENCH_FMA_LOOP

struct Loop {
  const char* isa;
  int multiply_adds;  // of one chain's step
  void (*run)(std::int64_t steps);
};
using Loops = std::span<const Loop>;

constexpr Loop kFmaLoops[] = {
#if defined(__x86_64__)
    {"avx512vnni", 16, avx512}, {"avx512", 16, avx512}, {"avxvnni", 8, avx2},
    {"avx2", 8, avx2},          {"sse41", 4, sse41},    {"scalar", 1, scalar},
#elif defined(__aarch64__)
    {"neoni8mm", 4, neon},
    {"neondot", 4, neon},
    {"neon", 4, neon},
    {"scalar", 1, scalar},
#endif
};

constexpr Loop kDotLoops[] = {
#if defined(__x86_64__)
    {"avx512vnni", 64, avx512vnni_dot},
    {"avx512", 32, avx512_dot},
    {"avxvnni", 32, avxvnni_dot},
    {"avx2", 16, avx2_dot},
    {"sse41", 8, sse41_dot},
    {"scalar", 1, scalar_dot},
#elif defined(__aarch64__)
    {"neoni8mm", 32, neoni8mm_dot},
    {"neondot", 16, neondot_dot},
    {"neon", 4, neon_dot},
    {"scalar", 1, scalar_dot},
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

double measure(Loops loops, const std::string& isa, int threads) {
  const auto loop = std::find_if(loops.begin(), loops.end(), [&](const Loop& l) { return l.isa == isa; });
  if (loop == loops.end()) return 0.0;

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

  const double steps = static_cast<double>(kSteps) * kChains * threads;
  return 2.0 * loop->multiply_adds * steps / best_seconds * 1e-9;
}

}  // namespace

double measure_fma_peak(const std::string& isa, int threads) { return measure(kFmaLoops, isa, threads); }
double measure_dot_peak(const std::string& isa, int threads) { return measure(kDotLoops, isa, threads); }

}  // namespace tandem::bench
