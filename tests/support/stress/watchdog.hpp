// SPDX-License-Identifier: MIT
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>

namespace stentor {
inline namespace v0 {
class bus;
}  // namespace v0
}  // namespace stentor

// A hang is a failure, never a retry. While a watchdog lives, somebody has to beat() it; when
// nobody does for too long it prints what it can see (the engine's own state, what each thread
// waits for) and aborts, so that the test fails here and not at the runner's timeout, without a
// word.
//
// Threads: beat() any.
namespace stentor::stress {

class watchdog {
public:
    // `what` goes into the report: the seed, the plan. `state` is called on the watchdog's thread
    // and must not wait for what may hang.
    watchdog(std::string what, std::function<std::string()> state,
             std::chrono::seconds patience = std::chrono::seconds(60));
    ~watchdog();
    watchdog(const watchdog&) = delete;
    watchdog& operator=(const watchdog&) = delete;

    void beat() noexcept { beats_.fetch_add(1, std::memory_order_relaxed); }

private:
    void watch(std::chrono::seconds patience);

    std::string what_;
    std::function<std::string()> state_;
    std::atomic<std::uint64_t> beats_{0};  // relaxed: only that it moves matters
    std::atomic<bool> stop_{false};
    std::thread thread_;
};

// The engine's audit and counters, as text.
[[nodiscard]] std::string state_of(const bus& which);
// What each thread of this process does, as far as the kernel tells: name, state, system call.
[[nodiscard]] std::string threads_of_process();

}  // namespace stentor::stress
