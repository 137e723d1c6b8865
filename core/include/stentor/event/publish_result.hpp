// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/event_id.hpp>
#include <stentor/export.hpp>

#include <cstdint>
#include <string_view>

// The answer of every publish. Plain value, cheap to copy, valid for ever.
namespace stentor::inline v0 {

enum class publish_status : std::uint8_t {
    accepted,              // every matching subscription has it in its lane
    accepted_partial,      // some subscriptions were full; theirs is counted as dropped{full}
    no_subscribers,        // nobody is interested; not an error
    rejected_full,         // nobody has it: a required one, every matching one, or the bus is full
    rejected_invalid,      // the event breaks a rule, or its options are malformed: see violations
    rejected_too_deep,     // more than 64 events caused each other: a loop
    rejected_no_memory,    // memory for the event could not be had
    expired,               // expires_at had passed
    closed,                // the bus is draining or gone, or this is a forked child
    would_deadlock,        // a subscription that blocks publishers is full, and this is a handler
    type_mismatch,         // the topic belongs to another type
    rejected_interceptor,  // an interceptor's before_publish threw
};

[[nodiscard]] STENTOR_EXPORT std::string_view to_string(publish_status status) noexcept;

namespace detail {

// An id before it is made: a ticket, unique in its bus, and the bus's random key.
struct unmade_id {
    std::uint64_t ticket = 0;
    std::int64_t unix_ns = 0;
    std::uint64_t key = 0;
};

[[nodiscard]] STENTOR_EXPORT event_id make_id(const unmade_id& parts) noexcept;

// Says nothing yet: room that a publish fills. A result comes back through memory anyway, and who
// is given that memory can pass the task of filling it on.
struct unfilled_t {};
inline constexpr unfilled_t unfilled{};

}  // namespace detail

class publish_result {
public:
    constexpr publish_result() noexcept : publish_result(publish_status::closed) {}
    constexpr explicit publish_result(publish_status status, detail::unmade_id id = {},
                                      std::uint32_t which = 0) noexcept
        : ticket_(id.ticket), unix_ns_(id.unix_ns), key_(id.key), which_(which), status_(status) {}
    explicit publish_result(detail::unfilled_t) noexcept {}

    [[nodiscard]] constexpr publish_status status() const noexcept { return status_; }

    // Nobody was refused.
    [[nodiscard]] constexpr explicit operator bool() const noexcept {
        return status_ == publish_status::accepted || status_ == publish_status::no_subscribers;
    }

    // The event's id (UUIDv7), made when asked for. Nil when the publish was rejected. An id given
    // in the options is the caller's to remember.
    [[nodiscard]] event_id id() const noexcept {
        return ticket_ == 0 ? event_id{} : detail::make_id({ticket_, unix_ns_, key_});
    }

    // rejected_full: the number of the subscription that was full (bus::name_of tells its name);
    // 0 when it was the bus itself.
    [[nodiscard]] constexpr std::uint32_t which() const noexcept { return which_; }

private:
    std::uint64_t ticket_;  // of an unmade_id
    std::int64_t unix_ns_;
    std::uint64_t key_;
    std::uint32_t which_;
    publish_status status_;
};

}  // namespace stentor::inline v0
