// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/base/inline_function.hpp>
#include <stentor/event/event_id.hpp>
#include <stentor/event/violation.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <source_location>
#include <span>
#include <string_view>

namespace stentor::inline v0 {

// One failed attempt, or a summary of a storm of equal ones. Views, valid during the call.
// Never holds the payload.
struct error_record {
    std::string_view subscription{};
    std::source_location location{};  // where the handler was subscribed
    stentor::event_id event_id{};
    std::string_view topic{};
    std::string_view key{};
    std::string_view correlation_id{};  // empty: the event's own id
    std::int32_t attempt = 1;
    std::int32_t max_attempts = 1;  // of the subscription's retry policy
    // When another attempt follows: after how long.
    std::optional<std::chrono::nanoseconds> retry_in{};
    bool timed_out = false;                 // the attempt had outlived its deadline
    std::chrono::nanoseconds duration{};    // of the call; zero when it was not timed
    std::chrono::nanoseconds queue_wait{};  // as good as the event's stamp, about 1 ms
    std::string_view error{};               // the exception chain, outermost first
    // 0 for a single failure; else how many equal failures this record stands for.
    std::uint64_t suppressed = 0;
    // How many deliveries the one call was for: those of its span, for a handler of spans. The
    // event is then the first of them.
    std::uint64_t deliveries = 1;
};

// An event that broke a rule whose mode is validation_mode::warn, and was published; or a summary
// of a storm of such events, of one topic and one first violation. Views, valid during the call.
struct invalid_record {
    std::string_view topic{};
    std::span<const violation> violations{};
    std::uint64_t count = 0;  // of violations, also those that are not kept
    // 0 for a single event; else how many further ones this record stands for.
    std::uint64_t suppressed = 0;
};

// Something the engine itself has to say: a runner that did not start, a handler that is late.
struct notice_record {
    std::string_view message{};
};

// Takes the records. Called on a runner, or on the thread that drains, on_invalid on the
// publisher's thread as well; must not block. An exception that it throws is swallowed and counted.
struct log_sink {
    inline_function<void(const error_record&)> on_error{};
    inline_function<void(const notice_record&)> on_notice{};
    inline_function<void(const invalid_record&)> on_invalid{};
};

}  // namespace stentor::inline v0
