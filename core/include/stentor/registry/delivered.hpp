// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/delivery_report.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/event/publish_result.hpp>
#include <stentor/export.hpp>
#include <stentor/registry/coroutine_delivery.hpp>
#include <stentor/registry/publish_target.hpp>

#include <chrono>
#include <coroutine>
#include <utility>

// What co_await bus.delivered(event) waits for: the end of all deliveries of one event. Followed by
// the same tracker as publish_and_wait; only who waits is a coroutine instead of a thread.
namespace stentor::inline v0::detail {

class delivery_tracker;

class STENTOR_EXPORT pending_delivery {
public:
    using stentor_awaitable = void;

    pending_delivery(const pending_delivery&) = delete;
    pending_delivery& operator=(const pending_delivery&) = delete;

    [[nodiscard]] bool await_ready() const noexcept { return false; }
    delivery_report await_resume();

protected:
    explicit pending_delivery(std::chrono::nanoseconds timeout) noexcept : timeout_(timeout) {}
    ~pending_delivery();

    // What the publish is followed by; null: no memory, and the report will say so.
    [[nodiscard]] delivery_tracker* track() noexcept;
    // After the publish. False: there is nothing to wait for, or not any more. Throws when there is
    // no memory to wait.
    [[nodiscard]] bool wait(coroutine_delivery& waiter, const publish_result& published);

private:
    delivery_tracker* tracker_ = nullptr;
    publish_result published_{publish_status::rejected_no_memory};
    std::chrono::nanoseconds timeout_;
};

// Publishes when it is awaited, because then it knows which event causes this one.
template <class E>
class delivered_wait final : public pending_delivery {
public:
    template <class Given>
    delivered_wait(publish_target& target, Given&& event, std::chrono::nanoseconds timeout,
                   const publish_options& options)
        : pending_delivery(timeout),
          target_(&target),
          options_(options),
          event_(std::forward<Given>(event)) {}

    template <class Promise>
    bool await_suspend(std::coroutine_handle<Promise> waiter) {
        auto& delivery = *waiter.promise().delivery;
        delivery.suspend_at(waiter);
        auto* tracker = track();
        return tracker != nullptr &&
               wait(delivery,
                    publish_to(*target_,
                               {.options = &options_, .cause = delivery.slot, .tracker = tracker},
                               event_));
    }

private:
    publish_target* target_;
    publish_options options_;
    E event_;
};

}  // namespace stentor::inline v0::detail
