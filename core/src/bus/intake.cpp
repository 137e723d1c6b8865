// SPDX-License-Identifier: MIT
#include "bus/intake.hpp"

#include <stentor/base/error.hpp>

#include <new>

#include <sys/mman.h>
#include <unistd.h>

namespace stentor::inline v0::detail {

intake::intake() : page_(static_cast<std::size_t>(::sysconf(_SC_PAGESIZE))), owner_(::getpid()) {
    void* memory =
        ::mmap(nullptr, page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        raise(error(errc::no_memory, "the bus could not map its intake page; free some memory"));
    }
#if defined(MADV_WIPEONFORK)
    ::madvise(memory, page_, MADV_WIPEONFORK);
#endif
    word_ = ::new (memory) std::atomic<std::uint32_t>(open);
}

intake::~intake() {
    ::munmap(word_, page_);
}

bool intake::forked() const noexcept {
    return ::getpid() != owner_;
}

}  // namespace stentor::inline v0::detail
