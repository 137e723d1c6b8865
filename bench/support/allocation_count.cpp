// SPDX-License-Identifier: MIT
#include "support/allocation_count.hpp"

#include <atomic>
#include <cerrno>
#include <cstddef>
#include <cstdlib>

#include <malloc.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// glibc's own entry points, under the names that it exports for this purpose.
extern "C" {
void* __libc_malloc(std::size_t size);
void __libc_free(void* memory);
void* __libc_calloc(std::size_t count, std::size_t size);
void* __libc_realloc(void* memory, std::size_t size);
void* __libc_memalign(std::size_t alignment, std::size_t size);
}

namespace {

constinit std::atomic<std::uint64_t> calls{0};
constinit std::atomic<std::int64_t> live_bytes{0};

void* count_in(void* memory) noexcept {
    if (memory != nullptr) {
        calls.fetch_add(1, std::memory_order_relaxed);
        live_bytes.fetch_add(static_cast<std::int64_t>(malloc_usable_size(memory)),
                             std::memory_order_relaxed);
    }
    return memory;
}

void count_out(void* memory) noexcept {
    if (memory != nullptr) {
        live_bytes.fetch_sub(static_cast<std::int64_t>(malloc_usable_size(memory)),
                             std::memory_order_relaxed);
    }
}

}  // namespace

extern "C" {

void* malloc(std::size_t size) {
    return count_in(__libc_malloc(size));
}

void free(void* memory) {
    count_out(memory);
    __libc_free(memory);
}

void* calloc(std::size_t count, std::size_t size) {
    return count_in(__libc_calloc(count, size));
}

void* realloc(void* memory, std::size_t size) {
    count_out(memory);
    void* moved = __libc_realloc(memory, size);
    if (moved == nullptr && size != 0) {
        // The old block lives on.
        live_bytes.fetch_add(static_cast<std::int64_t>(malloc_usable_size(memory)),
                             std::memory_order_relaxed);
        return nullptr;
    }
    return count_in(moved);
}

void* memalign(std::size_t alignment, std::size_t size) {
    return count_in(__libc_memalign(alignment, size));
}

void* aligned_alloc(std::size_t alignment, std::size_t size) {
    return count_in(__libc_memalign(alignment, size));
}

int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
    *out = count_in(__libc_memalign(alignment, size));
    return *out == nullptr ? ENOMEM : 0;
}

// glibc's malloc maps memory through names of its own, so nothing is counted twice.
void* mmap(void* address, std::size_t size, int protection, int flags, int file, off_t offset) {
    const long mapped = syscall(SYS_mmap, address, size, protection, flags, file, offset);
    void* memory = reinterpret_cast<void*>(mapped);
    if (memory != MAP_FAILED && (flags & MAP_ANONYMOUS) != 0 && (protection & PROT_WRITE) != 0) {
        calls.fetch_add(1, std::memory_order_relaxed);
        live_bytes.fetch_add(static_cast<std::int64_t>(size), std::memory_order_relaxed);
    }
    return memory;
}

int munmap(void* address, std::size_t size) {
    const long result = syscall(SYS_munmap, address, size);
    if (result == 0) {
        live_bytes.fetch_sub(static_cast<std::int64_t>(size), std::memory_order_relaxed);
    }
    return static_cast<int>(result);
}

}  // extern "C"

namespace bench {

allocation_count allocations_now() noexcept {
    return {calls.load(std::memory_order_relaxed), live_bytes.load(std::memory_order_relaxed)};
}

}  // namespace bench
