// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <source_location>
#include <string>
#include <vector>

// The schedule as it happened, kept for every run and printed for the one that fails.
namespace stentor::explore {

enum class operation : std::uint8_t {
    start,
    end,
    load,
    store,
    exchange,
    compare_exchange,
    fetch_add,
    fetch_sub,
    fetch_or,
    fetch_and,
    full_fence,
    light_fence,
    heavy_fence,
    pause,
    flush,
    wait,
    woken,
    timeout,
    wake,
    sleep,
    read,
    write,
    note
};

struct trace_step {
    operation kind = operation::note;
    std::uint8_t task = 0;
    std::uint8_t order = 0;      // std::memory_order, for operations that have one
    bool succeeded = true;       // compare_exchange
    bool address = false;        // the values are addresses: printed as @1, @2, ...
    std::uint32_t id = 0;        // of the atomic, or untracked
    const char* name = nullptr;  // of the atomic, or the text of a note
    std::uint64_t before = 0;
    std::uint64_t after = 0;
    const char* file = nullptr;
    std::uint32_t line = 0;
};

// `task_names` are indexed by trace_step::task.
std::string to_string(const std::vector<trace_step>& steps,
                      const std::vector<const char*>& task_names);

}  // namespace stentor::explore
