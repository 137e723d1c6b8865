// SPDX-License-Identifier: MIT
#include "dispatch/retry_wait.hpp"

#include "base/allocator.hpp"
#include "registry/route.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <new>

namespace stentor::inline v0::detail {

retry_wait* retry_wait::make(const slot_header& of) noexcept {
    const auto* type = of.origin->topic->type;
    const auto payload = type != nullptr && type->in_slot ? type->size : 0;
    const auto size = slot_header_size + (payload + slot_block - 1) / slot_block * slot_block;
    void* memory = allocate_bytes(size + sizeof(retry_wait), slot_align_max);
    if (memory == nullptr) {
        return nullptr;
    }
    std::memcpy(memory, &of, size);
    return ::new (static_cast<std::byte*>(memory) + size) retry_wait(size);
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
