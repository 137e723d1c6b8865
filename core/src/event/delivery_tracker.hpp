// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/delivery_report.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

// Follows one event to the end of all its deliveries, for who waits for them. The event's envelope
// holds a reference, the waiter another. Its lock is for those who asked to wait: no publish or
// delivery of an event that nobody waits for comes here.
namespace stentor::inline v0::detail {

class delivery_tracker {
public:
    struct delivery {
        std::uint32_t number = 0;  // of the subscription
        delivery_outcome outcome{};
    };

    delivery_tracker() = default;
    delivery_tracker(const delivery_tracker&) = delete;

    // The publisher, before the first delivery may end.
    void expect(std::vector<delivery> all) noexcept;
    // Any thread, once for each delivery.
    void settled(std::uint32_t number, delivery_status status, std::string error = {}) noexcept;

    // What is called once when every delivery has ended, by whoever ends the last one and without
    // the lock; at once if that has happened.
    using function = void (*)(void*) noexcept;
    void when_done(std::shared_ptr<void> waiter, function wake) noexcept;
    // Nobody waits any more; a call may be under way.
    void forget_waiter() noexcept;

    // Set when every delivery has ended; a futex word. [PAIR tracked]
    [[nodiscard]] const std::atomic<std::uint32_t>& done_word() const noexcept { return done_; }
    [[nodiscard]] bool done() const noexcept { return done_.load(std::memory_order_acquire) != 0; }
    [[nodiscard]] std::vector<delivery_outcome> outcomes() const;

    void add_reference() noexcept { references_.fetch_add(1, std::memory_order_relaxed); }
    void drop_reference() noexcept;

private:
    ~delivery_tracker() = default;

    // Written by holders. acq_rel: the last one sees what the others did. [PAIR tracked]
    std::atomic<std::uint32_t> references_{1};
    std::atomic<std::uint32_t> done_{0};  // written by who settles the last delivery
    mutable std::mutex mutex_;
    std::vector<delivery> all_;
    std::size_t left_ = 0;
    std::shared_ptr<void> waiter_;
    function wake_ = nullptr;
};

}  // namespace stentor::inline v0::detail
