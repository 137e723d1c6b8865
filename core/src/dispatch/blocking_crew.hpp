// SPDX-License-Identifier: MIT
#pragma once

#include "dispatch/crew.hpp"
#include "dispatch/runner.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <vector>

namespace stentor::inline v0::detail {

// The runners of execution::blocking. Each has a thread only once it was needed: until then it
// counts as parked, and a permit that nobody takes makes the watch start a thread, which takes it.
//
// Threads: called() by any, lock-free; start_one(), tend() and join() by one at a time: under the
// registry's lock, by the watch, and after the watch has stopped.
class blocking_crew final : public crew {
public:
    blocking_crew(scheduler& shared, const crew_size& given);

    // The crew's runners, in the order in which they get threads; once.
    void take(std::vector<runner*> runners) noexcept { runners_ = std::move(runners); }
    [[nodiscard]] const std::vector<runner*>& runners() const noexcept { return runners_; }
    // With threads all begin parked. Without (a manual executor steps them) none ever parks.
    void park_all() noexcept;

    // False: no thread could be had.
    bool start_one() noexcept;
    [[nodiscard]] std::size_t threads() const noexcept {
        return started_.load(std::memory_order_relaxed);
    }
    void tend() noexcept override;
    // After `stopping` is set. False: some runner has not returned.
    [[nodiscard]] bool join(std::chrono::nanoseconds deadline) noexcept;

private:
    void called() noexcept override;

    // A runner whose thread begins by waiting for a permit.
    struct guest final : runner_task {
        void run() noexcept override { who->run_called(); }
        bool step() noexcept override { return who->step(); }
        runner* who = nullptr;
    };

    scheduler& shared_;
    std::vector<runner*> runners_;
    std::vector<std::unique_ptr<guest>> guests_;
    std::vector<std::shared_ptr<executor>> threads_;  // one each
    // Written by who starts threads, read by callers and snapshots.
    std::atomic<std::size_t> started_{0};
    bool unserved_ = false;  // the watch saw a permit that nobody took
};

}  // namespace stentor::inline v0::detail
