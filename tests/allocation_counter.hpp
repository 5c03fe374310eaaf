// Counts what a program takes from the system, on all threads: memory from the C library, which operator new uses as
// well, mapped memory, and mutexes locked. Only a program that links allocation_counter.cpp has it.
#pragma once

#include <cstdint>

namespace tandem::test {

struct ResourceCount {
  std::int64_t allocations;  ///< malloc, calloc, realloc, aligned_alloc, posix_memalign, memalign, mmap
  std::int64_t locks;        ///< pthread_mutex_lock and _trylock
};

/// Since the program started.
ResourceCount resource_count() noexcept;

/// False under a sanitizer, which replaces the same functions itself.
bool resource_count_works() noexcept;

}  // namespace tandem::test
