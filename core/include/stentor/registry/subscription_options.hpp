// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/callback.hpp>
#include <stentor/registry/after.hpp>
#include <stentor/registry/execution.hpp>
#include <stentor/registry/order.hpp>
#include <stentor/registry/when_full.hpp>
#include <stentor/resilience/breaker.hpp>
#include <stentor/resilience/fallback.hpp>
#include <stentor/resilience/rate_limit.hpp>
#include <stentor/resilience/retry_policy.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace stentor::inline v0 {

// Where a subscription's deliveries queue. `automatic` begins in a lane of its own and moves by its
// measured service time: cheap handlers of one topic share a lane and run in one pass.
enum class placement : std::uint8_t { automatic, own, shared };

inline constexpr std::int64_t subscription_capacity_default = 65'536;
inline constexpr std::int64_t capacity_max = std::int64_t{1} << 40;

// Every member has a default. A combination that cannot be honoured is refused when the
// subscription is made.
struct subscription_options {
    // What may run at the same time, and in which order. Other than unordered: a lane of its own,
    // for good.
    stentor::order order = stentor::order::unordered;
    // Names of subscriptions: each event is theirs first, and this one's when they have settled it,
    // however that ended. A lane of its own, for good.
    stentor::after after{};
    // Of those: an event that one of them failed, dropped, let expire or had cancelled is not
    // delivered, but counted as dropped_dependency.
    bool require_success = false;
    // Other than pool: a lane of its own, or none (inline_).
    stentor::execution execution = stentor::execution::pool;
    // Calls at the same time, at most. 0: as many as there are runners.
    std::int32_t max_concurrency = 0;
    // Outstanding deliveries (queued or running) at most. Other than the default: a lane of its
    // own.
    std::int64_t capacity = subscription_capacity_default;
    // Other than reject: a lane of its own.
    stentor::when_full when_full = stentor::when_full::reject;
    // Told on a runner, never in publish, that deliveries were dropped: what was dropped since the
    // last time. The subscription's next delivery sees the same as context::gap(). A lane of its
    // own.
    callback<void(const gap&)> on_drop{};
    // How long an attempt may last. Then its stop token (context::stop_token()) is told, and the
    // watchdog reports the call, instead of after bus_options::late_after. Nobody can end a
    // function from outside, so what becomes of the attempt is the handler's to say: it throws, or
    // returns an outcome. One of void that asked for the token and returns too late has failed with
    // deadline_exceeded; one that never asked has done its work, late, and is completed. A
    // coroutine that waits when its time is over does not go on: it is destroyed there, and has
    // failed. Zero: none. Not with execution::inline_.
    std::chrono::nanoseconds deadline{};
    // What follows a failed attempt: another one, after a while, as the policy says. Without it
    // each delivery has one attempt. A delivery that waits for its next attempt keeps its place in
    // `capacity`, and its key; it keeps no runner and does not count in max_concurrency. A lane of
    // its own.
    retry_policy retry = retry_policy::disabled();
    // Whether a delivery that nobody attempts again is kept as a dead letter, in
    // bus_options::dead_letters: its attempts are exhausted, its handler said that none can help,
    // or its event has expired. Not given: it is when there is a retry policy. When the store takes
    // no more, the subscription is paused until somebody enables it, and the delivery waits for
    // that, too; nothing is lost. Not with spans or execution::inline_. A lane of its own.
    std::optional<bool> dead_letters{};
    // Whether later events of a key wait behind its dead letters. An event whose key has one of
    // this subscription in the store is not handled: it becomes a dead letter itself (held_by_key),
    // behind the others, until they are redriven or purged. Only with by_key, and where dead
    // letters are kept. False: what comes after a dead letter is handled.
    bool letters_hold_keys = false;
    // A circuit breaker before the handler: after too many failed attempts none is made for a
    // while. Meanwhile events are not taken from the lane: they keep their place, their key and
    // their attempts, and count in `capacity`. One with a name is shared with all subscriptions of
    // the bus that give the same. A permanent failure (permanent_error, outcome::reject) is the
    // event's, and says nothing to the breaker. A lane of its own.
    std::optional<stentor::breaker> breaker{};
    // How often the handler is called, at most; what comes faster waits in the lane. A lane of its
    // own.
    std::optional<rate_limit> rate{};
    // Called in place of giving up, when no attempt follows a failed one: with the event and what
    // the last attempt failed with, where the handler ran, inside the same call. When it returns,
    // the delivery has ended well (`completed`, and counted as fallen back); when it throws, it
    // goes on as without it. Not with spans or execution::inline_. A lane of its own.
    stentor::fallback fallback{};
    // No event may be lost, whatever fails: it implies dead_letters, and a letter that the store
    // does not take goes to bus_options::emergency_file, and where that fails to
    // bus_options::on_last_resort. Refused without an emergency file; with when_full::drop_newest
    // or drop_oldest; and for events of a C++ type without dead_letters::use_codec(), because
    // nobody could write them there. A lane of its own.
    bool critical = false;
    // When this subscription is full the whole publish is refused (rejected_full) and nobody
    // receives the event. A lane of its own.
    bool required = false;
    stentor::placement placement = stentor::placement::automatic;
    // The subscription ends when this object does; it is kept alive while the handler is being
    // called, for a batch of calls at most.
    std::optional<std::weak_ptr<const void>> owner{};
    // Labels by which the registry finds it, in any number: [a-z0-9_.-], 1 to 128 characters each.
    std::vector<std::string> tags{};
    // Names of subscriptions that run before this one starts; they stop after it.
    std::vector<std::string> start_after{};
    // On the thread that subscribes, before the first delivery. Throws to say that it failed: then
    // nothing is delivered, and the registry shows the state `failed` with the reason.
    callback<void()> on_start{};
    // When no call runs any more, before the handler is destroyed: on the thread that unsubscribes
    // or drains, or, where that could not wait, on one of the engine's.
    callback<void()> on_stop{};
    // On the thread that disables, when no call runs any more; on the one that enables, or one of
    // the engine's where a pause ends by itself, before the next delivery. An on_resume that throws
    // leaves it as it was, with the state `failed`.
    callback<void()> on_pause{};
    callback<void()> on_resume{};
};

}  // namespace stentor::inline v0
