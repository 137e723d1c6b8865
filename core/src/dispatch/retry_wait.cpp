// SPDX-License-Identifier: MIT
#include "dispatch/retry_wait.hpp"

#include "base/allocator.hpp"

#include <algorithm>
#include <chrono>
#include <new>

namespace stentor::inline v0::detail {

retry_wait* retry_wait::make(std::size_t slot_size) noexcept {
    void* memory = allocate_bytes(slot_size + sizeof(retry_wait), slot_align_max);
    return memory == nullptr ? nullptr
                             : ::new (static_cast<std::byte*>(memory) + slot_size)
                                   retry_wait(slot_size);
}

void retry_wait::dispose(retry_wait* one) noexcept {
    auto* memory = one->slot();
    one->~retry_wait();
    free_bytes(memory, slot_align_max);
}

retry_wait::~retry_wait() {
    delete owed();
}

void retry_wait::keep(const retry_progress& so_far, std::uint32_t recorded) noexcept {
    constexpr float delay_most = 9.2e18F;  // below the largest number of nanoseconds
    attempts_ =
        std::min(static_cast<std::uint32_t>(so_far.attempts), attempts_most) & attempts_most;
    const auto begun = static_cast<std::uint64_t>(so_far.begun_ns / timer_wheel::tick_ns);
    past_ = begun << attempt_history::place_bits | (recorded & place_mask);
    last_delay_ns_ = std::min(static_cast<float>(so_far.last_delay.count()), delay_most);
}

retry_progress retry_wait::progress() const noexcept {
    return {static_cast<std::int32_t>(attempts_),
            owes_ != 0 ? 0
                       : static_cast<std::int64_t>(past_ >> attempt_history::place_bits) *
                             timer_wheel::tick_ns,
            std::chrono::nanoseconds(static_cast<std::int64_t>(last_delay_ns_))};
}

void retry_wait::owe(std::unique_ptr<dead_letter> letter) noexcept {
    letter_ = letter.release();
    owes_ = 1;
}

}  // namespace stentor::inline v0::detail
