// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/export.hpp>
#include <stentor/metrics/audit.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

// What the registry says about one subscription.
//
// Threads: values.
namespace stentor::inline v0 {

enum class handler_state : std::uint8_t {
    registered,  // its name is taken; it waits for its turn to start
    starting,    // its on_start runs; nothing is delivered yet
    running,
    paused,    // disabled: nothing is delivered, see `by`, `why` and `until`
    draining,  // the bus drains: what is queued is still delivered
    stopped,   // its end has begun: no call starts any more
    failed,    // its on_start or on_resume failed, see `error`; enable() tries again
};

[[nodiscard]] STENTOR_EXPORT std::string_view to_string(handler_state state) noexcept;

struct handler_row {
    std::string name{};
    std::string topics{};  // the topic of its type, or its pattern
    std::string type{};    // as the compiler spells it; empty for a pattern
    handler_state state = handler_state::registered;
    std::string by{};   // paused: who did it
    std::string why{};  // paused: the reason that was given
    // Paused: when that ends by itself. Nothing: somebody has to enable it.
    std::optional<std::chrono::system_clock::time_point> until{};
    std::string error{};  // failed: what its hook said
    std::vector<std::string> tags{};
    std::vector<std::string> after{};          // whose turn its events are before
    std::vector<std::string> after_missing{};  // of those: names that nobody has now
    std::source_location location{};           // where it was subscribed
    delivery_terms terms{};
    std::int64_t late = 0;  // calls that the watchdog reported
};

}  // namespace stentor::inline v0
