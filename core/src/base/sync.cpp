// SPDX-License-Identifier: MIT
#include "base/sync.hpp"

#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace stentor::inline v0::detail {

namespace {

bool register_membarrier() noexcept {
#if defined(__SANITIZE_THREAD__)
    return false;  // the race detector knows fences of neither kind; keep the standard one
#else
    return ::syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
#endif
}

}  // namespace

bool real_sync::asymmetric_ = register_membarrier();

void real_sync::heavy_fence() noexcept {
    // Unregistered, the call fails and changes nothing; then the light side is a full fence.
    ::syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
    std::atomic_thread_fence(std::memory_order_seq_cst);
}

}  // namespace stentor::inline v0::detail
