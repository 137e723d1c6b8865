// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/timers.hpp"
#include "resilience/attempt_history.hpp"
#include <stentor/event/slot.hpp>
#include <stentor/resilience/dead_letter.hpp>
#include <stentor/resilience/retry_plan.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>

namespace stentor::inline v0::detail {

class lane;
class retry_room;

// What a delivery has behind it when an attempt fails.
struct attempts_so_far {
    retry_progress progress;
    std::uint32_t recorded = 0;
};

// A delivery between two attempts: a copy of its slot, which carries the event or refers to its
// envelope, and what the next attempt has to know. It keeps its credit and, in a lane with an
// order, its key, so that later events of the key stay behind it; no runner and no flight.
//
// A million may wait, so it is 56 bytes behind as much of its slot as the event needs: for one of
// 8 bytes, with what an allocator adds, 112. What is not needed at the same time shares its place,
// and times are as exact as the wheel's.
//
// By one thread at a time: the runner that makes it, then the room, then whoever takes it out.
struct retry_wait final : timer_wheel::timer {
    // Null: no memory.
    [[nodiscard]] static retry_wait* make(const slot_header& of) noexcept;
    static void dispose(retry_wait* one) noexcept;

    [[nodiscard]] std::byte* slot() noexcept {
        return reinterpret_cast<std::byte*>(this) - slot_size();
    }
    // The header and the payload, as far as there is one.
    [[nodiscard]] std::size_t slot_size() const noexcept { return blocks_ * slot_block; }
    [[nodiscard]] const slot_header& header() noexcept {
        return *reinterpret_cast<const slot_header*>(slot());
    }

    void keep(const retry_progress& so_far, std::uint32_t recorded) noexcept;
    [[nodiscard]] retry_progress progress() const noexcept;
    [[nodiscard]] std::int32_t attempts_made() const noexcept {
        return owes_ != 0 ? static_cast<std::int32_t>(letter_->attempts_total)
                          : progress().attempts;
    }
    // Not for another attempt: the store did not take it. Null: it is.
    [[nodiscard]] dead_letter* owed() const noexcept { return owes_ != 0 ? letter_ : nullptr; }
    void owe(std::unique_ptr<dead_letter> letter) noexcept;
    void record_at(std::uint32_t place) noexcept { past_ = (past_ & ~place_mask) | place; }
    // Where the room's history has its latest attempt; 0: nowhere.
    [[nodiscard]] std::uint32_t recorded() const noexcept {
        return owes_ != 0 ? 0 : static_cast<std::uint32_t>(past_ & place_mask);
    }

    lane* from = nullptr;
    std::uint64_t key = 0;

private:
    friend class retry_room;
    explicit retry_wait(std::size_t slot_size) noexcept
        : timer(timers::plain), blocks_(slot_size / slot_block & 15U) {}
    ~retry_wait();

    static constexpr std::size_t slot_block = 8;
    static constexpr std::uint64_t place_mask =
        (std::uint64_t{1} << attempt_history::place_bits) - 1;
    static constexpr std::uint32_t attempts_most = (1U << 22U) - 1;  // and counts no further

    union {
        std::uint64_t past_ = 0;  // when the first attempt began, in ticks; where the latest is
        dead_letter* letter_;     // its own
    };
    float last_delay_ns_ = 0;
    std::uint32_t attempts_ : 22 = 0;
    std::uint32_t blocks_ : 4;
    std::uint32_t owes_ : 1 = 0;

public:
    std::uint32_t keyed : 1 = 0;
    std::uint32_t carried : 1 = 0;

private:
    // Under the room's lock.
    std::uint32_t inside_ : 1 = 0;    // the room has it
    std::uint32_t happened_ : 1 = 0;  // its moment has come
    std::uint32_t coming_ : 1 = 0;    // the room keeps a place for it
};
static_assert(sizeof(retry_wait) == 56);

}  // namespace stentor::inline v0::detail
