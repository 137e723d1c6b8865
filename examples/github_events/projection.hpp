// SPDX-License-Identifier: MIT
#pragma once

#include <stentor/event/any_event.hpp>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// A read model that is built from events alone: what happened in each repository, and what last.
// The second is right only because its handler is ordered by repository (handlers.cpp).
//
// Threads: any. Progress: a mutex, held for a look-up and some additions.

namespace github {

// The header in which the replay numbers its events, from 1.
inline constexpr std::string_view number_header = "number";

struct repository_counts {
    std::int64_t events = 0;
    std::int64_t issues_opened = 0;
    std::int64_t pulls_opened = 0;
    std::int64_t pulls_merged = 0;
    std::int64_t pushes = 0;
    std::int64_t commits = 0;
    std::int64_t releases = 0;
    std::string latest{};            // topic of the last event
    std::int64_t latest_number = 0;  // and its number
};

class projection {
public:
    using row = std::pair<std::string, repository_counts>;

    void apply(const stentor::any_event& event);

    // The busiest repositories first.
    [[nodiscard]] std::vector<row> busiest(std::size_t count) const;

    [[nodiscard]] std::size_t repositories() const;

    // Events that came after one that was published later: 0, or the order was not kept.
    [[nodiscard]] std::int64_t out_of_order() const;

private:
    // Names come from outside: after this many, new ones are counted together.
    static constexpr std::size_t repositories_max = 100'000;

    mutable std::mutex mutex_;
    std::map<std::string, repository_counts, std::less<>> counts_;
    std::int64_t out_of_order_ = 0;
};

}  // namespace github
