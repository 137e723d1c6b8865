// SPDX-License-Identifier: MIT
#pragma once

#include "support/patience.hpp"

#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

namespace stentor_test {

// Keeps what handlers saw, in the order in which they said so.
//
// Threads: any.
template <class Seen>
class recorder {
public:
    void add(Seen seen) {
        const std::lock_guard lock(mutex_);
        all_.push_back(std::move(seen));
        changed_.notify_all();
    }

    // Waits until there are at least that many. False: there never were.
    [[nodiscard]] bool await(std::size_t at_least) {
        std::unique_lock lock(mutex_);
        return changed_.wait_for(lock, patience, [&] { return all_.size() >= at_least; });
    }

    [[nodiscard]] std::vector<Seen> all() const {
        const std::lock_guard lock(mutex_);
        return all_;
    }
    [[nodiscard]] std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return all_.size();
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<Seen> all_;
};

}  // namespace stentor_test
