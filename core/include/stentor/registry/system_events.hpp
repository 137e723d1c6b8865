// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/event_id.hpp>
#include <stentor/event/event_traits.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What the engine publishes about its subscriptions, for whoever listens: by type, or by a pattern
// whose first token is `stentor` (`stentor.>`, `stentor.handler.*`). A `>` or `*` in the first
// place does not stand for these topics. Nobody else can publish them. About subscriptions that
// listen to them themselves the engine publishes nothing, so they cannot cause each other.
//
// Threads: values.
namespace stentor::inline v0::system {

struct handler_started {
    static constexpr std::string_view topic = "stentor.handler.started";
    std::string name{};
    std::string topics{};  // the topic of its type, or its pattern
    std::string file{};    // where it was subscribed
    std::uint32_t line = 0;
};

struct handler_paused {
    static constexpr std::string_view topic = "stentor.handler.paused";
    std::string name{};
    std::string by{};
    std::string why{};
    bool holds = true;  // what is queued; else it is dropped
    // When it ends by itself; nothing: when somebody enables it.
    std::optional<std::chrono::system_clock::time_point> until{};
};

struct handler_resumed {
    static constexpr std::string_view topic = "stentor.handler.resumed";
    std::string name{};
};

struct handler_stopped {
    static constexpr std::string_view topic = "stentor.handler.stopped";
    std::string name{};
};

struct handler_failed {
    static constexpr std::string_view topic = "stentor.handler.failed";
    std::string name{};
    std::string hook{};  // on_start or on_resume
    std::string error{};
};

// A call, or a hook, that has lasted longer than bus_options::late_after and lasts still.
struct handler_late {
    static constexpr std::string_view topic = "stentor.handler.late";
    std::string name{};
    std::string file{};
    std::uint32_t line = 0;
    std::string hook{};  // empty: a call of the handler; coroutine: it goes on after a wait
    stentor::event_id event_id{};
    std::string event_topic{};
    std::chrono::nanoseconds age{};
};

// A circuit breaker of subscriptions of this bus has changed its state; told by the thread that
// brought it about, also where somebody forced it.
struct breaker_opened {
    static constexpr std::string_view topic = "stentor.breaker.opened";
    std::string name{};        // the breaker's; of one without a name, its subscription's
    std::string from{};        // as to_string(breaker_state) spells it
    std::string to{};          // open or forced_open
    std::uint32_t number = 0;  // of the change: goes up, see breaker_change
};

struct breaker_half_opened {
    static constexpr std::string_view topic = "stentor.breaker.half_opened";
    std::string name{};
    std::string from{};
    std::string to{};
    std::uint32_t number = 0;
};

struct breaker_closed {
    static constexpr std::string_view topic = "stentor.breaker.closed";
    std::string name{};
    std::string from{};
    std::string to{};  // closed or forced_closed
    std::uint32_t number = 0;
};

// A delivery that failed for good is kept, under this number of bus_options::dead_letters.
struct dead_letter_added {
    static constexpr std::string_view topic = "stentor.dead_letter.added";
    std::uint64_t number = 0;
    std::string subscription{};
    stentor::event_id event_id{};
    std::string event_topic{};
    std::string reason{};  // as to_string(dead_letter_reason) spells it
    std::string error{};   // of the last attempt
};

}  // namespace stentor::inline v0::system

namespace stentor::inline v0::detail {

template <>
inline constexpr bool is_system_event<system::handler_started> = true;
template <>
inline constexpr bool is_system_event<system::handler_paused> = true;
template <>
inline constexpr bool is_system_event<system::handler_resumed> = true;
template <>
inline constexpr bool is_system_event<system::handler_stopped> = true;
template <>
inline constexpr bool is_system_event<system::handler_failed> = true;
template <>
inline constexpr bool is_system_event<system::handler_late> = true;
template <>
inline constexpr bool is_system_event<system::breaker_opened> = true;
template <>
inline constexpr bool is_system_event<system::breaker_half_opened> = true;
template <>
inline constexpr bool is_system_event<system::breaker_closed> = true;
template <>
inline constexpr bool is_system_event<system::dead_letter_added> = true;

}  // namespace stentor::inline v0::detail
