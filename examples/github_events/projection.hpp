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

// A read model that is built from events alone: what happened in each repository. Its handler is
// unordered, so it may only do what does not depend on the order of events: count.
//
// Threads: any. Progress: a mutex, held for a look-up and some additions.

namespace github {

struct repository_counts {
    std::int64_t events = 0;
    std::int64_t issues_opened = 0;
    std::int64_t pulls_opened = 0;
    std::int64_t pulls_merged = 0;
    std::int64_t pushes = 0;
    std::int64_t commits = 0;
    std::int64_t releases = 0;
};

class projection {
public:
    using row = std::pair<std::string, repository_counts>;

    void apply(const stentor::any_event& event);

    // The busiest repositories first.
    [[nodiscard]] std::vector<row> busiest(std::size_t count) const;

    [[nodiscard]] std::size_t repositories() const;

private:
    // Names come from outside: after this many, new ones are counted together.
    static constexpr std::size_t repositories_max = 100'000;

    mutable std::mutex mutex_;
    std::map<std::string, repository_counts, std::less<>> counts_;
};

}  // namespace github
