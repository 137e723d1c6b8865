// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/slot.hpp>
#include <stentor/registry/when_full.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace stentor::inline v0 {
class context;
class outcome;
}  // namespace stentor::inline v0

namespace stentor::inline v0::detail {

class coroutine_host;
class stop_giver;

// Events that a handler of spans gets in one call, at most.
inline constexpr std::size_t batch_events_max = 128;

// Where a loop of calls is. Written by its runner alone; the watch looks at it while a call is
// late, which is why it is atomic. relaxed: the run's own word says when it may look.
class loop_index {
public:
    loop_index(std::size_t at) noexcept : at_(at) {}  // NOLINT(google-explicit-constructor)
    operator std::size_t() const noexcept {           // NOLINT(google-explicit-constructor)
        return at_.load(std::memory_order_relaxed);
    }
    loop_index& operator=(std::size_t at) noexcept {
        at_.store(at, std::memory_order_relaxed);
        return *this;
    }
    loop_index& operator+=(std::size_t more) noexcept { return *this = *this + more; }
    loop_index& operator++() noexcept { return *this += 1; }
    loop_index(const loop_index&) = delete;
    ~loop_index() = default;

private:
    std::atomic<std::size_t> at_;
};

// A stretch of consecutive slots that one handler is called for. The handler's compiled loop
// advances `index`; after an exception the engine reads there which event failed, and goes on
// behind it. Used by one runner at a time.
struct delivery_frame {
    const std::byte* slots = nullptr;
    std::size_t stride = 0;
    loop_index index = 0;
    std::size_t end = 0;
    // Set by unsubscribe and by a pause; looked at before every call (see call_guard.hpp).
    const std::atomic<bool>* closed = nullptr;
    // Set by the watch tick when a call lasts too long; looked at after every call.
    const std::atomic<bool>* attention = nullptr;
    stentor::context* context = nullptr;
    // How many events, from `index` on, the call that runs now is for.
    std::size_t taken = 1;
    // Told when that call returned another outcome than done, before `index` advances. May be null.
    void (*judge)(delivery_frame& frame, outcome& said) noexcept = nullptr;
    // What was dropped before the first event of this stretch; null: nothing.
    const gap* missed = nullptr;
    // For coroutines: who takes an event out of its slot, and how many of the stretch left.
    coroutine_host* host = nullptr;
    std::size_t detached = 0;
    // Of the subscription or of the attempt; null where nobody can stop it.
    stop_giver* stop = nullptr;
    // Of all deliveries in it: 1, 2, ...
    std::int32_t attempt = 1;
    // Of the call that runs now, for interceptors; 0: they do not look at calls.
    std::uint64_t call = 0;

    [[nodiscard]] const std::byte* slot() const noexcept { return slots + index * stride; }

    // relaxed: ordering against `closed` is the barrier's (light and heavy fence).
    [[nodiscard]] bool interrupted() const noexcept {
        return closed->load(std::memory_order_relaxed) ||
               attention->load(std::memory_order_relaxed);
    }
};

}  // namespace stentor::inline v0::detail
