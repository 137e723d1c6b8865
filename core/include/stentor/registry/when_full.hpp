// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/event_id.hpp>

#include <chrono>
#include <cstdint>

// What becomes of an event that finds a subscription full, and what the subscription is told of it.
//
// Threads: values.
namespace stentor::inline v0 {

// What a subscription does with an event that finds it full.
class when_full {
public:
    enum class policy : std::uint8_t { reject, block, drop_newest, drop_oldest };

    // The publisher waits for room, at most this long, and then the delivery is dropped. A publish
    // from inside a handler does not wait but answers would_deadlock.
    struct block {
        std::chrono::nanoseconds deadline{};
    };

    // The delivery is not made; it is counted as dropped_full, and the publisher sees
    // accepted_partial, or rejected_full when nobody has the event. The default.
    static const when_full reject;
    // The delivery is not made; it is counted as dropped_newest. The publisher is not told.
    static const when_full drop_newest;
    // The oldest queued delivery gives its place up, in the order of the lane, and is counted as
    // dropped_oldest. When none is queued, because handlers have all of them in hand, the new one
    // is dropped as with drop_newest. The publisher is not told.
    static const when_full drop_oldest;

    constexpr when_full(block options) noexcept  // NOLINT(google-explicit-constructor)
        : wait_(options.deadline), policy_(policy::block) {}

    [[nodiscard]] constexpr policy what() const noexcept { return policy_; }
    [[nodiscard]] constexpr bool blocks() const noexcept { return policy_ == policy::block; }
    [[nodiscard]] constexpr std::chrono::nanoseconds deadline() const noexcept { return wait_; }
    [[nodiscard]] constexpr bool operator==(const when_full&) const noexcept = default;

private:
    constexpr explicit when_full(policy chosen) noexcept : policy_(chosen) {}

    std::chrono::nanoseconds wait_{};
    policy policy_;
};

inline constexpr when_full when_full::reject{when_full::policy::reject};
inline constexpr when_full when_full::drop_newest{when_full::policy::drop_newest};
inline constexpr when_full when_full::drop_oldest{when_full::policy::drop_oldest};

enum class drop_reason : std::uint8_t {
    full,        // when_full::reject, or block and its deadline passed
    newest,      // when_full::drop_newest
    oldest,      // when_full::drop_oldest
    no_memory,   // the lane could not grow
    disabled,    // by registry::disable with backlog::drop
    dependency,  // require_success, and a subscription that it comes after did not succeed
};

// Deliveries that a subscription should have had and did not get, since it was last told.
struct gap {
    std::int64_t count = 0;
    drop_reason reason = drop_reason::full;  // of the first of them
    event_id first{};                        // the first of them
};

}  // namespace stentor::inline v0
