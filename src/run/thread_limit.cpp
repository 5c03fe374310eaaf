#include "src/run/thread_limit.hpp"

#include <pthread.h>

#include <cstdlib>
#include <memory>
#include <new>
#if defined(__linux__)
#include <sched.h>
#include <sys/syscall.h>
#include <unistd.h>
#endif

namespace tandem::inline TANDEM_ABI::internal {
namespace {

struct Thread {
  pthread_t handle;
  pthread_mutex_t* gate;  // closed until all threads are there
  long id = 0;            // the kernel's number
};

void* pass_gate(void* opaque) {
  Thread& thread = *static_cast<Thread*>(opaque);
#if defined(__linux__)
  thread.id = ::syscall(SYS_gettid);
#endif
  // The C library may set address space aside for a thread that allocates. Later threads take it over.
  void* volatile memory = std::malloc(1);
  std::free(memory);
  ::pthread_mutex_lock(thread.gate);
  ::pthread_mutex_unlock(thread.gate);
  return nullptr;
}

// A thread that was joined counts against the limits for some microseconds more, until the kernel has forgotten it.
void wait_until_forgotten([[maybe_unused]] const Thread& thread) noexcept {
#if defined(__linux__)
  constexpr int kPatience = 10000;
  for (int i = 0; i < kPatience && ::syscall(SYS_tgkill, ::getpid(), thread.id, 0) == 0; ++i) ::sched_yield();
#endif
}

}  // namespace

std::int32_t creatable_threads(std::int32_t count, std::size_t stack_bytes) noexcept {
  const std::unique_ptr<Thread[]> threads(new (std::nothrow) Thread[static_cast<std::size_t>(count)]);
  pthread_attr_t attributes;
  if (threads == nullptr || ::pthread_attr_init(&attributes) != 0) return 0;
  ::pthread_attr_setstacksize(&attributes, stack_bytes);
  pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
  ::pthread_mutex_lock(&gate);
  std::int32_t created = 0;
  for (; created < count; ++created) {
    Thread& thread = threads[static_cast<std::size_t>(created)];
    thread.gate = &gate;
    if (::pthread_create(&thread.handle, &attributes, pass_gate, &thread) != 0) break;
  }
  ::pthread_mutex_unlock(&gate);
  ::pthread_attr_destroy(&attributes);
  for (std::int32_t i = 0; i < created; ++i) {
    const Thread& thread = threads[static_cast<std::size_t>(i)];
    ::pthread_join(thread.handle, nullptr);
    wait_until_forgotten(thread);
  }
  ::pthread_mutex_destroy(&gate);
  return created;
}

}  // namespace tandem::inline TANDEM_ABI::internal
