// The C library's functions, replaced by ones that count and hand on. A program's own definition goes before a shared
// library's, so calls from inside libstdc++ and oneTBB are counted, too.
#include "allocation_counter.hpp"

#include <dlfcn.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "sanitizers.hpp"

namespace {

constinit std::atomic<std::int64_t> allocations{0};
constinit std::atomic<std::int64_t> locks{0};

}  // namespace

namespace tandem::test {

ResourceCount resource_count() noexcept { return {allocations.load(), locks.load()}; }
bool resource_count_works() noexcept { return !kAddressSanitizer && !kThreadSanitizer; }

}  // namespace tandem::test

#if !TANDEM_TEST_ASAN && !TANDEM_TEST_TSAN

namespace {
void count_allocation() noexcept { allocations.fetch_add(1, std::memory_order_relaxed); }
}  // namespace

// glibc's own names for what is replaced here.
extern "C" {
void* __libc_malloc(std::size_t bytes);
void* __libc_calloc(std::size_t count, std::size_t bytes);
void* __libc_realloc(void* memory, std::size_t bytes);
void* __libc_memalign(std::size_t alignment, std::size_t bytes);
}

extern "C" {

void* malloc(std::size_t bytes) {
  count_allocation();
  return __libc_malloc(bytes);
}

void* calloc(std::size_t count, std::size_t bytes) {
  count_allocation();
  return __libc_calloc(count, bytes);
}

void* realloc(void* memory, std::size_t bytes) {
  count_allocation();
  return __libc_realloc(memory, bytes);
}

void* memalign(std::size_t alignment, std::size_t bytes) {
  count_allocation();
  return __libc_memalign(alignment, bytes);
}

void* aligned_alloc(std::size_t alignment, std::size_t bytes) {
  count_allocation();
  return __libc_memalign(alignment, bytes);
}

int posix_memalign(void** memory, std::size_t alignment, std::size_t bytes) {
  count_allocation();
  *memory = __libc_memalign(alignment, bytes);
  return *memory == nullptr ? ENOMEM : 0;
}

void* mmap(void* address, std::size_t bytes, int protection, int flags, int file, off_t offset) {
  count_allocation();
  // The system call's result is a pointer or, with errno set, -1, which is MAP_FAILED.
  return reinterpret_cast<void*>(syscall(SYS_mmap, address, bytes, protection, flags, file, offset));
}

int pthread_mutex_lock(pthread_mutex_t* mutex) {
  static const auto next = reinterpret_cast<int (*)(pthread_mutex_t*)>(dlsym(RTLD_NEXT, "pthread_mutex_lock"));
  locks.fetch_add(1, std::memory_order_relaxed);
  return next(mutex);
}

int pthread_mutex_trylock(pthread_mutex_t* mutex) {
  static const auto next = reinterpret_cast<int (*)(pthread_mutex_t*)>(dlsym(RTLD_NEXT, "pthread_mutex_trylock"));
  locks.fetch_add(1, std::memory_order_relaxed);
  return next(mutex);
}

// oneTBB looks for its own allocator, which takes memory in large pieces that hide who asks. Not found, it falls back
// to malloc, where every request is counted.
void* dlopen(const char* file, int mode) {
  static const auto next = reinterpret_cast<void* (*)(const char*, int)>(dlsym(RTLD_NEXT, "dlopen"));
  if (file != nullptr && std::strstr(file, "tbbmalloc") != nullptr) return nullptr;
  return next(file, mode);
}

}  // extern "C"

#endif
