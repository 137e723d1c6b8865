// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/async/coroutine_handler.hpp>
#include <stentor/base/error.hpp>
#include <stentor/base/result.hpp>
#include <stentor/bus/bus_options.hpp>
#include <stentor/bus/drain_report.hpp>
#include <stentor/bus/publisher.hpp>
#include <stentor/bus/validation.hpp>
#include <stentor/event/any_event.hpp>
#include <stentor/event/delivery_report.hpp>
#include <stentor/event/pattern.hpp>
#include <stentor/event/publish_result.hpp>
#include <stentor/export.hpp>
#include <stentor/metrics/audit.hpp>
#include <stentor/metrics/snapshot.hpp>
#include <stentor/registry/coroutine_delivery.hpp>
#include <stentor/registry/delivered.hpp>
#include <stentor/registry/handler.hpp>
#include <stentor/registry/registry.hpp>
#include <stentor/registry/subscription.hpp>
#include <stentor/registry/subscription_options.hpp>

#include <chrono>
#include <cstddef>
#include <limits>
#include <memory>
#include <optional>
#include <source_location>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace stentor::inline v0 {

class dead_letters;

namespace detail {
class engine;
class probe;
}  // namespace detail

// The event bus.
//
// When to use it: one process, many producers of events, handlers that should run in parallel and
// must not hurt each other or the publisher.
// When not: one producer and one consumer (a ring is faster), or events that must survive the
// process (the store does that).
//
// Threads: every member may be called by any thread, and from handlers, unless it says otherwise.
// Progress: publish is lock-free and never waits for a handler; subscribe, unsubscribe, audit and
// snapshot take a lock that publish never takes.
// Errors: publish answers with a status. Set-up calls throw bus_error (without exceptions: print
// and abort); their try_ forms return a result.
class STENTOR_EXPORT bus {
public:
    bus();
    explicit bus(bus_options options);
    [[nodiscard]] static result<bus, error> create(bus_options options);

    bus(bus&&) noexcept;
    bus& operator=(bus&&) = delete;
    // Drains with options.drain_deadline. Inside a handler of this bus it stops the process with a
    // message, because it would wait for itself.
    ~bus();

    // --- subscribing -------------------------------------------------------------------------

    // The name is unique in the bus: [a-z0-9_.-], 1 to 128 characters.
    template <class E>
    [[nodiscard]] subscription subscribe(
        std::string_view name, handler<E> function, subscription_options options = {},
        std::source_location where = std::source_location::current()) {
        return unwrap(try_subscribe<E>(name, std::move(function), std::move(options), where));
    }
    [[nodiscard]] subscription subscribe(
        std::string_view name, const pattern& topics, handler<any_event> function,
        subscription_options options = {},
        std::source_location where = std::source_location::current()) {
        return unwrap(try_subscribe(name, topics, std::move(function), std::move(options), where));
    }
    template <class E>
    [[nodiscard]] result<subscription, error> try_subscribe(
        std::string_view name, handler<E> function, subscription_options options = {},
        std::source_location where = std::source_location::current()) {
        if constexpr (event<E>) {  // else handler<E> has said what is wrong
            options.order.complete<E>();
            return add(name, &event_type_of<E>, nullptr, std::move(function).take(),
                       std::move(options), where);
        } else {
            return unexpected<error>(error::out_of_memory());
        }
    }
    [[nodiscard]] result<subscription, error> try_subscribe(
        std::string_view name, const pattern& topics, handler<any_event> function,
        subscription_options options = {},
        std::source_location where = std::source_location::current()) {
        return add(name, nullptr, &topics, std::move(function).take(), std::move(options), where);
    }

    // Gives the subscription the bus's life.
    void keep(subscription kept);
    // What is subscribed, by name, pattern and tag: states, pauses, starts.
    [[nodiscard]] stentor::registry registry() noexcept { return stentor::registry(*engine_); }
    // Deliveries that failed for good. Needs <stentor/bus/dead_letters.hpp>, which is not in
    // <stentor/stentor.hpp>, because it costs each file that includes it.
    [[nodiscard]] stentor::dead_letters dead_letters() noexcept;

    // --- validating --------------------------------------------------------------------------

    // From now on every publish of such an event is looked at, in the publisher's thread, before it
    // has an id: by the function, and for what the policy says. What a type's own
    // `validate(const E&, violations&)` says counts without a rule; see docs/guide/validation.md.
    template <event E>
    [[nodiscard]] validation validate(validator<E> function, const validation_policy& policy = {}) {
        return unwrap(try_validate<E>(std::move(function), policy));
    }
    template <event E>
    [[nodiscard]] validation validate(const validation_policy& policy) {
        return unwrap(try_validate<E>(nullptr, policy));
    }
    [[nodiscard]] validation validate(const pattern& topics, validator<candidate> function,
                                      const validation_policy& policy = {});
    [[nodiscard]] validation validate(const pattern& topics, const validation_policy& policy);
    // The function may be null.
    template <event E>
    [[nodiscard]] result<validation, error> try_validate(validator<E> function,
                                                         const validation_policy& policy = {}) {
        detail::require_published<E>();
        detail::rule_function call;
        if (function) {
            call = [called = std::move(function)](const candidate& one, violations& found) mutable {
                called(*static_cast<const E*>(one.object()), found);
            };
        }
        return add_rule({.type = &event_type_of<E>,
                         .function = std::move(call),
                         .policy = policy,
                         .knows = &detail::knows_path<E>});
    }
    [[nodiscard]] result<validation, error> try_validate(const pattern& topics,
                                                         validator<candidate> function,
                                                         const validation_policy& policy = {});
    // Gives the rule the bus's life.
    void keep(validation kept);

    // --- publishing --------------------------------------------------------------------------

    template <class E>
        requires(!std::same_as<std::remove_cvref_t<E>, topic>)
    publish_result publish(E&& event, const publish_options& options) {
        return publish_value(std::forward<E>(event), {.options = &options});
    }
    template <class E>
        requires(!std::same_as<std::remove_cvref_t<E>, topic>)
    publish_result publish(E&& event) {
        return publish_value(std::forward<E>(event), {});
    }
    // An event without a C++ type: a topic and a text, usually JSON.
    publish_result publish(const topic& name, std::string text,
                           const publish_options& options = {}) noexcept;

    // The same, but waits for room, at most this long, in whatever subscription is full, whatever
    // its policy; what is still full then follows the policies. Blocks; in a handler it answers
    // would_deadlock instead.
    template <class E>
    publish_result publish_for(E&& event, std::chrono::nanoseconds deadline,
                               const publish_options& options = {}) {
        return publish_value(
            std::forward<E>(event),
            {.options = &options, .wait_ns = deadline.count() < 0 ? 0 : deadline.count()});
    }
    // Publishes, then waits until the event's deliveries have ended, at most this long. One outcome
    // per subscription; those that have not ended are `pending`, and go on. Blocks; in a handler
    // nothing is published, and published() is would_deadlock.
    template <class E>
    delivery_report publish_and_wait(E&& event, std::chrono::nanoseconds timeout,
                                     const publish_options& options = {}) {
        publish_result refused;
        const tracked waiting{*this, track(refused)};
        if (waiting.tracker == nullptr) {
            return {refused, {}};
        }
        const auto result = publish_value(std::forward<E>(event),
                                          {.options = &options, .tracker = waiting.tracker});
        return await_report(*waiting.tracker, result, timeout);
    }

    // For coroutine handlers: `co_await bus.delivered(event)` publishes the event when it is
    // awaited, as context::publish() does, and goes on when the event's deliveries have ended, with
    // one outcome per subscription; no thread waits. At the timeout, which runs from then on, those
    // that have not ended are `pending`, and go on. published() is would_deadlock, and nothing is
    // published, where the handler's own subscription would get the event and makes few calls at a
    // time (an order, max_concurrency). What the options refer to lives until it is awaited.
    template <class E>
    [[nodiscard]] detail::delivered_wait<std::remove_cvref_t<E>> delivered(
        E&& event, std::chrono::nanoseconds timeout = detail::coroutine_delivery::wait_for_ever,
        const publish_options& options = {}) {
        detail::require_published<std::remove_cvref_t<E>>();
        return {*target_, std::forward<E>(event), timeout, options};
    }

    // Publishes a prefix of the span and says how long it is. Copies. When one of the events is
    // invalid none is published, and `found` gets what is wrong, with paths like `[3].id`.
    template <class E>
    std::size_t publish_bulk(std::span<E> events, violations* found = nullptr) {
        using value = std::remove_const_t<E>;
        detail::require_published<value>();
        static_assert(std::is_copy_constructible_v<value>,
                      "stentor: publish_bulk copies; use publish_bulk_move for this type");
        return bulk(event_type_of<value>, const_cast<value*>(events.data()), events.size(), false,
                    found);
    }
    // The same, moving from the span's elements; those behind the prefix are untouched.
    template <event E>
    std::size_t publish_bulk_move(std::span<E> events, violations* found = nullptr) {
        detail::require_published<E>();
        return bulk(event_type_of<E>, events.data(), events.size(), true, found);
    }

    // A leased publisher for one hot thread. Throws when all slots are leased.
    template <event E>
    [[nodiscard]] publisher<E> publisher() {
        detail::require_published<E>();
        return {target(), lease(&event_type_of<E>)};
    }

    // False: nobody would get such an event, so the caller may skip building it.
    template <event E>
    [[nodiscard]] bool would_deliver() const noexcept {
        return has_subscribers(event_type_of<E>.topic);
    }

    // --- running handlers here ---------------------------------------------------------------

    // Runs up to `max` deliveries of subscriptions with execution::polled, on the calling thread;
    // returns how many. One thread at a time: beside another, and inside a handler, it returns 0.
    std::size_t poll(std::size_t max = std::numeric_limits<std::size_t>::max()) noexcept;
    // Those of subscriptions with execution::on(whose).
    std::size_t poll(const loop& whose,
                     std::size_t max = std::numeric_limits<std::size_t>::max()) noexcept;

    // --- lifecycle ---------------------------------------------------------------------------

    // Creates and touches what the first events would create: slots, routes, runners.
    void warm();
    // Closes the intake, lets queued and running work finish, then stops the runners. What is left
    // at the deadline is cancelled and reported. Idempotent.
    drain_report drain(std::chrono::nanoseconds deadline = std::chrono::seconds(10)) noexcept;
    // Waits until nothing is outstanding, without closing. False: the deadline passed. Inside a
    // handler, where it would wait for itself, it returns false at once.
    bool wait_idle(std::chrono::nanoseconds deadline = std::chrono::seconds(10)) noexcept;
    [[nodiscard]] bool closed() const noexcept;

    // --- what it is doing --------------------------------------------------------------------

    [[nodiscard]] audit_report audit() const;
    [[nodiscard]] bus_snapshot snapshot() const;
    // How long until the first moment comes that somebody waits for (a sleep, a timeout); nothing
    // when nobody does. For who owns a virtual clock: advance it by this much and step on.
    [[nodiscard]] std::optional<std::chrono::nanoseconds> until_next_timer() const noexcept;
    // The name behind publish_result::which(); empty when it is gone.
    [[nodiscard]] std::string name_of(std::uint32_t which) const;

protected:
    // For a testing kit (registry/probe.hpp).
    bus(bus_options options, std::shared_ptr<detail::probe> kit);

private:
    explicit bus(std::shared_ptr<detail::engine> engine) noexcept;

    static subscription unwrap(result<subscription, error> made);
    result<subscription, error> add(std::string_view name, const event_type* type,
                                    const pattern* topics, detail::compiled_handler handler,
                                    subscription_options options, std::source_location where);
    [[nodiscard]] std::shared_ptr<detail::publish_target> target() const noexcept;
    [[nodiscard]] detail::slot_lease lease(const event_type* type);
    [[nodiscard]] bool has_subscribers(std::string_view name) const noexcept;
    std::size_t bulk(const event_type& type, void* first, std::size_t count, bool move,
                     violations* found);
    static validation unwrap(result<validation, error> made);
    result<validation, error> add_rule(detail::wanted_rule wanted);

    // Whoever waits for an event's deliveries. Gives the tracker up also when the copy of the event
    // throws.
    struct tracked {
        bus& of;
        detail::delivery_tracker* tracker;
        ~tracked() { of.untrack(tracker); }
    };
    [[nodiscard]] detail::delivery_tracker* track(publish_result& refused) noexcept;
    void untrack(detail::delivery_tracker* tracker) noexcept;
    delivery_report await_report(const detail::delivery_tracker& tracker,
                                 const publish_result& published,
                                 std::chrono::nanoseconds timeout) noexcept;

    template <class E>
    publish_result publish_value(E&& event, const detail::publish_target::request& what) {
        using value = std::remove_cvref_t<E>;
        detail::require_published<value>();
        constexpr bool moves =
            !std::is_lvalue_reference_v<E&&> && !std::is_const_v<std::remove_reference_t<E>>;
        if constexpr (moves || detail::fits_slot<value>) {
            return detail::publish_to(*target_, what, const_cast<value&>(event));
        } else {
            value copy(event);
            return detail::publish_to(*target_, what, copy);
        }
    }

    std::shared_ptr<detail::engine> engine_;
    detail::publish_target* target_;
};

}  // namespace stentor::inline v0
