// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>

// Where envelopes and queue blocks come from: mimalloc or the system, chosen when the library is
// built (STENTOR_ALLOCATOR). Any thread may allocate, any thread may free. Null on failure.
namespace stentor::inline v0::detail {

[[nodiscard]] void* allocate_bytes(std::size_t size, std::size_t align) noexcept;
void free_bytes(void* block, std::size_t align) noexcept;

// Asks the allocator to give the system what is free, in all threads' parts. Takes a while; for
// whoever has freed megabytes that other threads allocated, and has time.
void return_free_memory() noexcept;

}  // namespace stentor::inline v0::detail
