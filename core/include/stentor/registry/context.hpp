// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/metadata.hpp>
#include <stentor/event/publish_result.hpp>
#include <stentor/export.hpp>
#include <stentor/registry/delivery_frame.hpp>
#include <stentor/registry/publish_target.hpp>
#include <stentor/registry/request.hpp>
#include <stentor/registry/waits.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace stentor::inline v0 {

class topic;

// What a handler knows about the delivery it is in. Valid during the call, on the calling thread;
// for a coroutine as long as it lives, on whatever thread it goes on.
class STENTOR_EXPORT context {
public:
    context(const detail::delivery_frame& frame, detail::publish_target& target,
            std::string_view subscription) noexcept
        : frame_(&frame), target_(&target), subscription_(subscription) {}
    context(const context&) = delete;
    context& operator=(const context&) = delete;

    // For the engine: the same event, for another subscription.
    void turn_to(std::string_view subscription) noexcept { subscription_ = subscription; }
    [[nodiscard]] const detail::delivery_frame& frame() const noexcept { return *frame_; }

    [[nodiscard]] std::string_view topic() const noexcept;
    [[nodiscard]] event_id id() const noexcept;
    [[nodiscard]] stentor::metadata metadata() const noexcept;
    // The given or inherited correlation id; the event's own id when there is none.
    [[nodiscard]] std::string correlation_id() const;
    [[nodiscard]] std::string_view subscription() const noexcept { return subscription_; }
    // 1 for the first attempt. One that was given back, or cut short by the end, is none.
    [[nodiscard]] std::int32_t attempt() const noexcept { return frame_->attempt; }
    // It failed for good before, and somebody redrives its dead letter.
    [[nodiscard]] bool redriven() const noexcept;
    // The event's id and the subscription's name, as "ID:NAME": the same for every attempt of this
    // delivery, and another for every other delivery. For calls that a service downstream may get
    // twice. Allocates.
    [[nodiscard]] std::string idempotency_key() const;

    // Deliveries of this subscription that were dropped before this one because it was full: how
    // many, why, and which was the first. Told once, with the next delivery.
    [[nodiscard]] std::optional<stentor::gap> gap() const noexcept {
        return frame_->missed != nullptr && frame_->index == 0
                   ? std::optional<stentor::gap>(*frame_->missed)
                   : std::nullopt;
    }

    // Publishes an event that this one causes: correlation, user and trace are inherited, causation
    // is this event's id, depth is one more. Never waits; may use the reserve that is kept for
    // handlers. Works until the deadline of drain(), also when outsiders get `closed` already.
    template <class E>
    publish_result publish(E&& event, const publish_options& options = {}) noexcept(
        std::is_rvalue_reference_v<E&&> ||
        std::is_nothrow_copy_constructible_v<std::remove_cvref_t<E>>) {
        using value = std::remove_cvref_t<E>;
        detail::require_published<value>();
        if constexpr (std::is_lvalue_reference_v<E&&> ||
                      std::is_const_v<std::remove_reference_t<E>>) {
            value copy(event);
            return detail::publish_to(*target_, request(options), copy);
        } else {
            return detail::publish_to(*target_, request(options), event);
        }
    }
    publish_result publish(const stentor::topic& topic, std::string text,
                           const publish_options& options = {}) noexcept;

    // For coroutine handlers: `co_await ctx.sleep(50ms)`. Never shorter, longer by 1 to 2 ms and
    // until a runner has time; zero lets others have a turn. With the subscription or the bus it
    // ends, too: then the coroutine is destroyed where it sleeps.
    [[nodiscard]] detail::sleep_wait sleep(std::chrono::nanoseconds time) const noexcept {
        return detail::sleep_wait(time);
    }

    // For coroutine handlers: publishes the event, as publish() does, and waits for the first
    // answer of type Reply: what a handler of the request gives to reply(), or the first such event
    // that it publishes through its context. Other subscribers of the request do no harm; many
    // requests may be under way. Name the event before co_await, see docs/guide/coroutines.md.
#if defined(__cpp_exceptions)
    // Throws request_error.
    template <class Reply, class E>
    [[nodiscard]] detail::reply_wait<Reply> request(E&& event, std::chrono::nanoseconds timeout) {
        return ask<detail::reply_wait<Reply>, Reply>(std::forward<E>(event), timeout);
    }
#endif
    // Gives result<Reply, request_failure>.
    template <class Reply, class E>
    [[nodiscard]] detail::reply_result_wait<Reply> try_request(E&& event,
                                                               std::chrono::nanoseconds timeout) {
        return ask<detail::reply_result_wait<Reply>, Reply>(std::forward<E>(event), timeout);
    }
    // Answers the handled event, if it is a request. Any handler of it may; the first one counts.
    template <class Reply>
    reply_status reply(Reply&& value) const
        noexcept(std::is_nothrow_constructible_v<std::remove_cvref_t<Reply>, Reply&&>) {
        using kept = std::remove_cvref_t<Reply>;
        detail::require_event<kept>();
        kept answered(std::forward<Reply>(value));
        return answer(event_type_of<kept>, &answered);
    }

    // Asked to stop when the subscription ends, when a drain reaches its deadline, and when this
    // attempt reaches subscription_options::deadline. Callbacks registered with it run on whatever
    // thread brings that about, which may be the engine's own: they must not block.
    [[nodiscard]] std::stop_token stop_token() const noexcept;

private:
    [[nodiscard]] detail::publish_target::request request(
        const publish_options& options) const noexcept {
        return {.options = &options, .cause = frame_->slot(), .by = this};
    }
    template <class Wait, class Reply, class E>
    Wait ask(E&& event, std::chrono::nanoseconds timeout) {
        using value = std::remove_cvref_t<E>;
        detail::require_event<value>();
        detail::require_event<Reply>();
        static_assert(!std::is_same_v<value, Reply>,
                      "stentor: a reply is an event of another type than its request");
        value asked(std::forward<E>(event));
        auto* ticket = detail::make_reply_ticket(event_type_of<Reply>);
        auto status = publish_status::rejected_no_memory;
        violations found;
        if (ticket != nullptr) {
            const publish_options options{.violations = &found};
            auto what = request(options);
            what.asks = ticket;
            status = detail::publish_to(*target_, what, asked).status();
        }
        return Wait(ticket, status, event_type_of<value>.topic, timeout, std::move(found));
    }
    [[nodiscard]] reply_status answer(const event_type& type, void* object) const noexcept;

    const detail::delivery_frame* frame_;
    detail::publish_target* target_;
    std::string_view subscription_;
};

}  // namespace stentor::inline v0
