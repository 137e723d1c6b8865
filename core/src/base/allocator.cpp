// SPDX-License-Identifier: MIT
#include "base/allocator.hpp"

#if defined(STENTOR_ALLOCATOR_MIMALLOC)
#include <mimalloc.h>
#endif

#include <new>

#if defined(__GLIBC__)
#include <malloc.h>
#endif

namespace stentor::inline v0::detail {

#if defined(STENTOR_ALLOCATOR_MIMALLOC)

void* allocate_bytes(std::size_t size, std::size_t align) noexcept {
    return mi_malloc_aligned(size, align);
}
void free_bytes(void* block, std::size_t align) noexcept {
    mi_free_aligned(block, align);
}
void return_free_memory() noexcept {
    mi_collect(false);
}

#else

// operator new rather than malloc, so that a host that replaces it sees this memory too. The plain
// one where it will do, because the aligned one rounds sizes up.
void* allocate_bytes(std::size_t size, std::size_t align) noexcept {
    if (align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
        return ::operator new(size, std::nothrow);
    }
    return ::operator new(size, std::align_val_t{align}, std::nothrow);
}
void free_bytes(void* block, std::size_t align) noexcept {
    if (align <= __STDCPP_DEFAULT_NEW_ALIGNMENT__) {
        ::operator delete(block);
        return;
    }
    ::operator delete(block, std::align_val_t{align});
}
void return_free_memory() noexcept {
#if defined(__GLIBC__)
    static_cast<void>(::malloc_trim(0));  // threads that have ended leave their arenas full
#endif
}

#endif

}  // namespace stentor::inline v0::detail
