// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/any_event.hpp>
#include <stentor/event/metadata.hpp>
#include <stentor/export.hpp>
#include <stentor/registry/when_full.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

// What interceptors see of a delivery: each call of its handler, and its end.
//
// Threads: views, valid during the call that they are given to, on its thread.
namespace stentor::inline v0 {

// A call of a handler: one attempt of one delivery, or of as many as the handler takes at once.
class call_view {
public:
    call_view(const std::byte* slot, std::string_view subscription, std::uint64_t number,
              std::size_t events, std::int32_t attempt) noexcept
        : slot_(slot),
          subscription_(subscription),
          number_(number),
          events_(events),
          attempt_(attempt) {}

    [[nodiscard]] std::string_view subscription() const noexcept { return subscription_; }
    // The event; of a span of events the first. What it points to is valid as long as the view.
    [[nodiscard]] any_event event() const noexcept { return any_event(slot_); }
    [[nodiscard]] std::string_view topic() const noexcept { return event().topic(); }
    [[nodiscard]] event_id id() const noexcept { return event().id(); }
    [[nodiscard]] stentor::metadata metadata() const noexcept { return event().metadata(); }
    // Null when the event is of another type, or untyped.
    template <stentor::event E>
    [[nodiscard]] const E* get_if() const noexcept {
        return event().as<E>();
    }
    // 1, except for handlers of spans.
    [[nodiscard]] std::size_t events() const noexcept { return events_; }
    // As context::attempt().
    [[nodiscard]] std::int32_t attempt() const noexcept { return attempt_; }
    // Tells the calls of one bus apart, as no id and attempt do: an event that was given back is
    // called with the same ones again. Never 0, but where nobody looks at the handler's calls.
    [[nodiscard]] std::uint64_t number() const noexcept { return number_; }

private:
    const std::byte* slot_;
    std::string_view subscription_;
    std::uint64_t number_;
    std::size_t events_;
    std::int32_t attempt_;
};

enum class call_ending : std::uint8_t {
    completed,
    ignored,    // the handler said so
    failed,     // it threw, or said retry or reject
    released,   // it gave the event back
    cancelled,  // it was a coroutine, and was destroyed where it waited
};

[[nodiscard]] STENTOR_EXPORT std::string_view to_string(call_ending how) noexcept;

// How a call ended. What follows, a retry or a dead letter, is not decided yet.
struct call_end {
    call_ending how = call_ending::completed;
    // failed: what was thrown or said, as error records have it.
    std::string_view error{};
    std::chrono::nanoseconds duration{};  // of a coroutine: to its end
    std::chrono::system_clock::time_point at{};
};

// The terms of the books that a delivery may end as, see metrics/audit.hpp.
enum class settlement : std::uint8_t {
    completed,
    ignored,    // completed: the handler did nothing
    fell_back,  // completed: its fallback did
    failed,
    dead_lettered,
    dropped,
    expired,
    cancelled,
};

[[nodiscard]] STENTOR_EXPORT std::string_view to_string(settlement how) noexcept;

// The end of a delivery. Of the event there is what travels beside it; the event itself may be on
// its way out.
class settled_view {
public:
    settled_view(const std::byte* slot, std::string_view subscription, settlement how,
                 std::int32_t attempts, std::optional<drop_reason> why) noexcept
        : slot_(slot), subscription_(subscription), attempts_(attempts), how_(how), why_(why) {}

    [[nodiscard]] std::string_view subscription() const noexcept { return subscription_; }
    [[nodiscard]] std::string_view topic() const noexcept { return any_event(slot_).topic(); }
    [[nodiscard]] event_id id() const noexcept { return any_event(slot_).id(); }
    [[nodiscard]] stentor::metadata metadata() const noexcept {
        return any_event(slot_).metadata();
    }
    [[nodiscard]] settlement how() const noexcept { return how_; }
    // dropped: why, where the books have a name for it; not where inline handlers nest too deep.
    [[nodiscard]] std::optional<drop_reason> why() const noexcept { return why_; }
    // That were made and counted; 0: its handler was never called.
    [[nodiscard]] std::int32_t attempts() const noexcept { return attempts_; }

private:
    const std::byte* slot_;
    std::string_view subscription_;
    std::int32_t attempts_;
    settlement how_;
    std::optional<drop_reason> why_;
};

}  // namespace stentor::inline v0
