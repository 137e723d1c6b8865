// SPDX-License-Identifier: MIT
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>

namespace stentor_test {

// Ends the process when a scenario does not end, and names its seed: an engine that goes round and
// round inside one step would otherwise be found by the test's time limit, which knows no seed.
class stall_watch {
public:
    stall_watch() : thread_([this] { run(); }) {}
    stall_watch(const stall_watch&) = delete;
    stall_watch& operator=(const stall_watch&) = delete;
    ~stall_watch() {
        {
            const std::lock_guard lock(mutex_);
            over_ = true;
        }
        changed_.notify_one();
        thread_.join();
    }
    void begins(std::uint64_t seed) {
        const std::lock_guard lock(mutex_);
        seed_ = seed;
    }

private:
    void run() {
        std::unique_lock lock(mutex_);
        while (!over_) {
            const auto before = seed_;
            changed_.wait_for(lock, patience, [this] { return over_; });
            if (!over_ && before == seed_ && seed_ != 0) {
                std::fprintf(stderr, "Failure: the scenario of seed %llu does not end\n",
                             static_cast<unsigned long long>(seed_));
                std::fflush(nullptr);
                std::_Exit(EXIT_FAILURE);
            }
        }
    }

    static constexpr std::chrono::seconds patience{30};
    std::mutex mutex_;
    std::condition_variable changed_;
    std::uint64_t seed_ = 0;
    bool over_ = false;
    std::thread thread_;  // last: it uses the others
};

}  // namespace stentor_test
