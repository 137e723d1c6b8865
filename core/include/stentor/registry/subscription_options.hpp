// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace stentor::inline v0 {

// What a subscription does with an event that finds it full.
class when_full {
public:
    // The publisher waits for room, at most this long, and then the delivery is dropped. A publish
    // from inside a handler does not wait but answers would_deadlock.
    struct block {
        std::chrono::nanoseconds deadline{};
    };

    // The delivery is not made; it is counted as dropped{full}. The default.
    static const when_full reject;

    constexpr when_full(block options) noexcept  // NOLINT(google-explicit-constructor)
        : wait_(options.deadline), blocks_(true) {}

    [[nodiscard]] constexpr bool blocks() const noexcept { return blocks_; }
    [[nodiscard]] constexpr std::chrono::nanoseconds deadline() const noexcept { return wait_; }
    [[nodiscard]] constexpr bool operator==(const when_full&) const noexcept = default;

private:
    constexpr when_full() noexcept = default;

    std::chrono::nanoseconds wait_{};
    bool blocks_ = false;
};

inline constexpr when_full when_full::reject{};

// Where a subscription's deliveries queue. `automatic` begins in a lane of its own and moves by its
// measured service time: cheap handlers of one topic share a lane and run in one pass.
enum class placement : std::uint8_t { automatic, own, shared };

inline constexpr std::int64_t subscription_capacity_default = 65'536;
inline constexpr std::int64_t capacity_max = std::int64_t{1} << 40;

// Every member has a default. A combination that cannot be honoured is refused when the
// subscription is made.
struct subscription_options {
    // Outstanding deliveries (queued or running) at most. Other than the default: a lane of its
    // own.
    std::int64_t capacity = subscription_capacity_default;
    // Other than reject: a lane of its own.
    stentor::when_full when_full = stentor::when_full::reject;
    // When this subscription is full the whole publish is refused (rejected_full) and nobody
    // receives the event. A lane of its own.
    bool required = false;
    // Calls at the same time, at most. 0: as many as there are runners.
    std::int32_t max_concurrency = 0;
    stentor::placement placement = stentor::placement::automatic;
    // The subscription ends when this object does; it is kept alive during each call.
    std::optional<std::weak_ptr<const void>> owner{};
};

}  // namespace stentor::inline v0
