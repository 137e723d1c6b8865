// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <cstdint>
#include <span>
#include <string_view>

// A scenario drives the engine in one steady way for as long as a profiler wants to look at it, or
// for a fixed number of events when instructions are counted.

namespace perf {

// When to stop. Shared by all threads of a scenario.
class budget {
public:
    budget(double seconds, std::uint64_t events) noexcept;

    // Asked once per stretch of events: false when time or events are used up.
    [[nodiscard]] bool take(std::uint64_t events) noexcept;
    [[nodiscard]] std::uint64_t taken() const noexcept {
        return taken_.load(std::memory_order_relaxed);
    }

private:
    std::int64_t deadline_ns_;
    std::uint64_t limit_;
    std::atomic<std::uint64_t> taken_{0};
};

struct scenario {
    std::string_view name;
    std::string_view what;
    // Returns the audit's unaccounted(): 0, or the profile is of a broken engine.
    std::int64_t (*run)(budget& left);
};

[[nodiscard]] std::span<const scenario> scenarios();

}  // namespace perf
