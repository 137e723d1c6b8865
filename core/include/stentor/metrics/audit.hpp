// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// The conservation law, term by term. What was published is what was accepted, unwanted or refused;
// what a subscription accepted is what ended and what is outstanding. Each term is counted where it
// happens and none is derived from the others, so that unaccounted() can be something else than 0.
// With nothing in flight the terms are exact; under load they are read terminals first, so that a
// term which is read too early shows as positive, never as negative.
//
// Threads: values. Signed, because people subtract them.

namespace stentor::inline v0 {

// What became of the deliveries of one subscription.
struct STENTOR_EXPORT delivery_terms {
    std::int64_t accepted = 0;

    // Terminal: the obligation is settled.
    std::int64_t completed = 0;
    std::int64_t failed = 0;  // the handler threw, and no policy took it
    std::int64_t dead_lettered = 0;
    std::int64_t dropped_full = 0;
    std::int64_t dropped_no_memory = 0;
    std::int64_t dropped_newest = 0;  // by when_full::drop_newest
    std::int64_t dropped_oldest = 0;  // by when_full::drop_oldest
    std::int64_t dropped_nested = 0;  // execution::inline_, too many calls deep
    std::int64_t dropped_disabled = 0;
    std::int64_t dropped_dependency = 0;  // by require_success
    std::int64_t cancelled = 0;
    std::int64_t expired = 0;

    // Outstanding: it is not.
    std::int64_t queued = 0;
    std::int64_t running = 0;
    std::int64_t retry_waiting = 0;
    std::int64_t held = 0;  // paused, or it waits for those that it comes after

    [[nodiscard]] std::int64_t dropped() const noexcept;  // for whatever reason
    [[nodiscard]] std::int64_t terminal() const noexcept;
    [[nodiscard]] std::int64_t outstanding() const noexcept;
    // accepted - terminal() - outstanding()
    [[nodiscard]] std::int64_t unaccounted() const noexcept;

    delivery_terms& operator+=(const delivery_terms& other) noexcept;
    friend bool operator==(const delivery_terms&, const delivery_terms&) noexcept = default;
};

// What became of the calls of publish.
struct STENTOR_EXPORT publish_terms {
    std::int64_t published = 0;

    std::int64_t accepted = 0;  // by at least one subscription
    std::int64_t no_subscribers = 0;
    std::int64_t rejected_full = 0;
    std::int64_t rejected_invalid = 0;
    std::int64_t rejected_too_deep = 0;
    std::int64_t rejected_no_memory = 0;
    std::int64_t expired = 0;
    std::int64_t closed = 0;
    std::int64_t would_deadlock = 0;
    std::int64_t type_mismatch = 0;
    std::int64_t rejected_interceptor = 0;

    // published less all the others
    [[nodiscard]] std::int64_t unaccounted() const noexcept;

    friend bool operator==(const publish_terms&, const publish_terms&) noexcept = default;
};

struct STENTOR_EXPORT audit_report {
    publish_terms publishes{};
    std::vector<std::pair<std::string, delivery_terms>> subscriptions{};  // by name
    delivery_terms removed{};  // the totals of subscriptions that are gone
    // Envelopes in use. Not a term of the law (a caller may keep one), but 0 when all is settled
    // and nobody does.
    std::int64_t envelopes_alive = 0;

    // The absolute values of all imbalances added up, so that two cannot hide each other.
    [[nodiscard]] std::int64_t unaccounted() const noexcept;

    // A table for people: the publishes, then a line for each subscription, then `unaccounted N`.
    [[nodiscard]] std::string to_string() const;
};

}  // namespace stentor::inline v0
