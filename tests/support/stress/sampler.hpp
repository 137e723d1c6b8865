// SPDX-License-Identifier: MIT
#pragma once

#include "support/stress/plan.hpp"
#include "support/stress/publishing.hpp"
#include "support/stress/sink.hpp"
#include <stentor/bus/bus.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

// Looks at a bus while it is under load: that no subscription ever has more outstanding than its
// capacity, and that audits and snapshots can be taken meanwhile and tell possible numbers.
//
// Threads: one of its own. Progress: does not hold up anybody.
namespace stentor::stress {

class sampler {
public:
    sampler(const plan& what, const bus& of, const std::vector<std::unique_ptr<sink>>& sinks,
            const publishing& publishers);
    ~sampler();
    sampler(const sampler&) = delete;
    sampler& operator=(const sampler&) = delete;

    // What it saw that cannot be; one line each.
    std::string stop();

private:
    void watch();
    void look_at_bounds();
    void look_at_audit();
    void complain(std::string line);

    const plan& what_;
    const bus& bus_;
    const std::vector<std::unique_ptr<sink>>& sinks_;
    const publishing& publishers_;
    std::atomic<bool> stop_{false};
    std::string wrong_;  // the thread's until it is joined
    std::int64_t terminal_before_ = 0;
    std::thread thread_;
};

}  // namespace stentor::stress
