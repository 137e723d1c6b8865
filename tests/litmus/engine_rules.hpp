// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>

namespace stentor::explore {

// The rules of the kernels that are the caller's; a mutant breaks one.
struct caller_rules {
    bool looks_before_sleep = true;   // rule 3 of parking
    bool parks_before_look = true;    // rule 3 has an order
    bool looks_after_search = true;   // rule 2 of parking
    bool looks_after_cancel = true;   // the same for who gave up parking
    bool looks_after_block = true;    // after enter_blocked
    bool lets_go_before_park = true;  // leaves the lane that it attends
    bool recounts_at_leave = true;    // lane_state's P
    bool pays_before_park = true;     // the debt of lane_state
    bool pays_before_slow_call = true;
    bool owes_before_it_leaves = false;  // tells the watch of its debt too early
    bool admits_after_slow_call = true;
    bool admits_after_waiting = true;  // when a lane begins to wait
};

struct engine_limits {
    std::uint32_t runners = 2;
    std::uint32_t workers = 2;
    std::uint32_t runners_per_lane = 1;
    std::uint32_t search_rounds = 0;  // 0: idle runners park at once
    bool calls_for_help = false;      // when a backlog is left
};

inline constexpr std::size_t engine_lanes_max = 2;

// A runner, as far as only it knows.
struct runner_model {
    std::size_t index = 0;
    std::size_t cursor = 0;
    std::size_t linger = engine_lanes_max;  // the lane that it attends, if any
    bool searching = false;
    bool searched = false;  // was, until it gave up parking
    bool slow_reserved = false;
    bool surplus = false;
    bool debt = false;
};

}  // namespace stentor::explore
